namespace ClusterMail.Approval.Commands;

/// <summary>Why a command changed nothing, as the answer says it (APPROVE-205, APPROVE-207).</summary>
public abstract record CommandRefusal
{
    private CommandRefusal() { }

    /// <summary>For <c>approvalgetlog</c>: audited <c>NOT_ALLOWED</c>.</summary>
    public sealed record NotAllowed : CommandRefusal;

    public sealed record Proxy(ProxyRefusal Why) : CommandRefusal;

    /// <param name="Column">Of the subject, from 1.</param>
    public sealed record Unreadable(int Column, CommandFault Fault) : CommandRefusal;

    /// <summary>No held mail of that number that he could take back, or it is decided, or it is switched off.</summary>
    public sealed record Withdraw : CommandRefusal;

    /// <summary>No mail of that number that waits for his own word, or it is over, or it is confirmed on the page only.</summary>
    public sealed record SendNow : CommandRefusal;
}
