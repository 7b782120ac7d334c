using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Store.Approval;

/// <summary>The states of chapter 20 section 8, in SQL an enum with the same words. The first two are open, the others final (APPROVE-65).</summary>
public enum HoldState
{
    Held,
    Escalated,
    Approved,
    Rejected,
    Expired,
    AdminReleased,
    AdminDiscarded,
    Withdrawn,

    /// <summary>Left after its delay or by its sender's own word: in the database approved, of a group that is the sender's own (APPROVE-510).</summary>
    Sent,
}

/// <summary>One held group as it was read, with all that a decision, a notice or a page needs.</summary>
public sealed record HoldRow
{
    /// <summary>HoldId.</summary>
    public required long Id { get; init; }
    public required HeldMailRow Mail { get; init; }
    public required HoldState State { get; init; }
    public bool IsOpen => State is HoldState.Held or HoldState.Escalated;

    /// <summary>To be named by whoever changes it.</summary>
    public required int Version { get; init; }

    /// <summary>Asked now: 0, 1, …</summary>
    public required short Stage { get; init; }

    /// <summary>Approvals each stage needs.</summary>
    public required ImmutableArray<short> Needed { get; init; }
    public bool Free { get; init; }
    public required string Requester { get; init; }
    public ImmutableArray<string> Barred { get; init; } = [];
    public ImmutableArray<string> Places { get; init; } = [];
    public ImmutableArray<string> Reasons { get; init; } = [];
    public string Note { get; init; } = "";
    public DateTimeOffset OpenedAt { get; init; }

    /// <summary>Null: never.</summary>
    public DateTimeOffset? RemindAt { get; init; }
    public TimeSpan? RemindEvery { get; init; }
    public int Reminders { get; init; }
    public DateTimeOffset? EscalateAt { get; init; }
    public DateTimeOffset? ExpireAt { get; init; }
    public DateTimeOffset? ReleasedAt { get; init; }
    public ImmutableArray<string> EscalateTo { get; init; } = [];
    public string OnExpire { get; init; } = "reject";

    /// <summary>Nobody's approval is needed: its sender or its deadline decides (APPROVE-510, APPROVE-511).</summary>
    public bool IsOwn { get; init; }

    /// <summary>Its approvers are asked then; null: they are asked, or there are none (APPROVE-513).</summary>
    public DateTimeOffset? BeginAt { get; init; }

    /// <summary>Kind, then after a colon what was found (APPROVE-515).</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>What the sender wrote for the approvers (APPROVE-502); empty: nothing.</summary>
    public string SenderNote { get; init; } = "";

    /// <summary>Every list issued, the first one first.</summary>
    public ImmutableArray<string> Lists { get; init; } = [];

    /// <summary>By place within each stage.</summary>
    public ImmutableArray<HoldApprover> Approvers { get; init; } = [];

    /// <summary>Those of the envelope, then those a line has added.</summary>
    public ImmutableArray<HeldRecipient> Recipients { get; init; } = [];
    public ImmutableArray<HoldVote> Votes { get; init; } = [];
    public HoldDecision? Decision { get; init; }
}

/// <summary>A submission of which something is or was held.</summary>
public sealed record HeldMailRow
{
    /// <summary>SubmissionId.</summary>
    public required long Id { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
    public DateTimeOffset? DroppedAt { get; init; }
    public required long Size { get; init; }
    public required byte[] Sha256 { get; init; }

    /// <summary>Name of the key its content is sealed with; null: none.</summary>
    public string? SealedWith { get; init; }
    public required string ReversePath { get; init; }
    public required string Sender { get; init; }
    public string Subject { get; init; } = "";
    public string MessageId { get; init; } = "";
    public ImmutableArray<string> Attachments { get; init; } = [];
    public ImmutableArray<string> Recipients { get; init; } = [];
    public ImmutableArray<string> SentTo { get; init; } = [];
    public bool Split { get; init; } = true;

    /// <summary>Probable duplicate of this submission (APPROVE-88); null: of none.</summary>
    public long? LikeId { get; init; }
    public BodyType Body { get; init; }
    public Ret Ret { get; init; }
    public bool SmtpUtf8 { get; init; }
    public bool Has8Bit { get; init; }
    public string? EnvelopeId { get; init; }
    public string Node { get; init; } = "";
    public string? ClientAddress { get; init; }
    public int LocalPort { get; init; }
    public string? Helo { get; init; }
    public string? TlsVersion { get; init; }
    public string? AuthenticatedAs { get; init; }
    public int ReceivedCount { get; init; }
}

/// <param name="Seat">The approver it was cast for.</param>
/// <param name="Voter">Who cast it: the same, his principal or his proxy.</param>
public sealed record HoldVote(short Stage, string Seat, string Voter, bool Approves, DateTimeOffset At, string Channel, string Comment);

/// <summary>How a group ended. There is one for each group, or none (APPROVE-76).</summary>
public sealed record HoldDecision
{
    public required HoldState State { get; init; }

    /// <summary>The new number (APPROVE-312, APPROVE-313).</summary>
    public required long ResultId { get; init; }

    /// <summary>Address; <c>admin:</c> and the account; <c>system</c>.</summary>
    public required string By { get; init; }
    public string? Principal { get; init; }

    /// <summary><c>mail</c>, <c>web</c>, <c>api</c>, <c>timer</c> or <c>admin</c>.</summary>
    public required string Channel { get; init; }
    public string? ClientAddress { get; init; }
    public string? Auth { get; init; }
    public string Comment { get; init; } = "";
    public string Node { get; init; } = "";

    /// <summary>The database's time; set when it is read.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>What a transition changes, in one transaction and only on the version it was computed from (APPROVE-76).</summary>
public sealed record HoldChange
{
    public required long Hold { get; init; }
    public required int Version { get; init; }

    /// <summary>Null: the state stays.</summary>
    public HoldState? To { get; init; }

    /// <summary>The stage that is asked from now on.</summary>
    public required short Stage { get; init; }

    /// <summary>Its time is the database's. Takes the place of an earlier one of the same seat.</summary>
    public HoldVote? Vote { get; init; }

    /// <summary>With a final <see cref="To"/>, and only then.</summary>
    public HoldDecision? Decision { get; init; }

    /// <summary>Approvers who are new: an escalation target, a re-assignment.</summary>
    public ImmutableArray<HoldApprover> Added { get; init; } = [];

    /// <summary>Approvers whose place somebody else has taken.</summary>
    public ImmutableArray<HoldApprover> Dropped { get; init; } = [];

    /// <summary>Who is asked in <see cref="Stage"/> and has not voted; empty once it is final.</summary>
    public ImmutableArray<string> Waiting { get; init; } = [];

    /// <summary>Lists issued with this change (APPROVE-137).</summary>
    public ImmutableArray<string> Lists { get; init; } = [];

    /// <summary>The next reminder, from now; null: it stays as it is.</summary>
    public TimeSpan? RemindIn { get; init; }

    /// <summary>Its approvers are asked from now on (APPROVE-513).</summary>
    public bool Begins { get; init; }

    /// <summary>The escalation has happened, or can happen no more.</summary>
    public bool EndsEscalation { get; init; }
    public ImmutableArray<NewJob> Jobs { get; init; } = [];
    public ImmutableArray<AuditLine> Audit { get; init; } = [];
}
