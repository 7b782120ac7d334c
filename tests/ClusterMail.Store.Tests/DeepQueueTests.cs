using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace ClusterMail.Store.Tests;

/// <summary>Very many mails wait: what that costs whoever claims, and whoever looks.</summary>
public sealed partial class DeepQueueTests
{
    [Fact]
    public async Task CLU_35_what_waits_for_later_at_10000_destinations_costs_a_claim_nothing()
    {
        await using var scene = await Scene.StartAsync();
        await FillAsync(scene, 1, 20_000, "'d' || n % 10000", "interval '2 hours'");
        await FillAsync(scene, 20_001, 20_003, "'due' || n", "interval '-1 second'");

        // A walk from one destination to the next would read three pages and more for each of 10,000.
        Assert.InRange(await PagesAsync(scene, "SELECT keys FROM due_destinations('', 100, 10000, '{}')"), 1, 1000);
        Assert.Equal(["due20001", "due20002", "due20003"], (await scene.ClaimAsync()).Select(claimed => claimed.Destination).Order());
    }

    [Theory]
    [InlineData("[local]", "one.example", "two.example")]
    [InlineData("one.example", "[local]", "two.example")]
    public async Task DELIV_4_the_content_of_a_mail_comes_with_its_claim_whichever_of_its_recipients_is_first(params string[] destinations)
    {
        await using var scene = await Scene.StartAsync();
        var mail = await scene.MailAsync(owned: false, "a@x", "b@x", "c@x");
        await scene.Queue.AcceptAsync(scene.Epoch, [mail with { Recipients = [.. mail.Recipients.Select((one, place) => one with { Destination = destinations[place] })] }], default);

        var claimed = await scene.ClaimAsync();

        Assert.Equal(3, claimed.Count);
        Assert.Equal(mail.Content.Memory!.Value.ToArray(), Assert.Single(claimed.Select(one => one.Mail).Distinct()).TakeContent()!.Memory!.Value.ToArray());
    }

    [Fact]
    public async Task DELIV_10_no_content_comes_with_a_claim_of_mailboxes_alone()
    {
        await using var scene = await Scene.StartAsync();
        var mail = await scene.MailAsync(owned: false, "a@x", "b@x");
        await scene.Queue.AcceptAsync(scene.Epoch, [mail with { Recipients = [.. mail.Recipients.Select(one => one with { Destination = "[local]" })] }], default);

        Assert.All(await scene.ClaimAsync(), one => Assert.Null(one.Mail.TakeContent()));
    }

    [Fact]
    public async Task CLU_35_behind_many_due_of_one_destination_every_other_one_has_its_turn()
    {
        await using var scene = await Scene.StartAsync();
        await FillAsync(scene, 1, 5000, "'big'", "interval '-1 hour'");
        await FillAsync(scene, 5001, 8000, "'small' || n", "interval '-1 second'");
        await FillAsync(scene, 8001, 11_000, "'later' || n", "interval '1 hour'");

        var (small, claims) = (0, 0);
        while (small < 3000 && claims++ < 40)
        {
            var claimed = await scene.Queue.ClaimAsync(scene.Epoch, 200, 50, [], default);
            Assert.InRange(claimed.Count(row => row.Destination == "big"), 1, 50);
            small += claimed.Count(row => row.Destination.StartsWith("small", StringComparison.Ordinal));
        }

        Assert.Equal(3000, small);
    }

    [Fact]
    public async Task CLU_35_a_claim_goes_on_behind_the_last_destination_it_gave()
    {
        await using var scene = await Scene.StartAsync();
        await FillAsync(scene, 1, 9, "'d' || 1 + (n - 1) % 3", "interval '-1 second'");

        var order = new List<string>();
        while (await scene.ClaimAsync(limit: 1) is [var claimed])
            order.Add(claimed.Destination);

        Assert.Equal(["d1", "d2", "d3", "d1", "d2", "d3", "d1", "d2", "d3"], order);
    }

    [Fact]
    public async Task CLU_35_whoever_asks_for_what_became_due_lately_gets_no_more_and_is_told_how_long_it_was_due()
    {
        await using var scene = await Scene.StartAsync();
        await FillAsync(scene, 1, 1, "'old'", "interval '-61 seconds'");
        await FillAsync(scene, 2, 2, "'new'", "interval '-5 seconds'");
        await FillAsync(scene, 3, 3, "'later'", "interval '10 minutes'");
        await FillAsync(scene, 4, 4, "'down'", "interval '-5 seconds'");
        await FillAsync(scene, 5, 5, "'full'", "interval '-5 seconds'");
        await scene.Database.ExecuteAsync("INSERT INTO destination (key, down_since, down_until) VALUES ('down', now(), now() + interval '1 hour')");

        var lately = await RecentAsync(scene);
        Assert.Equal("new", Assert.Single(lately).Destination);
        Assert.InRange(lately[0].Overdue, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
        Assert.Empty(await RecentAsync(scene));

        var all = Assert.Single(await scene.Queue.ClaimAsync(scene.Epoch, 100, 100, ["full"], default));
        Assert.Equal("old", all.Destination);
        Assert.InRange(all.Overdue, TimeSpan.FromSeconds(61), TimeSpan.FromSeconds(90));
    }

    [Fact]
    public async Task CLU_35_where_much_became_due_lately_everything_is_looked_at()
    {
        await using var scene = await Scene.StartAsync();
        await FillAsync(scene, 1, 1000, "'full'", "interval '-5 seconds'");
        await FillAsync(scene, 1001, 1001, "'old'", "interval '-1 hour'");

        Assert.Equal("old", Assert.Single(await RecentAsync(scene)).Destination);
    }

    [Fact]
    public async Task CLU_35_what_became_due_lately_is_found_without_a_walk_through_what_an_open_snapshot_keeps()
    {
        await using var scene = await Scene.StartAsync();
        await using var session = await scene.Database.Source.OpenConnectionAsync();
        await using var snapshot = await session.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await FillAsync(scene, 1, 1, "'seen'", "interval '1 hour'");
        await using (var look = new NpgsqlCommand("SELECT count(*) FROM recipient", session, snapshot))
            await look.ExecuteScalarAsync();
        await FillAsync(scene, 2, 30_000, "'gone'", "interval '-1 hour'");
        await scene.Database.ExecuteAsync("DELETE FROM recipient WHERE destination = 'gone'");

        // Each entry that is left leads to a row of the table.
        Assert.InRange(await PagesAsync(scene, "SELECT keys FROM due_destinations('', 100, 10000, '{}', NULL)"), 200, int.MaxValue);
        Assert.InRange(await PagesAsync(scene, "SELECT keys FROM due_destinations('', 100, 10000, '{}', interval '1 minute')"), 1, 50);
    }

    [Fact]
    public async Task P3_nodes_are_woken_when_an_epoch_has_left_recipients_behind_and_only_then()
    {
        await using var scene = await Scene.StartAsync();
        await scene.AcceptOwnedAsync();
        await scene.Database.ExecuteAsync("UPDATE recipient SET next_try = now() - interval '1 hour'");
        var (other, third) = (await Scene.RegisterAsync(scene.Nodes, "node2"), await Scene.RegisterAsync(scene.Nodes, "node3"));
        var before = await WakeUpsAsync();

        await scene.Nodes.LeaveAsync(third, default);
        Assert.Equal(before, await WakeUpsAsync());

        await scene.ExpireAsync(scene.Epoch);
        Assert.Single(await scene.Nodes.FenceExpiredAsync("node2", default));
        Assert.Equal(before + 1, await WakeUpsAsync());
        var freed = Assert.Single(await scene.Queue.ClaimAsync(other, 100, 100, [], default));
        Assert.InRange(freed.Overdue, TimeSpan.FromHours(1), TimeSpan.FromHours(1.1));

        await scene.Nodes.LeaveAsync(other, default);
        Assert.Equal(before + 2, await WakeUpsAsync());

        Task<long> WakeUpsAsync() => scene.Database.ScalarAsync<long>("SELECT counter FROM wake_up");
    }

    [Fact]
    public async Task QUEUE_6_what_waits_beside_a_mail_is_counted_in_every_state()
    {
        await using var scene = await Scene.StartAsync();
        await FillAsync(scene, 1, 6, "'one'", "interval '1 hour'");
        await FillAsync(scene, 7, 8, "'other'", "interval '1 hour'");
        await scene.Database.ExecuteAsync("UPDATE recipient SET state = 'held' WHERE mail_id = 2");
        await scene.Database.ExecuteAsync("UPDATE recipient SET state = 'delivering', owner = $1 WHERE mail_id IN (3, 4)", scene.Epoch);
        await scene.Database.ExecuteAsync("INSERT INTO recipient (mail_id, ordinal, state, destination, forward_path) VALUES (1, 1, 'queued', 'other', 'a@b'), (1, 2, 'queued', 'one', 'c@b')");

        var around = await new QueueReader(scene.Database.Source).SurroundingsAsync(1, default);

        Assert.Equal([(0, 7L), (1, 3L), (2, 7L)], around.OrderBy(pair => pair.Key).Select(pair => ((int)pair.Key, pair.Value.DestinationCount)));
    }

    [Fact]
    public async Task QUEUE_6_the_summary_counts_a_mail_once_however_many_recipients_it_has()
    {
        await using var scene = await Scene.StartAsync();
        foreach (var recipients in new string[][] { ["a@example.net", "b@example.net", "c@example.org"], ["d@example.net"] })
            await scene.Queue.AcceptAsync(scene.Epoch, [await scene.MailAsync(owned: true, recipients)], default);
        await scene.RecordAsync(new Conclusion { Key = new RecipientKey(await scene.Database.ScalarAsync<long>("SELECT min(id) FROM mail"), 0), State = RecipientState.Delivered, Reply = "250" });

        var totals = await new QueueReader(scene.Database.Source).SummaryAsync(10, default);

        Assert.Equal((2L, 3L, 2L), (totals.Mails, totals.Recipients, totals.Destinations));
    }

    private static Task<IReadOnlyList<ClaimedRecipient>> RecentAsync(Scene scene) =>
        scene.Queue.ClaimAsync(scene.Epoch, 100, 100, ["full"], default, TimeSpan.FromMinutes(1));

    /// <summary>Mails of one recipient each; <paramref name="destination"/> and <paramref name="due"/> are SQL over their number n.</summary>
    private static Task FillAsync(Scene scene, int first, int last, string destination, string due) => scene.Database.ExecuteAsync($"""
        WITH m AS (INSERT INTO mail (id, size, reverse_path, node, content) SELECT n, 1, '', 'n', 'x' FROM generate_series({first}, {last}) AS n)
        INSERT INTO recipient (mail_id, ordinal, state, destination, forward_path, next_try)
        SELECT n, 0, 'waiting', {destination}, 'a@b', now() + {due} FROM generate_series({first}, {last}) AS n
        """);

    /// <summary>Pages a statement reads the second time, when the catalogue has been read.</summary>
    private static async Task<int> PagesAsync(Scene scene, string statement)
    {
        await scene.Database.ExecuteAsync("ANALYZE recipient");
        await using var connection = await scene.Database.Source.OpenConnectionAsync();
        var pages = 0;
        for (var time = 0; time < 2; time++)
        {
            await using var command = new NpgsqlCommand($"EXPLAIN (ANALYZE, BUFFERS) {statement}", connection);
            await using var reader = await command.ExecuteReaderAsync();
            pages = 0;
            while (await reader.ReadAsync())
                if (Buffers().Match(reader.GetString(0)) is { Success: true } match && pages == 0)
                    pages = match.Groups.Values.Skip(1).Where(group => group.Success).Sum(group => int.Parse(group.Value, CultureInfo.InvariantCulture));
        }

        return pages;
    }

    [GeneratedRegex(@"Buffers: shared (?:hit=(\d+))?(?: ?read=(\d+))?")]
    private static partial Regex Buffers();
}
