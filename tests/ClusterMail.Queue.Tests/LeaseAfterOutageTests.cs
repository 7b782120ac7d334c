using ClusterMail.Queue.Lease;
using ClusterMail.Store;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

public sealed class LeaseAfterOutageTests
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(2);

    private static LeaseKeeper Keeper(TestDatabase database, TimeSpan mercy) => new(
        new NodeStore(database.Source), Registration("n1"),
        new LeaseOptions { Length = Length, Guard = TimeSpan.FromMilliseconds(100), RenewEvery = TimeSpan.FromMilliseconds(100), FenceEvery = TimeSpan.FromMilliseconds(50), Mercy = mercy },
        epoch =>
        {
            var opened = EpochStore.Open(database.ConnectionString, "clustermaild n1", epoch);
            return (opened.Queue, opened);
        },
        NullLogger<LeaseKeeper>.Instance);

    private static NodeRegistration Registration(string name) => new(name, "akka.tcp://clustermail@127.0.0.1:1", "http://127.0.0.1:1", "", "1", []);

    /// <summary>The leases of n1, kept by a keeper, and of n2, which nobody keeps, both end while nobody can write them; then n1 is back.</summary>
    private static async Task<(NodeStore Nodes, long Other)> OutageAsync(TestDatabase database, LeaseKeeper keeper)
    {
        var nodes = new NodeStore(database.Source);
        keeper.Start();
        await Until.TrueAsync(() => keeper.IsValid, QueueScene.Patience, "n1 has its lease");
        await using var blocker = await database.Source.OpenConnectionAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        // For so much longer that n1 has surely lapsed when it ends: while n1 is in force it may judge n2 dead, however long it takes until the table is locked.
        var other = await nodes.RegisterAsync(Registration("n2"), 3 * Length, default);
        await using (var held = new Npgsql.NpgsqlCommand("LOCK TABLE node IN EXCLUSIVE MODE", blocker, transaction))
            await held.ExecuteNonQueryAsync();
        await Until.TrueAsync(() => !keeper.IsValid, QueueScene.Patience, "the lease of n1 has lapsed");
        await Until.TrueAsync(async () => await database.ScalarAsync<bool>($"SELECT alive_until < now() FROM node WHERE epoch = {other}"), QueueScene.Patience, "that of n2 has ended");
        await transaction.RollbackAsync();
        await Until.TrueAsync(() => keeper.IsValid, QueueScene.Patience, "n1 has its lease again");
        return (nodes, other);
    }

    [Fact]
    public async Task P4_after_an_outage_of_the_database_a_node_lets_the_others_come_back_too()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var keeper = Keeper(database, mercy: TimeSpan.FromHours(1));
        var (nodes, other) = await OutageAsync(database, keeper);
        var renewals = 0;
        keeper.Renewed += _ => Interlocked.Increment(ref renewals);
        await Until.TrueAsync(() => Volatile.Read(ref renewals) > 5, QueueScene.Patience, "n1 has had time to look around");
        Assert.False((await nodes.RenewAsync(other, Length, null, default)).Fenced);
    }

    [Fact]
    public async Task CLU_22_who_does_not_come_back_is_fenced_when_that_time_is_over()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var keeper = Keeper(database, mercy: TimeSpan.FromMilliseconds(300));
        var (_, other) = await OutageAsync(database, keeper);
        await Until.TrueAsync(async () => await database.ScalarAsync<bool>($"SELECT fenced_at IS NOT NULL FROM node WHERE epoch = {other}"), QueueScene.Patience, "n2 is fenced");
    }
}
