using System.Diagnostics;
using System.Globalization;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Approval;

/// <summary>What approval costs those whose mail it does not look at, and how fast mail is held.</summary>
internal static class Cost
{
    private const double Bar = 0.95;
    private const int Sessions = 20;
    private const int Octets = 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public static async Task<bool> RunAsync(Options options)
    {
        await using var without = await ApprovalFarm.StartAsync(nodes: 1, keepContent: false, isOn: false);
        await using var with = await ApprovalFarm.StartAsync(nodes: 1, keepContent: false);
        foreach (var farm in (ApprovalFarm[])[without, with])
            await RelayAsync(farm, options.Load);
        var (off, on) = (new List<(double Rate, double Cpu)>(), new List<(double Rate, double Cpu)>());
        for (var run = 0; run < options.Runs; run++)
        {
            // Who begins changes, because the second finds a warmer or a hotter machine.
            foreach (var enabled in (bool[])[run % 2 == 0, run % 2 != 0])
                (enabled ? on : off).Add(await RelayAsync(enabled ? with : without, options.Load));
        }

        // Processor time of the node, which neighbours do not change; the rate is for people.
        var ratio = Figures.Median(off.Select(one => one.Cpu)) / Figures.Median(on.Select(one => one.Cpu));
        Console.WriteLine($"cost: mails a second of a sender without a policy, end to end: off {Figures.Shown([.. off.Select(one => one.Rate)])}, on {Figures.Shown([.. on.Select(one => one.Rate)])}");
        Console.WriteLine($"cost: microseconds of the node's processor time a mail: off {Figures.Shown([.. off.Select(one => one.Cpu)])}, on {Figures.Shown([.. on.Select(one => one.Cpu)])}; ratio {ratio:0.00}, bar {Bar:0.00}");
        var held = new List<double>();
        for (var run = 0; run < options.Runs; run++)
            held.Add(await HoldAsync(with, Math.Max(100, options.Load / 6)));
        Console.WriteLine($"cost: mails a second that are held (three approvers, a notice and three requests each, written meanwhile): {Figures.Shown(held)}");
        return ratio >= Bar;
    }

    /// <summary>Mails a second, from the first connection to the last arrival at the sink, and microseconds of processor time of the node for each.</summary>
    private static async Task<(double Rate, double Cpu)> RelayAsync(ApprovalFarm farm, int mails)
    {
        var goal = farm.Sink.Count + mails;
        using var node = Process.GetProcessById(farm.Farm.Nodes[0].Pid!.Value);
        var (clock, before) = (Stopwatch.StartNew(), node.TotalProcessorTime);
        await SourceAsync(farm, mails, ApprovalFarm.Free);
        await Until.TrueAsync(() => farm.Sink.Count >= goal, Limit, "all mail at the sink");
        var elapsed = clock.Elapsed;
        node.Refresh();
        return (mails / elapsed.TotalSeconds, (node.TotalProcessorTime - before).TotalMicroseconds / mails);
    }

    /// <summary>Mails a second that are held; before the next run the outbox is empty.</summary>
    private static async Task<double> HoldAsync(ApprovalFarm farm, int mails)
    {
        var clock = Stopwatch.StartNew();
        await SourceAsync(farm, mails, ApprovalFarm.Requester);
        var rate = mails / clock.Elapsed.TotalSeconds;
        await Until.TrueAsync(async () => await farm.AskAsync<long>("SELECT count(*) FROM hold_job WHERE done_at IS NULL") == 0, Limit, "the notices written");
        Console.WriteLine($"cost:   held {rate:0} a second; their notices were written after {clock.Elapsed.TotalSeconds:0.0} s, {mails * 4 / clock.Elapsed.TotalSeconds:0} a second");
        return rate;
    }

    private static Task<string> SourceAsync(ApprovalFarm farm, int mails, string from) => Tool.MustAsync(
        Limit, "smtp-source", "-d", "-s", Text(Sessions), "-m", Text(mails), "-l", Text(Octets), "-f", from, "-t", $"r@{ApprovalFarm.Outside}", farm.Farm.Nodes[0].Receiver.ToString());

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
