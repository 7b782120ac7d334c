using System.Text.Json;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>A farm whose queue has two databases, on a server each (docs/scaling.md).</summary>
[Collection(ClusterFarm.PatientToo)]
public class ShardTests
{
    private const string East = "east";
    private const string Stubborn = "stubborn.test";
    private const string Waiting = "recipient WHERE attempt > 0";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task CLU_28_two_databases_share_the_mail_and_each_mail_is_found_deleted_and_told_wherever_it_is()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await using var farm = await ClusterFarm.StartWithShardAsync(2, East, server.ConnectionString);
        farm.Sink.Script = heard => heard.Verb == "RCPT" && heard.Line.Contains(Stubborn, StringComparison.Ordinal) ? new SinkAnswer("450 4.2.1 Not now") : null;
        await OpenAsync(farm, true);
        var load = farm.Load();
        await load.SendAsync(sessions: 4, count: 200);
        Assert.Empty((await farm.NothingLostAsync(load, Limit)).Duplicates);
        await EndedAsync(farm, server, 200);
        // Each node takes turns by itself, and an odd number leaves one over.
        Assert.InRange(await CountAsync(server.ConnectionString, "history"), 98, 102);
        Assert.Empty((await NumbersAsync(farm.Farm.Cluster.Database)).Intersect(await NumbersAsync(server.ConnectionString)));
        Assert.Equal(200, (await farm.LogAsync("outlog")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        var waiting = new LoadGenerator([.. farm.Farm.Nodes.Select(node => node.Receiver)], Stubborn);
        await waiting.SendAsync(sessions: 2, count: 20);
        await Until.TrueAsync(async () => await CountAsync(farm.Farm.Cluster.Database, Waiting) + await CountAsync(server.ConnectionString, Waiting) == 20, Limit, () => $"twenty waiting\n{farm.Farm.Logs()}");
        var there = await CountAsync(server.ConnectionString, "recipient");
        Assert.InRange(there, 8, 12);
        var summary = await farm.Farm.JsonAsync("queue", "summary");
        Assert.Equal((20, 20, 1), (summary.GetProperty("mails").GetInt64(), summary.GetProperty("recipients").GetInt64(), summary.GetProperty("destinations").GetInt64()));
        Assert.Empty(summary.GetProperty("missing").EnumerateArray());
        Assert.Equal(20, (await farm.Farm.JsonAsync("queue", "list")).GetProperty("entries").GetArrayLength());
        var id = await OneOfAsync(server.ConnectionString);
        Assert.Equal(East, (await farm.Farm.JsonAsync("queue", "show", id)).GetProperty("shard").GetString());
        Assert.Contains("Not now", await farm.Farm.RunAsync("queue", "why", id), StringComparison.Ordinal);
        var steps = Assert.Single((await farm.Farm.JsonAsync("trace", id)).GetProperty("mails").EnumerateArray()).GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("what").GetString()).ToArray();
        Assert.Contains("connect", steps);
        Assert.Contains("attempt", steps);
        await farm.Farm.RunAsync("queue", "delete", id);
        Assert.Equal(there - 1, await CountAsync(server.ConnectionString, "recipient"));
        Assert.Contains(East, (await farm.Farm.JsonAsync("audit", "list")).ToString(), StringComparison.Ordinal);

        // Its server gone: mail goes on, what is there is neither shown nor denied, and it is delivered when the server is back.
        await server.HaltAsync();
        await OpenAsync(farm, false);
        await load.SendAsync(sessions: 4, count: 50);
        await farm.NothingLostAsync(load, Limit);
        Assert.Empty(load.Permanent);
        Assert.True(await Farm.IsReadyAsync(farm.Farm.Nodes[0]));
        Assert.Equal(["Shard east does not answer: what is there is not shown."], (await farm.Farm.JsonAsync("queue", "summary")).GetProperty("missing").EnumerateArray().Select(line => line.GetString()!));
        var shown = await farm.Farm.TryAsync("queue", "show", id);
        Assert.NotEqual(0, shown.ExitCode);
        Assert.Contains("does not answer", shown.Errors, StringComparison.Ordinal);
        Assert.Contains("does not answer", (await farm.Farm.TryAsync("log", "outlog")).Errors, StringComparison.Ordinal);
        await server.RunAsync();
        await OpenAsync(farm, true);
        farm.Sink.Script = _ => null;
        await farm.Farm.RunAsync("queue", "retry", "--all");
        await EndedAsync(farm, server, 270);
        Assert.Equal(19, farm.Sink.Mails.Where(mail => waiting.Accepted.ContainsKey(mail.MessageId)).Select(mail => mail.MessageId).Distinct().Count());
        await farm.ExplainedAsync(MailHistory.Compare(load, farm.Sink), load, waiting);

        // Weight 0: it takes nothing new.
        await farm.Farm.SetAsync("queue.shard_weights", "east=0");
        var before = await CountAsync(server.ConnectionString, "history");
        await load.SendAsync(sessions: 2, count: 20);
        await farm.NothingLostAsync(load, Limit);
        Assert.Equal(before, await CountAsync(server.ConnectionString, "history") + await CountAsync(server.ConnectionString, "recipient"));
    }

    [Fact]
    public async Task CLU_28_a_killed_node_is_taken_over_in_both_databases_and_an_error_mail_finds_its_mailbox_from_either()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await using var farm = await ClusterFarm.StartWithShardAsync(2, East, server.ConnectionString);
        await OpenAsync(farm, true);
        var takeover = await Takeover.MeasureAsync(farm.Farm, farm.Sink, farm.Farm.Nodes[0], Limit);
        var history = MailHistory.Compare(takeover.Stuck, farm.Sink);
        Assert.Empty(history.Lost);
        Assert.Equal((10, 10), (await CountAsync(farm.Farm.Cluster.Database, "history"), await CountAsync(server.ConnectionString, "history")));
        await farm.ExplainedAsync(history, takeover.Stuck);
        await Until.TrueAsync(async () => await CountAsync(farm.Farm.Cluster.Database, "event WHERE kind = 'node-fenced' AND data ->> 'shard' = 'east'") == 1, Limit, "the shard's event among those of the farm");

        // Four mails of a sender with a mailbox here, two through each database, all refused: four error mails in his mailbox.
        await farm.Farm.RunAsync("domain", "add", "corp.example", "--local");
        await farm.Farm.RunAsync("account", "add", "taro@corp.example", "--no-password");
        // In both nodes: whichever sends an error mail must know that its mailbox is here.
        foreach (var node in farm.Farm.Nodes)
            await Until.TrueAsync(async () => !await TakesAsync(node, "nobody@corp.example") && await TakesAsync(node, "taro@corp.example"), Limit, $"domain and account in force at {node.Name}");
        farm.Sink.Script = heard => heard.Verb == "RCPT" ? new SinkAnswer("550 5.1.1 Nobody") : null;
        var mails = await CountAsync(server.ConnectionString, "history");
        for (var sent = 0; sent < 4; sent++)
        {
            using var client = await SmtpConversation.OpenAsync(farm.Farm.Nodes[1].Receiver);
            await client.SayAsync("EHLO client.test");
            Assert.StartsWith("250", await client.MailAsync("taro@corp.example", ["x@refuse.test"], "Subject: x\r\n\r\nbody"), StringComparison.Ordinal);
        }
        await Until.TrueAsync(async () => await CountAsync(farm.Farm.Cluster.Database, "mailbox_message") == 4, Limit, () => $"four error mails in the mailbox\n{farm.Farm.Logs()}");
        await Until.TrueAsync(async () => await CountAsync(server.ConnectionString, "recipient") + await CountAsync(farm.Farm.Cluster.Database, "recipient") == 0, Limit, "both queues empty");
        Assert.Equal(mails + 4, await CountAsync(server.ConnectionString, "history"));
        Assert.Equal(0, await CountAsync(server.ConnectionString, "mailbox_message"));
    }

    private static async Task<bool> TakesAsync(FarmNode node, string recipient)
    {
        using var client = await SmtpConversation.OpenAsync(node.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync("MAIL FROM:<a@example.net>");
        return (await client.SayAsync($"RCPT TO:<{recipient}>")).StartsWith("250", StringComparison.Ordinal);
    }

    /// <summary>Waits until every node puts mail into the shard, or none does.</summary>
    private static async Task OpenAsync(ClusterFarm farm, bool open)
    {
        foreach (var node in farm.Farm.Nodes)
            await Until.TrueAsync(async () => (await Tool.RunAsync(Limit, Farm.Program("clustermail"), ["cluster", "status", "--json", "--url", node.Admin, "--token", farm.Farm.Cluster.AdminToken])) is { ExitCode: 0 } status
                && JsonDocument.Parse(status.Output).RootElement.GetProperty("shards").EnumerateArray().Single(shard => shard.GetProperty("name").GetString() == East).GetProperty("open").GetBoolean() == open,
                Limit, $"shard {(open ? "open" : "closed")} at {node.Name}\n{farm.Farm.Logs()}");
    }

    private static Task EndedAsync(ClusterFarm farm, PostgresServer server, long mails) => Until.TrueAsync(
        async () => await CountAsync(farm.Farm.Cluster.Database, "history") + await CountAsync(server.ConnectionString, "history") == mails, Limit, () => $"{mails} mails ended\n{farm.Farm.Logs()}");

    private static Task<long> CountAsync(string database, string what) => Sql.AskAsync<long>(database, $"SELECT count(*) FROM {what}");

    private static Task<long[]> NumbersAsync(string database) => Sql.AskAsync<long[]>(database, "SELECT array_agg(mail_id) FROM history");

    private static async Task<string> OneOfAsync(string database) => $"B{await Sql.AskAsync<long>(database, "SELECT min(mail_id) FROM recipient"):D10}";
}
