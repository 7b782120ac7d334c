using System.Globalization;

namespace ClusterMail.Bench.Limits;

/// <summary>Memory and processor time of one process, from <c>/proc</c>.</summary>
internal sealed class NodeFigures(int pid)
{
    /// <summary>Of the kernel's clock; fixed at 100 on every Linux .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Resident now, MB.</summary>
    public long Resident => Status("VmRSS:");

    /// <summary>Seconds of user and system time so far.</summary>
    public double CpuSeconds
    {
        get
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
    }

    /// <summary>The highest resident memory while <paramref name="work"/> runs, MB, looked at every 200 ms.</summary>
    public async Task<long> PeakDuringAsync(Task work)
    {
        var peak = Resident;
        while (!work.IsCompleted)
        {
            await Task.WhenAny(work, Task.Delay(200));
            peak = Math.Max(peak, Resident);
        }

        await work;
        return peak;
    }

    /// <summary>Share of one processor over the next <paramref name="time"/>, in percent.</summary>
    public async Task<double> CpuOverAsync(TimeSpan time)
    {
        var before = CpuSeconds;
        await Task.Delay(time);
        return (CpuSeconds - before) / time.TotalSeconds * 100;
    }

    private long Status(string name) => long.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
        CultureInfo.InvariantCulture) / 1024;
}
