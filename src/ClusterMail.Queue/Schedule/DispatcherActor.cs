using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using ClusterMail.Protocol;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Outcome;
using ClusterMail.Routing;
using ClusterMail.Store;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// The recipients this node owns and has not finished: claims them, finds their hosts, shares them out to connections (Postfix: qmgr and its
/// active queue). Everything here can be lost: the rows are in the database and go back by the lease.
/// </summary>
public sealed class DispatcherActor : ReceiveActor, IWithTimers
{
    /// <summary>Works whose recipients were committed as owned by this node.</summary>
    public sealed record Accepted(IReadOnlyList<Work> Works);

    /// <summary>Deliver, or only hold still (CLU-25, ADMIN-32).</summary>
    public sealed record Deliver(bool On);

    /// <summary>Something became due: claim now instead of at the next poll.</summary>
    public sealed record WakeUp;

    /// <summary>Outcomes are being recorded again: connections that were kept waiting for it get their work now instead of at the next tick.</summary>
    public sealed record Resume;

    /// <summary>The hosts of one destination, or with null of all, are to be asked for again before the next work (MXC-5).</summary>
    public sealed record ForgetHosts(string? Destination);

    /// <summary>The epoch is fenced: forget what was owned under it.</summary>
    public sealed record Forget(EpochLease Lease);

    /// <summary>Answered with <see cref="Drained"/> when no connection is open any more; told after <see cref="Deliver"/> off.</summary>
    public sealed record Drain;

    public sealed record Drained;

    /// <summary>Asks for <see cref="Sight"/>.</summary>
    public sealed record Look;

    /// <summary>What is going on, for metrics and <c>queue why</c>.</summary>
    public sealed record Sight(int Waiting, int Workers, int Idle, int Lanes, bool Delivering);

    private sealed record Tick;
    private sealed record EagerTick;
    private sealed record Restarted(bool Delivering);
    private sealed record OwnedRows(EpochLease Lease, IReadOnlyList<OwnedRecipient> Rows);

    /// <summary>An answer of DNS is good for so long at least; asking before each mail would help nobody.</summary>
    private static readonly TimeSpan LeastTtl = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What waits for one destination is at most this part of what is still free of the window: a quarter of it where it is alone. However many want more, something
    /// stays free (CLU-35, decision 9).
    /// </summary>
    private const double PartOfFree = 1 / 3.0;

    /// <summary>Recipients: less than this is nobody's trouble.</summary>
    private const int LeastPart = 100;

    private readonly DispatcherParts _parts;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly HostQuestions _questions;
    private readonly Connections _connections;
    private readonly Claimer[] _claimers;
    private readonly HashSet<IActorRef> _drainers = [];
    private long _reconcileFrom;
    private int _ticks;
    private bool _delivering;

    public ITimerScheduler Timers { get; set; } = null!;

    public DispatcherActor(DispatcherParts parts)
    {
        _parts = parts;
        _questions = new HostQuestions(parts, Self);
        _claimers = [.. parts.Hands.Select((hand, shard) => new Claimer(parts, hand, shard, Self))];
        _connections = new Connections(parts, new NextHopLimit(parts, Self, _log), Self);
        Receive<Accepted>(OnAccepted);
        Receive<Connections.Idle>(OnIdle);
        Receive<Connections.Opened>(_connections.OnOpened);
        Receive<Connections.Ended>(OnEnded);
        Receive<Connections.Back>(OnBack);
        Receive<Restarted>(OnRestarted);
        Receive<HostQuestions.Answered>(OnHosts);
        Receive<HostQuestions.Failed>(OnNoHosts);
        Receive<DestinationActor.Allotted>(_connections.OnAllotted);
        Receive<NextHopLimit.Down>(_connections.OnDown);
        Receive<Claimer.Claimed>(OnClaimed);
        Receive<Claimer.Failed>(OnClaimFailed);
        Receive<WakeUp>(_ => OnWakeUp());
        Receive<Resume>(_ => PumpAll());
        Receive<Deliver>(OnDeliver);
        Receive<Forget>(OnForget);
        Receive<ForgetHosts>(OnForgetHosts);
        Receive<OwnedRows>(OnOwnedRows);
        Receive<Drain>(_ => { _drainers.Add(Sender); TellDrained(); });
        Receive<Look>(_ => Sender.Tell(Seen()));
        Receive<Tick>(_ => OnTick());
        Receive<EagerTick>(_ => OnEagerTick());
    }

    public static Props Props(DispatcherParts parts) => Akka.Actor.Props.Create(() => new DispatcherActor(parts));

    protected override void PreStart() => Timers.StartPeriodicTimer("tick", new Tick(), TimeSpan.FromMilliseconds(500));

    protected override void PreRestart(Exception reason, object message)
    {
        // Nobody tells it again whether to deliver, as long as that does not change.
        Self.Tell(new Restarted(_delivering));
        base.PreRestart(reason, message);
    }

    private void OnRestarted(Restarted restarted)
    {
        // Connections of the former life still have works that this one does not know; they must not be taken for lost ones.
        _reconcileFrom = Later(TimeSpan.FromHours(1));
        OnDeliver(new Deliver(restarted.Delivering));
    }

    protected override void PostStop()
    {
        // A dispatcher that is restarted starts empty: its rows are given back so that they are claimed again at once.
        foreach (var lane in _lanes.Values)
            lane.GiveBack(_parts.Recorder);
        _connections.CloseAll();
    }

    // ---- what comes in

    private void OnAccepted(Accepted accepted)
    {
        foreach (var work in accepted.Works)
            Enqueue(work);
    }

    private void Enqueue(Work work)
    {
        if (work.Lease.HasEnded)
        {
            Drop(work);
            return;
        }
        if (work.Route.Failure is { } failure)
        {
            _parts.Recorder.FailLocally(work, failure);
            return;
        }
        if (!_delivering)
        {
            _parts.Recorder.GiveBack(work, TimeSpan.Zero);
            return;
        }
        if (_parts.WaitOf(ReversePath.FromStored(work.Mail.ReversePath)) is var wait && wait > TimeSpan.Zero)
        {
            _parts.Recorder.GiveBack(work, wait);
            return;
        }
        if (work.Route.Kind == RouteKind.Mailbox)
        {
            _parts.DeliverLocally(work);
            return;
        }
        if (!_lanes.TryGetValue(work.Route.Destination, out var lane))
            _lanes.Add(work.Route.Destination, lane = new Lane(work.Route));
        lane.Route = work.Route;
        lane.Add(work);
        Pump(lane);
    }

    private void Pump(Lane lane)
    {
        if (lane.Waiting == 0)
            return;
        if (lane.Hosts is null || Stopwatch.GetTimestamp() > lane.HostsUntil)
            _questions.Ask(lane);
        else if (lane.Pool is { } pool)
            _connections.Pump(pool);
    }

    private void PumpAll()
    {
        foreach (var lane in _lanes.Values)
            Pump(lane);
    }

    private void OnHosts(HostQuestions.Answered answer)
    {
        _questions.Ended();
        if (!_lanes.TryGetValue(answer.Destination, out var lane))
            return;
        var hosts = answer.Hosts;
        lane.Resolving = false;
        lane.Hosts = hosts;
        lane.HostsUntil = Later(hosts.Ttl > LeastTtl ? hosts.Ttl : LeastTtl);
        if (hosts.Class == FailureClass.Refused)
        {
            // Null MX and the like: DNS itself refuses (DELIV-23).
            FailAll(lane, hosts.Class, hosts.Failure ?? OutcomeRecorder.NoHost, hosts.Explanation);
            return;
        }
        _connections.Join(lane, hosts);
        if (hosts.Class == FailureClass.None)
            _connections.Pump(lane.Pool!);
        else
            _connections.Fail(lane.Pool!.Hop, hosts.Failure ?? OutcomeRecorder.NoHost);
    }

    private void OnNoHosts(HostQuestions.Failed failed)
    {
        _questions.Ended();
        _log.Error(failed.Cause, "Resolving {0} failed", failed.Destination);
        if (!_lanes.TryGetValue(failed.Destination, out var lane))
            return;
        lane.Resolving = false;
        FailAll(lane, FailureClass.NoAnswer, OutcomeRecorder.NoHost, $"Cannot resolve {failed.Destination}");
    }

    private void FailAll(Lane lane, FailureClass failure, Reply reply, string explanation)
    {
        foreach (var work in lane.TakeAll())
            _parts.Recorder.FailUnreached(work, failure, reply, explanation);
    }

    // ---- connections

    private void OnIdle(Connections.Idle idle)
    {
        _connections.OnIdle(idle, _delivering);
        TellDrained();
    }

    private void OnBack(Connections.Back back)
    {
        if (back.Worker.Current == back.Work)
            back.Worker.Current = null;
        Enqueue(back.Work);
    }

    private void OnEnded(Connections.Ended ended)
    {
        _connections.OnEnded(ended);
        TellDrained();
    }

    // ---- time

    private void OnTick()
    {
        _ticks++;
        _parts.Show(Seen());
        _connections.OnTick(raise: _ticks % 20 == 0);
        PumpAll();
        BlockFull();
        // Once a second: an empty claim of a deep queue walks all destinations that have mail.
        if (_delivering && _ticks % 2 == 0)
            foreach (var claimer in _claimers)
                claimer.ClaimByClock();
        if (_ticks % 60 == 0)
            Reconcile();
        if (_ticks % 120 == 0)
            Tidy();
    }

    private void BlockFull()
    {
        var free = _claimers.Sum(claimer => claimer.Hand.Window.Free);
        _parts.Blocked.ReplaceFull(_lanes.Values
            .Where(lane => lane.Recipients >= Math.Max(LeastPart, free * PartOfFree))
            .Select(lane => lane.Destination));
    }

    private void Tidy()
    {
        foreach (var lane in _lanes.Values.Where(lane => lane.Waiting == 0 && !lane.Resolving && Stopwatch.GetTimestamp() > lane.HostsUntil).ToArray())
        {
            lane.Join(null);
            _lanes.Remove(lane.Destination);
        }
        _connections.Tidy();
    }

    // ---- claiming

    private void OnWakeUp()
    {
        foreach (var claimer in _claimers)
            claimer.BeEager();
        Claim();
        Timers.StartPeriodicTimer("eager", new EagerTick(), Claimer.EagerEvery);
    }

    private void OnEagerTick()
    {
        var eager = false;
        foreach (var claimer in _claimers)
            eager |= _delivering && claimer.ClaimEagerly();
        if (!eager)
            Timers.Cancel("eager");
    }

    private void Claim()
    {
        if (!_delivering)
            return;
        foreach (var claimer in _claimers)
            claimer.ClaimAll();
    }

    private void OnClaimed(Claimer.Claimed claimed)
    {
        var claimer = _claimers[claimed.Lease.Shard];
        claimer.Ended(claimed.Expired);
        claimer.Hand.Window.Take(claimed.Recipients.Count, 0);
        QueueMetrics.Claimed.Add(claimed.Recipients.Count);
        foreach (var work in ClaimedWorks.Of(_parts, claimed.Lease, claimed.Recipients))
            Take(work, claimed.Expired);
        if (_delivering)
            claimer.GoOn(claimed);
    }

    private void Take(Work work, bool expired)
    {
        if (work.Recipients.Any(recipient => recipient.BounceNow))
            _parts.Recorder.BounceNow(work);
        else if (expired)
            _parts.Recorder.Expire(work);
        else
            Enqueue(work);
    }

    private void OnClaimFailed(Claimer.Failed failed)
    {
        _claimers[failed.Shard].Ended(failed.Expired);
        if (failed.Cause is not EpochFencedException && !Database.IsLost(failed.Cause))
            _log.Error(failed.Cause, "Claiming failed");
    }

    // ---- giving up, giving back

    private void OnDeliver(Deliver deliver)
    {
        if (_delivering == deliver.On)
            return;
        _delivering = deliver.On;
        if (deliver.On)
        {
            Claim();
            return;
        }
        foreach (var lane in _lanes.Values)
            lane.GiveBack(_parts.Recorder);
        _connections.CloseIdle(TimeSpan.Zero);
    }

    private void OnForget(Forget forget)
    {
        foreach (var lane in _lanes.Values)
        {
            for (var left = lane.Waiting; left > 0 && lane.TryTake(out var work); left--)
            {
                if (work.Lease == forget.Lease)
                    Drop(work);
                else
                    Enqueue(work);
            }
        }
    }

    private void OnForgetHosts(ForgetHosts forget)
    {
        foreach (var lane in _lanes.Values)
            if (forget.Destination is null || string.Equals(lane.Destination, forget.Destination, StringComparison.OrdinalIgnoreCase))
                lane.HostsUntil = 0;
    }

    private void Drop(Work work)
    {
        _parts.WindowOf(work.Lease).Return(work.Recipients.Length, 0);
        work.Content.Release();
    }

    /// <summary>See <see cref="Suspects"/>.</summary>
    private void Reconcile()
    {
        foreach (var claimer in _claimers)
        {
            if (claimer.Hand.Lease.Current is { IsValid: true } lease && Stopwatch.GetTimestamp() > _reconcileFrom)
                lease.Store.OwnedAsync(lease.Epoch, claimer.Hand.Window.Recipients + 5000, CancellationToken.None).PipeTo(Self,
                    success: rows => new OwnedRows(lease, rows),
                    failure: cause => new OwnedRows(lease, []));
            else
                claimer.Suspects = Suspects.None;
        }
    }

    private void OnOwnedRows(OwnedRows owned)
    {
        var claimer = _claimers[owned.Lease.Shard];
        if (claimer.IsUnderWay)
        {
            claimer.Suspects = Suspects.None;
            return;
        }
        var known = _lanes.Values.SelectMany(lane => lane.Works).Concat(_connections.Workers.Select(worker => worker.Current).OfType<Work>())
            .Where(work => work.Lease.Shard == owned.Lease.Shard).SelectMany(work => work.Recipients).Select(recipient => recipient.Key).ToHashSet();
        (claimer.Suspects, var lost) = claimer.Suspects.Look(owned.Rows, known);
        if (lost.Length == 0)
            return;
        _log.Warning("{0} recipients are owned by this node but not known to it; giving them back", lost.Length);
        claimer.Hand.Window.Take(lost.Length, 0);
        _parts.Recorder.GiveBack(owned.Lease, lost);
    }

    private void TellDrained()
    {
        if (_drainers.Count == 0 || _connections.Count > 0)
            return;
        foreach (var drainer in _drainers)
            drainer.Tell(new Drained());
        _drainers.Clear();
    }

    private Sight Seen() => new(_lanes.Values.Sum(lane => lane.Recipients), _connections.Count, _connections.IdleCount, _lanes.Count, _delivering);

    private static long Later(TimeSpan time) => Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
}
