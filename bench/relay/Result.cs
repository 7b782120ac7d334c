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
/// <param name="Late">Longest delay of a paced mail because every session was still busy, milliseconds; 0 where nothing is paced.</param>
internal sealed record Result(
    double Rate, double P50, double P99, double ServerCpu, double? DatabaseCpu, double BenchCpu, double PeakMegabytes,
    double? Commits, double? Wal, double? Overhead, double Transactions, double Late);

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
