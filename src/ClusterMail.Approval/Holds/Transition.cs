using System.Collections.Immutable;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>
/// The table T1 to T12 of APPROVE-64 as one total function: every trigger in every state either moves the state or is refused with the code the audit writes.
/// No clock, no store; the database decides which of two that were computed at once is the one that counts (APPROVE-76).
/// </summary>
public abstract record Transition(ResultCode Code)
{
    /// <param name="Step">Row of the table: <c>T3</c>.</param>
    /// <param name="Mails">What is to be written with it, in this order.</param>
    public sealed record Moved(string Step, HeldState Next, ResultCode Code, ImmutableArray<HoldMail> Mails) : Transition(Code);

    /// <summary>Nothing changes; the attempt is audited (APPROVE-85).</summary>
    /// <param name="Why">In words, for administrators and for the audit.</param>
    public sealed record Refused(ResultCode Code, string Why) : Transition(Code);

    /// <summary>T1: the mails of a group that is being held. The hold notice is one for the whole submission (APPROVE-57) and not among them.</summary>
    public static ImmutableArray<HoldMail> OnHold(HoldGroup group) =>
        group.IsOwn ? [new HoldMail(HoldMailKind.DelayNotice, group.Requester)]
        : group.Delay is not null ? []
        : [.. Requests(group.Stages[0])];

    public static Transition Apply(HeldState state, Trigger trigger) => trigger switch
    {
        Trigger.Ballot ballot => OnBallot(state, ballot),
        Trigger.Release release => OnRelease(state, release),
        Trigger.AdminRelease act when state.Bars(act.Administrator) => new Refused(ResultCode.SelfApproval, "An administrator does not release his own mail (APPROVE-92)."),
        Trigger.SendNow act when !state.Bars(act.Sender) => new Refused(ResultCode.NotAllowed, "Only the sender sends his mail before its time."),
        Trigger.SendNow when !state.IsOwn => new Refused(ResultCode.SelfApproval, "This mail needs approval, and the sender's own word is none (APPROVE-512)."),
        Trigger.SendNow { Channel: Channel.Mail, HasPage: true } when state is { IsConfirmed: true, Status: HoldStatus.Held } => new Refused(ResultCode.NotAllowed, "It is confirmed on the page (APPROVE-511)."),
        Trigger.Withdraw act when !state.Bars(act.Sender) => new Refused(ResultCode.NotAllowed, "Only the sender takes his mail back."),
        _ when state.Status.IsFinal() => TooLate(state, trigger),
        Trigger.SendNow act => Sent("APPROVE-510", state, act.Sender, act.At, act.Channel),
        Trigger.Begin => OnBegin(state),
        Trigger.Escalate when state.IsOwn || state.IsDelayed => new Refused(ResultCode.NotAllowed, "No approver is asked."),
        Trigger.Escalate act => OnEscalate(state, act),
        Trigger.Expire act => OnExpire(state, act),
        Trigger.AdminRelease { Reason: var reason } when string.IsNullOrWhiteSpace(reason) => NoReason,
        Trigger.AdminDiscard { Reason: var reason } when string.IsNullOrWhiteSpace(reason) => NoReason,
        Trigger.AdminRelease act => Final("T8", state, new Decision(HoldStatus.AdminReleased, act.Administrator, null, act.At, act.Channel, act.Reason), HoldMailKind.ApprovalNotice),
        Trigger.AdminDiscard act => Final("T9", state, new Decision(HoldStatus.AdminDiscarded, act.Administrator, null, act.At, act.Channel, act.Reason), HoldMailKind.RejectionNotice),
        // A delay is there to take the mail back in it, whatever is allowed otherwise.
        Trigger.Withdraw { Allowed: false } when state is { IsOwn: false, IsDelayed: false } => new Refused(ResultCode.NotAllowed, "Taking back is switched off (approval.allow_withdraw)."),
        Trigger.Withdraw act => Withdrawn(state, act),
        Trigger.Reassign act => OnReassign(state, act),
        _ => throw new System.Diagnostics.UnreachableException(trigger.ToString()),
    };

    private static Refused NoReason { get; } = new(ResultCode.NotAllowed, "A reason is needed (APPROVE-91).");

    private static Transition OnBallot(HeldState state, Trigger.Ballot ballot)
    {
        if (state.Bars(ballot.Voter))
            return new Refused(ResultCode.SelfApproval, "Nobody decides on his own mail (APPROVE-49).");
        if (!Enumerable.Range(0, state.Stages.Length).Any(stage => state.Stages[stage].SeatOf(ballot.Voter, ballot.ProxyFor) is not null))
            return new Refused(ResultCode.NotApprover, "Not an approver of this mail.");
        if (state.Status.IsFinal())
            return TooLate(state, ballot);
        if (state.IsDelayed)
            return new Refused(ResultCode.NotApprover, "Approvers are asked after the delay (APPROVE-513).");
        if (ballot.Verb == Verb.Reject && state.Votes.FirstOrDefault(vote => vote.Voter.SameAs(ballot.Voter)) is { } changed)
            return Rejected(state, ballot, changed.Stage, changed.Seat);
        if (state.Stages[state.Stage].SeatOf(ballot.Voter, ballot.ProxyFor) is not { } seat)
            return Enumerable.Range(0, state.Stage).Any(stage => state.Stages[stage].SeatOf(ballot.Voter, ballot.ProxyFor) is not null)
                ? new Refused(ballot.Verb == Verb.Approve ? ResultCode.Duplicate : ResultCode.Late, "The stage of this approver has approved already.")
                : new Refused(ResultCode.NotApprover, "The stage of this approver is not asked yet (APPROVE-45).");
        if (ballot.Verb == Verb.Reject)
            return Rejected(state, ballot, state.Stage, seat.Address);
        // One person, one vote: a proxy of two approvers does not count for two (APPROVE-211).
        return state.VoteOf(state.Stage, seat) is not null || state.Votes.Any(vote => vote.Stage == state.Stage && vote.Voter.SameAs(ballot.Voter))
            ? new Refused(ResultCode.Duplicate, "This vote is counted already (APPROVE-84).")
            : Approved(state, ballot, seat);
    }

    private static Moved Approved(HeldState state, Trigger.Ballot ballot, CurrentApprover seat)
    {
        var next = state with { Version = state.Version + 1, Votes = state.Votes.Add(VoteOf(state.Stage, seat.Address, ballot)) };
        if (next.Votes.Count(vote => vote.Stage == state.Stage && vote.Verb == Verb.Approve) < state.Stages[state.Stage].Needed)
            return new Moved("T2", next, ResultCode.Vote, []);
        if (state.Stage + 1 < state.Stages.Length)
            return new Moved("T2", next with { Stage = state.Stage + 1 }, ResultCode.Vote, [.. Requests(state.Stages[state.Stage + 1])]);
        return Decided("T3", next, new Decision(HoldStatus.Approved, ballot.Voter, PrincipalOf(seat.Address, state, state.Stage, ballot.Voter), ballot.At, ballot.Channel, ballot.Comment), HoldMailKind.ApprovalNotice);
    }

    private static Moved Rejected(HeldState state, Trigger.Ballot ballot, int stage, Mailbox seat)
    {
        // An approval may be turned into a rejection while the mail is open, never the other way (APPROVE-84).
        var kept = state.Votes.RemoveAll(vote => vote.Stage == stage && vote.Seat.SameAs(seat));
        var next = state with { Version = state.Version + 1, Votes = kept.Add(VoteOf(stage, seat, ballot)) };
        return Decided("T4", next, new Decision(HoldStatus.Rejected, ballot.Voter, PrincipalOf(seat, state, stage, ballot.Voter), ballot.At, ballot.Channel, ballot.Comment), HoldMailKind.RejectionNotice);
    }

    private static Vote VoteOf(int stage, Mailbox seat, Trigger.Ballot ballot) => new(stage, seat, ballot.Voter, ballot.Verb, ballot.At, ballot.Channel, ballot.Comment);

    /// <summary>For whom a proxy decided: of the request itself, or of a mail that already waited for the approver (APPROVE-206). Null: for himself.</summary>
    private static Mailbox? PrincipalOf(Mailbox seat, HeldState state, int stage, Mailbox voter)
    {
        var principal = state.Stages[stage].Approvers.First(approver => approver.Address.SameAs(seat)).Principal;
        return principal?.SameAs(voter) == true ? null
            : principal ?? (seat.SameAs(voter) ? null : seat);
    }

    private static Moved Sent(string step, HeldState state, Mailbox? by, DateTimeOffset at, Channel channel) => new(
        step, state with { Version = state.Version + 1, Status = HoldStatus.Sent, Decision = new Decision(HoldStatus.Sent, by, null, at, channel) }, ResultCode.Ok, []);

    private static Transition OnBegin(HeldState state) => state.IsDelayed
        ? new Moved("APPROVE-513", state with { Version = state.Version + 1, IsDelayed = false }, ResultCode.Ok, [.. Requests(state.Stages[state.Stage])])
        : new Refused(ResultCode.Duplicate, "Its approvers are asked already.");

    private static Transition OnEscalate(HeldState state, Trigger.Escalate act)
    {
        if (state.Status == HoldStatus.Escalated)
            return new Refused(ResultCode.Duplicate, "Escalated already.");
        ImmutableArray<Mailbox> targets = [.. act.Targets.Where(target => !state.Bars(target)).DistinctBy(target => target.ToString(), StringComparer.OrdinalIgnoreCase)];
        if (targets.IsEmpty)
            return new Refused(ResultCode.NotAllowed, "There is nobody to escalate to: no target, no fallback approver, no administrator.");
        // In the later stages too, or the mail would wait there for the next who does not answer.
        var stages = state.Stages.Select((stage, index) => index < state.Stage ? stage : stage with
        {
            Approvers = stage.Approvers.AddRange(targets.Where(target => stage.SeatOf(target, []) is null).Select(target => new CurrentApprover(target))),
        });
        return new Moved("T5", state with { Version = state.Version + 1, Status = HoldStatus.Escalated, Stages = [.. stages] }, ResultCode.Ok,
            [.. targets.Select(target => new HoldMail(HoldMailKind.Request, target)), new HoldMail(HoldMailKind.EscalationNotice, state.Requester)]);
    }

    private static Transition OnExpire(HeldState state, Trigger.Expire act) => act.Action switch
    {
        ExpiryAction.Release when state.IsOwn => Sent("APPROVE-510", state, null, act.At, act.Channel),
        ExpiryAction.Reject => Final("T6", state, new Decision(HoldStatus.Expired, null, null, act.At, act.Channel), HoldMailKind.ExpiryNotice),
        ExpiryAction.Release => Final("T7", state, new Decision(HoldStatus.Approved, null, null, act.At, act.Channel), HoldMailKind.ApprovalNotice),
        _ => new Refused(ResultCode.NotAllowed, "It stays held for ever (onexpire=keep)."),
    };

    private static Moved Withdrawn(HeldState state, Trigger.Withdraw act) => new(
        "T10", state with { Version = state.Version + 1, Status = HoldStatus.Withdrawn, Decision = new Decision(HoldStatus.Withdrawn, act.Sender, null, act.At, act.Channel) },
        ResultCode.Ok, [.. state.Asked.Select(approver => new HoldMail(HoldMailKind.WithdrawalNotice, approver))]);

    private static Transition OnReassign(HeldState state, Trigger.Reassign act)
    {
        if (state.Bars(act.To))
            return new Refused(ResultCode.SelfApproval, "The sender does not become approver of his own mail (APPROVE-49).");
        var stages = state.Stages.Select((stage, index) => index < state.Stage ? stage : Reassigned(stage, index)).ToImmutableArray();
        return stages.SequenceEqual(state.Stages)
            ? new Refused(ResultCode.NotApprover, $"{act.From} is no approver who still has to vote, or {act.To} is one already.")
            : new Moved("APPROVE-91", state with { Version = state.Version + 1, Stages = stages }, ResultCode.Ok,
                state.IsDelayed || stages[state.Stage] == state.Stages[state.Stage] ? [] : [new HoldMail(HoldMailKind.Request, act.To)]);

        HeldStage Reassigned(HeldStage stage, int index) => stage.SeatOf(act.To, []) is not null ? stage : stage with
        {
            Approvers = [.. stage.Approvers.Select(approver => approver.Address.SameAs(act.From) && state.VoteOf(index, approver) is null ? new CurrentApprover(act.To) : approver)],
        };
    }

    private static Transition OnRelease(HeldState state, Trigger.Release act) =>
        !state.Status.IsReleasing() ? new Refused(ResultCode.NotAllowed, $"Not approved: {state.Status.Word()}.")
        : state.Released ? new Refused(ResultCode.Duplicate, "Released already.")
        : !act.HashMatches ? new Refused(ResultCode.Integrity, "The stored content is not what was held (APPROVE-69).")
        : !act.OthersFinal ? new Refused(ResultCode.NotAllowed, "Waits for the other groups of its submission (APPROVE-55).")
        : new Moved("T11", state with { Version = state.Version + 1, Released = true }, ResultCode.Ok, []);

    /// <summary>T12.</summary>
    private static Refused TooLate(HeldState state, Trigger trigger)
    {
        HoldStatus? wanted = trigger switch
        {
            Trigger.Ballot { Verb: Verb.Approve } => HoldStatus.Approved,
            Trigger.Ballot => HoldStatus.Rejected,
            Trigger.AdminRelease => HoldStatus.AdminReleased,
            Trigger.AdminDiscard => HoldStatus.AdminDiscarded,
            Trigger.Withdraw => HoldStatus.Withdrawn,
            Trigger.SendNow or Trigger.Expire { Action: ExpiryAction.Release } when state.IsOwn => HoldStatus.Sent,
            Trigger.Expire { Action: ExpiryAction.Reject } => HoldStatus.Expired,
            _ => null,
        };
        return new Refused(wanted == state.Status ? ResultCode.Duplicate : ResultCode.Late, $"Decided already: {state.Status.Word()}.");
    }

    private static Moved Final(string step, HeldState state, Decision decision, HoldMailKind notice) => Decided(step, state with { Version = state.Version + 1 }, decision, notice);

    private static Moved Decided(string step, HeldState next, Decision decision, HoldMailKind notice) => new(
        step, next with { Status = decision.Outcome, Decision = decision }, ResultCode.Ok,
        [new HoldMail(notice, next.Requester), .. next.Asked.Where(approver => decision.By is not { } by || !by.SameAs(approver)).Select(approver => new HoldMail(notice, approver))]);

    private static IEnumerable<HoldMail> Requests(HeldStage stage) => stage.Approvers.Select(approver => new HoldMail(HoldMailKind.Request, approver.Address));
}
