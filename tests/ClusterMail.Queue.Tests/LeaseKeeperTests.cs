using System.Collections.Concurrent;
using ClusterMail.Queue.Lease;
using ClusterMail.Store;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

/// <summary>When a node renews, and when it looks for others whose lease has ended.</summary>
public sealed class LeaseKeeperTests
{
    private static NodeRegistration Named(string name) => new(name, $"akka.tcp://clustermail@{name}:1", "http://127.0.0.1:1", "", "1", []);

    private static LeaseKeeper Keeper(TestDatabase database, LeaseOptions options) => new(
        new NodeStore(database.Source), Named("n1"), options,
        epoch =>
        {
            var opened = EpochStore.Open(database.ConnectionString, "clustermaild n1", epoch);
            return (opened.Queue, opened);
        },
        NullLogger<LeaseKeeper>.Instance);

    [Fact]
    public async Task CLU_32_a_node_that_is_told_to_drain_learns_it_before_its_next_renewal()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var keeper = Keeper(database, new LeaseOptions { Length = TimeSpan.FromMinutes(20), RenewEvery = TimeSpan.FromMinutes(10), FenceEvery = TimeSpan.FromMilliseconds(50) });
        keeper.Start();
        await Until.TrueAsync(() => keeper.LastRenewal is { Deliver: SwitchState.On }, QueueScene.Patience, "the first renewal");
        await new SwitchStore(database.Source).SetAsync("n1", SwitchKind.Deliver, SwitchState.Draining, "me", default);
        await Until.TrueAsync(() => keeper.LastRenewal is { Deliver: SwitchState.Draining }, QueueScene.Patience, "a renewal that brings the switch");
        // One for each reason, not one for each look.
        var renewals = 0;
        keeper.Renewed += _ => Interlocked.Increment(ref renewals);
        Assert.True(await Until.StaysAsync(() => Volatile.Read(ref renewals) == 0, TimeSpan.FromMilliseconds(500)));
    }

    [Fact]
    public async Task LOCK_1_the_look_for_dead_nodes_sees_the_version_of_the_lockouts_too()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var keeper = Keeper(database, new LeaseOptions { FenceEvery = TimeSpan.FromMilliseconds(50) });
        Assert.Null(keeper.LockoutVersion);
        keeper.Start();
        var version = await new LockoutStore(database.Source).VersionAsync(default);
        await Until.TrueAsync(() => keeper.LockoutVersion == version, QueueScene.Patience, "the version seen");
        await database.ExecuteAsync("UPDATE lockout_version SET version = version + 1");
        await Until.TrueAsync(() => keeper.LockoutVersion == version + 1, QueueScene.Patience, "the next one seen");
    }

    [Fact]
    public async Task CLU_22_a_dead_node_is_fenced_when_its_lease_ends_and_not_at_the_look_after_it()
    {
        await using var database = await TestDatabase.CreateAsync();
        // Looks after 4, 8 and 12 s; the lease of the dead node ends after 5.
        await using var keeper = Keeper(database, new LeaseOptions { Length = TimeSpan.FromSeconds(60), FenceEvery = TimeSpan.FromSeconds(4) });
        var fenced = new ConcurrentQueue<FencedNode>();
        keeper.Fenced += nodes =>
        {
            foreach (var node in nodes)
                fenced.Enqueue(node);
        };
        await new NodeStore(database.Source).RegisterAsync(Named("dead"), TimeSpan.FromSeconds(5), default);
        keeper.Start();
        await Until.TrueAsync(() => !fenced.IsEmpty, QueueScene.Patience, "the dead node fenced");
        var dead = Assert.Single(fenced);
        Assert.Equal("dead", dead.Name);
        Assert.InRange(dead.Overdue, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }
}
