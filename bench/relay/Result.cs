using ClusterMail.Bench.Relay.Parties;

namespace ClusterMail.Bench.Relay;

/// <summary>One run of one party.</summary>
/// <param name="Rate">Mails a second, end to end: from the start of the source until the sink has the last recipient of the last mail.</param>
/// <param name="P50">Milliseconds from the final dot to its 250.</param>
/// <param name="P99">The same of the slowest in a hundred.</param>
/// <param name="ServerCpu">Microseconds of processor time a mail, until the queue is empty again.</param>
/// <param name="DatabaseCpu">The same of PostgreSQL; null where there is none.</param>
/// <param name="BenchCpu">The same of source and sink.</param>
/// <param name="PeakMegabytes">Server and database together.</param>
/// <param name="Commits">A mail.</param>
/// <param name="Wal">Octets a mail.</param>
/// <param name="Overhead">Octets of WAL a mail above those of its content as it is stored, with its Received header.</param>
/// <param name="Transactions">Mails the sink was brought for each mail of the source.</param>
/// <param name="Inside">Null where the server does not tell.</param>
/// <param name="Late">Longest delay of a paced mail because every session was still busy, milliseconds; 0 where nothing is paced.</param>
internal sealed record Result(
    double Rate, double P50, double P99, double ServerCpu, double? DatabaseCpu, double BenchCpu, double PeakMegabytes,
    double? Commits, double? Wal, double? Overhead, double Transactions, Inside? Inside, double Late);

/// <summary>What a node tells of one run: where the time from the final dot to its 250 goes, means in milliseconds, and what its garbage costs.</summary>
/// <param name="Check">Content and sender judged.</param>
/// <param name="Wait">Until the mail's group commit begins.</param>
/// <param name="Commit">The commit, and until the session goes on after it.</param>
/// <param name="Way">All else: the way from the client and back, with the wait for a processor on both sides.</param>
/// <param name="Allocated">Octets on the managed heap a mail.</param>
/// <param name="Paused">Share of the time for which collections of garbage stopped the node.</param>
internal sealed record Inside(double Check, double Wait, double Commit, double Way, double Allocated, double Paused)
{
    /// <param name="whole">From the final dot to its 250 as the client saw it, the mean.</param>
    /// <param name="before">Null: the node had told nothing yet.</param>
    /// <returns>Null where the server does not tell.</returns>
    public static Inside? Of(double whole, NodeFigures? before, NodeFigures? after, TimeSpan took)
    {
        if (after is null)
            return null;
        var start = before ?? new NodeFigures(0, 0, 0, 0, 0, 0);
        var mails = after.Mails - start.Mails;
        var (check, store, wait) = ((after.Check - start.Check) / mails, (after.Store - start.Store) / mails, (after.Wait - start.Wait) / mails);
        return new Inside(check, wait, store - wait, whole - check - store, (after.Allocated - start.Allocated) / mails, (after.Paused - start.Paused) / took.TotalSeconds);
    }
}

/// <summary>Figures of several runs.</summary>
internal static class Results
{
    /// <summary>The middle one; of an even number the mean of the two in the middle.</summary>
    public static double Median(this IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[sorted.Count / 2 - 1] + sorted[sorted.Count / 2]) / 2;
    }

    public static double Median(this IReadOnlyList<Result> runs, Func<Result, double> value) => runs.Select(value).Median();

    /// <summary>Null where a run has no such figure.</summary>
    public static double? Median(this IReadOnlyList<Result> runs, Func<Result, double?> value) =>
        runs.All(run => value(run) is not null) ? runs.Select(run => value(run)!.Value).Median() : null;

    /// <param name="sorted">Not empty.</param>
    /// <param name="share">0.99: as many are at most so long.</param>
    public static double At(IReadOnlyList<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(sorted.Count * share) - 1)];
}
