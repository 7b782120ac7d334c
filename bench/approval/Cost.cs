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
        await using var farm = await ApprovalFarm.StartAsync(nodes: 1, keepContent: false);
        await RelayAsync(farm, options.Load / 4);
        var (off, on) = (new List<double>(), new List<double>());
        for (var run = 0; run < options.Runs; run++)
        {
            // Who begins changes, because the second finds a warmer or a hotter machine.
            foreach (var enabled in (bool[])[run % 2 == 0, run % 2 != 0])
            {
                await farm.Farm.SetAsync("approval.enabled", enabled ? "true" : "false");
                (enabled ? on : off).Add(await RelayAsync(farm, options.Load));
            }
        }

        var ratio = Figures.Median(on) / Figures.Median(off);
        Console.WriteLine($"cost: mails a second of a sender without a policy, end to end: off {Figures.Shown(off)}, on {Figures.Shown(on)}, ratio {ratio:0.00}, bar {Bar:0.00}");
        await farm.Farm.SetAsync("approval.enabled", "true");
        var held = new List<double>();
        for (var run = 0; run < options.Runs; run++)
            held.Add(await HoldAsync(farm, Math.Max(100, options.Load / 6)));
        Console.WriteLine($"cost: mails a second that are held (three approvers, a notice and three requests each, written meanwhile): {Figures.Shown(held)}");
        return ratio >= Bar;
    }

    /// <summary>Mails a second, from the first connection to the last arrival at the sink.</summary>
    private static async Task<double> RelayAsync(ApprovalFarm farm, int mails)
    {
        var goal = farm.Sink.Count + mails;
        var clock = Stopwatch.StartNew();
        await SourceAsync(farm, mails, ApprovalFarm.Free);
        await Until.TrueAsync(() => farm.Sink.Count >= goal, Limit, "all mail at the sink");
        return mails / clock.Elapsed.TotalSeconds;
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
