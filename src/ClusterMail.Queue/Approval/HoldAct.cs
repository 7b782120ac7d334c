using ClusterMail.Approval.Holds;

namespace ClusterMail.Queue.Approval;

/// <summary>What may be done with a held mail by somebody, as it travels between nodes.</summary>
/// <param name="Hold">HoldId.</param>
/// <param name="Who">Main address of the voter or sender; the administrator's name; for a re-assignment the approver who is replaced, or hands over himself.</param>
/// <param name="Other">For a re-assignment: who takes the place.</param>
/// <param name="Text">Comment or reason; empty: none.</param>
public sealed record HoldAct(string Hold, HoldActKind Kind, string Who, string? Other, string Text, Channel Channel, Actor Actor);

/// <summary>The numbers travel between nodes: never change them.</summary>
public enum HoldActKind : byte
{
    Approve = 1,
    Reject = 2,

    /// <summary>By an administrator (T8).</summary>
    Release = 3,

    /// <summary>By an administrator (T9).</summary>
    Discard = 4,
    Withdraw = 5,
    Reassign = 6,

    /// <summary>The sender lets his own mail of mode 3 go (APPROVE-510).</summary>
    SendNow = 7,
}

/// <summary>Where acts on held mails are handed in.</summary>
public interface IHoldActs
{
    /// <exception cref="InvalidOperationException">No mail number can be had now: nothing was decided.</exception>
    Task<HoldAnswer> ActAsync(HoldAct act, CancellationToken cancel);
}
