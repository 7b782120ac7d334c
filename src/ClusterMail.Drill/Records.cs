namespace ClusterMail.Drill;

/// <summary>A client saw 250 after the content: from here on the mail must not be lost.</summary>
/// <param name="MessageId">Without angle brackets; every attempt has one of its own, so that an attempt whose reply was lost is never taken for an acknowledged one.</param>
/// <param name="Node">Who said it.</param>
public sealed record Promise(string MessageId, string Node, DateTimeOffset At);

/// <summary>An attempt that ended without 250.</summary>
/// <param name="Code">The reply's code; <see cref="Lost"/> for a connection that broke, <see cref="Closed"/> for one that could not be made.</param>
public sealed record FailedAttempt(string Code, string Node, DateTimeOffset At)
{
    public const string Lost = "lost";
    public const string Closed = "closed";

    /// <summary>Only replies of class 5 make a client give up: no trouble of the farm may cause one (CLU-31).</summary>
    public bool IsPermanent => Code.StartsWith('5');
}

/// <summary>A mail at the sink, answered with 250 there.</summary>
public sealed record Arrival(string MessageId, DateTimeOffset At);

/// <summary>What the farm wrote down about a mail that may have gone out twice (P4).</summary>
public sealed record PossibleDuplicate(string Number, string Cause);

/// <summary>A part of a drill, for the report: from when to when, and what was done.</summary>
/// <param name="Seen">What was seen of the harm, which proves that it was real; empty: nothing was looked for.</param>
public sealed record DrillStep(string Name, DateTimeOffset From, DateTimeOffset To, string Done, string Seen = "");

/// <summary>Everything seen during a drill, by one clock: that of the machine the drill runs on.</summary>
public sealed record DrillRecord
{
    public IReadOnlyList<Promise> Promises { get; init; } = [];
    public IReadOnlyList<FailedAttempt> Refusals { get; init; } = [];
    public IReadOnlyList<Arrival> Arrivals { get; init; } = [];

    /// <summary>The farm's own number of each mail by Message-ID, as the 354 line gave it (RECV-24), also of attempts whose final reply was never heard.</summary>
    public IReadOnlyDictionary<string, string> Numbers { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<PossibleDuplicate> PossibleDuplicates { get; init; } = [];
    public IReadOnlyList<DrillStep> Steps { get; init; } = [];

    /// <summary>Node that was harmed; null: none, or all of them.</summary>
    public string? Victim { get; init; }

    /// <summary>When the harm was done; null: it was not.</summary>
    public DateTimeOffset? HarmAt { get; init; }
}
