using System.Net.Http.Headers;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Takeover;

/// <summary>
/// Nodes drained while mails wait in their hands: what is being sent is sent to its end, the rest is given back. How long until the last of these arrives from another node.
/// </summary>
internal static class Drains
{
    private const string ByOthersSql = "SELECT coalesce(array_agg(mail_id), '{}') FROM history WHERE mail_id = ANY($1) AND node <> $2";

    /// <param name="BeingSent">Mails that the node was just sending.</param>
    private sealed record Drain(int BeingSent, IReadOnlyList<TimeSpan> Times);

    /// <returns>False when a mail was lost or came twice without a reason.</returns>
    public static async Task<bool> RunAsync(Options options)
    {
        Console.WriteLine($"{options.Drains} drains of one of three nodes, {options.Mails} mails in its hands each time, {options.Sessions} sessions sending through HAProxy throughout");
        // The sink keeps the drained node's sessions open: there must be room for those of the others beside them.
        await using var farm = await LoadedFarm.StartAsync(standby: false, ("delivery.workers_per_node", "10"), ("delivery.destination_connections", "30"));
        var drains = new List<Drain>();
        var clean = await farm.UnderLoadAsync(options.Sessions, async () =>
        {
            for (var number = 1; number <= options.Drains; number++)
            {
                await farm.WholeAsync();
                var node = farm.Farm.Nodes[number % farm.Farm.Nodes.Count];
                var drain = await DrainAsync(farm, node, options.Mails);
                drains.Add(drain);
                Console.WriteLine(drain.Times.Count == 0
                    ? $"drain {number,2}: {node.Name} gave nothing back: give more --mails"
                    : $"drain {number,2}: {node.Name} gave {drain.Times.Count} mails back and sent {drain.BeingSent} itself; first {drain.Times[0].TotalSeconds:0.00} s, last {drain.Times[^1].TotalSeconds:0.00} s");
            }
        });
        Figures.Show("all drains, last mail given back", drains.Where(one => one.Times.Count > 0).Select(one => one.Times[^1]));
        Figures.Show("every mail given back", drains.SelectMany(one => one.Times));
        return clean;
    }

    private static async Task<Drain> DrainAsync(LoadedFarm farm, FarmNode node, int mails)
    {
        using var stuck = new StuckMails(farm.Sink, node);
        farm.Loads.Add(stuck.Load);
        await stuck.Load.SendAsync(sessions: 2, count: mails);
        stuck.TakeNew();
        var begun = DateTimeOffset.UtcNow;
        await ActAsync(farm.Farm, node, "drain");
        var numbers = stuck.Load.Accepted.ToDictionary(pair => Duplicates.NumberOf(pair.Value.Number), pair => pair.Key);
        await Until.TrueAsync(() => stuck.Arrived.Count >= numbers.Count - stuck.BeingSent.Count, LoadedFarm.Patience, $"what {node.Name} gave back\n{farm.Farm.Logs()}");
        stuck.TakeAll();
        await Until.TrueAsync(() => stuck.AllArrived, LoadedFarm.Patience, $"what {node.Name} was sending\n{farm.Farm.Logs()}");
        await Until.TrueAsync(async () => await farm.AskAsync<long>("SELECT count(*) FROM recipient WHERE mail_id = ANY($1)", numbers.Keys.ToArray()) == 0, LoadedFarm.Patience, "their outcomes recorded");
        var byOthers = await farm.AskAsync<long[]>(ByOthersSql, numbers.Keys.ToArray(), node.Name);
        await ActAsync(farm.Farm, node, "undrain");
        return new Drain(numbers.Count - byOthers.Length, [.. byOthers.Select(number => stuck.Arrived[numbers[number]].At - begun).Order()]);
    }

    /// <summary>As the command line does, without the time a program takes to start. Asked of another node.</summary>
    private static async Task ActAsync(Farm farm, FarmNode node, string act)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", farm.Cluster.AdminToken);
        var asked = farm.Nodes.First(other => other.Name != node.Name);
        using var answer = await client.PostAsync(new Uri($"{asked.Admin.TrimEnd('/')}/api/v1/cluster/nodes/{node.Name}/{act}"), null);
        answer.EnsureSuccessStatusCode();
    }
}
