using System.Diagnostics;
using ClusterMail.Bench.Limits;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Depth;

/// <summary>What a node costs that does nothing, how soon it is ready, and how long a person waits for a command.</summary>
internal static class Idle
{
    private const double ReadyBar = 4.0, MemoryBar = 250, CpuBar = 1.0, CommandBar = 0.4;

    /// <summary>Garbage of the start is gone and what runs once a second is compiled: that takes thirty calls of it.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<bool> RunAsync(Options options)
    {
        await using var farm = await Farm.StartAsync(1);
        var (ready, work, memory, cpu) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var start = 0; start < options["--starts"]; start++)
        {
            await farm.RunAsync("node", "stop", farm.Nodes[0].Name);
            var up = farm.RestartAsync();
            var (took, worked) = await ReadyAsync(farm);
            ready.Add(took);
            work.Add(worked);
            await up;
            var figures = new NodeFigures(farm.Nodes[0].Pid!.Value);
            await Task.Delay(Calm);
            cpu.Add(await figures.CpuOverAsync(TimeSpan.FromSeconds(options["--seconds"])));
            memory.Add(figures.Resident);
        }

        Console.WriteLine($"start to ready, s {Figures.Shown(ready, "0.00")}, of the processor {Figures.Shown(work, "0.00")}; idle: MB {Figures.Shown(memory)}, % of one processor {Figures.Shown(cpu, "0.00")}");
        var kept = Figures.Keeps("seconds to ready", Figures.Median(ready), ReadyBar, atLeast: false)
            & Figures.Keeps("MB", Figures.Median(memory), MemoryBar, atLeast: false)
            & Figures.Keeps("% of one processor", Figures.Median(cpu), CpuBar, atLeast: false);
        foreach (var command in (string[][])[["--version"], ["queue", "summary", "--data", farm.Data], ["settings", "get", "log.retention_days", "--data", farm.Data]])
            kept &= await CommandAsync(command, options["--calls"]);
        return kept;
    }

    /// <summary>Seconds from the start of the node's process until it says that it takes mail, and of processor time, which neighbours change less.</summary>
    private static async Task<(double Took, double Worked)> ReadyAsync(Farm farm)
    {
        await Until.TrueAsync(() => Farm.IsReadyAsync(farm.Nodes[0]), Patience, $"the node ready\n{farm.Logs()}");
        var now = DateTime.Now;
        using var node = Process.GetProcesses().Single(process => IsNode(process.Id, farm.Data));
        return ((now - node.StartTime).TotalSeconds, node.TotalProcessorTime.TotalSeconds);
    }

    private static bool IsNode(int pid, string data)
    {
        try
        {
            var command = File.ReadAllText($"/proc/{pid}/cmdline");
            return command.Contains("clustermaild", StringComparison.Ordinal) && command.Contains(data, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task<bool> CommandAsync(string[] arguments, int calls)
    {
        var times = new List<double>();
        for (var call = 0; call < calls; call++)
        {
            var clock = Stopwatch.StartNew();
            using var process = Process.Start(new ProcessStartInfo(Farm.Program("clustermail"), arguments) { RedirectStandardOutput = true })!;
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            times.Add(clock.Elapsed.TotalSeconds);
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"clustermail {string.Join(' ', arguments)} ended with code {process.ExitCode}.");
        }

        var name = string.Join(' ', arguments.TakeWhile(word => word != "--data"));
        Console.WriteLine($"clustermail {name}, s {Figures.Shown(times, "0.000")}");
        return Figures.Keeps($"seconds of clustermail {name}", Figures.Median(times), CommandBar, atLeast: false);
    }
}
