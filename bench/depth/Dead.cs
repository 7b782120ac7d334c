namespace ClusterMail.Bench.Depth;

/// <summary>Very many mails to one destination that is dead in one of three ways, and what that costs the others.</summary>
internal static class Dead
{
    private const double Bar = 0.90;

    public static async Task<bool> RunAsync(Options options)
    {
        // A host for each turn: the farm remembers which are dead, and each turn is to find out anew.
        await using var hosts = new DeadHosts(options["--runs"]);
        await using var farm = await QueueFarm.StartAsync([.. hosts.All.Select(host => $"{host.Domain},127.0.0.1,{host.Port}")]);
        await farm.RelayAsync(options["--load"]);
        var without = new List<QueueFarm.Result>();
        var with = DeadHosts.Ways.ToDictionary(way => way, _ => new List<QueueFarm.Result>());
        for (var run = 0; run < options["--runs"]; run++)
        {
            foreach (var way in (IEnumerable<string>)(run % 2 == 0 ? ["", .. DeadHosts.Ways] : [.. DeadHosts.Ways.Reverse(), ""]))
            {
                await farm.EmptyAsync();
                if (way.Length > 0)
                {
                    var host = hosts.All.Single(host => host.Way == way && host.Run == run);
                    await farm.FillAsync(options["--mails"], host.Domain, $"[127.0.0.1]:{host.Port}", 1, isDue: true);
                }

                (way.Length == 0 ? without : with[way]).Add(await farm.RelayAsync(options["--load"]));
            }
        }

        var rate = Figures.Median(without.Select(result => result.MailsPerSecond));
        Show("nothing else", without);
        var kept = true;
        foreach (var (way, results) in with)
        {
            Show($"{options["--mails"]} mails to a host that {way}", results);
            kept &= Figures.Keeps("  ratio of throughput to the others", Figures.Median(results.Select(result => result.MailsPerSecond)) / rate, Bar, atLeast: true);
        }

        return kept;
    }

    private static void Show(string what, List<QueueFarm.Result> results)
    {
        Console.WriteLine();
        Console.WriteLine(what);
        Console.WriteLine($"  mails/s {Shown(result => result.MailsPerSecond)}; ms to 250: p50 {Shown(result => result.P50, "0.0")}, p99 {Shown(result => result.P99, "0.0")}");
        Console.WriteLine($"  CPU a mail, us: node {Shown(result => result.NodeCpu)}, PostgreSQL {Shown(result => result.DatabaseCpu)}; node at most {results.Max(result => result.Megabytes):0} MB");

        string Shown(Func<QueueFarm.Result, double> value, string format = "0") => Figures.Shown([.. results.Select(value)], format);
    }
}
