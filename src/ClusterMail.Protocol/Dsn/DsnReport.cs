using System.Collections.Immutable;

namespace ClusterMail.Protocol.Dsn;

/// <summary>All that one report says: one mail, one attempt, the recipients that ended alike in it (BOUNCE-8).</summary>
public sealed record DsnReport
{
    /// <summary>Our host name: Reporting-MTA, and the domain of the postmaster in From: (BOUNCE-1).</summary>
    public required string HostName { get; init; }

    /// <summary>The reverse-path of the mail. The null path gets no report; that is the caller's to see (BOUNCE-2).</summary>
    public required Mailbox To { get; init; }

    /// <summary>Number of the report itself, for its Message-ID: (BOUNCE-7).</summary>
    public required MessageId Id { get; init; }

    /// <summary>Number of the mail reported on, for the text: what an operator searches by (LOG-14).</summary>
    public required MessageId OriginalId { get; init; }
    public required DateTimeOffset Now { get; init; }

    /// <summary>When the mail was accepted here.</summary>
    public required DateTimeOffset ArrivedAt { get; init; }

    /// <summary>ENVID as received, xtext (RFC 3461 §4.4); null: not given.</summary>
    public string? EnvelopeId { get; init; }
    public Ret Ret { get; init; }

    /// <summary>At least one.</summary>
    public required ImmutableArray<DsnRecipient> Recipients { get; init; }

    public required MailContent Original { get; init; }
}

/// <summary>One recipient in a report.</summary>
/// <param name="Recipient">The address used last: Final-Recipient.</param>
/// <param name="Reason">The host's reply or our own reason, as <see cref="Reply.ToLogText"/> gives it; empty for success.</param>
public sealed record DsnRecipient(Mailbox Recipient, DsnAction Action, EnhancedStatus Status, string Reason)
{
    /// <summary>ORCPT as received: <c>rfc822;</c> and xtext; null: not given.</summary>
    public string? OriginalRecipient { get; init; }

    /// <summary>The host that answered; null: none did, the reason is our own.</summary>
    public string? RemoteHost { get; init; }
    public DateTimeOffset? LastAttempt { get; init; }

    /// <summary>For <see cref="DsnAction.Delayed"/>.</summary>
    public DateTimeOffset? RetriesUntil { get; init; }

    /// <summary>
    /// The status of a recipient that ended: the reply's own when it has one; else by its code, x.0.0 (RFC 3463 §3.1). Without an answer 4.4.1, expired
    /// retries of a temporary failure keep their 4.
    /// </summary>
    public static EnhancedStatus StatusOf(Reply? reply) => reply switch
    {
        null => new EnhancedStatus(4, 4, 1),
        { Status: { } status } => status,
        _ => new EnhancedStatus((byte)(reply.IsPermanent ? 5 : reply.IsTransient ? 4 : 2), 0, 0),
    };
}

/// <summary>A report ready for the queue; its reverse-path is the null path (BOUNCE-1).</summary>
public sealed record DsnMail(byte[] Content, bool Has8Bit, bool NeedsSmtpUtf8);
