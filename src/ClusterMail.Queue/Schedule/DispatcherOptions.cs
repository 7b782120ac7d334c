using ClusterMail.Routing;

namespace ClusterMail.Queue.Schedule;

/// <summary>Numbers the dispatcher works by; read anew at each use, so a changed setting takes effect at once (ADMIN-24).</summary>
public sealed record DispatcherOptions
{
    /// <summary>Outbound connections of this node at once; default 20 (DELIV-2).</summary>
    public int Workers { get; init; } = 20;

    /// <summary>Recipients asked for in one claim; default 500.</summary>
    public int ClaimBatch { get; init; } = 500;

    /// <summary>Of one destination at most so many of them; default 500.</summary>
    public int ClaimPerDestination { get; init; } = 500;

    /// <summary>Recipients in one SMTP transaction; default 100, the least every server takes (RFC 5321 §4.5.3.1.8).</summary>
    public int RecipientsPerTransaction { get; init; } = 100;

    /// <summary>How many recipients of one mail that go this way are one work: at a gateway all of them (APPROVE-406), whose session splits what the host will not take at once.</summary>
    public int RecipientsFor(Route route) => route.Kind == RouteKind.Mx ? RecipientsPerTransaction : int.MaxValue;

    /// <summary>An unused connection is kept so long for the next mail; default 3 s.</summary>
    public TimeSpan KeepIdle { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>RETRY-3, for recipients whose destination is down when their time ends.</summary>
    public TimeSpan NoAnswerPeriod { get; init; } = TimeSpan.FromHours(24);
}
