using Akka.Actor;
using Akka.Event;
using ClusterMail.Settings;
using ClusterMail.Store;

namespace ClusterMail.Queue.Addresses;

/// <summary>
/// Singleton that writes which node is to hold which service address (CLU-23a). Nodes act on what is written, and the next in the order takes over from a dead one by himself: while there is no
/// coordinator, only what has to be decided anew waits. Two of them at a time do no harm, since the rows say who may.
/// </summary>
public sealed class AddressCoordinatorActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private sealed record Tick;
    private sealed record Done(bool AreThereRows);
    private sealed record Failed(Exception Cause);

    private readonly AddressStore _store;
    private readonly Func<IReadOnlyList<ServiceAddress>> _wanted;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private bool _busy;

    /// <summary>Rows may be left from another coordinator's time.</summary>
    private bool _areThereRows = true;

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="wanted">The setting as it is now, in its order.</param>
    public AddressCoordinatorActor(AddressStore store, Func<IReadOnlyList<ServiceAddress>> wanted)
    {
        (_store, _wanted) = (store, wanted);
        Receive<Tick>(_ => OnTick());
        Receive<Done>(done => (_busy, _areThereRows) = (false, done.AreThereRows));
        Receive<Failed>(OnFailed);
    }

    public static Props Props(AddressStore store, Func<IReadOnlyList<ServiceAddress>> wanted) => Akka.Actor.Props.Create(() => new AddressCoordinatorActor(store, wanted));

    protected override void PreStart() => Timers.StartPeriodicTimer("tick", new Tick(), TimeSpan.Zero, Every);

    private void OnTick()
    {
        var wanted = _wanted();
        if (_busy || (wanted.Count == 0 && !_areThereRows))
            return;
        _busy = true;
        CoordinateAsync(wanted).PipeTo(Self, success: done => done, failure: cause => new Failed(cause));
    }

    private async Task<Done> CoordinateAsync(IReadOnlyList<ServiceAddress> wanted)
    {
        var (rows, nodes) = await _store.ListAsync(CancellationToken.None).ConfigureAwait(false);
        var names = wanted.Select(address => address.Name).ToHashSet(StringComparer.Ordinal);
        if (!names.SetEquals(rows.Select(row => row.Address)))
            await _store.FollowAsync(names, CancellationToken.None).ConfigureAwait(false);
        foreach (var wish in AddressElection.Decide(wanted, rows, nodes))
        {
            _log.Info("{0} is to be held by {1}{2}", wish.Address, wish.Order.Count > 0 ? string.Join(", then ", wish.Order) : "nobody: no node is ready", wish.Unpin ? "; the node it was moved to is not ready" : "");
            await _store.WishAsync(wish.Address, wish.Order, wish.Unpin, CancellationToken.None).ConfigureAwait(false);
        }
        return new Done(rows.Count > 0 || wanted.Count > 0);
    }

    private void OnFailed(Failed failed)
    {
        _busy = false;
        if (!Database.IsLost(failed.Cause))
            _log.Error(failed.Cause, "Coordinating the service addresses failed");
    }
}
