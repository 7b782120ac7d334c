using Akka.Actor;
using Akka.Configuration;
using Akka.Coordination;
using ClusterMail.Node.Cluster;
using ClusterMail.Store;
using ClusterMail.Testing;

namespace ClusterMail.Node.Tests;

public sealed class PostgresLeaseTests : IAsyncLifetime
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);
    private TestDatabase _database = null!;
    private ActorSystem _system = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _system = ActorSystem.Create("lease", BootstrapSetup.Create().And(new PostgresLeaseSetup(new LeaseStore(_database.Source))));
    }

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate();
        await _database.DisposeAsync();
    }

    private PostgresLease Lease(string owner) => new(
        new LeaseSettings("sbr", owner, new TimeoutSettings(TimeSpan.FromMilliseconds(50), Ttl, TimeSpan.FromSeconds(20)), ConfigurationFactory.Empty),
        (ExtendedActorSystem)_system);

    private Task<DateTime> UntilAsync() => _database.ScalarAsync<DateTime>("SELECT until FROM cluster_lease WHERE name = 'sbr'");

    [Fact]
    public async Task CLU_30_one_side_gets_the_lease_and_the_other_when_it_is_given_back()
    {
        var (one, other) = (Lease("one"), Lease("other"));
        Assert.True(await one.Acquire());
        Assert.False(await other.Acquire());
        Assert.True(one.CheckLease());
        Assert.False(other.CheckLease());
        Assert.True(await one.Release());
        Assert.False(one.CheckLease());
        Assert.True(await other.Acquire());
        await other.Release();
    }

    [Fact]
    public async Task CLU_30_a_held_lease_is_renewed()
    {
        var lease = Lease("one");
        Assert.True(await lease.Acquire());
        var first = await UntilAsync();
        await Testing.Processes.Until.TrueAsync(async () => await UntilAsync() > first, TimeSpan.FromSeconds(30), "the lease is renewed");
        await lease.Release();
    }

    [Fact]
    public async Task CLU_30_who_loses_the_lease_to_another_owner_is_told_once()
    {
        var lease = Lease("one");
        var lost = new List<Exception>();
        Assert.True(await lease.Acquire(trouble => { lock (lost) lost.Add(trouble); }));
        await _database.ExecuteAsync("UPDATE cluster_lease SET owner = 'other', until = now() + interval '1 hour' WHERE name = 'sbr'");
        await Testing.Processes.Until.TrueAsync(() => { lock (lost) return lost.Count == 1; }, TimeSpan.FromSeconds(30), "the loss is told");
        Assert.False(lease.CheckLease());
        Assert.Equal("other", await _database.ScalarAsync<string>("SELECT owner FROM cluster_lease WHERE name = 'sbr'"));
    }
}
