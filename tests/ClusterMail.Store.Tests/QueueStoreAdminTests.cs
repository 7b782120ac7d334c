namespace ClusterMail.Store.Tests;

public sealed class QueueStoreAdminTests
{
    private static async Task<RecipientKey> WaitingAsync(Scene scene, string recipient)
    {
        var key = await scene.AcceptOwnedAsync(recipient);
        await scene.RecordAsync(new Conclusion { Key = key, State = RecipientState.Waiting, RetryAfter = TimeSpan.FromHours(1), Reply = "451 later" });
        return key;
    }

    [Fact]
    public async Task QUEUE_6_retry_now_makes_what_matches_due_even_at_a_destination_that_is_down()
    {
        await using var scene = await Scene.StartAsync();
        var wanted = await WaitingAsync(scene, "a@example.net");
        await WaitingAsync(scene, "b@example.org");
        await new DestinationStore(scene.Database.Source).MarkDownAsync("example.net", TimeSpan.FromHours(1), "no answer", default);
        Assert.Empty(await scene.ClaimAsync());

        Assert.Equal(new AdminResult(1, 0), await scene.Queue.RetryNowAsync(new RecipientFilter { ForwardPath = "A@example.net" }, "admin", default));

        Assert.Equal(wanted, Assert.Single(await scene.ClaimAsync()).Key);
        Assert.Equal("queue-retry by admin: 1 recipients", await scene.Database.ScalarAsync<string>("SELECT text FROM event"));
    }

    [Fact]
    public async Task QUEUE_6_retry_now_also_tries_what_was_due_and_only_waited_for_a_destination_that_is_down()
    {
        await using var scene = await Scene.StartAsync();
        var destinations = new DestinationStore(scene.Database.Source);
        var mail = await scene.MailAsync(owned: false, "a@example.net");
        await scene.Queue.AcceptAsync(scene.Epoch, [mail], default);
        await WaitingAsync(scene, "b@example.net");
        await WaitingAsync(scene, "c@example.org");
        foreach (var destination in new[] { "example.net", "example.org" })
            await destinations.MarkDownAsync(destination, TimeSpan.FromHours(1), "no answer", default);

        Assert.Equal(new AdminResult(2, 0), await scene.Queue.RetryNowAsync(new RecipientFilter { Destination = "example.net" }, "admin", default));

        Assert.Contains(mail.Id.Number, (await scene.ClaimAsync()).Select(claimed => claimed.Key.Mail));
        Assert.Equal("example.org", Assert.Single(await destinations.ListDownAsync(default)).Key);
    }

    [Fact]
    public async Task QUEUE_6_what_somebody_wants_tried_is_not_marked_down_from_memory_but_by_the_next_failure()
    {
        await using var scene = await Scene.StartAsync();
        var destinations = new DestinationStore(scene.Database.Source);
        await WaitingAsync(scene, "a@example.net");
        Assert.True(await destinations.MarkDownAsync(["example.net", "example.org"], TimeSpan.FromHours(1), "no answer", tried: false, default));
        await scene.Queue.RetryNowAsync(new RecipientFilter(), "admin", default);

        Assert.False(await destinations.MarkDownAsync(["example.net", "example.org"], TimeSpan.FromHours(1), "no answer", tried: false, default));
        Assert.Equal(["example.org"], (await destinations.ListDownAsync(default)).Select(down => down.Key));

        await destinations.TryAsync(["example.org"], default);
        Assert.False(await destinations.MarkDownAsync(["example.org"], TimeSpan.FromHours(1), "no answer", tried: false, default));
        Assert.Empty(await destinations.ListDownAsync(default));

        Assert.True(await destinations.MarkDownAsync(["example.net", "example.org"], TimeSpan.FromHours(1), "no answer", tried: true, default));
        Assert.Equal(2, (await destinations.ListDownAsync(default)).Count);
    }

    [Fact]
    public async Task QUEUE_6_a_held_recipient_is_not_tried_until_it_is_released()
    {
        await using var scene = await Scene.StartAsync();
        var key = await WaitingAsync(scene, "a@example.net");
        var busy = await scene.AcceptOwnedAsync("b@example.net");
        Assert.Equal(new AdminResult(1, 1), await scene.Queue.HoldAsync(new RecipientFilter { Destination = "example.net" }, "admin", default));
        Assert.Equal(new AdminResult(0, 0), await scene.Queue.RetryNowAsync(new RecipientFilter { Mails = [key.Mail] }, "admin", default));
        Assert.Empty(await scene.ClaimAsync());
        Assert.Equal(1, (await scene.Queue.ReleaseAsync(new RecipientFilter { State = RecipientState.Held }, "admin", default)).Done);
        Assert.Equal(key, Assert.Single(await scene.ClaimAsync()).Key);
        Assert.Empty((await scene.RecordAsync(new Conclusion { Key = busy, State = RecipientState.Delivered, Reply = "250" })).Late);
    }

    [Fact]
    public async Task QUEUE_6_bounce_now_reaches_held_waiting_and_running_recipients_alike()
    {
        await using var scene = await Scene.StartAsync();
        var waiting = await WaitingAsync(scene, "a@example.net");
        var held = await WaitingAsync(scene, "b@example.net");
        await scene.Queue.HoldAsync(new RecipientFilter { Mails = [held.Mail] }, "admin", default);
        var running = await scene.AcceptOwnedAsync("c@example.net");
        await new DestinationStore(scene.Database.Source).MarkDownAsync("example.net", TimeSpan.FromHours(1), "no answer", default);

        Assert.Equal(3, (await scene.Queue.BounceAsync(new RecipientFilter(), "admin", default)).Done);
        await scene.RecordAsync(new Conclusion { Key = running, State = RecipientState.Waiting, RetryAfter = TimeSpan.FromHours(1), Reply = "451 later" });

        var taken = await scene.Queue.ClaimExpiredAsync(scene.Epoch, 10, TimeSpan.FromDays(1), default);
        Assert.Equal([waiting, held, running], taken.Select(t => t.Key).OrderBy(k => k.Mail));
        Assert.All(taken, t => Assert.True(t.BounceNow));
        await scene.RecordAsync([.. taken.Select(t => new Conclusion { Key = t.Key, State = RecipientState.Failed, Reply = "550 bounced", WithoutAttempt = true })]);
        Assert.Equal(3, await scene.CountAsync("history WHERE outcome = 'failed' AND attempts = 1"));
    }

    [Fact]
    public async Task P2_what_an_administrator_deletes_is_in_the_history()
    {
        await using var scene = await Scene.StartAsync();
        var key = await WaitingAsync(scene, "a@example.net");
        var busy = await scene.AcceptOwnedAsync("b@example.net");
        Assert.Equal(new AdminResult(1, 1), await scene.Queue.DeleteAsync(new RecipientFilter { ReversePath = "SENDER@example.jp" }, "admin", default));
        Assert.Equal($"{key.Mail} deleted deleted by admin", await scene.Database.ScalarAsync<string>("SELECT concat_ws(' ', mail_id, outcome, reply) FROM history"));
        Assert.Equal(busy.Mail, await scene.Database.ScalarAsync<long>("SELECT id FROM mail"));
    }

    [Fact]
    public async Task P6_an_act_on_many_recipients_is_done_in_slices_to_the_end()
    {
        await using var scene = await Scene.StartAsync();
        await scene.Database.ExecuteAsync("""
            WITH m AS (INSERT INTO mail (id, size, reverse_path, node, content) SELECT n, 1, '', 'n', 'x' FROM generate_series(1, 12000) AS n)
            INSERT INTO recipient (mail_id, ordinal, state, destination, forward_path) SELECT n, 0, 'queued', 'd', 'a@b' FROM generate_series(1, 12000) AS n
            """);
        Assert.Equal(12000, (await scene.Queue.HoldAsync(new RecipientFilter(), "admin", default)).Done);
        Assert.Equal(12000, (await scene.Queue.DeleteAsync(new RecipientFilter(), "admin", default)).Done);
        Assert.Equal((0L, 0L, 12000L), (await scene.CountAsync("mail"), await scene.CountAsync("recipient"), await scene.CountAsync("history")));
    }
}
