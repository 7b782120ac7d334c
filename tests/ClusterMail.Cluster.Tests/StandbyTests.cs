using ClusterMail.Testing.Processes;

namespace ClusterMail.Cluster.Tests;

/// <summary>A fail-over of the database to its synchronous standby, under load.</summary>
public class StandbyTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task P1_a_primary_killed_under_load_and_its_standby_promoted_lose_nothing_that_was_answered_250()
    {
        await using var farm = await ClusterFarm.StartWithStandbyAsync();
        var load = farm.Load();
        var stop = new TaskCompletionSource();
        var sending = load.SendUntilAsync(12, stop.Task);
        try
        {
            await MoreAsync(load, 200);
            // Past all tools, as a crash is; switchover finds it dead, and knows that the standby has all that was promised.
            await farm.Farm.Postgres.CrashAsync();
            await farm.Farm.RunAsync("db", "switchover");
            await MoreAsync(load, 200);
            await farm.Farm.AllReadyAsync(Limit);
            var status = await farm.Farm.JsonAsync("db", "status");
            Assert.True(status.GetProperty("writable").GetBoolean());
            var standby = Assert.Single(status.GetProperty("standbys").EnumerateArray());
            Assert.Equal(("pg1", "streaming", "sync"), (standby.GetProperty("name").GetString(), standby.GetProperty("state").GetString(), standby.GetProperty("sync").GetString()));
        }
        finally
        {
            stop.SetResult();
            await sending;
        }
        Assert.Empty(load.Permanent);
        await farm.ExplainedAsync(await farm.NothingLostAsync(load, Limit), load);

        // The old primary alone: it takes connections and no writes, and the nodes write nothing to it.
        await farm.Farm.Postgres.StopAsync("data2");
        var alone = farm.Farm.Cluster.Database.Replace("Target Session Attributes=primary", "Target Session Attributes=any", StringComparison.Ordinal);
        Assert.True(await Sql.AskAsync<bool>(alone, "SELECT pg_is_in_recovery()"));
        await Until.TrueAsync(async () => !await Farm.IsReadyAsync(farm.Farm.Nodes[0]), Limit, "the node not ready");
        Assert.Contains(await OneAsync(farm), (string[])["451", "421"]);
        await farm.Farm.Postgres.StartAsync("data2");
        // As a mail server would: a 451 of the first moment is tried again.
        await Until.TrueAsync(async () => await OneAsync(farm) == "250", Limit, "mail accepted again");
    }

    [Fact]
    public async Task P1_a_farm_told_to_refuse_takes_no_mail_on_one_disk_and_goes_on_by_itself_with_two()
    {
        await using var farm = await ClusterFarm.StartWithStandbyAsync(1);
        await farm.Farm.SetAsync("database.require_synchronous_standby", "refuse");
        await Until.TrueAsync(async () => await OneAsync(farm) == "250", Limit, "mail accepted with a standby");
        Assert.True(await ConnectedAsync(farm));

        // What somebody does at night who wants mail to flow again: commits wait for one disk from now on, and are answered at once.
        await NamesAsync(farm, "SET synchronous_standby_names = ''");
        await Until.TrueAsync(async () => await OneAsync(farm) == "451", Limit, "mail refused on one disk");
        Assert.False(await ConnectedAsync(farm));
        Assert.False(await Farm.IsReadyAsync(farm.Farm.Nodes[0]));
        var warning = Assert.Single((await farm.Farm.JsonAsync("cluster", "status")).GetProperty("warnings").EnumerateArray()).GetString();
        Assert.StartsWith("no synchronous standby is configured", warning, StringComparison.Ordinal);
        Assert.Contains("synchronous standby missing (refuse)", await farm.Farm.RunAsync("cluster", "status"), StringComparison.Ordinal);
        Assert.Contains("standby-missing", await farm.Farm.RunAsync("cluster", "events"), StringComparison.Ordinal);

        await farm.Farm.SetAsync("database.require_synchronous_standby", "warn");
        await Until.TrueAsync(async () => await OneAsync(farm) == "250", Limit, "mail accepted on one disk, with a warning");
        Assert.False(await ConnectedAsync(farm));

        await farm.Farm.SetAsync("database.require_synchronous_standby", "refuse");
        await Until.TrueAsync(async () => await OneAsync(farm) == "451", Limit, "mail refused on one disk");
        await NamesAsync(farm, "RESET synchronous_standby_names");
        await Until.TrueAsync(async () => await OneAsync(farm) == "250", Limit, "mail accepted with a standby again");
        Assert.True(await ConnectedAsync(farm));
    }

    private static async Task NamesAsync(ClusterFarm farm, string change)
    {
        var database = farm.Farm.Postgres.AsSuperuser(farm.Farm.Cluster.Database);
        await Sql.RunAsync(database, $"ALTER SYSTEM {change}");
        Assert.True(await Sql.AskAsync<bool>(database, "SELECT pg_reload_conf()"));
    }

    private static async Task<bool> ConnectedAsync(ClusterFarm farm) =>
        (await farm.Farm.JsonAsync("cluster", "status")).GetProperty("synchronousStandby").GetProperty("connected").GetBoolean();

    /// <summary>The code of the reply to one mail: of the last command, or of the first that was refused.</summary>
    private static async Task<string> OneAsync(ClusterFarm farm)
    {
        using var client = await SmtpConversation.OpenAsync(farm.Farm.Nodes[0].Receiver);
        if (!client.Last.StartsWith('2'))
            return client.Last[..3];
        await client.SayAsync("EHLO client.test");
        return (await client.MailAsync("a@example.net", [$"x@{ClusterFarm.Domain}"], "Message-ID: <one@example.net>\r\n\r\nbody"))[..3];
    }

    private static Task MoreAsync(LoadGenerator load, int more)
    {
        var goal = load.Accepted.Count + more;
        return Until.TrueAsync(() => load.Accepted.Count >= goal, Limit, $"{more} more mails acknowledged");
    }
}
