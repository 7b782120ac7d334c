using System.Diagnostics;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Depth;

/// <summary>New mail while very many mails wait: due later at one or many destinations, or due now at one that takes no more.</summary>
internal static class Depth
{
    private const double Bar = 0.90;
    private const double MemoryBar = 500;
    private const double SummaryBar = 2.0;

    /// <param name="Mails">That wait.</param>
    /// <param name="IsDue">Now, at a destination whose connections are all taken; else in hours.</param>
    private sealed record Setting(int Mails, int Destinations, bool IsDue)
    {
        public override string ToString() => Mails == 0 ? "nothing waiting" : $"{Mails} {(IsDue ? "due, their destination at its limit" : $"due later, {Destinations} destinations")}";
    }

    /// <param name="Summary">Seconds of <c>clustermail queue summary</c>, as a user waits for it.</param>
    private sealed record Turn(QueueFarm.Result Relay, double Summary, double List, double Why);

    public static async Task<bool> RunAsync(Options options)
    {
        // A host that takes connections and mail, but twenty seconds for each.
        await using var slow = new RecordingSink { KeepContent = false, Script = heard => heard.Verb == "." ? new SinkAnswer("250 2.0.0 Ok") { Before = Task.Delay(TimeSpan.FromSeconds(20)) } : null };
        await using var farm = await QueueFarm.StartAsync($"slow.test,127.0.0.1,{slow.Port}");
        var settings = options.Values["--waiting"].Where(mails => mails > 0).SelectMany(mails => options.Values["--destinations"].Select(destinations => new Setting(mails, destinations, false)).Append(new Setting(mails, 1, true)))
            .Prepend(new Setting(0, 0, false)).ToArray();
        await farm.RelayAsync(options["--mails"]);
        var turns = settings.ToDictionary(setting => setting, _ => new List<Turn>());
        for (var run = 0; run < options["--runs"]; run++)
        {
            // Who begins changes, because the second finds a warmer or a hotter machine.
            foreach (var setting in run % 2 == 0 ? settings : settings.Reverse())
                turns[setting].Add(await TurnAsync(farm, slow.Port, setting, options["--mails"]));
        }

        var rate = Figures.Median(turns[settings[0]].Select(turn => turn.Relay.MailsPerSecond));
        var kept = true;
        foreach (var setting in settings)
            kept &= Report(setting, turns[setting], rate);
        return kept;
    }

    private static async Task<Turn> TurnAsync(QueueFarm farm, int slowPort, Setting setting, int mails)
    {
        await farm.EmptyAsync();
        var id = "";
        if (setting.Mails > 0)
        {
            id = setting.IsDue ? await farm.FillAsync(setting.Mails, "slow.test", $"[127.0.0.1]:{slowPort}", 1, isDue: true)
                : await farm.FillAsync(setting.Mails, "d#.depth.test", "d#.depth.test", setting.Destinations, isDue: false);
        }

        await farm.SettleAsync();
        // Caches are filled and the node has found out what there is.
        await farm.RelayAsync(Math.Max(200, mails / 5));
        var relay = await farm.RelayAsync(mails);
        var (summary, list) = (await TimeAsync(farm, "queue", "summary"), await TimeAsync(farm, "queue", "list"));
        return new Turn(relay, summary, list, id.Length == 0 ? 0 : await TimeAsync(farm, "queue", "why", id));
    }

    private static async Task<double> TimeAsync(QueueFarm farm, params IReadOnlyList<string> command)
    {
        var clock = Stopwatch.StartNew();
        await farm.Farm.RunAsync(command);
        return clock.Elapsed.TotalSeconds;
    }

    private static bool Report(Setting setting, List<Turn> turns, double rateOfNothing)
    {
        var rates = turns.Select(turn => turn.Relay.MailsPerSecond).ToArray();
        Console.WriteLine();
        Console.WriteLine($"{setting}");
        Console.WriteLine($"  mails/s {Figures.Shown(rates)}; ms to 250: p50 {Shown(turn => turn.Relay.P50, "0.0")}, p99 {Shown(turn => turn.Relay.P99, "0.0")}");
        Console.WriteLine($"  CPU a mail, us: node {Shown(turn => turn.Relay.NodeCpu)}, PostgreSQL {Shown(turn => turn.Relay.DatabaseCpu)}; node at most {turns.Max(turn => turn.Relay.Megabytes):0} MB");
        Console.WriteLine($"  seconds: queue summary {Shown(turn => turn.Summary, "0.00")}, queue list {Shown(turn => turn.List, "0.00")}, queue why {Shown(turn => turn.Why, "0.00")}");
        return setting.Mails == 0
            || Figures.Keeps("  ratio of throughput", Figures.Median(rates) / rateOfNothing, Bar, atLeast: true)
            & Figures.Keeps("  MB of the node", turns.Max(turn => turn.Relay.Megabytes), MemoryBar, atLeast: false)
            & Figures.Keeps("  seconds of queue summary", Figures.Median(turns.Select(turn => turn.Summary)), SummaryBar, atLeast: false);

        string Shown(Func<Turn, double> value, string format = "0") => Figures.Shown([.. turns.Select(value)], format);
    }
}
