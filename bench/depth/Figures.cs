namespace ClusterMail.Bench.Depth;

internal static class Figures
{
    /// <summary>Nearest rank; 0 of nothing.</summary>
    public static double At(IEnumerable<double> values, double percent)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * percent / 100) - 1)];
    }

    public static double Median(IEnumerable<double> values) => At(values, 50);

    public static string Shown(IReadOnlyCollection<double> values, string format = "0") =>
        $"{Median(values).ToString(format, null)} ({values.Min().ToString(format, null)} to {values.Max().ToString(format, null)})";

    /// <summary>Prints the verdict on one bar.</summary>
    public static bool Keeps(string what, double value, double bar, bool atLeast)
    {
        var keeps = atLeast ? value >= bar : value <= bar;
        Console.WriteLine($"{what} {value:0.###}, bar {bar:0.###}: {(keeps ? "kept" : "MISSED")}");
        return keeps;
    }
}
