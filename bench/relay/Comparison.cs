using ClusterMail.Testing.Measure;

namespace ClusterMail.Bench.Relay;

/// <summary>Whether the second of two builds is slower: rank tests of the runs, 5 % both sides.</summary>
internal static class Comparison
{
    private const double Significance = 0.05;

    /// <summary>Prints what is to be said of one size.</summary>
    /// <returns>True: mails a second went down, or processor time a mail went up.</returns>
    public static bool IsSlower(IReadOnlyList<Result> before, IReadOnlyList<Result> after)
    {
        var rate = Say("mails/s", before, after, run => run.Rate, more: "faster", less: "slower");
        var cpu = Say("us/mail", before, after, run => run.ServerCpu + (run.DatabaseCpu ?? 0), more: "slower", less: "faster");
        return rate == "slower" || cpu == "slower";
    }

    private static string Say(string what, IReadOnlyList<Result> before, IReadOnlyList<Result> after, Func<Result, double> value, string more, string less)
    {
        var p = RankTest.TwoSided([.. before.Select(value)], [.. after.Select(value)]);
        var (old, now) = (before.Median(value), after.Median(value));
        var verdict = p >= Significance ? "no difference to see" : now > old ? more : less;
        Console.WriteLine($"{what}: {old:0} -> {now:0} ({(now / old - 1) * 100:+0.0;-0.0} %), rank test p = {p:0.000}: {verdict}");
        return verdict;
    }
}
