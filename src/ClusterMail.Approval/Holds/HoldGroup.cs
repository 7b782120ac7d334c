using System.Collections.Immutable;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>
/// Recipients of one submission that are decided together (APPROVE-54), with everything that is fixed when the mail is held (APPROVE-53). Its number and the
/// content are given to it by whoever stores it.
/// </summary>
public sealed record HoldGroup
{
    /// <summary>The account whose mail it is: the envelope sender's, or the authenticated one's (APPROVE-7). Main address.</summary>
    public required Mailbox Requester { get; init; }

    /// <summary>Recipients of the group, in the order of RCPT.</summary>
    public required ImmutableArray<Mailbox> Recipients { get; init; }

    /// <summary>Level, version and line that caught them; the second of two policies comes second (APPROVE-7).</summary>
    public required ImmutableArray<PolicyPlace> Places { get; init; }

    /// <summary>Why, for requests and lists.</summary>
    public required ImmutableArray<CatchReason> Reasons { get; init; }

    /// <summary>Who is asked; at least one stage of at least one approver. Of <see cref="IsOwn"/> one stage that nobody sits in.</summary>
    public required ImmutableArray<HeldStage> Stages { get; init; }

    /// <summary>Addresses of the requester that must not decide, whoever made them approvers (APPROVE-49).</summary>
    public required ImmutableArray<Mailbox> Barred { get; init; }

    public required GroupTiming Timing { get; init; }

    /// <summary>Nobody's approval is needed: it leaves after <see cref="Delay"/>, or when its sender says so (APPROVE-510, APPROVE-511).</summary>
    public bool IsOwn { get; init; }

    /// <summary>Of a mail of mode 3: after so long it leaves by itself; null: only its sender's word sends it. Of others: approvers are asked after so long (APPROVE-513); null: at once.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Who gets the mail too when it is released (APPROVE-514); all of them inside.</summary>
    public ImmutableArray<HoldCopy> Copies { get; init; } = [];

    /// <summary><c>note=</c> of the line; empty: none.</summary>
    public string Note { get; init; } = "";

    /// <summary>Nothing of the submission leaves before all its groups are final (APPROVE-55).</summary>
    public bool WholeMail { get; init; }

    /// <summary>The approver whose name the hold notice carries (APPROVE-112).</summary>
    public CurrentApprover FirstApprover => Stages[0].Approvers[0];
}

/// <param name="Address">Main address.</param>
/// <param name="IsSilent">The sender is not told.</param>
public sealed record HoldCopy(Mailbox Address, bool IsSilent);

/// <summary>Deadlines of one group, from line, domain and server (APPROVE-59). Null: never.</summary>
/// <param name="Remind">After so long, and again each time.</param>
/// <param name="Escalate">After so long <paramref name="EscalateTo"/> is asked too.</param>
/// <param name="EscalateTo">Empty: fallback approver, else administrators (T5).</param>
public sealed record GroupTiming(TimeSpan? Remind, TimeSpan? Escalate, ImmutableArray<Mailbox> EscalateTo, TimeSpan? Expire, ExpiryAction OnExpire);
