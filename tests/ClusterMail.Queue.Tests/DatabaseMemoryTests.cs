using ClusterMail.Queue.Lease;
using ClusterMail.Store;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

/// <summary>A node knows a database that was put back from a backup under it, or while it was stopped (P4).</summary>
public sealed class DatabaseMemoryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("memory").FullName;

    private string File => DatabaseMemory.FileIn(Path.Combine(_folder, "spool"), "main");

    [Fact]
    public async Task P4_what_was_remembered_is_there_after_a_restart()
    {
        var mark = new DatabaseMark(Guid.NewGuid(), 7, DateTimeOffset.UtcNow, 1234);
        var memory = new DatabaseMemory(File);
        memory.Remember(mark);
        await memory.Written;
        Assert.Equal(mark, new DatabaseMemory(File).Last);
        // Contents of mails come into the same folder.
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(Path.GetDirectoryName(File)!));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"Farm\":")]
    public void P4_a_broken_file_is_as_none(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, text);
        Assert.Null(new DatabaseMemory(File).Last);
    }

    [Fact]
    public async Task P4_a_node_that_was_stopped_for_the_restore_notices_it_at_its_start()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using (var first = Keeper(database))
        {
            first.Start();
            await Until.TrueAsync(() => first.LastRenewal is not null, QueueScene.Patience, "the first renewal");
            await first.LeaveAsync(default);
        }
        await database.ExecuteAsync("UPDATE node SET alive_until = alive_until - interval '1 minute'");
        await using var second = Keeper(database);
        second.Start();
        await Until.TrueAsync(() => second.LastRenewal is not null, QueueScene.Patience, "the renewal after the restart");
        Assert.NotNull(await new RestoreStore(database.Source).OpenAsync(default));
    }

    [Fact]
    public async Task P4_a_node_under_which_the_database_was_put_back_takes_a_new_epoch_and_has_what_waited_stopped()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var keeper = Keeper(database);
        keeper.Start();
        await Until.TrueAsync(() => keeper.LastRenewal is not null, QueueScene.Patience, "the first renewal");
        var before = keeper.Current!.Epoch;
        var ended = 0;
        keeper.Ended += _ => Interlocked.Increment(ref ended);
        await database.ExecuteAsync("UPDATE node SET alive_until = alive_until - interval '1 minute'");
        await Until.TrueAsync(() => keeper.Current is { } now && now.Epoch > before, QueueScene.Patience, "a new epoch");
        Assert.Equal(1, Volatile.Read(ref ended));
        Assert.NotNull(await new RestoreStore(database.Source).OpenAsync(default));
    }

    /// <summary>Renews so often, and with a lease so long, that nobody else's look comes between.</summary>
    private LeaseKeeper Keeper(TestDatabase database) => new(
        new NodeStore(database.Source), new NodeRegistration("n1", "akka.tcp://clustermail@n1:1", "http://127.0.0.1:1", "", "1", []),
        new LeaseOptions { Length = TimeSpan.FromMinutes(20), RenewEvery = TimeSpan.FromMilliseconds(200), FenceEvery = TimeSpan.FromMinutes(10) },
        epoch =>
        {
            var opened = EpochStore.Open(database.ConnectionString, "clustermaild n1", epoch);
            return (opened.Queue, opened);
        },
        NullLogger<LeaseKeeper>.Instance)
    { Memory = new DatabaseMemory(File) };

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
