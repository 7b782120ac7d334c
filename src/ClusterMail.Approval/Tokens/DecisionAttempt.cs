using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>One decision mail as it was handed in.</summary>
public sealed record DecisionAttempt
{
    public required DecisionText Text { get; init; }
    public required SubmissionPath Path { get; init; }

    /// <summary>The node offers AUTH to this client's network (APPROVE-152).</summary>
    public bool IsAuthOffered { get; init; }

    /// <summary>Null for <c>MAIL FROM:&lt;&gt;</c>.</summary>
    public required Mailbox? EnvelopeSender { get; init; }
    public required ImmutableArray<Mailbox> Recipients { get; init; }

    /// <summary>Main address of the account that logged in; null without AUTH.</summary>
    public Mailbox? Authenticated { get; init; }

    /// <summary>Main address of the account the envelope sender belongs to, aliases resolved; null when it is none of ours.</summary>
    public Mailbox? SenderAccount { get; init; }

    /// <summary>From: header, decides nothing. Null where it could not be read.</summary>
    public Mailbox? From { get; init; }

    /// <summary>Written to the audit, used for no check (APPROVE-153).</summary>
    public bool NamesSomeoneElse => From is not null && EnvelopeSender is not null && !From.SameAs(EnvelopeSender);
}
