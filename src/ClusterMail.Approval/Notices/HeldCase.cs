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
}
