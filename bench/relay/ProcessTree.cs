using System.Globalization;

namespace ClusterMail.Bench.Relay;

/// <summary>CPU time and memory of a process and of everything below it.</summary>
/// <param name="root">Its process id.</param>
internal sealed class ProcessTree(int root)
{
    /// <summary>Clock ticks a second in /proc; fixed by the kernel's interface.</summary>
    private const double TicksPerSecond = 100;

    private double _before;
    private long _peak;

    /// <summary>Seconds of user and system time since <see cref="Start"/>. Processes that have ended are in the figure of the one that waited for them.</summary>
    public double CpuSeconds => Now() - _before;

    /// <summary>Highest sum seen since <see cref="Start"/>, in MB; what processes share is counted once.</summary>
    public double PeakMegabytes => _peak / 1024.0;

    public void Start()
    {
        _before = Now();
        _peak = 0;
        Sample();
    }

    /// <summary>Looks at the memory; to be called every now and then.</summary>
    public void Sample() => _peak = Math.Max(_peak, Members().Sum(member => Proportional(member.Pid)));

    private double Now() => Members().Sum(member => member.Ticks) / TicksPerSecond;

    private IReadOnlyList<(int Pid, long Ticks)> Members()
    {
        var children = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? Read(pid) : null)
            .OfType<(int Pid, int Parent, long Ticks)>()
            .ToLookup(process => process.Parent);
        var members = new List<(int Pid, long Ticks)>();
        if (Read(root) is { } first)
            members.Add((first.Pid, first.Ticks));
        for (var index = 0; index < members.Count; index++)
            members.AddRange(children[members[index].Pid].Select(child => (child.Pid, child.Ticks)));
        return members;
    }

    private static (int Pid, int Parent, long Ticks)? Read(int pid)
    {
        try
        {
            // "pid (name) state parent ...": the name may hold brackets, so count from the last one. Fields 11 to 14: its own time and that of children it waited for.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (pid, int.Parse(fields[1], CultureInfo.InvariantCulture), fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long Proportional(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/smaps_rollup").FirstOrDefault(text => text.StartsWith("Pss:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
