using System.Globalization;

namespace ClusterMail.Bench.Relay;

/// <summary>CPU time and memory of processes found by what their command line or name holds.</summary>
internal sealed class Meter(Func<int, string, bool> belongs)
{
    /// <summary>Clock ticks a second in /proc; fixed by the kernel's interface.</summary>
    private const double TicksPerSecond = 100;

    private readonly Dictionary<int, long> _ticks = [];
    private long _peak;
    private long _before;

    public void Start()
    {
        _ticks.Clear();
        _peak = 0;
        Sample();
        _before = _ticks.Values.Sum();
    }

    /// <summary>Called every now and then: processes that end in between are missed by as much.</summary>
    public void Sample()
    {
        long memory = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            try
            {
                var command = File.ReadAllText(folder + "/cmdline").Replace('\0', ' ');
                if (command.Length == 0 || !belongs(pid, command))
                    continue;
                var stat = File.ReadAllText(folder + "/stat");
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                _ticks[pid] = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
                memory += Proportional(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has just ended.
            }
        }

        _peak = Math.Max(_peak, memory);
    }

    public double CpuSeconds => (_ticks.Values.Sum() - _before) / TicksPerSecond;

    /// <summary>Highest sum seen, in MB; what processes share is counted once.</summary>
    public double PeakMegabytes => _peak / 1024.0;

    private static long Proportional(string folder)
    {
        var line = File.ReadLines(folder + "/smaps_rollup").FirstOrDefault(text => text.StartsWith("Pss:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
