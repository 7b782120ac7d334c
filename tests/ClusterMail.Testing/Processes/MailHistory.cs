using System.Globalization;

namespace ClusterMail.Testing.Processes;

/// <summary>Compares what clients were promised with what arrived.</summary>
/// <param name="Lost">Acknowledged, never arrived: always a fault.</param>
/// <param name="Duplicates">Message-IDs that arrived more than once: allowed only where EX-DELIV-9 says so, and then logged.</param>
/// <param name="Unpromised">Arrived although the client saw no 250: it lost the connection between our commit and its reading, and is entitled to send again.</param>
public sealed record MailHistory(int Acknowledged, int Delivered, IReadOnlyList<string> Lost, IReadOnlyList<string> Duplicates, int Unpromised)
{
    public static MailHistory Compare(LoadGenerator load, params IReadOnlyList<RecordingSink> sinks)
    {
        var arrived = sinks.SelectMany(sink => sink.Mails).GroupBy(mail => mail.MessageId).ToDictionary(group => group.Key, group => group.Count());
        return new MailHistory(
            load.Accepted.Count,
            arrived.Count,
            [.. load.Accepted.Keys.Where(id => !arrived.ContainsKey(id))],
            [.. arrived.Where(pair => pair.Value > 1).Select(pair => pair.Key)],
            arrived.Keys.Count(id => !load.Accepted.ContainsKey(id)));
    }

    /// <summary>Waits until everything acknowledged has arrived, or the limit has passed; the comparison then.</summary>
    public static async Task<MailHistory> SettledAsync(LoadGenerator load, TimeSpan limit, params IReadOnlyList<RecordingSink> sinks)
    {
        try
        {
            await Until.TrueAsync(() => Task.FromResult(sinks.Sum(sink => sink.Count) >= load.Accepted.Count && Compare(load, sinks).Lost.Count == 0), limit, "all mail arrived");
        }
        catch (TimeoutException)
        {
            // The comparison says what is missing.
        }

        return Compare(load, sinks);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Acknowledged} acknowledged, {Delivered} delivered, {Lost.Count} lost [{string.Join(' ', Lost.Take(5))}], {Duplicates.Count} twice [{string.Join(' ', Duplicates.Take(5))}], {Unpromised} delivered without a 250 seen");
}
