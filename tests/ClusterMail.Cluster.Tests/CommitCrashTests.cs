using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>A node killed before, during and after the commit of a mail it is accepting: 250 is written after the commit or never (P1, PIPE-20).</summary>
public class CommitCrashTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // Only what n1 accepts is held, so that the retry at another node goes through.
    private const string HoldInsertSql = """
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NEW; END $$;
        CREATE TRIGGER hold BEFORE INSERT ON mail FOR EACH ROW WHEN (NEW.node = 'n1') EXECUTE FUNCTION hold();
        """;

    // A deferred constraint is checked inside COMMIT.
    private const string HoldCommitSql = """
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON mail DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.node = 'n1') EXECUTE FUNCTION hold();
        """;

    [Fact]
    public async Task PIPE_20_killed_before_the_commit_nothing_was_promised_nothing_is_kept_and_the_retry_arrives_once()
    {
        await using var farm = await ClusterFarm.StartAsync(2);
        await KillWhileHeldAsync(farm, HoldInsertSql);
        await RetryAsync(farm);
        // The insert of the dead node is ended by whoever fences it; it must not come to life 20 s later.
        await Until.TrueAsync(async () => await HeldAsync(farm) == 0, Limit, () => $"the dead node's insert ended\n{farm.Farm.Logs()}");
        await EmptyAsync(farm);
        Assert.Equal(1, await CountAsync(farm, "history"));
        Assert.Equal("retry@example.net", Assert.Single(farm.Sink.Mails).MessageId);
    }

    [Fact]
    public async Task PIPE_20_killed_during_the_commit_nothing_was_promised_and_what_was_kept_arrives_once()
    {
        await using var farm = await ClusterFarm.StartAsync(2);
        await KillWhileHeldAsync(farm, HoldCommitSql);
        await RetryAsync(farm);
        await Until.TrueAsync(async () => await HeldAsync(farm) == 0, Limit, () => $"the commit over\n{farm.Farm.Logs()}");
        await EmptyAsync(farm);
        // Whether the mail nobody was promised lives is the database's affair (here it does); it must be the same in the queue and at the sink.
        Assert.Equal(farm.Sink.Count, await CountAsync(farm, "history"));
        Assert.Equal(farm.Sink.Mails.Select(mail => mail.MessageId).Distinct().Count(), farm.Sink.Mails.Count);
        Assert.InRange(farm.Sink.Mails.Count(mail => mail.MessageId == "held@example.net"), 0, 1);
    }

    [Fact]
    public async Task PIPE_20_killed_after_250_and_before_delivery_another_node_delivers_once()
    {
        await using var farm = await ClusterFarm.StartAsync(2);
        var victim = farm.Farm.Nodes[0];
        var dead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        farm.Sink.Script = heard => heard.Verb == "RCPT" && !dead.Task.IsCompleted ? new SinkAnswer("250 2.1.5 Ok") { Before = dead.Task } : null;
        using var client = await SmtpConversation.OpenAsync(victim.Receiver);
        await client.SayAsync("EHLO client.test");
        var reply = await client.MailAsync("a@example.net", [$"x@{ClusterFarm.Domain}"], "Message-ID: <promised@example.net>\r\n\r\nbody");
        await KillAsync(farm, victim);
        dead.SetResult();
        Assert.StartsWith("250", reply, StringComparison.Ordinal);
        await farm.Sink.OneAsync(mail => mail.MessageId == "promised@example.net", Limit);
        await EmptyAsync(farm);
        Assert.Equal(1, farm.Sink.Count);
        Assert.Equal(farm.Farm.Nodes[1].Name, await Sql.AskAsync<string>(farm.Farm.Cluster.Database, "SELECT node FROM history"));
    }

    /// <summary>A client has sent its final dot to n1, the database holds the transaction, n1 dies: no 250.</summary>
    private static async Task KillWhileHeldAsync(ClusterFarm farm, string holdSql)
    {
        var victim = farm.Farm.Nodes[0];
        await Sql.RunAsync(farm.Farm.Cluster.Database, holdSql);
        using var client = await SmtpConversation.OpenAsync(victim.Receiver);
        await client.SayAsync("EHLO client.test");
        await client.SayAsync("MAIL FROM:<a@example.net>");
        await client.SayAsync($"RCPT TO:<x@{ClusterFarm.Domain}>");
        Assert.StartsWith("354", await client.SayAsync("DATA"), StringComparison.Ordinal);
        await client.SendAsync("Message-ID: <held@example.net>\r\n\r\nbody\r\n.\r\n");
        await Until.TrueAsync(async () => await HeldAsync(farm) == 1, Limit, "the transaction held by the database");
        await KillAsync(farm, victim);
        Assert.Equal("", await client.ReadAsync());
    }

    private static async Task RetryAsync(ClusterFarm farm)
    {
        using var again = await SmtpConversation.OpenAsync(farm.Farm.Nodes[1].Receiver);
        await again.SayAsync("EHLO client.test");
        Assert.StartsWith("250", await again.MailAsync("a@example.net", [$"x@{ClusterFarm.Domain}"], "Message-ID: <retry@example.net>\r\n\r\nbody"), StringComparison.Ordinal);
        await farm.Sink.OneAsync(mail => mail.MessageId == "retry@example.net", Limit);
    }

    private static async Task KillAsync(ClusterFarm farm, FarmNode victim)
    {
        farm.Farm.Kill(victim);
        await Until.TrueAsync(() => !Unix.IsAlive(victim.Pid!.Value), TimeSpan.FromSeconds(10), "the node dead");
    }

    /// <summary>The dead node is fenced and nothing waits in the queue any more.</summary>
    private static async Task EmptyAsync(ClusterFarm farm)
    {
        await Until.TrueAsync(async () => await Sql.AskAsync<long>(farm.Farm.Cluster.Database, "SELECT count(*) FROM node WHERE name = 'n1' AND fenced_at IS NOT NULL") == 1, Limit, "n1 fenced");
        await Until.TrueAsync(async () => await CountAsync(farm, "recipient") == 0 && await CountAsync(farm, "mail") == 0, Limit, () => $"the queue empty\n{farm.Farm.Logs()}");
    }

    private static Task<long> HeldAsync(ClusterFarm farm) =>
        Sql.AskAsync<long>(farm.Farm.Cluster.Database, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");

    private static Task<long> CountAsync(ClusterFarm farm, string table) => Sql.AskAsync<long>(farm.Farm.Cluster.Database, $"SELECT count(*) FROM {table}");
}
