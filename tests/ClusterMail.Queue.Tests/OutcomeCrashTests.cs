using ClusterMail.Queue.Outcome;
using ClusterMail.Store;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Queue.Tests;

/// <summary>Outcomes are visible at once and on disk a moment later (decision 36): what a crash of the database does to them.</summary>
public sealed class OutcomeCrashTests : IAsyncLifetime
{
    private PostgresServer _server = null!;
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartPrivateAsync();
        await _server.SlowWriterAsync();
        _database = await TestDatabase.CreateOnAsync(_server);
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private async Task CrashAsync()
    {
        await _server.CrashAsync();
        // The test's own connections are broken too.
        _database.Source.Clear();
    }

    private static async Task WriteAsync(QueueScene scene, Queue.Schedule.Work work, int written)
    {
        scene.Outcomes.Add(new Ending(work.Lease, [new Conclusion { Key = work.Recipients[0].Key, State = RecipientState.Delivered, Reply = "250 Ok", RemoteHost = "mx" }], []));
        await Until.TrueAsync(() => scene.Written == written, QueueScene.Patience, "the outcome is written");
    }

    [Fact]
    public async Task P2_what_a_crash_of_the_database_undid_is_written_again_before_anything_else()
    {
        await using var scene = await QueueScene.StartQuietAsync(_database, confirmAfter: TimeSpan.FromHours(1));
        var (first, second) = (await scene.OwnedAsync(), await scene.OwnedAsync());
        await WriteAsync(scene, first, 1);
        // Everybody sees it, and no disk has it.
        Assert.Equal((1L, 1L), (await scene.CountAsync("recipient"), await scene.CountAsync("history")));
        await CrashAsync();
        await Until.TrueAsync(async () => await scene.CountAsync("recipient") == 2, QueueScene.Patience, "the crash has undone it");
        await WriteAsync(scene, second, 2);
        Assert.Equal((0L, 2L, 0L), (await scene.CountAsync("recipient"), await scene.CountAsync("history WHERE outcome = 'delivered'"), await scene.CountAsync("event WHERE kind = 'possible-duplicate'")));
    }

    [Fact]
    public async Task P2_a_connection_that_broke_while_nobody_used_it_costs_no_outcome()
    {
        await using var scene = await QueueScene.StartQuietAsync(_database, confirmAfter: TimeSpan.FromHours(1));
        var (first, second) = (await scene.OwnedAsync(), await scene.OwnedAsync());
        await WriteAsync(scene, first, 1);
        await CrashAsync();
        await Until.TrueAsync(() => scene.Outcomes.IsBroken, QueueScene.Patience, "the keepalive has found it");
        await WriteAsync(scene, second, 2);
        Assert.Equal((0L, 2L, 0L), (await scene.CountAsync("recipient"), await scene.CountAsync("history WHERE outcome = 'delivered'"), await scene.CountAsync("event WHERE kind = 'possible-duplicate'")));
    }

    [Fact]
    public async Task P2_a_moment_later_it_is_on_disk()
    {
        await using var scene = await QueueScene.StartQuietAsync(_database, confirmAfter: TimeSpan.FromMilliseconds(1));
        await WriteAsync(scene, await scene.OwnedAsync(), 1);
        await Until.TrueAsync(() => scene.Outcomes.Unconfirmed == 0, QueueScene.Patience, "it is confirmed");
        await CrashAsync();
        await Until.TrueAsync(async () => await scene.CountAsync("history") == 1, QueueScene.Patience, "it is still there");
        Assert.Equal(0, await scene.CountAsync("recipient"));
    }

    [Fact]
    public async Task P4_what_a_crash_undid_of_an_epoch_that_was_fenced_then_is_told_as_a_possible_duplicate()
    {
        await using var scene = await QueueScene.StartQuietAsync(_database, confirmAfter: TimeSpan.FromHours(1));
        var (first, second) = (await scene.OwnedAsync(), await scene.OwnedAsync());
        await WriteAsync(scene, first, 1);
        await CrashAsync();
        await Until.TrueAsync(async () => await scene.CountAsync("recipient") == 2, QueueScene.Patience, "the crash has undone it");
        await scene.FenceAsync(first.Lease.Epoch);
        await WriteAsync(scene, second, 2);
        await scene.ReachesAsync(2, "event WHERE kind = 'possible-duplicate'");
        Assert.Equal((2L, 0L), (await scene.CountAsync("recipient WHERE owner IS NULL"), await scene.CountAsync("history")));
    }
}
