using System.Text.Json;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>From one release to the next while mail flows (CLU-34, CLU-32).</summary>
[Collection(ClusterFarm.Patient)]
public class UpgradeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task CLU_34_a_farm_goes_to_the_next_release_node_by_node_under_load_without_a_5xx_and_without_a_double()
    {
        var next = Path.Combine(Tool.Root, "artifacts", "next", "out");
        await Tool.MustAsync(TimeSpan.FromMinutes(5), Path.Combine(Tool.Root, "tests", "next-release"));
        await using var parts = await PartitionTests.StartAsync();
        var farm = parts.Farm;
        await using var balancer = await HAProxy.StartAsync(farm.Nodes.Select(node => node.ProxySmtp));
        var load = new LoadGenerator([balancer.EndPoint], "sink.test") { Rest = ClusterFarm.Rest };
        var stop = new TaskCompletionSource();
        var sending = load.SendUntilAsync(8, stop.Task);
        try
        {
            await MoreAsync(load);
            // The schema first: the old release goes on with it.
            await Tool.MustAsync(Limit, Path.Combine(next, "clustermail"), "db", "migrate", "--database", farm.Database);
            await MoreAsync(load);
            foreach (var node in farm.Nodes)
            {
                await UpgradeAsync(farm, node, Path.Combine(next, "clustermaild"));
                await MoreAsync(load);
                var releases = await ReleasesAsync(farm, node);
                Assert.Equal("0.2.0", releases[node.Name]);
                Assert.Equal(node == farm.Nodes[^1] ? ["0.2.0"] : (string[])["0.1.0", "0.2.0"], releases.Values.Distinct().Order());
            }
        }
        finally
        {
            stop.SetResult();
            await sending;
        }

        Assert.Empty(load.Permanent);
        var history = await MailHistory.SettledAsync(load, Limit, parts.Sink);
        TestContext.Current.TestOutputHelper?.WriteLine($"{history}; besides 250: {string.Join(", ", load.Refusals.Select(pair => $"{pair.Key} {pair.Value}"))}");
        Assert.True(history.Lost.Count == 0 && history.Duplicates.Count == 0, $"{history}\n{farm.Output()}");
        Assert.Equal(0, await Sql.AskAsync<long>(farm.Database, "SELECT count(*) FROM node WHERE fenced_at IS NOT NULL"));
    }

    /// <summary>As docs/operations.md says: drained first, so that nobody is in the middle of anything.</summary>
    private static async Task UpgradeAsync(NetworkFarm farm, NetworkNode node, string program)
    {
        await MustAsync(farm, node, "cluster", "drain", node.Name);
        await Until.TrueAsync(async () => !await NetworkFarm.IsReadyAsync(node), Limit, $"{node.Name} drained");
        await Until.TrueAsync(
            async () => await Sql.AskAsync<long>(farm.Database, "SELECT count(*) FROM recipient r JOIN node n ON n.epoch = r.owner WHERE n.name = $1", node.Name) == 0, Limit, $"{node.Name} without mail in hand");
        await farm.ReplaceAsync(node, program);
        await Until.TrueAsync(async () => (await farm.TryAsync(node, "cluster", "undrain", node.Name)).ExitCode == 0, Limit, $"{node.Name} answering again");
        await farm.AllReadyAsync(Limit);
    }

    /// <summary>Without the node that made the database and left.</summary>
    private static async Task<Dictionary<string, string>> ReleasesAsync(NetworkFarm farm, NetworkNode asked)
    {
        using var status = JsonDocument.Parse(await MustAsync(farm, asked, "cluster", "status", "--json"));
        return status.RootElement.GetProperty("nodes").EnumerateArray().Where(node => farm.Nodes.Any(ours => ours.Name == node.GetProperty("name").GetString())).ToDictionary(node => node.GetProperty("name").GetString()!, node => node.GetProperty("version").GetString()!);
    }

    private static async Task<string> MustAsync(NetworkFarm farm, NetworkNode node, params IReadOnlyList<string> arguments)
    {
        var result = await farm.TryAsync(node, arguments);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"{string.Join(' ', arguments)}: {result.Errors}{result.Output}");
    }

    private static Task MoreAsync(LoadGenerator load)
    {
        var goal = load.Accepted.Count + 200;
        return Until.TrueAsync(() => load.Accepted.Count >= goal, Limit, "200 more mails acknowledged");
    }
}
