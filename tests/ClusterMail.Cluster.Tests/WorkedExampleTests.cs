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
        var taken = await Until.TrueAsync(() => MailHistory.Compare(load, farm.Sink).Lost.Count == 0, Takeover, () => $"the dead node's mail delivered\n{farm.Farm.Logs()}");
        TestContext.Current.TestOutputHelper?.WriteLine($"everything delivered {taken.TotalSeconds:0.0} s after the kill");
        var number = load.Accepted.Values.First().Number;
        Assert.Contains(number, await farm.LogAsync("inlog", victim.Name), StringComparison.Ordinal);
        await Until.TrueAsync(async () => (await farm.LogAsync("outlog")).Contains(number, StringComparison.Ordinal), Takeover, "the outlog line");
        Assert.DoesNotContain(number, await farm.LogAsync("outlog", victim.Name), StringComparison.Ordinal);
    }

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

    private static bool Gone(FarmNode node) => !Unix.IsAlive(node.Pid!.Value);

    private static Task GoneAsync(FarmNode node) => Until.TrueAsync(() => Gone(node), TimeSpan.FromSeconds(60), $"{node.Name} gone");
}
