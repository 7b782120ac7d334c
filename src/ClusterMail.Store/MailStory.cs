using ClusterMail.Protocol;

namespace ClusterMail.Store;

/// <summary>What to trace: a number, else an address.</summary>
/// <param name="Since">Limits an address to mails accepted from then on.</param>
/// <param name="Client">Address of a client: what it was refused. Else null.</param>
public sealed record TraceQuery(MessageId? Number, string Address, DateTimeOffset? Since, DateTimeOffset? Until, int Limit, string? Client = null);

/// <summary>All that is known of one mail.</summary>
public sealed record MailStory
{
    public long Number { get; init; }

    /// <summary>Printed number.</summary>
    public required string Id { get; init; }
    public required string Sender { get; init; }
    public long Size { get; init; }
    public DateTimeOffset AcceptedAt { get; init; }

    /// <summary>Node that accepted it.</summary>
    public required string Node { get; init; }

    /// <summary>Null: made by this cluster.</summary>
    public string? ClientAddress { get; init; }
    public string? Helo { get; init; }
    public string? AuthenticatedAs { get; init; }
    public string? TlsVersion { get; init; }
    public List<StoryRecipient> Recipients { get; } = [];
    public List<StoryAttempt> Attempts { get; } = [];
    public List<EventRecord> Events { get; } = [];

    /// <summary>When its client had connected, and in which session; null: acceptlog was off.</summary>
    public StorySession? Session { get; set; }

    /// <summary>What was refused of it, or its whole dialogue where receivelog wants it.</summary>
    public List<ReceiveRow> Dialogues { get; } = [];
}

/// <summary>The session a mail came in by.</summary>
public sealed record StorySession(DateTimeOffset ConnectedAt, string Node, string Name, string ClientAddress, int LocalPort);

/// <summary>A recipient, in the queue or ended.</summary>
public sealed record StoryRecipient
{
    public short Ordinal { get; init; }
    public required string Recipient { get; init; }
    public required string Destination { get; init; }

    /// <summary>A word of <c>recipient_state</c> or <c>recipient_outcome</c>.</summary>
    public required string State { get; init; }
    public int Attempts { get; init; }

    /// <summary>Null: it is still in the queue.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    public DateTimeOffset? NextTry { get; init; }
    public string? Reply { get; init; }

    /// <summary>Where it ended, or who owns it.</summary>
    public string? Node { get; init; }
    public string Rule { get; init; } = "";
    public required RemoteEnd Remote { get; init; }
    public IReadOnlyList<string> Dialogue { get; init; } = [];
}

/// <summary>One attempt that is on record.</summary>
public sealed record StoryAttempt
{
    public short Ordinal { get; init; }
    public DateTimeOffset At { get; init; }

    /// <summary>1, 2, ...</summary>
    public int Number { get; init; }
    public FailureClass Class { get; init; }
    public required string Node { get; init; }
    public required string Destination { get; init; }
    public required string Reply { get; init; }
    public required string Rule { get; init; }
    public required RemoteEnd Remote { get; init; }

    /// <summary>Null: the recipient ended with this attempt.</summary>
    public DateTimeOffset? NextTry { get; init; }
    public IReadOnlyList<string> Dialogue { get; init; } = [];
}

/// <summary>The host last talked to; all null when it did not come to that.</summary>
public sealed record RemoteEnd(string? Host, string? Address, int Port, string? Tls)
{
    /// <summary><c>mx1.example.org [192.0.2.1]:25 TLS 1.3</c>; empty when there was none.</summary>
    public override string ToString() =>
        Host is null && Address is null
            ? ""
            : FormattableString.Invariant($"{Host}{(Address is null ? "" : $" [{Address}]")}:{Port}{(Tls is null ? "" : $" {Tls}")}").TrimStart();
}
