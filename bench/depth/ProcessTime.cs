using System.Globalization;

namespace ClusterMail.Bench.Depth;

/// <summary>Processor time of a process and of those of its children that have ended, from <c>/proc</c>.</summary>
internal static class ProcessTime
{
    /// <summary>Of the kernel's clock; fixed at 100 on every Linux .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Seconds; 0 when it has just ended, and its parent counts it.</summary>
    public static double WithEndedChildren(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return fields[11..15].Sum(ticks => long.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
