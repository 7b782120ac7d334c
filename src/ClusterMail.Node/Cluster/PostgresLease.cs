using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Coordination;
using ClusterMail.Store;

namespace ClusterMail.Node.Cluster;

/// <summary>Hands the lease table to leases that Akka makes by reflection.</summary>
public sealed class PostgresLeaseSetup(LeaseStore leases) : Setup
{
    public LeaseStore Leases => leases;
}

/// <summary>Akka's lease over a row in PostgreSQL: of two sides of a partition, the one that gets it survives (lease-majority).</summary>
public sealed class PostgresLease : Lease
{
    private readonly LeaseStore _leases;
    private volatile bool _held;
    private int _term;

    public PostgresLease(LeaseSettings settings, ExtendedActorSystem system) : base(settings) =>
        _leases = (system.Settings.Setup.Get<PostgresLeaseSetup>().HasValue ? system.Settings.Setup.Get<PostgresLeaseSetup>().Value : null)?.Leases
            ?? throw new InvalidOperationException("PostgresLeaseSetup is missing in the actor system's set-up.");

    public override Task<bool> Acquire() => Acquire(_ => { });

    public override async Task<bool> Acquire(Action<Exception> leaseLostCallback)
    {
        using var limit = new CancellationTokenSource(Settings.TimeoutSettings.OperationTimeout);
        _held = await _leases.TryAcquireAsync(Settings.LeaseName, Settings.OwnerName, Settings.TimeoutSettings.HeartbeatTimeout, limit.Token);
        if (_held)
            _ = KeepAsync(leaseLostCallback, Interlocked.Increment(ref _term));
        return _held;
    }

    public override async Task<bool> Release()
    {
        _held = false;
        using var limit = new CancellationTokenSource(Settings.TimeoutSettings.OperationTimeout);
        await _leases.ReleaseAsync(Settings.LeaseName, Settings.OwnerName, limit.Token);
        return true;
    }

    public override bool CheckLease() => _held;

    /// <param name="term">Acquired again: the keeper of the later term goes on alone.</param>
    private async Task KeepAsync(Action<Exception> lost, int term)
    {
        try
        {
            while (_held && term == Volatile.Read(ref _term))
            {
                await Task.Delay(Settings.TimeoutSettings.HeartbeatInterval);
                if (!_held || term != Volatile.Read(ref _term))
                    return;
                using var limit = new CancellationTokenSource(Settings.TimeoutSettings.OperationTimeout);
                if (await _leases.TryAcquireAsync(Settings.LeaseName, Settings.OwnerName, Settings.TimeoutSettings.HeartbeatTimeout, limit.Token))
                    continue;
                _held = false;
                lost(new InvalidOperationException($"Another owner holds the lease {Settings.LeaseName}."));
            }
        }
        catch (Exception trouble)
        {
            _held = false;
            lost(trouble);
        }
    }
}
