using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>State of one hold group (APPROVE-64). Immutable; <see cref="Transition.Apply"/> makes the next one.</summary>
public sealed record HeldState
{
    public required HoldId Id { get; init; }
    public required HoldStatus Status { get; init; }

    /// <summary>One more with each change; a decision names the one it was made on (APPROVE-76).</summary>
    public required int Version { get; init; }
    public required ImmutableArray<HeldStage> Stages { get; init; }

    /// <summary>The stage that is asked now, from 0.</summary>
    public int Stage { get; init; }

    /// <summary>Votes that count, of all stages, oldest first; one of each seat at most.</summary>
    public ImmutableArray<Vote> Votes { get; init; } = [];

    /// <summary>The account whose mail it is; result notices go to it.</summary>
    public required Mailbox Requester { get; init; }

    /// <summary>All addresses of the requester: none of them may decide (APPROVE-49).</summary>
    public required ImmutableArray<Mailbox> Barred { get; init; }

    /// <summary>The act that made it final; null while it is open.</summary>
    public Decision? Decision { get; init; }

    /// <summary>T11: the content was handed to the delivery queue.</summary>
    public bool Released { get; init; }

    /// <summary>Of mode 3: no approver has a part in it (APPROVE-510, APPROVE-511).</summary>
    public bool IsOwn { get; init; }

    /// <summary>It never leaves by itself: its sender confirms it (APPROVE-511).</summary>
    public bool IsConfirmed { get; init; }

    /// <summary>Approvers are not asked yet (APPROVE-513).</summary>
    public bool IsDelayed { get; init; }

    /// <summary>T1: as it stands when the mail is held.</summary>
    public static HeldState New(HoldId id, HoldGroup group) =>
        new() { Id = id, Status = HoldStatus.Held, Version = 1, Stages = group.Stages, Requester = group.Requester, Barred = group.Barred, IsOwn = group.IsOwn, IsConfirmed = group is { IsOwn: true, Delay: null }, IsDelayed = group is { IsOwn: false, Delay: not null } };

    /// <summary>Approvers who were asked so far, of this stage and those before it, none twice: whom result notices go to.</summary>
    public IEnumerable<Mailbox> Asked => Stages.Take(IsDelayed ? 0 : Stage + 1).SelectMany(stage => stage.Approvers).Select(approver => approver.Address).DistinctBy(address => address.ToString(), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the person must not decide, because it is the requester himself (APPROVE-49).</summary>
    public bool Bars(Mailbox person) => Requester.SameAs(person) || Barred.Any(person.SameAs);

    /// <summary>Approvers of the running stage who have not voted yet: whom a reminder goes to, and in whose waiting list it stands.</summary>
    public ImmutableArray<CurrentApprover> Waiting => Status.IsFinal() || IsDelayed ? [] : [.. Stages[Stage].Approvers.Where(approver => VoteOf(Stage, approver) is null)];

    /// <summary>The vote cast for this approver in this stage; null: none yet.</summary>
    public Vote? VoteOf(int stage, CurrentApprover approver) => Votes.FirstOrDefault(vote => vote.Stage == stage && vote.Seat.SameAs(approver.Address));
}
