namespace ClusterMail.Bench.Approval;

internal static class Figures
{
    public static double Median(IEnumerable<double> values) => At(values, 50);

    /// <summary>Nearest rank.</summary>
    public static double At(IEnumerable<double> values, int percent)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * percent / 100.0) - 1)];
    }

    public static string Shown(IReadOnlyCollection<double> values) => $"{Median(values):0.##} ({values.Min():0.##} to {values.Max():0.##})";
}
