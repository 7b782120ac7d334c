using System.Globalization;
using ClusterMail.Drill;

namespace ClusterMail.Testing.Processes;

/// <summary>What clients were promised and what arrived, judged as <c>clustermail drill</c> judges it.</summary>
public sealed class MailHistory
{
    private readonly DrillRecord _seen;
    private readonly HistoryCheck _check;

    private MailHistory(DrillRecord seen) => (_seen, _check) = (seen, HistoryCheck.Of(seen));

    public int Acknowledged => _check.Accepted;

    /// <summary>Different mails.</summary>
    public int Delivered => _check.Delivered;

    /// <summary>Acknowledged, never arrived: always a fault.</summary>
    public IReadOnlyList<string> Lost => _check.Lost;

    /// <summary>Message-IDs that arrived more than once: allowed only where EX-DELIV-9 says so, and then logged.</summary>
    public IReadOnlyList<string> Duplicates => [.. _check.Duplicates.Select(one => one.MessageId)];

    /// <summary>Arrived although the client saw no 250: it lost the connection between our commit and its reading, and is entitled to send again.</summary>
    public int Unpromised => _check.Unpromised;

    public static MailHistory Compare(LoadGenerator load, params IReadOnlyList<RecordingSink> sinks) => new(new DrillRecord
    {
        Promises = [.. load.Accepted.Select(one => new Promise(one.Key, one.Value.Receiver.ToString(), one.Value.At))],
        Arrivals = [.. sinks.SelectMany(sink => sink.Mails).Select(mail => new Arrival(mail.MessageId, mail.At))],
    });

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

    /// <summary>Those that arrived more than once without a word of the farm about them.</summary>
    /// <param name="numbers">The farm's number of a mail by its Message-ID.</param>
    /// <param name="written">What the farm wrote down.</param>
    public IReadOnlyList<Duplicate> Unexplained(IReadOnlyDictionary<string, string> numbers, IReadOnlyList<PossibleDuplicate> written) =>
        [.. HistoryCheck.Of(_seen with { Numbers = numbers, PossibleDuplicates = written }).Duplicates.Where(one => one.Cause is null)];

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Acknowledged} acknowledged, {Delivered} delivered, {Lost.Count} lost [{string.Join(' ', Lost.Take(5))}], {Duplicates.Count} twice [{string.Join(' ', Duplicates.Take(5))}], {Unpromised} delivered without a 250 seen");
}
