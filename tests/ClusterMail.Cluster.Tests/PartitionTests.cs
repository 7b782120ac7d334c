using System.Diagnostics;
using System.Globalization;
using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>Nodes in network namespaces, cut off while they work (EX-CLU-5, CLU-30).</summary>
[Collection(ClusterFarm.PatientToo)]
public class PartitionTests
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task EX_CLU_5_a_node_cut_off_from_everything_stops_and_after_healing_everything_was_delivered_once()
    {
        await using var parts = await StartAsync();
        var farm = parts.Farm;
        var alone = farm.Nodes[2];
        var onTheIsland = new LoadGenerator([alone.Receiver], "sink.test");
        await onTheIsland.SendAsync(sessions: 4, count: 50);
        await CutUnderLoadAsync(parts, [.. farm.Nodes.Take(2)], alone.CutAsync, alone.HealAsync, onTheIsland);
    }

    [Fact]
    public async Task CLU_30_nodes_that_lose_each_other_but_not_the_database_never_deliver_the_same_mail()
    {
        await using var parts = await StartAsync();
        var farm = parts.Farm;
        var alone = farm.Nodes[2];
        await CutUnderLoadAsync(parts, farm.Nodes, () => farm.CutFromPeersAsync(alone), alone.HealRulesAsync);
    }

    [Fact]
    public async Task CLU_31_a_node_that_loses_only_the_database_promises_nothing_and_comes_back_by_itself()
    {
        await using var parts = await StartAsync();
        var farm = parts.Farm;
        var alone = farm.Nodes[2];
        await CutUnderLoadAsync(parts, farm.Nodes, alone.CutFromDatabaseAsync, async () =>
        {
            Assert.False(await NetworkFarm.IsReadyAsync(alone), "a node without the database says that it is ready");
            await alone.HealRulesAsync();
        });
    }

    /// <summary>Load, the cut for 15 s (the lease is 6 s), the healing; then every node is ready and a member again by itself, and nothing is lost.</summary>
    private static async Task CutUnderLoadAsync(Parts parts, IReadOnlyList<NetworkNode> receivers, Func<Task> cut, Func<Task> heal, params LoadGenerator[] others)
    {
        var farm = parts.Farm;
        var load = new LoadGenerator([.. receivers.Select(node => node.Receiver)], "sink.test") { Rest = ClusterFarm.Rest };
        var stop = new TaskCompletionSource();
        var clock = Stopwatch.StartNew();
        var sending = load.SendUntilAsync(6, stop.Task);
        try
        {
            await Until.TrueAsync(() => load.Accepted.Count > 100, Settle, "load running");
            await cut();
            await Task.Delay(TimeSpan.FromSeconds(15));
            await heal();
            await Until.TrueAsync(
                async () => (await Task.WhenAll(farm.Nodes.Select(NetworkFarm.IsReadyAsync))).All(ready => ready), TimeSpan.FromSeconds(90), $"all nodes ready\n{farm.Output()}");
            await Until.TrueAsync(async () => await MembersAsync(farm) == farm.Nodes.Count, TimeSpan.FromSeconds(90), () => $"all nodes members of the cluster\n{farm.Output()}");
        }
        finally
        {
            stop.SetResult();
            await sending;
        }

        // A node notices within 300 ms that its outcomes are not recorded and starts nothing more; what was delivered meanwhile, and what was on the
        // wire, is delivered again elsewhere. Less than the whole farm delivers in a second, and one for each open connection.
        var mostTwice = (int)(load.Accepted.Count / clock.Elapsed.TotalSeconds) + 40;
        Assert.Empty(load.Permanent);
        await NothingLostAsync(parts, mostTwice, [load, .. others]);
    }

    private static Task<long> MembersAsync(NetworkFarm farm) =>
        Sql.AskAsync<long>(farm.Database, "SELECT count(*) FROM node WHERE member AND fenced_at IS NULL AND left_at IS NULL AND alive_until > now()");

    private static async Task NothingLostAsync(Parts parts, int mostTwice, params LoadGenerator[] loads)
    {
        foreach (var load in loads)
        {
            var history = await MailHistory.SettledAsync(load, Settle, parts.Sink);
            TestContext.Current.TestOutputHelper?.WriteLine(history.ToString());
            Assert.True(history.Lost.Count == 0, $"{history}\n{parts.Farm.Output()}");
            Assert.InRange(history.Duplicates.Count, 0, mostTwice);
            await Explanations.CoverAsync(parts.Farm.Database, history, loads, parts.Farm.Output);
        }
    }

    internal static async Task<Parts> StartAsync()
    {
        RecordingSink? sink = null;
        var port = Ports.Block(1);
        var farm = await NetworkFarm.StartAsync(3, bridge => new Dictionary<string, string>
        {
            ["net.host_name"] = "mx.example.jp",
            ["relay.rules"] = $"#<> default\n#blank false\n{bridge} true\n127.0.0.1 true",
            ["receive.balancers"] = bridge.ToString(),
            ["route.table"] = string.Create(CultureInfo.InvariantCulture, $"*,{bridge},{port}"),
            ["delivery.retry_seconds"] = "10",
        });
        sink = new RecordingSink(new IPEndPoint(farm.Bridge, port)) { KeepContent = false };
        return new Parts(farm, sink);
    }

    internal sealed record Parts(NetworkFarm Farm, RecordingSink Sink) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Farm.DisposeAsync();
            await Sink.DisposeAsync();
        }
    }
}
