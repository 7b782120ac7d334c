using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Store.Approval;

/// <summary>What of a submission is held, committed together with what of it is not (APPROVE-88). Envelope and content are those of the <see cref="NewMail"/>.</summary>
public sealed record NewHeldMail
{
    /// <summary>The requester: main address of the account whose policy holds the mail.</summary>
    public required string Sender { get; init; }

    /// <summary>SHA-256 of the content (APPROVE-68): 32 octets.</summary>
    public required byte[] Sha256 { get; init; }

    /// <summary>Decoded, for people.</summary>
    public string Subject { get; init; } = "";
    public string MessageId { get; init; } = "";
    public ImmutableArray<string> Attachments { get; init; } = [];

    /// <summary>All recipients of the submission, held or not (APPROVE-72).</summary>
    public ImmutableArray<string> Recipients { get; init; } = [];

    /// <summary>Those that needed no approval and leave at once.</summary>
    public ImmutableArray<string> SentTo { get; init; } = [];

    /// <summary>False: nothing leaves before the last group is decided (APPROVE-55).</summary>
    public bool Split { get; init; } = true;
    public required ImmutableArray<NewHold> Holds { get; init; }

    /// <summary>Null: the content is stored as it is.</summary>
    public ContentSeal? Seal { get; init; }
    public ImmutableArray<AuditLine> Audit { get; init; } = [];
}

/// <summary>One group (APPROVE-54): a state, a decision and an outcome of its own.</summary>
public sealed record NewHold
{
    /// <summary>HoldId; of the first group the number of the submission (APPROVE-56).</summary>
    public required long Id { get; init; }
    public required ImmutableArray<HeldRecipient> Recipients { get; init; }

    /// <summary>The snapshot of APPROVE-53: after groups, proxies and aliases.</summary>
    public ImmutableArray<HoldApprover> Approvers { get; init; } = [];

    /// <summary>Approvals each stage needs.</summary>
    public ImmutableArray<short> Needed { get; init; } = [1];

    /// <summary>Its recipients need no approval and only wait for the other groups (APPROVE-55).</summary>
    public bool Free { get; init; }

    /// <summary>The account whose mail it is; two groups of one mail may have two (APPROVE-7).</summary>
    public required string Requester { get; init; }

    /// <summary>All its addresses: none of them may decide (APPROVE-49).</summary>
    public ImmutableArray<string> Barred { get; init; } = [];

    /// <summary>Level, version and line that held it (APPROVE-24).</summary>
    public ImmutableArray<string> Places { get; init; } = [];

    /// <summary>Kind, then after a colon what was found.</summary>
    public ImmutableArray<string> Reasons { get; init; } = [];
    public string Note { get; init; } = "";

    /// <summary>Counted from acceptance by the database's clock (APPROVE-61); null: never.</summary>
    public TimeSpan? RemindAfter { get; init; }
    public TimeSpan? RemindEvery { get; init; }
    public TimeSpan? EscalateAfter { get; init; }
    public TimeSpan? ExpireAfter { get; init; }
    public ImmutableArray<string> EscalateTo { get; init; } = [];

    /// <summary><c>reject</c>, <c>release</c> or <c>keep</c> (APPROVE-59).</summary>
    public string OnExpire { get; init; } = "reject";

    /// <summary>Nobody's approval is needed (APPROVE-510, APPROVE-511).</summary>
    public bool IsOwn { get; init; }

    /// <summary>Its approvers are asked after so long (APPROVE-513); null: at once.</summary>
    public TimeSpan? BeginAfter { get; init; }

    /// <summary>Kind, then after a colon what was found (APPROVE-515).</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>The list of approvers as the decision text has it (APPROVE-137).</summary>
    public string List { get; init; } = "";
    public ImmutableArray<NewJob> Jobs { get; init; } = [];
}

/// <param name="Ordinal">Of the submission.</param>
/// <param name="Bcc">It stands in no visible header (APPROVE-115).</param>
public sealed record HeldRecipient(short Ordinal, string ForwardPath, Notify Notify, string? OriginalRecipient, bool Bcc)
{
    /// <summary>A line of the policy has put him there (APPROVE-514).</summary>
    public RecipientOrigin Origin { get; init; }
}

/// <summary>How a recipient came to a held group. The numbers are stored in the database: never change them.</summary>
public enum RecipientOrigin : short
{
    /// <summary>RCPT TO.</summary>
    Envelope = 0,

    /// <summary><c>bcc=</c> of a line.</summary>
    Copy = 1,

    /// <summary><c>bcc=</c> with <c>bcc-silent</c>: the sender is not told.</summary>
    SilentCopy = 2,
}

/// <summary>Somebody who may decide.</summary>
/// <param name="Place">Order of the line (APPROVE-47).</param>
/// <param name="Address">Main address of who is asked.</param>
/// <param name="Principal">Whom he is proxy of; null: nobody.</param>
/// <param name="PrincipalDecides">The principal may decide besides him (APPROVE-206).</param>
public sealed record HoldApprover(short Stage, short Place, string Address, string? Principal = null, bool PrincipalDecides = true)
{
    /// <summary>He is asked and has neither voted nor been overtaken by a decision. New approvers of the first stage wait.</summary>
    public bool Waits { get; init; }
    public DateTimeOffset? AskedAt { get; init; }

    /// <summary>His request could not be delivered (APPROVE-63).</summary>
    public DateTimeOffset? FailedAt { get; init; }
}

/// <summary>Something to be done after the commit, exactly once (APPROVE-81, APPROVE-83).</summary>
/// <param name="Kind">One of <see cref="JobKind"/>; with a number behind it where it comes again.</param>
/// <param name="Addressee">Empty where there is none.</param>
public sealed record NewJob(string Kind, string Addressee = "");

/// <summary>Kinds of <see cref="NewJob"/> that this room knows itself; the others are mails, called as those who write them call them.</summary>
public static class JobKind
{
    /// <summary>Hands the held mail to the queue (T11).</summary>
    public const string Release = "release";
}

/// <summary>One entry of the audit (APPROVE-330), without number and time, which the chain adds.</summary>
/// <param name="Hold">HoldId; null: it is about none.</param>
/// <param name="Record">A JSON object in one line.</param>
public sealed record AuditLine(long? Hold, string Record);
