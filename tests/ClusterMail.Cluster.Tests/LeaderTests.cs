using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>The leader role moves when its node dies, and returns (CLU-25, CLU-26, EX-CLU-4).</summary>
[Collection(ClusterFarm.PatientToo)]
public class LeaderTests
{
    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task EX_CLU_4_with_deliver_leader_only_the_leader_delivers_and_the_role_moves_when_it_dies()
    {
        await using var farm = await ClusterFarm.StartAsync(3, ("cluster.deliver_mode", "leader"), ("cluster.leader_preference", "n2"));
        var leader = await LeaderAsync(farm);
        var load = farm.Load();
        await load.SendAsync(sessions: 6, count: 60);
        await farm.NothingLostAsync(load, Takeover);
        foreach (var node in farm.Farm.Nodes)
        {
            var lines = (await farm.LogAsync("outlog", node.Name)).Split('\n').Count(line => line.Contains(ClusterFarm.Domain, StringComparison.Ordinal));
            Assert.True(node.Name == leader ? lines == 60 : lines == 0, $"{node.Name} delivered {lines}; the leader is {leader}");
        }

        farm.Farm.Kill(farm.Farm.Nodes.Single(node => node.Name == leader));
        await Until.TrueAsync(async () => await LeaderAsync(farm) is { Length: > 0 } now && now != leader, TimeSpan.FromSeconds(30), "a new leader");
        var after = new LoadGenerator([.. farm.Farm.Nodes.Where(node => node.Name != leader).Select(node => node.Receiver)], ClusterFarm.Domain);
        await after.SendAsync(sessions: 4, count: 20);
        var history = await farm.NothingLostAsync(after, Takeover);
        Assert.DoesNotContain(history.Duplicates, after.Accepted.Keys.Contains);
    }

    [Fact]
    public async Task CLU_25_and_CLU_26_the_role_returns_to_the_preferred_node_after_a_minute_in_health()
    {
        await using var farm = await ClusterFarm.StartAsync(3, ("cluster.deliver_mode", "leader"));
        // Whoever leads is preferred from now on, so that nobody has to be healthy for a minute first.
        var preferred = "";
        await Until.TrueAsync(async () => (preferred = await LeaderAsync(farm)).Length > 0, TimeSpan.FromSeconds(60), "a leader");
        await farm.Farm.SetAsync("cluster.leader_preference", preferred);
        farm.Farm.Kill(farm.Farm.Nodes.Single(node => node.Name == preferred));
        await Until.TrueAsync(async () => await LeaderAsync(farm) is { Length: > 0 } other && other != preferred, TimeSpan.FromSeconds(30), "another leader");
        var meanwhile = new LoadGenerator([.. farm.Farm.Nodes.Where(node => node.Name != preferred).Select(node => node.Receiver)], ClusterFarm.Domain);
        await meanwhile.SendAsync(sessions: 4, count: 20);
        await farm.NothingLostAsync(meanwhile, Takeover);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await farm.Farm.RestartAsync();
        Assert.NotEqual(preferred, await LeaderAsync(farm));
        await Until.TrueAsync(async () => await LeaderAsync(farm) == preferred, TimeSpan.FromSeconds(150), "the role back at the preferred node");
        TestContext.Current.TestOutputHelper?.WriteLine($"the role was back {clock.Elapsed.TotalSeconds:0.0} s after the start of {preferred}");
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(60), $"it went back after {clock.Elapsed.TotalSeconds:0.0} s");
        // And what is meant by leading: from here on it delivers, whoever received.
        var before = Lines(await farm.LogAsync("outlog", preferred));
        var after = farm.Load();
        await after.SendAsync(sessions: 6, count: 60);
        await farm.NothingLostAsync(after, Takeover);
        await Until.TrueAsync(async () => Lines(await farm.LogAsync("outlog", preferred)) - before == 60, Takeover, $"all mail delivered by {preferred}");
    }

    private static int Lines(string log) => log.Split('\n').Count(line => line.Contains(ClusterFarm.Domain, StringComparison.Ordinal));

    private static async Task<string> LeaderAsync(ClusterFarm farm)
    {
        var result = await farm.Farm.TryAsync("cluster", "leader", "--json");
        if (result.ExitCode != 0)
            return "";
        var answer = System.Text.Json.JsonDocument.Parse(result.Output).RootElement;
        return answer.ValueKind == System.Text.Json.JsonValueKind.Object && answer.TryGetProperty("leader", out var name) ? name.GetString() ?? "" : "";
    }
}
