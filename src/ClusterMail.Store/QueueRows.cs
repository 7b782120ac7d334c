using ClusterMail.Protocol;

namespace ClusterMail.Store;

/// <summary>What to list. All that is given must hold.</summary>
public sealed record QueueFilter
{
    public string? Destination { get; init; }

    /// <summary>Whole address, or <c>@domain</c>; compared without case. So is <see cref="Recipient"/>.</summary>
    public string? Sender { get; init; }
    public string? Recipient { get; init; }
    public RecipientState? State { get; init; }

    /// <summary>Owner.</summary>
    public string? Node { get; init; }
    public TimeSpan? OlderThan { get; init; }

    /// <summary>The last key of the page before.</summary>
    public RecipientKey After { get; init; } = new(0, -1);
    public int Limit { get; init; } = 50;
}

/// <summary>The queue, one row per destination.</summary>
/// <param name="Destinations">How many there are; <paramref name="Rows"/> may be fewer.</param>
public sealed record QueueTotals(long Mails, long Recipients, long Destinations, IReadOnlyList<DestinationRow> Rows);

/// <param name="NextTry">Of those that wait; null: all are being delivered or held.</param>
/// <param name="DownUntil">Null: the destination is up.</param>
/// <param name="Limit">Connection limit set for this destination alone; null: the general one.</param>
public sealed record DestinationRow(
    string Destination, long Recipients, long Delivering, long Held, DateTimeOffset Oldest, DateTimeOffset? NextTry, string? LastReply, DateTimeOffset? DownUntil, int? Limit);

/// <summary>One recipient that waits.</summary>
public sealed record QueueRow
{
    public required RecipientKey Key { get; init; }

    /// <summary>Printed mail number.</summary>
    public required string Id { get; init; }
    public required string Sender { get; init; }
    public required string Recipient { get; init; }
    public required string Destination { get; init; }
    public RecipientState State { get; init; }
    public int Attempts { get; init; }
    public DateTimeOffset AcceptedAt { get; init; }
    public DateTimeOffset NextTry { get; init; }
    public string? LastReply { get; init; }

    /// <summary>Name of the owning node; null when unowned.</summary>
    public string? Node { get; init; }
    public long Size { get; init; }

    /// <summary>First attempt; null before it.</summary>
    public DateTimeOffset? StartedAt { get; init; }
    public FailureClass Class { get; init; }

    /// <summary>An administrator wants it failed without another attempt.</summary>
    public bool BounceNow { get; init; }
}

/// <param name="Number">Number in the database.</param>
/// <param name="Id">Printed number.</param>
/// <param name="Node">Node that accepted it.</param>
public sealed record QueuedMailRow(
    long Number, string Id, string Sender, long Size, DateTimeOffset AcceptedAt, string Node, string? ClientAddress, string? Helo, string? AuthenticatedAs,
    string? TlsVersion, string? EnvelopeId);

/// <param name="DestinationCount">Recipients waiting for the same destination, this one included.</param>
public sealed record Surroundings(string? DestinationReply, DateTimeOffset? DownUntil, int? Limit, long DestinationCount, DateTimeOffset? LastTry);

/// <param name="Recipients">In the queue and not held.</param>
/// <param name="Oldest">How long the oldest of them has been in the queue.</param>
public sealed record DestinationAge(string Destination, long Recipients, TimeSpan Oldest);
