using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

/// <summary>A queue in two databases, asked as one.</summary>
public sealed class ShardTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    private static string Printed(long number) => new MessageId(number).ToString();

    /// <summary>Three mails here, two there.</summary>
    private static async Task<(AdminHost Host, AdminHost East, long[] Here, long[] There)> StartAsync()
    {
        var east = await AdminHost.StartAsync();
        await east.Database.ExecuteAsync("SELECT setval('mail_number', 1000)");
        var host = await AdminHost.StartAsync(further: new Shard("east", east.Database.Source));
        var (here, there) = (new Scene(host), new Scene(east));
        var (first, second) = (await here.NodeAsync("n1"), await there.NodeAsync("n1"));
        return (host, east,
            [await here.MailAsync(first, "u@example.jp", false, "a@big.example"), await here.MailAsync(first, "u@example.jp", false, "b@small.example"), await here.MailAsync(first, "u@example.jp", true, "c@big.example")],
            [await there.MailAsync(second, "u@example.jp", false, "d@big.example"), await there.MailAsync(second, "u@example.jp", true, "e@other.example")]);
    }

    [Fact]
    public async Task QUEUE_6_summary_and_list_are_of_all_databases()
    {
        var (host, east, here, there) = await StartAsync();
        await using var _ = east;
        await using var __ = host;
        var summary = await host.GetAsync(Routes.QueueSummary, Json.QueueSummary);
        Assert.Equal((5, 5, 3), (summary.Mails, summary.Recipients, summary.Destinations));
        Assert.Equal([("big.example", 3L, 1L), ("other.example", 1L, 1L), ("small.example", 1L, 0L)], summary.Rows.Select(row => (row.Destination, row.Count, row.Delivering)));
        Assert.Empty(summary.Missing);
        var first = await host.GetAsync($"{Routes.Queue}?limit=4", Json.QueuePage);
        var second = await host.GetAsync($"{Routes.Queue}?limit=4&after={first.Next}", Json.QueuePage);
        Assert.Equal([.. here.Concat(there).Select(Printed)], first.Entries.Concat(second.Entries).Select(entry => entry.Id));
    }

    [Fact]
    public async Task QUEUE_6_a_mail_is_shown_explained_traced_and_deleted_where_it_is_and_its_deletion_is_in_the_audit_here()
    {
        var (host, east, here, there) = await StartAsync();
        await using var _ = east;
        await using var __ = host;
        Assert.Equal("east", (await host.GetAsync(Routes.Fill(Routes.QueueMail, Printed(there[0])), Json.QueueMail)).Shard);
        Assert.Equal("main", (await host.GetAsync(Routes.Fill(Routes.QueueMail, Printed(here[0])), Json.QueueMail)).Shard);
        Assert.Contains("It is due", Assert.Single((await host.GetAsync(Routes.Fill(Routes.QueueWhy, Printed(there[0])), Json.QueueWhy)).Recipients).Because, StringComparison.Ordinal);
        Assert.Equal(Printed(there[0]), Assert.Single((await host.GetAsync($"{Routes.Trace}?q={Printed(there[0])}", Json.TraceResult)).Mails).Id);
        Assert.Equal(5, (await host.GetAsync($"{Routes.Trace}?q=u@example.jp", Json.TraceResult)).Mails.Count);
        var done = await host.SendAsync(HttpMethod.Post, Routes.QueueDelete, new QueueSelection { Ids = [Printed(there[0]), Printed(here[0])] }, Json.QueueSelection, Json.QueueActResult);
        Assert.Equal((2, "2 recipients deleted."), (done.Changed, done.Message));
        Assert.Equal((1, 2), (await east.Database.ScalarAsync<long>("SELECT count(*) FROM recipient"), await host.Database.ScalarAsync<long>("SELECT count(*) FROM recipient")));
        Assert.Equal(1, await host.Database.ScalarAsync<long>("SELECT count(*) FROM console_audit WHERE act = 'queue.delete' AND new_value ->> 'shard' = 'east'"));
        Assert.Equal("deleted", Assert.Single(Assert.Single((await host.GetAsync($"{Routes.Trace}?q={Printed(there[0])}", Json.TraceResult)).Mails).Recipients).State);
    }

    [Fact]
    public async Task QUEUE_6_a_retry_of_mail_in_a_shard_also_forgets_that_the_main_database_has_its_destination_down()
    {
        var (host, east, _, there) = await StartAsync();
        await using var __ = east;
        await using var ___ = host;
        await new DestinationStore(host.Database.Source).MarkDownAsync("big.example", TimeSpan.FromHours(1), "451 away", default);
        await east.Database.ExecuteAsync("UPDATE recipient SET next_try = now() + interval '1 hour' WHERE owner IS NULL");
        await host.SendAsync(HttpMethod.Post, Routes.QueueRetry, new QueueSelection { Ids = [Printed(there[0])] }, Json.QueueSelection, Json.QueueActResult);
        Assert.Empty(await new DestinationStore(host.Database.Source).ListDownAsync(default));
    }

    [Fact]
    public async Task ADMIN_43_a_shard_that_is_away_is_named_and_what_may_be_there_is_not_denied()
    {
        await using var away = Database.Open("Host=127.0.0.1;Port=1;Username=x;Database=x;Timeout=1", "test");
        await using var host = await AdminHost.StartAsync(further: new Shard("east", away));
        var scene = new Scene(host);
        var mail = await scene.MailAsync(await scene.NodeAsync("n1"), "u@example.jp", false, "a@example.net");
        const string Missing = "Shard east does not answer: what is there is not shown.";
        Assert.Equal((1, Missing), ((await host.GetAsync(Routes.QueueSummary, Json.QueueSummary)).Mails, Assert.Single((await host.GetAsync(Routes.QueueSummary, Json.QueueSummary)).Missing)));
        Assert.Equal(Missing, Assert.Single((await host.GetAsync(Routes.Queue, Json.QueuePage)).Missing));
        Assert.Equal(Missing, Assert.Single((await host.GetAsync($"{Routes.Trace}?q=u@example.jp", Json.TraceResult)).Missing));
        Assert.Equal(Printed(mail), (await host.GetAsync(Routes.Fill(Routes.QueueMail, Printed(mail)), Json.QueueMail)).Id);
        var unknown = await host.RefusedAsync(Routes.Fill(Routes.QueueMail, Printed(999)));
        Assert.Equal((503, "Shard east does not answer, and B0000000999 is in no other database of the queue."), (unknown.Status, unknown.Title));
        Assert.Equal(503, (await host.RefusedAsync(Routes.Fill(Routes.Log, LogNames.Out))).Status);
        Assert.Equal(503, (await host.RefusedAsync(Routes.DbKeys)).Status);
        var acted = await host.SendAsync(HttpMethod.Post, Routes.QueueHold, new QueueSelection { All = true }, Json.QueueSelection, Json.QueueActResult);
        Assert.Equal("1 recipient held. Shard east does not answer: what is there stays as it is.", acted.Message);
        Assert.Equal(1, (await host.GetAsync(Routes.Cluster, Json.ClusterStatus)).Waiting);
        var status = await host.GetAsync(Routes.Db, Json.DbStatus);
        Assert.Equal(("east", true), (Assert.Single(status.Shards).Name, status.Shards[0].Status is null));
    }

    [Fact]
    public async Task LOG_16_logs_of_several_databases_are_merged_by_time_and_closed_when_their_reader_goes()
    {
        var closed = 0;
        async IAsyncEnumerable<int> Rows(params int[] times)
        {
            try
            {
                foreach (var time in times)
                {
                    await Task.Yield();
                    yield return time;
                }
            }
            finally
            {
                closed++;
            }
        }
        var epoch = DateTimeOffset.UnixEpoch;
        Assert.Equal([1, 2, 3, 4, 5, 9], await FarmHistory.MergeAsync([Rows(1, 4, 9), Rows(), Rows(2, 3, 5)], row => epoch.AddSeconds(row)).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, closed);
        Assert.Equal([1, 2], await FarmHistory.MergeAsync([Rows(1, 4), Rows(2)], row => epoch.AddSeconds(row)).Take(2).ToListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(5, closed);
    }
}
