namespace ClusterMail.Drill;

/// <summary>What a drill found, in the form of <c>--json</c>.</summary>
public sealed record DrillReport
{
    /// <summary>kill, pause, drain …</summary>
    public required string Kind { get; init; }
    public required string? Victim { get; init; }
    public required string Domain { get; init; }
    public required DateTimeOffset Began { get; init; }
    public required DateTimeOffset Ended { get; init; }

    /// <summary>When the harm began; null: it did not.</summary>
    public required DateTimeOffset? HarmAt { get; init; }
    public required HistoryCheck Check { get; init; }
    public required IReadOnlyList<StepReport> Steps { get; init; }

    /// <summary>Second by second from <see cref="Began"/>.</summary>
    public required IReadOnlyList<SecondReport> Seconds { get; init; }

    /// <summary>A drill of a day is drawn in coarser steps: a page with more bars is read by nobody.</summary>
    private const int MostBars = 3600;

    public static DrillReport Of(string kind, string domain, DrillRecord seen)
    {
        var began = seen.Steps.Count > 0 ? seen.Steps.Min(step => step.From) : DateTimeOffset.UnixEpoch;
        var ended = seen.Steps.Count > 0 ? seen.Steps.Max(step => step.To) : began;
        return new DrillReport
        {
            Kind = kind,
            Victim = seen.Victim,
            Domain = domain,
            Began = began,
            Ended = ended,
            HarmAt = seen.HarmAt,
            Check = HistoryCheck.Of(seen),
            Steps = [.. seen.Steps.Select(step => Count(step, seen))],
            Seconds = Draw(seen, began, ended),
        };
    }

    private static StepReport Count(DrillStep step, DrillRecord seen)
    {
        bool Within(DateTimeOffset at) => at >= step.From && at < step.To;
        return new StepReport
        {
            Name = step.Name,
            Done = step.Done,
            Seen = step.Seen,
            At = step.From,
            Seconds = (step.To - step.From).TotalSeconds,
            Accepted = seen.Promises.Count(promise => Within(promise.At)),
            Delivered = seen.Arrivals.Count(arrival => Within(arrival.At)),
            Refused = seen.Refusals.Where(refusal => Within(refusal.At)).GroupBy(refusal => refusal.Code).ToDictionary(group => group.Key, group => group.Count()),
        };
    }

    private static IReadOnlyList<SecondReport> Draw(DrillRecord seen, DateTimeOffset began, DateTimeOffset ended)
    {
        var count = (int)Math.Min(MostBars, Math.Ceiling((ended - began).TotalSeconds));
        int Index(DateTimeOffset at) => (int)Math.Floor((at - began).TotalSeconds);
        var accepted = seen.Promises.CountBy(promise => Index(promise.At)).ToDictionary();
        var delivered = seen.Arrivals.CountBy(arrival => Index(arrival.At)).ToDictionary();
        var refused = seen.Refusals.CountBy(refusal => Index(refusal.At)).ToDictionary();
        return [.. Enumerable.Range(0, count).Select(second => new SecondReport(accepted.GetValueOrDefault(second), delivered.GetValueOrDefault(second), refused.GetValueOrDefault(second)))];
    }
}

/// <summary>One step of a drill and what happened meanwhile.</summary>
public sealed record StepReport
{
    public required string Name { get; init; }
    public required string Done { get; init; }

    /// <summary>What was seen of the harm; empty: nothing was looked for.</summary>
    public required string Seen { get; init; }
    public required DateTimeOffset At { get; init; }
    public required double Seconds { get; init; }
    public required int Accepted { get; init; }
    public required int Delivered { get; init; }
    public required IReadOnlyDictionary<string, int> Refused { get; init; }
}

/// <summary>Mails and refusals of one second.</summary>
public sealed record SecondReport(int Accepted, int Delivered, int Refused);
