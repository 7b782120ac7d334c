using System.Diagnostics;
using Akka.Actor;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Receive;
using ClusterMail.Queue.Schedule;
using ClusterMail.Queue.Settings;
using ClusterMail.Queue.Cluster;
using ClusterMail.Store;

namespace ClusterMail.Node;

/// <summary>
/// Decides from lease, switches, modes and settings what this node does now: doors open or not, delivering or not. Looks at the lease four times a
/// second, so that a node cut off from the database stops in time (CLU-30).
/// </summary>
public sealed partial class NodeDuties(
    NodeOptions node, LeaseKeeper lease, SettingsWatch settings, DirectoryWatch directory, NewsStore news, NodeStore nodes, BlockedDestinations blocked,
    HostResolution hosts, ApprovalWatch approval,
    IActorRef receiver, IActorRef dispatcher, ILogger<NodeDuties> log) : IAsyncDisposable
{
    /// <summary>How long a lease that has ended may go unnoticed.</summary>
    private static readonly TimeSpan Watch = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _deciding = new();
    private Task _running = Task.CompletedTask;
    private volatile string? _leader;
    private long _wakeUp = -1;
    private long _dropped;
    private (long Epoch, long Version) _told;
    private bool _stopping;
    private int _following;
    private long _informed = -1;
    private long _looked;
    private (ReceiverActor.Doors Doors, bool Delivering) _now = (ReceiverActor.Doors.Closed, false);

    /// <summary>Who leads, as the database said at the last renewal; null: nobody, or not known.</summary>
    public string? Leader => _leader;

    public ReceiverActor.Doors Doors => _now.Doors;
    public bool Delivering => _now.Delivering;

    /// <summary>After each renewal, what is down. Handlers must not block.</summary>
    public event Action<IReadOnlyList<DownDestination>>? SawDown;

    /// <summary>Since when the watch over the lease has not come round; four times a second on a node that works.</summary>
    public TimeSpan SinceLook => Interlocked.Read(ref _looked) is > 0 and var at ? Stopwatch.GetElapsedTime(at) : TimeSpan.Zero;

    public void Start()
    {
        lease.Renewed += OnRenewed;
        lease.Fenced += _ => dispatcher.Tell(new DispatcherActor.WakeUp());
        lease.Ended += ended => dispatcher.Tell(new DispatcherActor.Forget(ended));
        _running = Task.Run(WatchAsync);
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Decide();
            }
            catch (Exception bug)
            {
                // The watch over the lease must not end with it.
                Failed(log, bug);
            }
            Interlocked.Exchange(ref _looked, Stopwatch.GetTimestamp());
            await Task.Delay(Beat.Until(Watch)).ConfigureAwait(false);
        }
    }

    private void OnRenewed(Renewal renewal) => _ = FollowAsync(renewal);

    private async Task FollowAsync(Renewal renewal)
    {
        // One after the other: what comes meanwhile is told again by the next renewal.
        if (Interlocked.Exchange(ref _following, 1) == 1)
            return;
        try
        {
            var epoch = lease.Current?.Epoch;
            await settings.FollowAsync(renewal.SettingsVersion, _stop.Token).ConfigureAwait(false);
            await TellVersionAsync().ConfigureAwait(false);
            await directory.FollowAsync(renewal.DirectoryVersion, _stop.Token).ConfigureAwait(false);
            await approval.FollowAsync(renewal.ApprovalVersion, _stop.Token).ConfigureAwait(false);
            var (down, drops, leader) = await news.LookAsync(LeaderActor.LeaseName, _dropped, _stop.Token).ConfigureAwait(false);
            blocked.ReplaceDown(down.Select(one => one.Key));
            SawDown?.Invoke(down);
            Forget(drops);
            _leader = leader;
            if (renewal.WakeUp != Interlocked.Exchange(ref _wakeUp, renewal.WakeUp))
                dispatcher.Tell(new DispatcherActor.WakeUp());
            if (epoch is { } known && settings.IsLoaded)
                Interlocked.Exchange(ref _informed, known);
            Decide();
        }
        catch (Exception trouble) when (_stop.IsCancellationRequested || Database.IsLost(trouble))
        {
            // The next renewal brings it.
        }
        catch (Exception bug)
        {
            Failed(log, bug);
        }
        finally
        {
            Interlocked.Exchange(ref _following, 0);
        }
    }

    /// <summary>
    /// Under this lease everything was read once. Before that settings, accounts and keys are those of an empty farm or of long ago: mail that needs approval would
    /// leave without it, and decisions would be taken for mail (APPROVE-13).
    /// </summary>
    private bool IsInformed => lease.Current?.Epoch == Interlocked.Read(ref _informed);

    /// <summary>ADMIN-26: everybody can see by which version a node works.</summary>
    private async Task TellVersionAsync()
    {
        if (lease.Current is not { } current || (current.Epoch, settings.Current.Settings.Version) is var now && now == _told)
            return;
        await nodes.SettingsInForceAsync(now.Epoch, now.Version, _stop.Token).ConfigureAwait(false);
        _told = now;
    }

    private void Forget(IReadOnlyList<RouteCacheDrop> drops)
    {
        foreach (var drop in drops)
        {
            hosts.Drop(drop.Domain);
            dispatcher.Tell(new DispatcherActor.ForgetHosts(drop.Domain));
            _dropped = drop.Id;
        }
    }

    // Asked from several threads: what was decided last must also be told last.
    private void Decide()
    {
        lock (_deciding)
            DecideNow();
    }

    private void DecideNow()
    {
        var view = settings.Current.Settings;
        var renewal = lease.LastRenewal;
        var leads = _leader == node.Name;
        var doors = renewal is null || _stopping || !IsInformed ? ReceiverActor.Doors.Closed
            : renewal.Receive == SwitchState.Draining ? ReceiverActor.Doors.Draining
            : lease.IsValid && renewal.Receive == SwitchState.On && node.Roles.Contains("receive") && (view.Text("cluster.receive_mode") != "leader" || leads) ? ReceiverActor.Doors.Open
            : ReceiverActor.Doors.Closed;
        var delivering = renewal is not null && !_stopping && IsInformed && lease.IsValid && renewal.Deliver == SwitchState.On && node.Roles.Contains("deliver")
            && (view.Text("cluster.deliver_mode") != "leader" || leads) && !settings.Current.Hours.IsClosed;
        if ((doors, delivering) == _now)
            return;
        _now = (doors, delivering);
        Now(log, node.Name, doors, delivering);
        receiver.Tell(new ReceiverActor.SetDoors(doors));
        blocked.BlockAll(!delivering);
        dispatcher.Tell(new DispatcherActor.Deliver(delivering));
    }

    /// <summary>For the node's stop: no new client, no new delivery.</summary>
    public void Cease()
    {
        _stopping = true;
        Decide();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    [LoggerMessage(7201, LogLevel.Information, "{Node}: doors {Doors}, delivering {Delivering}")]
    private static partial void Now(ILogger log, string node, ReceiverActor.Doors doors, bool delivering);

    [LoggerMessage(7202, LogLevel.Error, "Following a renewal failed")]
    private static partial void Failed(ILogger log, Exception bug);
}
