using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Approval.Viewing;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Notices;

/// <summary>One hold group as mails and pages tell of it: what was fixed when it was held, and a view of its content.</summary>
public sealed record HeldCase
{
    public required HoldId Hold { get; init; }

    /// <summary>Other groups of the same submission (APPROVE-54).</summary>
    public ImmutableArray<HoldId> Related { get; init; } = [];

    public required Mailbox Requester { get; init; }

    /// <summary>氏名 of the account; empty: unknown.</summary>
    public string RequesterName { get; init; } = "";
    public required MailView Mail { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Envelope recipients of the group, in the order of RCPT.</summary>
    public required ImmutableArray<Mailbox> Recipients { get; init; }

    /// <summary>Addresses that get it too when it is released, as far as the sender may know (APPROVE-514).</summary>
    public ImmutableArray<Mailbox> Copies { get; init; } = [];

    /// <summary>Recipients of the submission that needed no approval and have it.</summary>
    public ImmutableArray<Mailbox> AlreadySent { get; init; } = [];

    /// <summary>Those of all these addresses that are ours, lower case.</summary>
    public ImmutableHashSet<string> Inside { get; init; } = [];

    /// <summary>Nobody's approval is needed (APPROVE-510, APPROVE-511).</summary>
    public bool IsOwn { get; init; }

    /// <summary>Its approvers are asked then; null: they are (APPROVE-513).</summary>
    public DateTimeOffset? AskedAt { get; init; }

    /// <summary>What the sender tells the approvers beside the mail (APPROVE-502); empty: nothing.</summary>
    public string SenderNote { get; init; } = "";

    /// <summary>Of the stage that is asked now; escalation targets at the end.</summary>
    public required ImmutableArray<CurrentApprover> Approvers { get; init; }

    /// <summary>Approvals the stage needs.</summary>
    public int Needed { get; init; } = 1;
    public ImmutableArray<CatchReason> Reasons { get; init; } = [];

    /// <summary>Null: stays held until somebody decides.</summary>
    public DateTimeOffset? Deadline { get; init; }
    public ExpiryAction OnExpire { get; init; }

    /// <summary><c>note=</c> of the policy line; empty: none.</summary>
    public string Note { get; init; } = "";
    public ImmutableArray<CaseWarning> Warnings { get; init; } = [];

    public bool IsInside(Mailbox recipient) => Inside.Contains(recipient.ToString().ToLowerInvariant());

    /// <summary>The domain this recipient's is taken for; null: none (APPROVE-503).</summary>
    public string? LookAlikeOf(Mailbox recipient) => Warnings
        .Where(warning => warning.Kind == CaseWarningKind.LookAlike && warning.Detail.StartsWith($"{recipient.Domain} ~ ", StringComparison.OrdinalIgnoreCase))
        .Select(warning => warning.Detail[(recipient.Domain.Length + 3)..]).FirstOrDefault();

    /// <summary>In no visible header: the approver learns of it only here (APPROVE-115).</summary>
    public bool IsBcc(Mailbox recipient) => !Mail.Visible.Contains(recipient.ToString().ToLowerInvariant());
}

/// <param name="Detail">The domain, the number; empty where there is nothing to name.</param>
public sealed record CaseWarning(CaseWarningKind Kind, string Detail = "");

/// <summary>What an approver should look at twice (APPROVE-113). The numbers are stored in the database: never change them.</summary>
public enum CaseWarningKind : byte
{
    NewDomain = 1,
    FreeMail = 2,
    ManyRecipients = 3,
    MixedCompanies = 4,

    /// <summary>APPROVE-88.</summary>
    ProbableDuplicate = 5,
    EncryptedAttachment = 6,

    /// <summary><c>invoice.pdf.exe</c>.</summary>
    DoubleExtension = 7,
    Keyword = 8,

    /// <summary>One character away from a domain the sender has written to; the detail has both.</summary>
    LookAlike = 9,
}
