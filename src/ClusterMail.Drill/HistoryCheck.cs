namespace ClusterMail.Drill;

/// <summary>
/// Holds what the clients were promised against what arrived. Lost: acknowledged and never arrived. Twice: arrived more than once, which only a record of the farm
/// explains (P4). Arrived without a promise is allowed: the client lost the connection between our commit and its reading, and sent again (RFC 5321 §4.5.4.1).
/// </summary>
public sealed record HistoryCheck
{
    public required int Accepted { get; init; }

    /// <summary>Different mails at the sink.</summary>
    public required int Delivered { get; init; }

    /// <summary>Message-IDs.</summary>
    public required IReadOnlyList<string> Lost { get; init; }
    public required IReadOnlyList<Duplicate> Duplicates { get; init; }
    public required int Unpromised { get; init; }
    public required IReadOnlyDictionary<string, int> Refused { get; init; }

    /// <summary>Longest time between two promises, seconds; 0 with less than two.</summary>
    public required double LongestGap { get; init; }

    /// <summary>When that gap began: the promise before it. Null with less than two.</summary>
    public required DateTimeOffset? GapAt { get; init; }

    /// <summary>
    /// From the harm until the last mail the victim had promised before it was at the sink, seconds. Null without a victim, or when it had nothing open.
    /// </summary>
    public required double? Takeover { get; init; }

    /// <summary>No mail lost, none doubled unexplained, none refused for good.</summary>
    public bool Passed => Lost.Count == 0 && Duplicates.All(duplicate => duplicate.Cause is not null) && !Refused.Keys.Any(code => code.StartsWith('5'));

    public static HistoryCheck Of(DrillRecord seen)
    {
        var arrived = seen.Arrivals.GroupBy(arrival => arrival.MessageId).ToDictionary(group => group.Key, group => group.ToList());
        var promised = seen.Promises.ToDictionary(promise => promise.MessageId);
        var (gapAt, gap) = Gap(seen.Promises);
        return new HistoryCheck
        {
            Accepted = promised.Count,
            Delivered = arrived.Count,
            Lost = [.. promised.Keys.Where(id => !arrived.ContainsKey(id)).Order(StringComparer.Ordinal)],
            Duplicates = [.. arrived.Where(pair => pair.Value.Count > 1).Select(pair => Explained(pair.Key, pair.Value.Count, seen)).OrderBy(one => one.MessageId, StringComparer.Ordinal)],
            Unpromised = arrived.Keys.Count(id => !promised.ContainsKey(id)),
            Refused = seen.Refusals.GroupBy(refusal => refusal.Code).ToDictionary(group => group.Key, group => group.Count()),
            LongestGap = gap,
            GapAt = gapAt,
            Takeover = Taken(seen, arrived),
        };
    }

    private static Duplicate Explained(string id, int times, DrillRecord seen)
    {
        var number = seen.Numbers.GetValueOrDefault(id);
        return new Duplicate(id, number ?? "", times, number is null ? null : seen.PossibleDuplicates.FirstOrDefault(one => one.Number == number)?.Cause);
    }

    private static (DateTimeOffset? At, double Seconds) Gap(IReadOnlyList<Promise> promises)
    {
        var times = promises.Select(promise => promise.At).Order().ToList();
        return times.Zip(times.Skip(1), (before, after) => ((DateTimeOffset?)before, (after - before).TotalSeconds)).DefaultIfEmpty((null, 0)).MaxBy(gap => gap.Item2);
    }

    private static double? Taken(DrillRecord seen, Dictionary<string, List<Arrival>> arrived)
    {
        if (seen.Victim is null || seen.HarmAt is not { } harm)
            return null;
        var open = seen.Promises.Where(promise => promise.Node == seen.Victim && promise.At <= harm)
            .Select(promise => arrived.GetValueOrDefault(promise.MessageId)?.Min(arrival => arrival.At)).OfType<DateTimeOffset>().Where(at => at > harm).ToList();
        return open.Count == 0 ? null : (open.Max() - harm).TotalSeconds;
    }
}

/// <summary>A mail that arrived more than once.</summary>
/// <param name="Number">The farm's number; empty when the client never heard it.</param>
/// <param name="Cause">What the farm wrote down about it; null: nothing, and then it is a fault.</param>
public sealed record Duplicate(string MessageId, string Number, int Times, string? Cause);
