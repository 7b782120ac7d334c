namespace ClusterMail.Bench.Takeover;

internal static class Figures
{
    public static void Show(string what, IEnumerable<TimeSpan> times)
    {
        var sorted = times.Select(time => time.TotalSeconds).Order().ToList();
        if (sorted.Count > 0)
            Console.WriteLine($"{what,-34} n {sorted.Count,4}  p50 {At(sorted, 50):0.00} s  p90 {At(sorted, 90):0.00} s  p99 {At(sorted, 99):0.00} s  max {sorted[^1]:0.00} s");
    }

    // Nearest rank: with twenty values the 99th is the highest.
    private static double At(List<double> sorted, int percent) => sorted[(int)Math.Ceiling(sorted.Count * percent / 100.0) - 1];
}
