using System.Collections.Immutable;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>
/// What may happen to a hold group (APPROVE-64). Whoever builds one has proven what it claims: token or login of a voter (chapter 21), right of an
/// administrator, identity of the sender.
/// </summary>
/// <param name="At">By the database's clock.</param>
public abstract record Trigger(DateTimeOffset At, Channel Channel)
{
    /// <summary>T2, T3, T4.</summary>
    /// <param name="Voter">Main address of the account.</param>
    /// <param name="ProxyFor">Approvers for whom the voter is proxy now (APPROVE-206).</param>
    public sealed record Ballot(Mailbox Voter, Verb Verb, ImmutableArray<Mailbox> ProxyFor, DateTimeOffset At, Channel Channel, string Comment = "") : Trigger(At, Channel);

    /// <summary>T5.</summary>
    /// <param name="Targets">Who is asked from now on as well; never empty, or there is nobody to escalate to and nothing happens.</param>
    public sealed record Escalate(EscalationCause Cause, ImmutableArray<Mailbox> Targets, DateTimeOffset At) : Trigger(At, Channel.Timer);

    /// <summary>T6, T7. With <see cref="ExpiryAction.Keep"/> nothing happens.</summary>
    public sealed record Expire(ExpiryAction Action, DateTimeOffset At) : Trigger(At, Channel.Timer);

    /// <summary>T8.</summary>
    public sealed record AdminRelease(Mailbox Administrator, string Reason, DateTimeOffset At) : Trigger(At, Channel.Admin);

    /// <summary>T9.</summary>
    public sealed record AdminDiscard(Mailbox Administrator, string Reason, DateTimeOffset At) : Trigger(At, Channel.Admin);

    /// <summary>APPROVE-91: another approver in the place of one, in the stages that are still to be decided.</summary>
    /// <param name="Administrator">Null: the approver hands it over himself.</param>
    public sealed record Reassign(Mailbox? Administrator, Mailbox From, Mailbox To, DateTimeOffset At, Channel Channel = Channel.Admin) : Trigger(At, Channel);

    /// <summary>T10.</summary>
    /// <param name="Allowed"><c>approval.allow_withdraw</c>.</param>
    public sealed record Withdraw(Mailbox Sender, bool Allowed, DateTimeOffset At, Channel Channel) : Trigger(At, Channel);

    /// <summary>The sender sends his mail of mode 3 now: its delay is over, or it is confirmed (APPROVE-510, APPROVE-511). Never an approval (APPROVE-512).</summary>
    /// <param name="HasPage">There is a page, so that a confirmation is not taken by mail.</param>
    public sealed record SendNow(Mailbox Sender, bool HasPage, DateTimeOffset At, Channel Channel) : Trigger(At, Channel);

    /// <summary>The delay before the approvers are asked is over (APPROVE-513).</summary>
    public sealed record Begin(DateTimeOffset At) : Trigger(At, Channel.Timer);

    /// <summary>T11.</summary>
    /// <param name="HashMatches">SHA-256 of the stored content is the one of the hold (APPROVE-69).</param>
    /// <param name="OthersFinal">With <see cref="HoldGroup.WholeMail"/>: all other groups of the submission are final. Else true.</param>
    public sealed record Release(bool HashMatches, bool OthersFinal, DateTimeOffset At) : Trigger(At, Channel.Timer);
}

/// <summary>Why a mail was escalated. The numbers are stored in the database: never change them.</summary>
public enum EscalationCause : byte
{
    Deadline = 1,

    /// <summary>The last approver was disabled or deleted (APPROVE-51).</summary>
    ApproverNotAvailable = 2,

    /// <summary>The request came back from all approvers (APPROVE-63).</summary>
    RequestUndeliverable = 3,
}
