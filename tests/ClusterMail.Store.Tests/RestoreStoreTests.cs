using ClusterMail.Store.Approval;
using ClusterMail.Testing;

namespace ClusterMail.Store.Tests;

/// <summary>A database put back from a backup knows it, and sends nothing that may have been sent since (P4, APPROVE-81).</summary>
public class RestoreStoreTests
{
    private const string Me = "me";

    [Fact]
    public async Task P4_what_waited_in_a_dump_that_is_restored_is_stopped_and_new_mail_goes_out()
    {
        await using var scene = await Scene.StartAsync();
        Assert.Null(await scene.Nodes.NoticeRestoreAsync("node1", null, default));
        await scene.Queue.AcceptAsync(scene.Epoch, [await scene.MailAsync(owned: false, "waits@a.test"), await scene.MailAsync(owned: true, "busy@b.test"), await scene.MailAsync(owned: false, "kept@c.test")], default);
        await scene.Database.ExecuteAsync("UPDATE recipient SET state = 'held' WHERE forward_path = 'kept@c.test'");
        var local = await scene.MailAsync(owned: false, "here@d.test");
        await scene.Queue.AcceptAsync(scene.Epoch, [local], default);
        await scene.Database.ExecuteAsync("UPDATE recipient SET destination = '[local]' WHERE mail_id = $1", local.Id.Number);
        await scene.ExpireAsync(scene.Epoch);
        var lastNumber = await scene.Queue.AllotNumbersAsync(1, default);

        await using var restored = await Restored.OfAsync(scene.Database);
        var why = await restored.Nodes.NoticeRestoreAsync("node1", null, default);
        Assert.Contains("another database", why, StringComparison.Ordinal);
        Assert.True(await restored.Store.StopAsync("node1", why!, null, default));
        Assert.False(await restored.Store.StopAsync("node2", why!, null, default));
        Assert.Null(await restored.Nodes.NoticeRestoreAsync("node1", null, default));
        var epoch = await Scene.RegisterAsync(restored.Nodes, "node1");
        Assert.True(epoch > scene.Epoch + 1000, "epochs that may have been given out after the backup are given out again");
        // The mailbox is as old as the queue, and wants its mail.
        Assert.Equal("here@d.test", Assert.Single(await restored.Queue.ClaimAsync(epoch, 100, 100, [], default)).ForwardPath);
        var state = await StateAsync(restored);
        Assert.Equal((2L, 2L), (state.Stopped, state.Waiting));

        var number = await restored.Queue.AllotNumbersAsync(1, default);
        Assert.True(number > lastNumber + 1_000_000, "numbers that may have been given out after the backup are given out again");
        await restored.Queue.AcceptAsync(epoch, [Scene.Mail(number, owned: false, "new@a.test")], default);
        Assert.Equal("new@a.test", Assert.Single(await restored.Queue.ClaimAsync(epoch, 100, 100, [], default)).ForwardPath);
        Assert.Equal(1L, await restored.Database.ScalarAsync<long>("SELECT count(*) FROM event WHERE kind = 'database-restored'"));

        Assert.Equal(2, await restored.Store.ReleaseAsync(Me, default));
        Assert.Null(await restored.Store.OpenAsync(default));
        var freed = await restored.Queue.ClaimAsync(epoch, 100, 100, [], default);
        Assert.Equal(["busy@b.test", "waits@a.test"], freed.Select(one => one.ForwardPath).Order());
        // What an administrator held stays held.
        Assert.Equal(1L, await restored.Database.ScalarAsync<long>("SELECT count(*) FROM recipient WHERE state = 'held' AND forward_path = 'kept@c.test'"));
    }

    [Theory]
    [InlineData("UPDATE node SET alive_until = alive_until - interval '9 seconds'", false)]
    [InlineData("UPDATE node SET alive_until = alive_until - interval '11 seconds'", true)]
    [InlineData("SELECT setval('node_epoch', 1, false)", true)]
    [InlineData("DELETE FROM node", false)]
    [InlineData("UPDATE farm SET home = 'elsewhere/1'", true)]
    [InlineData("UPDATE farm SET id = gen_random_uuid()", false)]
    public async Task P4_a_database_that_knows_less_than_it_answered_is_a_restored_one_and_one_that_was_cleaned_or_is_anothers_is_not(string change, bool expected)
    {
        await using var scene = await Scene.StartAsync();
        Assert.Null(await scene.Nodes.NoticeRestoreAsync("node1", null, default));
        var mark = (await scene.Nodes.RenewAsync(scene.Epoch, Scene.Lease, null, default)).Remembered!;
        Assert.Null(await scene.Nodes.NoticeRestoreAsync("node1", mark, default));
        await scene.Database.ExecuteAsync(change);
        Assert.Equal(expected, await scene.Nodes.NoticeRestoreAsync("node1", mark, default) is not null);
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(11, true)]
    public async Task P4_a_lease_is_not_renewed_in_a_database_that_went_back_under_its_node(int seconds, bool refused)
    {
        await using var scene = await Scene.StartAsync();
        var mark = (await scene.Nodes.RenewAsync(scene.Epoch, Scene.Lease, null, default)).Remembered!;
        await scene.Database.ExecuteAsync("UPDATE node SET alive_until = alive_until - make_interval(secs => $1)", seconds);
        Assert.Equal(refused, (await scene.Nodes.RenewAsync(scene.Epoch, Scene.Lease, mark.AliveUntil, default)).Fenced);
    }

    [Fact]
    public async Task P4_what_a_living_node_has_in_its_hands_is_not_stopped()
    {
        await using var scene = await Scene.StartAsync();
        await scene.AcceptOwnedAsync();
        Assert.True(await new RestoreStore(scene.Database.Source).StopAsync(Me, "told", null, default));
        Assert.Equal(1L, await scene.Database.ScalarAsync<long>("SELECT count(*) FROM recipient WHERE state = 'delivering' AND owner = $1", scene.Epoch));
    }

    [Fact]
    public async Task P4_what_the_logs_show_as_sent_is_taken_out_and_goes_into_the_history()
    {
        await using var scene = await Scene.StartAsync();
        var (two, other, derived) = (await scene.MailAsync(owned: false, "Taro@a.test", "jiro@a.test"), await scene.MailAsync(owned: false, "taro@a.test"), await scene.MailAsync(owned: false, "taro@a.test"));
        derived = derived with { Name = $"{other.Id}-R0001" };
        await scene.Queue.AcceptAsync(scene.Epoch, [two, other, derived], default);
        var store = new RestoreStore(scene.Database.Source);
        await store.StopAsync(Me, "told", null, default);
        string[] log =
        [
            $"2026-01-31 12:00:00 {two.Id}@mx.example.jp from=<a@b.test> to=<taro@A.test> 250 Ok",
            $"2026-01-31 12:00:00 {derived.Name} to=<taro@a.test> 250 Ok",
            $"2026-01-31 12:00:00 {other.Id} to=<somebody@a.test> 250 Ok",
            "2026-01-31 12:00:00 B9999999999 to=<taro@a.test>",
        ];
        Assert.Equal(2, await store.TakeOutSentAsync(log, Me, keep: true, default));
        Assert.Equal(4L, (await store.OpenAsync(default))!.Waiting);
        Assert.Equal(2, await store.TakeOutSentAsync(log, Me, keep: false, default));
        Assert.Equal(0, await store.TakeOutSentAsync(log, Me, keep: false, default));
        Assert.Equal(2L, (await store.OpenAsync(default))!.Waiting);
        Assert.Equal(["Taro@a.test", "taro@a.test"], await scene.Database.ScalarAsync<string[]>("SELECT array_agg(forward_path ORDER BY mail_id) FROM history WHERE outcome = 'deleted' AND reply LIKE 'sent before%me'"));
        Assert.Equal([two.Id.Number, other.Id.Number], await scene.Database.ScalarAsync<long[]>("SELECT array_agg(id ORDER BY id) FROM mail"));
        Assert.Equal(2, await store.ReleaseAsync(Me, default));
        Assert.Equal(["jiro@a.test", "taro@a.test"], (await scene.ClaimAsync()).Select(one => one.ForwardPath).Order());
    }

    [Theory]
    [InlineData("from=<sender@example.jp> to=<taro@a.test>", "taro@a.test")]
    [InlineData("from=<sender@example.jp> to=<sender@example.jp>", "sender@example.jp")]
    [InlineData("from=<sender@example.jp> to=<mitaro@a.test>", null)]
    [InlineData("from=<sender@example.jp> to=<taro@a.test.jp>", null)]
    public async Task P4_a_log_takes_out_the_recipient_it_names_and_neither_one_with_a_longer_address_nor_the_sender(string line, string? expected)
    {
        await using var scene = await Scene.StartAsync();
        var mail = await scene.MailAsync(owned: false, "taro@a.test", "aro@a.test", "sender@example.jp");
        await scene.Queue.AcceptAsync(scene.Epoch, [mail], default);
        var store = new RestoreStore(scene.Database.Source);
        await store.StopAsync(Me, "told", null, default);
        Assert.Equal(expected is null ? 0 : 1, await store.TakeOutSentAsync([$"{mail.Id} {line} 250 Ok"], Me, keep: false, default));
        Assert.Equal(expected is null ? 0L : 1L, await scene.Database.ScalarAsync<long>("SELECT count(*) FROM history WHERE forward_path = $1", expected ?? ""));
    }

    [Fact]
    public async Task P4_a_log_takes_out_nothing_that_is_not_stopped()
    {
        await using var scene = await Scene.StartAsync();
        var mail = await scene.MailAsync(owned: false, "taro@a.test");
        await scene.Queue.AcceptAsync(scene.Epoch, [mail], default);
        Assert.Equal(0, await new RestoreStore(scene.Database.Source).TakeOutSentAsync([$"{mail.Id} taro@a.test"], Me, keep: false, default));
        Assert.Single(await scene.ClaimAsync());
    }

    [Fact]
    public async Task APPROVE_81_what_was_approved_before_the_backup_or_is_decided_anew_after_the_restore_is_released_when_somebody_says_so()
    {
        await using var scene = await HoldScene.StartAsync();
        Assert.Null(await scene.Scene.Nodes.NoticeRestoreAsync("node1", null, default));
        var approved = await scene.HeldAsync();
        Assert.True(await scene.Holds.ApplyAsync(await scene.DecideAsync(approved, HoldState.Approved, "boss@corp.example"), default));
        var open = await scene.HeldAsync();

        await using var restored = await Restored.OfAsync(scene.Scene.Database);
        await restored.Store.StopAsync(Me, "told", null, default);
        var (jobs, holds) = (new HoldJobs(restored.Database.Source), new HoldStore(restored.Database.Source));
        // Decided after the backup, which the database does not know; now again.
        Assert.True(await holds.ApplyAsync(await scene.DecideAsync((await new HoldReader(restored.Database.Source).FindAsync(open.Id, default))!, HoldState.Approved, "boss@corp.example"), default));
        Assert.Empty(await jobs.TakeAsync(50, default));
        var state = await StateAsync(restored);
        Assert.Equal((0L, true), (state.Open, state.Jobs >= 2));

        await restored.Store.ReleaseAsync(Me, default);
        Assert.Equal([approved.Id, open.Id], (await jobs.TakeAsync(50, default)).Where(job => job.Kind == JobKind.Release).Select(job => job.Hold).Order());
    }

    [Fact]
    public async Task P4_after_a_start_of_the_server_nothing_that_waits_is_taken_before_the_renewal_that_notices_a_restore()
    {
        await using var scene = await HoldScene.StartAsync();
        await scene.Scene.Queue.AcceptAsync(scene.Scene.Epoch, [await scene.Scene.MailAsync(owned: false, "waits@a.test")], default);
        await scene.HeldAsync();
        await scene.Scene.Database.ExecuteAsync("UPDATE node SET alive_until = pg_postmaster_start_time() + lease - interval '1 second'");
        Assert.Empty(await scene.Scene.ClaimAsync());
        Assert.Empty(await scene.Jobs.TakeAsync(50, default));
        await scene.Scene.Nodes.RenewAsync(scene.Scene.Epoch, Scene.Lease, null, default);
        Assert.Single(await scene.Scene.ClaimAsync());
        Assert.NotEmpty(await scene.Jobs.TakeAsync(50, default));
    }

    private static async Task<RestoreState> StateAsync(Restored restored) => (await restored.Store.OpenAsync(default))!;

    /// <summary>A dump of a database, restored.</summary>
    private sealed record Restored(TestDatabase Database) : IAsyncDisposable
    {
        public NodeStore Nodes => new(Database.Source);
        public QueueStore Queue => new(Database.Source);
        public RestoreStore Store => new(Database.Source);

        public static async Task<Restored> OfAsync(TestDatabase database) => new(await database.DumpAndRestoreAsync());

        public ValueTask DisposeAsync() => Database.DisposeAsync();
    }
}
