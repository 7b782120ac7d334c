using Akka.Actor;
using Akka.Event;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Queue.Receive;

/// <summary>
/// The node's listeners: opens them, changes them while they run (RECV-12), drains them (CLU-32), and turns new clients away while the node cannot
/// take mail. Sessions themselves are plain async code.
/// </summary>
public sealed class ReceiverActor : ReceiveActor, IWithTimers
{
    /// <summary>The ports to serve.</summary>
    public sealed record Listen(IReadOnlyList<ListenerOptions> Listeners);

    /// <summary>Open: mail is taken. Closed: new clients get 421. Draining: listeners closed, sessions finish.</summary>
    public enum Doors
    {
        Open,
        Closed,
        Draining,
    }

    public sealed record SetDoors(Doors Doors);

    /// <summary>For the node's stop: drains and answers <see cref="Stopped"/>.</summary>
    public sealed record Stop(TimeSpan Limit);

    public sealed record Stopped;

    /// <summary>What others may see of it at any moment.</summary>
    /// <param name="Fault">Why a port could not be opened (ADMIN-1); null: all are.</param>
    /// <param name="Listening">Every port asked for is open.</param>
    public sealed record Sight(Doors Doors, IReadOnlyList<string> Bound, string? Fault, bool Listening);

    private sealed record Applied(SmtpListenerSet Set, IReadOnlyList<ListenerOptions> Wanted, string? Fault);
    private sealed record Drained;
    private sealed record Retry;

    /// <summary>CLU-32: current transactions may finish so long.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(60);

    private static readonly Reply NoService = new(421, new EnhancedStatus(4, 3, 2), "Service not available, try another server.");

    private readonly SessionServices _services;
    private readonly Action<Sight> _show;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private SmtpListenerSet? _set;
    private IReadOnlyList<ListenerOptions> _wanted = [];
    private Doors _doors = Doors.Closed;
    private string? _fault;
    private Task<Drained>? _draining;
    private bool _applying;
    private bool _stopping;

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="show">Called with what there is to see after every change; must not block.</param>
    public ReceiverActor(SessionServices services, Action<Sight> show)
    {
        (_services, _show) = (services, show);
        Receive<Listen>(listen => { _wanted = listen.Listeners; Apply(); });
        Receive<SetDoors>(OnDoors);
        Receive<Applied>(OnApplied);
        Receive<Drained>(_ => OnDrained());
        Receive<Status.Failure>(failed => _log.Error(failed.Cause, "Draining failed"));
        Receive<Retry>(_ => Apply());
        Receive<Stop>(OnStop);
    }

    public static Props Props(SessionServices services, Action<Sight> show) => Akka.Actor.Props.Create(() => new ReceiverActor(services, show));

    protected override void PreRestart(Exception reason, object message)
    {
        // Told only when they change.
        Self.Tell(new SetDoors(_doors));
        Self.Tell(new Listen(_wanted));
        base.PreRestart(reason, message);
    }

    protected override void PostStop() => _ = _set?.DisposeAsync().AsTask();

    private void Show(bool listening) => _show(new Sight(_doors, _set?.Bound.Select(bound => bound.EndPoint.ToString()).ToArray() ?? [], _fault, listening));

    private void Apply()
    {
        if (_applying || _stopping || _doors == Doors.Draining || _wanted.Count == 0)
            return;
        _applying = true;
        _set ??= new SmtpListenerSet(_services);
        _set.SetAccepting(_doors == Doors.Open, NoService);
        ApplyAsync(_set, _wanted).PipeTo(Self);
    }

    private static async Task<Applied> ApplyAsync(SmtpListenerSet set, IReadOnlyList<ListenerOptions> wanted)
    {
        try
        {
            await set.ApplyAsync(wanted);
            return new Applied(set, wanted, null);
        }
        catch (Exception trouble)
        {
            // ADMIN-1: most likely a port that is taken. Whatever it is, it is shown and tried again.
            return new Applied(set, wanted, trouble.Message);
        }
    }

    private void OnApplied(Applied applied)
    {
        _applying = false;
        if (applied.Set != _set || !ReferenceEquals(applied.Wanted, _wanted))
        {
            // Something else was asked for meanwhile.
            Apply();
            return;
        }
        if (applied.Fault is { } fault && fault != _fault)
            _log.Error("{0}", fault);
        _fault = applied.Fault;
        // ADMIN-1: the node stays "not ready" until the port is free, and opens it by itself then.
        if (_fault is not null)
            Timers.StartSingleTimer("retry", new Retry(), TimeSpan.FromSeconds(2));
        Show(listening: _set is not null && _fault is null);
    }

    private void OnDoors(SetDoors set)
    {
        if (_doors == set.Doors || _stopping)
            return;
        _doors = set.Doors;
        Show(listening: _set is not null && _fault is null && _doors != Doors.Draining);
        if (_doors == Doors.Draining && _set is { } draining)
        {
            _set = null;
            _draining = DrainAsync(draining, DrainLimit);
            _draining.PipeTo(Self);
            return;
        }
        _set?.SetAccepting(_doors == Doors.Open, NoService);
        if (_set is null)
            Apply();
    }

    private void OnStop(Stop stop)
    {
        _stopping = true;
        var stopper = Sender;
        if (_set is { } set)
            _draining = DrainAsync(set, stop.Limit);
        _set = null;
        // One that is draining already is waited for: its sessions may still hand in mail.
        if (_draining is { } draining)
            draining.PipeTo(stopper, success: _ => new Stopped(), failure: _ => new Stopped());
        else
            stopper.Tell(new Stopped());
    }

    private static async Task<Drained> DrainAsync(SmtpListenerSet set, TimeSpan limit)
    {
        await set.DrainAsync(limit);
        await set.DisposeAsync();
        return new Drained();
    }

    private void OnDrained()
    {
        // Undrained meanwhile.
        if (_set is null && !_stopping)
            Apply();
    }
}
