using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>EX-CLU-1 to EX-CLU-4 and EX-CLU-7: what the specification prints, with real processes.</summary>
public class WorkedExampleTests
{
    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task EX_CLU_1_a_hundred_mails_on_three_nodes_get_a_hundred_numbers_and_arrive_once_each()
    {
        await using var farm = await ClusterFarm.StartAsync();
        var load = farm.Load();
        await load.SendAsync(sessions: 12, count: 100);
        var history = await farm.NothingLostAsync(load, Takeover);
        Assert.Empty(history.Duplicates);
        Assert.Equal(100, load.Accepted.Values.Select(mail => mail.Number).Distinct().Count());
        Assert.Equal(3, load.Accepted.Values.Select(mail => mail.Receiver).Distinct().Count());
        Assert.Empty(load.Permanent);
        Assert.Empty(load.Refusals);
    }

    [Fact]
    public async Task EX_CLU_2_a_node_killed_during_DATA_has_promised_nothing_and_the_retry_elsewhere_arrives_once()
    {
        await using var farm = await ClusterFarm.StartAsync();
        var victim = farm.Farm.Nodes[0];
        using var client = await SmtpConversation.OpenAsync(victim.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync("MAIL FROM:<a@example.net>");
        await client.SayAsync($"RCPT TO:<x@{ClusterFarm.Domain}>");
        await client.SayAsync("DATA");
        await client.SendAsync("Message-ID: <broken@example.net>\r\n\r\nhalf a mail\r\n");
        farm.Farm.Kill(victim);
        Assert.Equal("", await client.ReadAsync());
        using (var again = await SmtpConversation.OpenAsync(farm.Farm.Nodes[1].Receiver))
        {
            await again.SayAsync("EHLO client.test");
            Assert.StartsWith("250", await again.MailAsync("a@example.net", [$"x@{ClusterFarm.Domain}"], "Message-ID: <whole@example.net>\r\n\r\na whole mail"), StringComparison.Ordinal);
        }

        await farm.Sink.OneAsync(mail => mail.MessageId == "whole@example.net", Takeover);
        // What the dead node had is somebody else's by now, and nothing waits any more.
        await Until.TrueAsync(async () => await Sql.AskAsync<long>(farm.Farm.Cluster.Database, "SELECT count(*) FROM node WHERE name = $1 AND fenced_at IS NOT NULL", victim.Name) == 1, Takeover, "the dead node fenced");
        await Until.TrueAsync(async () => await Sql.AskAsync<long>(farm.Farm.Cluster.Database, "SELECT count(*) FROM mail") == 0, Takeover, "the queue empty");
        Assert.Equal(1, farm.Sink.Count);
    }

    [Fact]
    public async Task EX_CLU_3_a_node_killed_after_250_loses_nothing_and_another_delivers()
    {
        await using var farm = await ClusterFarm.StartAsync();
        var victim = farm.Farm.Nodes[0];
        // The sink takes nothing while the victim lives, so the mail is accepted, owned and not delivered.
        farm.Sink.Script = heard => heard.Verb == "RCPT" && heard.Connection > 0 && farm.Farm.Nodes.Any(node => node.Name == victim.Name) && !Gone(victim)
            ? new SinkAnswer("250 2.1.5 Ok") { Before = GoneAsync(victim) }
            : null;
        var load = new LoadGenerator([victim.Receiver], ClusterFarm.Domain);
        await load.SendAsync(sessions: 4, count: 20);
        farm.Farm.Kill(victim);
        var taken = await Until.TrueAsync(() => MailHistory.Compare(load, farm.Sink).Lost.Count == 0, Takeover, $"the dead node's mail delivered\n{farm.Farm.Logs()}");
        TestContext.Current.TestOutputHelper?.WriteLine($"everything delivered {taken.TotalSeconds:0.0} s after the kill");
        var number = load.Accepted.Values.First().Number;
        Assert.Contains(number, await farm.LogAsync("inlog", victim.Name), StringComparison.Ordinal);
        await Until.TrueAsync(async () => (await farm.LogAsync("outlog")).Contains(number, StringComparison.Ordinal), Takeover, "the outlog line");
        Assert.DoesNotContain(number, await farm.LogAsync("outlog", victim.Name), StringComparison.Ordinal);
    }

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

    [Fact]
    public async Task EX_CLU_7_a_changed_relay_list_holds_on_every_node_within_five_seconds()
    {
        await using var farm = await ClusterFarm.StartAsync();
        await farm.Farm.RunAsync("settings", "set", "relay.rules=#<> default\n#blank false\n127.0.0.1 false");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Until.TrueAsync(async () => (await Task.WhenAll(farm.Farm.Nodes.Select(RefusesAsync))).All(refuses => refuses), TimeSpan.FromSeconds(5), "every node refuses");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5.5));
    }

    private static async Task<bool> RefusesAsync(FarmNode node)
    {
        using var client = await SmtpConversation.OpenAsync(node.Receiver);
        await client.SayAsync("EHLO client.test");
        return (await client.SayAsync("MAIL FROM:<a@example.net>")).StartsWith("550 5.1.7", StringComparison.Ordinal);
    }

    private static async Task<string> LeaderAsync(ClusterFarm farm)
    {
        var result = await farm.Farm.TryAsync("cluster", "leader", "--json");
        if (result.ExitCode != 0)
            return "";
        var answer = System.Text.Json.JsonDocument.Parse(result.Output).RootElement;
        return answer.ValueKind == System.Text.Json.JsonValueKind.Object && answer.TryGetProperty("leader", out var name) ? name.GetString() ?? "" : "";
    }

    private static bool Gone(FarmNode node) => !Unix.IsAlive(node.Pid!.Value);

    private static Task GoneAsync(FarmNode node) => Until.TrueAsync(() => Gone(node), TimeSpan.FromSeconds(60), $"{node.Name} gone");
}
