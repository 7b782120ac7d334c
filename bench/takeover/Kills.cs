using System.Globalization;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Takeover;

/// <summary>Nodes killed under load: how long until the last mail each had promised is out, and how long clients went without a 250.</summary>
internal static class Kills
{
    private static readonly TimeSpan Bar = TimeSpan.FromSeconds(15);

    /// <summary>Aimed at (P3); of what took longer the events are shown.</summary>
    private static readonly TimeSpan Aim = TimeSpan.FromSeconds(8);

    private const string EventsSql = """
        SELECT coalesce(string_agg(format('    %s s  %s %s: %s', round(extract(epoch FROM at - $1)::numeric, 1), kind, node, left(text, 100)), E'\n' ORDER BY id), '    none')
        FROM event WHERE at BETWEEN $1 AND $2 AND kind <> 'taken-over'
        """;

    /// <summary>Of the mail that came last: who sent it in the end, and from when on.</summary>
    private const string LastSql = """
        SELECT coalesce((SELECT format('    last mail: %s, attempt %s, begun after %s s, ended after %s s', node, attempts, round(extract(epoch FROM started_at - $1)::numeric, 1),
                         round(extract(epoch FROM ended_at - $1)::numeric, 1)) FROM history WHERE mail_id = ANY ($2) ORDER BY ended_at DESC LIMIT 1), '    last mail: not in the history yet')
        """;

    private sealed record Kill(Testing.Processes.Takeover Takeover, bool Oldest, TimeSpan Gap, TimeSpan LongestOfOne);

    /// <returns>False when a mail was lost or came twice without a reason, or a takeover took longer than the bar.</returns>
    public static async Task<bool> RunAsync(Options options)
    {
        Console.WriteLine($"{options.Kills} kills of one of three nodes, {options.Mails} mails in its hands each time, {options.Sessions} sessions sending through HAProxy throughout");
        await using var farm = await LoadedFarm.StartAsync(standby: false);
        var kills = new List<Kill>();
        var clean = await farm.UnderLoadAsync(options.Sessions, () => KillAsync(farm, options, kills));
        Figures.Show("all kills, last mail", kills.Select(one => one.Takeover.Last));
        Figures.Show("of the oldest node", kills.Where(one => one.Oldest).Select(one => one.Takeover.Last));
        Figures.Show("of a younger node", kills.Where(one => !one.Oldest).Select(one => one.Takeover.Last));
        Figures.Show("every mail", kills.SelectMany(one => one.Takeover.Times));
        Figures.Show("no session heard a 250 for", kills.Select(one => one.Gap));
        Figures.Show("one session heard no 250 for", kills.Select(one => one.LongestOfOne));
        return clean && kills.All(one => one.Takeover.Last <= Bar);
    }

    private static async Task KillAsync(LoadedFarm farm, Options options, List<Kill> kills)
    {
        // A node that comes back is the youngest.
        var byAge = farm.Farm.Nodes.Select(node => node.Name).ToList();
        for (var number = 1; number <= options.Kills; number++)
        {
            await farm.WholeAsync();
            var oldest = number % 2 == 1;
            var name = byAge[oldest ? 0 : 1];
            byAge.Remove(name);
            byAge.Add(name);
            var takeover = await Testing.Processes.Takeover.MeasureAsync(farm.Farm, farm.Sink, farm.Farm.Nodes.Single(node => node.Name == name), LoadedFarm.Patience, options.Mails);
            farm.Loads.Add(takeover.Stuck);
            var kill = new Kill(
                takeover, oldest, AcceptanceGap.Longest(AcceptanceGap.Times(farm.Load), takeover.Killed, takeover.Back), AcceptanceGap.LongestOfOne(farm.Load, takeover.Killed, takeover.Back));
            kills.Add(kill);
            Console.WriteLine($"kill {number,2}: {name}{(oldest ? ", the oldest" : ""),-13} first {takeover.Times[0].TotalSeconds:0.0} s, last {takeover.Last.TotalSeconds:0.0} s; no 250 for {kill.Gap.TotalSeconds:0.00} s, one session {kill.LongestOfOne.TotalSeconds:0.00} s");
            if (takeover.Last > Aim)
            {
                Console.WriteLine(await farm.AskAsync<string>(EventsSql, takeover.Killed, takeover.Killed + takeover.Last));
                Console.WriteLine(await farm.AskAsync<string>(LastSql, takeover.Killed, takeover.Stuck.Numbers.Values.Select(number => long.Parse(number[1..], CultureInfo.InvariantCulture)).ToArray()));
            }
        }
    }
}
