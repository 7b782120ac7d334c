using Akka.Actor;
using Akka.Event;
using ClusterMail.Store;

namespace ClusterMail.Queue.Cluster;

/// <summary>
/// Names the leader node (CLU-25, CLU-26), which matters to sites that receive or deliver on one node only. A singleton proposes; the lease
/// <c>leader</c> in the database is the truth every node reads with its renewal.
/// </summary>
public sealed class LeaderActor : ReceiveActor, IWithTimers
{
    /// <summary>Name of the lease in the database.</summary>
    public const string LeaseName = "leader";

    /// <summary>CLU-26: a preferred node gets the role back after so long in health.</summary>
    public static readonly TimeSpan HealthBeforeReturn = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Term = TimeSpan.FromSeconds(10);

    /// <summary>Two of them fit into the term with a look to spare.</summary>
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(3.5);

    private sealed record Tick;
    private sealed record Seen(IReadOnlyList<NodeRow> Nodes, string? Leader);
    private sealed record Done(string? Elected);
    private sealed record Failed(Exception Cause);

    private readonly NodeStore _nodes;
    private readonly LeaseStore _leases;
    private readonly EventStore _events;
    private readonly Func<IReadOnlyList<string>> _preference;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, DateTimeOffset> _healthySince = new(StringComparer.Ordinal);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private bool _busy;
    private long _heldAt;

    /// <summary>Who was fit when this singleton began counts since its start, so that a move of the singleton costs nobody the role; later ones count from now.</summary>
    private bool _hasLooked;

    public ITimerScheduler Timers { get; set; } = null!;

    public LeaderActor(NodeStore nodes, LeaseStore leases, EventStore events, Func<IReadOnlyList<string>> preference, TimeProvider time)
    {
        (_nodes, _leases, _events, _preference, _time) = (nodes, leases, events, preference, time);
        Receive<Tick>(_ => OnTick());
        Receive<Seen>(OnSeen);
        Receive<Done>(_ => _busy = false);
        Receive<Failed>(OnFailed);
    }

    public static Props Props(NodeStore nodes, LeaseStore leases, EventStore events, Func<IReadOnlyList<string>> preference, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new LeaderActor(nodes, leases, events, preference, time));

    protected override void PreStart() => Timers.StartPeriodicTimer("tick", new Tick(), TimeSpan.Zero, TimeSpan.FromSeconds(2));

    private void OnTick()
    {
        if (_busy)
            return;
        _busy = true;
        LookAsync().PipeTo(Self, failure: cause => new Failed(cause));
    }

    private async Task<Seen> LookAsync()
    {
        var (nodes, leader) = await _nodes.ListAsync(LeaseName, CancellationToken.None);
        return new Seen(nodes, leader);
    }

    private void OnSeen(Seen seen)
    {
        var now = _time.GetUtcNow();
        var fit = seen.Nodes.Where(node => node is { Alive: true, Member: true, Receive: SwitchState.On, Deliver: SwitchState.On }).Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in _healthySince.Keys.Where(name => !fit.Contains(name)).ToArray())
            _healthySince.Remove(gone);
        foreach (var name in fit)
            _healthySince.TryAdd(name, _hasLooked ? now : Earlier(now, seen.Nodes.First(node => node.Name == name && node.Alive).StartedAt));
        _hasLooked = true;
        var elected = Elect(seen.Leader, _preference(), seen.Nodes.Where(node => fit.Contains(node.Name) && node.Alive).OrderBy(node => node.StartedAt).Select(node => node.Name).ToArray(),
            name => now - _healthySince[name]);
        HoldAsync(seen.Leader, elected).PipeTo(Self, success: () => new Done(elected), failure: cause => new Failed(cause));
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    /// <summary>Who leads: the present leader while it is fit, unless a node that stands earlier in the preference has been healthy long enough.</summary>
    /// <param name="leader">Holder of the role now; null: nobody.</param>
    /// <param name="fit">Fit nodes, longest running first.</param>
    public static string? Elect(string? leader, IReadOnlyList<string> preference, IReadOnlyList<string> fit, Func<string, TimeSpan> healthyFor)
    {
        var preferred = preference.FirstOrDefault(fit.Contains);
        if (leader is null || !fit.Contains(leader))
            return preferred ?? fit.FirstOrDefault();
        if (preferred is not null && preferred != leader && healthyFor(preferred) >= HealthBeforeReturn)
            return preferred;
        return leader;
    }

    private async Task HoldAsync(string? leader, string? elected)
    {
        if (elected is null || (leader == elected && _time.GetElapsedTime(_heldAt) < Renewal))
            return;
        if (leader is not null && leader != elected)
            await _leases.ReleaseAsync(LeaseName, leader, CancellationToken.None);
        var held = await _leases.TryAcquireAsync(LeaseName, elected, Term, CancellationToken.None);
        _heldAt = held ? _time.GetTimestamp() : 0;
        if (held && leader != elected)
        {
            _log.Info("The leader is {0} (before: {1})", elected, leader ?? "nobody");
            await _events.WriteAsync(elected, "leader", $"the leader is {elected}, before: {leader ?? "nobody"}", null, CancellationToken.None);
        }
    }

    private void OnFailed(Failed failed)
    {
        _busy = false;
        if (!Database.IsLost(failed.Cause))
            _log.Error(failed.Cause, "Naming the leader failed");
    }
}
