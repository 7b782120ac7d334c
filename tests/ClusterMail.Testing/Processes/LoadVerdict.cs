using System.Globalization;

namespace ClusterMail.Testing.Processes;

/// <summary>What clients were promised against what arrived, with what the farm wrote down about doubles.</summary>
/// <param name="Unexplained">Came twice without an event that says why.</param>
/// <param name="Permanent">Replies of class 5.</param>
public sealed record LoadVerdict(int Promised, int Lost, int Twice, IReadOnlyList<string> Unexplained, int Permanent, string Reasons, string Refusals)
{
    public bool IsClean => Lost == 0 && Unexplained.Count == 0 && Permanent == 0;

    /// <summary>Waits until everything promised has arrived, or the limit has passed; judges then.</summary>
    /// <param name="loads">All that sent to this sink; the first runs longest.</param>
    public static async Task<LoadVerdict> SettledAsync(string database, RecordingSink sink, IReadOnlyList<LoadGenerator> loads, TimeSpan limit)
    {
        var history = await MailHistory.SettledAsync(loads[0], limit, sink);
        var lost = 0;
        foreach (var load in loads)
            lost += (await MailHistory.SettledAsync(load, limit, sink)).Lost.Count;
        var unexplained = await Duplicates.UnexplainedAsync(database, history, loads, limit);
        var refusals = loads.SelectMany(load => load.Refusals).GroupBy(pair => pair.Key).Select(same => $"{same.Key} {same.Sum(pair => pair.Value)}");
        return new LoadVerdict(
            loads.Sum(load => load.Accepted.Count), lost, history.Duplicates.Count, unexplained, loads.Sum(load => load.Permanent.Count),
            await Duplicates.ReasonsAsync(database), string.Join(", ", refusals));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        promised {Promised}, lost {Lost}, twice {Twice}, of these without an event that says why {Unexplained.Count}; refused for good {Permanent}
        events: {Reasons}
        what clients saw besides 250: {(Refusals.Length == 0 ? "nothing" : Refusals)}
        """);
}
