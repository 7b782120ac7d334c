using System.Globalization;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Testing.Nemesis;

/// <summary>What a run of harm cost: the clients' 250s against the sink's mails, and every double against what the farm wrote down.</summary>
public sealed record NemesisVerdict(MailHistory History, IReadOnlyList<string> Unexplained, int Permanent, IReadOnlyDictionary<string, int> Refusals, IReadOnlyList<HarmCost> Costs)
{
    /// <summary>Harmless to any promise: nothing lost, every double explained, no reply of class 5.</summary>
    public bool IsClean => History.Lost.Count == 0 && Unexplained.Count == 0 && Permanent == 0;

    /// <summary>Waits until everything promised has arrived, or the limit has passed; judges then.</summary>
    public static async Task<NemesisVerdict> SettledAsync(NetworkFarm farm, LoadGenerator load, RecordingSink sink, IReadOnlyList<HarmDone> done, TimeSpan limit)
    {
        var history = await MailHistory.SettledAsync(load, limit, sink);
        var unexplained = await Duplicates.UnexplainedAsync(farm.Database, history, [load], limit);
        return new NemesisVerdict(history, unexplained, load.Permanent.Count, load.Refusals, Costing(load, sink, done));
    }

    /// <summary>For each kind the longest time without a single 250, and from a 250 to the arrival of its mail, from its beginning until ten seconds after it was put right, or until the clients stopped.</summary>
    private static IReadOnlyList<HarmCost> Costing(LoadGenerator load, RecordingSink sink, IReadOnlyList<HarmDone> done)
    {
        var promises = AcceptanceGap.Times(load);
        DateTimeOffset End(HarmDone one) => promises.Length > 0 && promises[^1] < one.Until.AddSeconds(10) ? promises[^1] : one.Until.AddSeconds(10);
        var arrivals = sink.Mails.GroupBy(mail => mail.MessageId).ToDictionary(group => group.Key, group => group.Min(mail => mail.At));
        var ways = load.Accepted.Where(one => arrivals.ContainsKey(one.Key)).Select(one => (From: one.Value.At, Until: arrivals[one.Key])).ToArray();
        return [.. done.GroupBy(one => one.Plan.Kind).OrderBy(group => group.Key).Select(group => new HarmCost(
            group.Key,
            group.Count(),
            group.Max(one => (one.Until - one.From).TotalSeconds),
            group.Max(one => AcceptanceGap.Longest(promises, one.From, End(one)).TotalSeconds),
            group.Max(one => ways.Where(way => way.Until >= one.From && way.From <= End(one)).Select(way => (way.Until - way.From).TotalSeconds).DefaultIfEmpty().Max())))];
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{History}; {Unexplained.Count} twice without a reason; refused for good {Permanent}; besides 250 clients saw {string.Join(", ", Refusals.Select(pair => $"{pair.Key} {pair.Value}"))}");
}

/// <param name="Longest">Seconds from the beginning until it was put right.</param>
/// <param name="Gap">Seconds without a 250.</param>
/// <param name="Way">Seconds the slowest mail took from its 250 to its arrival.</param>
public sealed record HarmCost(HarmKind Kind, int Count, double Longest, double Gap, double Way);
