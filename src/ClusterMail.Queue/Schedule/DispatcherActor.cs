using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using ClusterMail.Protocol;
using ClusterMail.Queue.Deliver;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Outcome;
using ClusterMail.Routing;
using ClusterMail.Routing.Dns;
using ClusterMail.Store;

namespace ClusterMail.Queue.Schedule;

/// <summary>Numbers the dispatcher works by; read anew at each use, so a changed setting takes effect at once (ADMIN-24).</summary>
public sealed record DispatcherOptions
{
    /// <summary>Outbound connections of this node at once; default 20 (DELIV-2).</summary>
    public int Workers { get; init; } = 20;

    /// <summary>Recipients asked for in one claim; default 500.</summary>
    public int ClaimBatch { get; init; } = 500;

    /// <summary>Recipients one destination may have waiting in this node's window; default 2000. Beyond it they stay in the database.</summary>
    public int PerDestination { get; init; } = 2000;

    /// <summary>Recipients in one SMTP transaction; default 100, the least every server takes (RFC 5321 §4.5.3.1.8).</summary>
    public int RecipientsPerTransaction { get; init; } = 100;

    /// <summary>An unused connection is kept so long for the next mail; default 3 s.</summary>
    public TimeSpan KeepIdle { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>RETRY-3, for recipients whose destination is down when their time ends.</summary>
    public TimeSpan NoAnswerPeriod { get; init; } = TimeSpan.FromHours(24);
}

/// <summary>What the dispatcher needs of the rest of the node.</summary>
public sealed record DispatcherParts
{
    public required string Node { get; init; }
    public required DestinationStore Destinations { get; init; }
    public required LeaseKeeper Lease { get; init; }
    public required Window Window { get; init; }
    public required BlockedDestinations Blocked { get; init; }
    public required OutcomeRecorder Recorder { get; init; }
    public required Func<DispatcherOptions> Options { get; init; }
    public required Func<WorkerOptions> WorkerOptions { get; init; }
    public required Func<ReversePath, Mailbox, Route> Route { get; init; }
    public required Func<Route, CancellationToken, Task<HostSet>> Resolve { get; init; }

    /// <summary>Forgets what the resolver knows of a domain after a failed connection (MXC-3).</summary>
    public required Action<Route> Forget { get; init; }

    /// <summary>How long mail of a sender has to wait for its account's delivery hours (UDLV-1). Default: none has.</summary>
    public Func<ReversePath, TimeSpan> WaitOf { get; init; } = static _ => TimeSpan.Zero;

    /// <summary>Of so long before now the part outside the delivery hours (UDLV-2). Default: none.</summary>
    public Func<TimeSpan, TimeSpan> ClosedWithin { get; init; } = static _ => TimeSpan.Zero;

    /// <summary>Delivers into mailboxes of this cluster: no host, no connection, no waiting (DELIV-10).</summary>
    public required Action<Work> DeliverLocally { get; init; }

    /// <summary>A next hop refuses our credential, with its reply: people must know (EX-SCN-E2).</summary>
    public Action<string, string> Faulty { get; init; } = (_, _) => { };

    /// <summary>The sharded destination actors.</summary>
    public required Func<IActorRef> DestinationRegion { get; init; }

    /// <summary>Is shown the state twice a second, for metrics.</summary>
    public Action<DispatcherActor.Sight> Show { get; init; } = _ => { };
}

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

    /// <summary>The hosts of one destination, or with null of all, are to be asked for again before the next work (MXC-5).</summary>
    public sealed record ForgetHosts(string? Destination);

    /// <summary>The epoch is fenced: forget what was owned under it.</summary>
    public sealed record Forget(long Epoch);

    /// <summary>Answered with <see cref="Drained"/> when no connection is open any more; told after <see cref="Deliver"/> off.</summary>
    public sealed record Drain;

    public sealed record Drained;

    /// <summary>Asks for <see cref="Sight"/>.</summary>
    public sealed record Look;

    /// <summary>What is going on, for metrics and <c>queue why</c>.</summary>
    public sealed record Sight(int Waiting, int Workers, int Idle, int Lanes, bool Delivering);

    private sealed record Tick;
    private sealed record Claimed(EpochLease Lease, IReadOnlyList<ClaimedRecipient> Recipients, bool Expired, int Asked);
    private sealed record ClaimFailed(Exception Cause, bool Expired);
    private sealed record Resolved(string Destination, HostSet Hosts);
    private sealed record ResolveFailed(string Destination, Exception Cause);
    private sealed record Opened(OutboundWorker Worker);
    private sealed record Idle(OutboundWorker Worker);
    private sealed record Back(OutboundWorker Worker, Work Work);
    private sealed record Ended(OutboundWorker Worker, OutboundWorker.Failure? Failure);
    private sealed record Restarted(bool Delivering);
    private sealed record OwnedRows(EpochLease Lease, IReadOnlyList<RecipientKey> Keys);

    /// <summary>Questions to DNS at once (P6); the resolver asks several servers for each.</summary>
    private const int ResolveAtOnce = 100;

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(5);

    private readonly DispatcherParts _parts;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Pool> _pools = new(StringComparer.Ordinal);

    /// <summary>Pools that wait for one of this node's connections, in turn; each stands in it once.</summary>
    private readonly Queue<Pool> _starved = new();

    /// <summary>Lanes whose question to DNS waits, because enough are being asked.</summary>
    private readonly Queue<Lane> _unasked = new();
    private readonly HashSet<IActorRef> _drainers = [];
    private HashSet<RecipientKey> _suspects = [];
    private long _reconcileFrom;
    private int _workers;
    private int _resolving;
    private int _ticks;
    private bool _delivering;
    private bool _claiming;
    private bool _claimingExpired;
    private bool _more;

    public ITimerScheduler Timers { get; set; } = null!;

    public DispatcherActor(DispatcherParts parts)
    {
        _parts = parts;
        Receive<Accepted>(OnAccepted);
        Receive<Idle>(OnIdle);
        Receive<Opened>(OnOpened);
        Receive<Ended>(OnEnded);
        Receive<Back>(OnBack);
        Receive<Restarted>(OnRestarted);
        Receive<Resolved>(OnResolved);
        Receive<ResolveFailed>(OnResolveFailed);
        Receive<DestinationActor.Allotted>(OnAllotted);
        Receive<Claimed>(OnClaimed);
        Receive<ClaimFailed>(OnClaimFailed);
        Receive<WakeUp>(_ =>
        {
            Claim();
            ClaimExpired();
        });
        Receive<Deliver>(OnDeliver);
        Receive<Forget>(OnForget);
        Receive<ForgetHosts>(OnForgetHosts);
        Receive<OwnedRows>(OnOwnedRows);
        Receive<Drain>(_ => { _drainers.Add(Sender); TellDrained(); });
        Receive<Look>(_ => Sender.Tell(Seen()));
        Receive<Tick>(_ => OnTick());
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
            GiveBack(lane);
        foreach (var worker in _pools.Values.SelectMany(pool => pool.Workers))
            worker.Close();
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
            Resolve(lane);
        else if (lane.Pool is { } pool)
            Pump(pool);
    }

    private void Resolve(Lane lane)
    {
        if (lane.Resolving)
            return;
        lane.Resolving = true;
        if (_resolving >= ResolveAtOnce)
            _unasked.Enqueue(lane);
        else
            Ask(lane);
    }

    private void Ask(Lane lane)
    {
        _resolving++;
        var destination = lane.Destination;
        var self = Self;
        _parts.Resolve(lane.Route, CancellationToken.None).PipeTo(self,
            success: hosts => new Resolved(destination, hosts),
            failure: cause => new ResolveFailed(destination, cause));
    }

    private void AskNext()
    {
        _resolving = Math.Max(0, _resolving - 1);
        if (_resolving < ResolveAtOnce && _unasked.TryDequeue(out var next))
            Ask(next);
    }

    private void OnResolved(Resolved resolved)
    {
        AskNext();
        if (!_lanes.TryGetValue(resolved.Destination, out var lane))
            return;
        lane.Resolving = false;
        lane.Hosts = resolved.Hosts;
        lane.HostsUntil = Later(Max(resolved.Hosts.Ttl, TimeSpan.FromSeconds(1)));
        if (resolved.Hosts.Class == FailureClass.Refused)
        {
            // Null MX and the like: DNS itself refuses (DELIV-23).
            while (lane.TryTake(out var work))
                _parts.Recorder.FailUnreached(work, resolved.Hosts.Class, resolved.Hosts.Failure ?? OutcomeRecorder.NoHost, resolved.Hosts.Explanation);
            return;
        }
        Join(lane, resolved.Hosts.NextHop);
        if (resolved.Hosts.Class != FailureClass.None)
        {
            Unreachable(lane.Pool!, resolved.Hosts.Failure ?? OutcomeRecorder.NoHost);
            return;
        }
        Pump(lane.Pool!);
    }

    private void OnResolveFailed(ResolveFailed failed)
    {
        AskNext();
        _log.Error(failed.Cause, "Resolving {0} failed", failed.Destination);
        if (!_lanes.TryGetValue(failed.Destination, out var lane))
            return;
        lane.Resolving = false;
        while (lane.TryTake(out var work))
            _parts.Recorder.FailUnreached(work, FailureClass.NoAnswer, OutcomeRecorder.NoHost, $"Cannot resolve {failed.Destination}");
    }

    private void Join(Lane lane, string nextHop)
    {
        if (lane.Pool?.NextHop == nextHop)
            return;
        if (!_pools.TryGetValue(nextHop, out var pool))
            _pools.Add(nextHop, pool = new Pool(nextHop));
        lane.Join(pool);
    }

    // ---- connections

    private void Pump(Pool pool)
    {
        // The next tick looks again.
        if (_parts.Recorder.Journal.IsStalled)
            return;
        while (pool.Idle.Count > 0 && pool.TryTake(out var work))
            Give(pool.Idle.Dequeue(), work);
        var waiting = pool.Waiting;
        if (waiting == 0)
            return;
        var may = Math.Min(Math.Min(Allotted(pool), pool.Ceiling), pool.Proven ? int.MaxValue : 1);
        // A worker that is just connecting will take one of the waiting works.
        var connecting = pool.Workers.Count(worker => worker.State == WorkerState.Connecting);
        while (pool.Workers.Count < may && waiting > connecting)
        {
            if (_workers >= _parts.Options().Workers)
            {
                Starve(pool);
                break;
            }
            if (!StartWorker(pool))
                break;
            connecting++;
        }
        AskFor(pool);
    }

    private static int Allotted(Pool pool) => Stopwatch.GetTimestamp() < pool.AllottedUntil ? pool.Allotted : 0;

    private static void Give(OutboundWorker worker, Work work)
    {
        worker.State = WorkerState.Busy;
        worker.Current = work;
        worker.Give(work);
    }

    /// <summary>All connections of this node are taken: an idle one elsewhere is closed, and this pool is served when its turn comes.</summary>
    private void Starve(Pool pool)
    {
        if (pool.Starved)
            return;
        pool.Starved = true;
        _starved.Enqueue(pool);
        if (_pools.Values.FirstOrDefault(other => other.Idle.Count > 0) is { } rich)
            Close(rich.Idle.Dequeue());
    }

    /// <summary>Those who wait come before the pool that has just let a connection go: it joins the end of the line.</summary>
    private void ServeStarved()
    {
        while (_workers < _parts.Options().Workers && _starved.TryDequeue(out var next))
        {
            next.Starved = false;
            Pump(next);
        }
    }

    private static void Close(OutboundWorker worker)
    {
        worker.State = WorkerState.Closing;
        worker.Close();
    }

    private bool StartWorker(Pool pool)
    {
        if (_parts.Lease.Current is not { IsValid: true } lease || pool.NextHosts() is not { } hosts)
            return false;
        var worker = new OutboundWorker(pool.NextHop, hosts, _parts.WorkerOptions(), _parts.Recorder, lease);
        pool.Workers.Add(worker);
        _workers++;
        var self = Self;
        // On the pool, not on the actor's thread: connecting starts with synchronous work.
        Task.Run(() => worker.RunAsync(() => self.Tell(new Opened(worker)), () => self.Tell(new Idle(worker)), work => self.Tell(new Back(worker, work))))
            .PipeTo(self,
                success: failure => new Ended(worker, failure),
                failure: cause => new Ended(worker, new OutboundWorker.Failure(FailureClass.LineError, OutcomeRecorder.LineError(cause), pool.NextHop, "", 0, [])));
        return true;
    }

    private void OnOpened(Opened opened)
    {
        if (!_pools.TryGetValue(opened.Worker.NextHop, out var pool))
            return;
        if (!pool.Proven)
        {
            pool.Proven = true;
            Region.Tell(new DestinationActor.Reachable(pool.NextHop, _parts.Node), Self);
            MarkUp(pool);
            // The one connection that tried is through: more may follow at once.
            pool.Asked = 0;
        }
        Pump(pool);
    }

    private void OnIdle(Idle idle)
    {
        var worker = idle.Worker;
        worker.Current = null;
        if (!_pools.TryGetValue(worker.NextHop, out var pool) || !pool.Workers.Contains(worker) || MustClose(pool, worker))
        {
            Close(worker);
            return;
        }
        if (!_parts.Recorder.Journal.IsStalled && pool.TryTake(out var work))
        {
            Give(worker, work);
            return;
        }
        worker.State = WorkerState.Idle;
        worker.IdleSince = Stopwatch.GetTimestamp();
        pool.Idle.Enqueue(worker);
        TellDrained();
    }

    private bool MustClose(Pool pool, OutboundWorker worker) =>
        worker.IsWorn || !worker.Lease.IsValid || !_delivering
        || pool.Workers.Count > Math.Max(1, Allotted(pool))
        || (_starved.Count > 0 && (pool.Workers.Count > 1 || pool.Waiting == 0));

    private void OnBack(Back back)
    {
        if (back.Worker.Current == back.Work)
            back.Worker.Current = null;
        Enqueue(back.Work);
    }

    private void OnEnded(Ended ended)
    {
        // One that a former life of this actor started is not counted.
        if (_pools.TryGetValue(ended.Worker.NextHop, out var pool) && pool.Workers.Remove(ended.Worker))
        {
            _workers--;
            if (ended.Failure is { } failure)
                OnConnectFailed(pool, ended.Worker, failure);
            ServeStarved();
            Pump(pool);
            if (pool is { Workers.Count: 0, Waiting: 0, Asked: > 0 })
                Return(pool);
        }
        TellDrained();
    }

    /// <summary>Nothing to do there: its part of the limit is free for other nodes at once.</summary>
    private void Return(Pool pool)
    {
        (pool.Asked, pool.AllottedUntil) = (0, 0);
        Region.Tell(new DestinationActor.Want(pool.NextHop, _parts.Node, 0, 0), Self);
    }

    private void OnConnectFailed(Pool pool, OutboundWorker worker, OutboundWorker.Failure failure)
    {
        if (!worker.Lease.IsValid)
            return;
        if (pool.Workers.Count > 0 && pool.Proven)
        {
            // Others are connected: the host takes fewer connections than we allow.
            pool.Ceiling = Math.Max(1, pool.Workers.Count);
            return;
        }
        foreach (var lane in pool.Lanes)
        {
            lane.Hosts = null;
            _parts.Forget(lane.Route);
        }
        Unreachable(pool, failure.Reply, failure);
    }

    private void Unreachable(Pool pool, Reply reply, OutboundWorker.Failure? failure = null)
    {
        if (failure is { AuthRefused: true })
            _parts.Faulty(pool.NextHop, reply.ToLogText());
        pool.Proven = false;
        pool.Allotted = 0;
        pool.Ceiling = int.MaxValue;
        foreach (var lane in pool.Lanes)
            while (lane.TryTake(out var work))
                _parts.Recorder.FailUnreached(work, failure?.Class ?? FailureClass.NoAnswer, reply, lane.Hosts?.Explanation ?? "", failure);
        Region.Tell(new DestinationActor.Unreachable(pool.NextHop, _parts.Node, reply.ToLogText()), Self);
    }

    // ---- the cluster-wide limit

    private IActorRef Region => _parts.DestinationRegion();

    private void AskFor(Pool pool)
    {
        var wanted = Math.Min(pool.Waiting + pool.Workers.Count, _parts.Options().Workers);
        var now = Stopwatch.GetTimestamp();
        if (wanted == 0 || (pool.Asked >= wanted && Stopwatch.GetElapsedTime(pool.AskedAt, now) < AskAgain))
            return;
        if (pool.WantedSince == 0)
            pool.WantedSince = now;
        (pool.Asked, pool.AskedAt) = (wanted, now);
        Region.Tell(new DestinationActor.Want(pool.NextHop, _parts.Node, wanted, pool.Workers.Count), Self);
    }

    private void OnAllotted(DestinationActor.Allotted allotted)
    {
        if (!_pools.TryGetValue(allotted.NextHop, out var pool))
            return;
        pool.WantedSince = 0;
        pool.Allotted = allotted.Connections;
        pool.AllottedUntil = Later(TimeSpan.FromMilliseconds(allotted.ForMs));
        if (allotted.DownForMs > 0)
        {
            pool.Proven = false;
            MarkDown(pool, TimeSpan.FromMilliseconds(allotted.DownForMs), allotted.Reply);
            foreach (var lane in pool.Lanes)
                GiveBack(lane, TimeSpan.FromMilliseconds(allotted.DownForMs));
            return;
        }
        Pump(pool);
    }

    /// <summary>The cluster is being formed or its shard moves: mail still moves, over one connection (the database keeps it safe).</summary>
    private void HelpYourself(Pool pool)
    {
        if (pool.WantedSince == 0 || Stopwatch.GetElapsedTime(pool.WantedSince) < AskPatience || Stopwatch.GetTimestamp() < pool.AllottedUntil)
            return;
        pool.Allotted = 1;
        pool.AllottedUntil = Later(AskAgain);
        Pump(pool);
    }

    private void MarkDown(Pool pool, TimeSpan time, string reply) =>
        Forgive(_parts.Destinations.MarkDownAsync([.. pool.Lanes.Select(lane => lane.Destination)], time, reply, CancellationToken.None));

    private void MarkUp(Pool pool)
    {
        if (pool.Lanes.Select(lane => lane.Destination).Where(_parts.Blocked.IsDown).ToArray() is { Length: > 0 } down)
            Forgive(_parts.Destinations.MarkUpAsync(down, CancellationToken.None));
    }

    /// <summary>What does not get into this table is only found out once more.</summary>
    private void Forgive(Task writing)
    {
        var log = _log;
        writing.ContinueWith(
            failed =>
            {
                if (!Database.IsLost(failed.Exception!.GetBaseException()))
                    log.Warning("The state of a destination cannot be written: {0}", failed.Exception!.GetBaseException().Message);
            },
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    // ---- claiming

    private void OnTick()
    {
        _ticks++;
        var perDestination = _parts.Options().PerDestination;
        _parts.Show(Seen());
        CloseIdle();
        foreach (var pool in _pools.Values)
        {
            if (pool.Workers.Count > 0 || pool.Waiting > 0)
                AskFor(pool);
            HelpYourself(pool);
            if (pool.Ceiling < int.MaxValue && _ticks % 20 == 0)
                pool.Ceiling++;
        }
        ServeStarved();
        foreach (var lane in _lanes.Values)
            Pump(lane);
        _parts.Blocked.ReplaceFull(_lanes.Values.Where(lane => lane.Recipients >= perDestination).Select(lane => lane.Destination));
        // Once a second: an empty claim walks all destinations that have mail.
        if (_ticks % 2 == 0)
        {
            Claim();
            ClaimExpired();
        }
        if (_ticks % 60 == 0)
            Reconcile();
        if (_ticks % 120 == 0)
            Tidy();
    }

    private void CloseIdle()
    {
        foreach (var pool in _pools.Values)
            while (pool.Idle.TryPeek(out var worker) && Stopwatch.GetElapsedTime(worker.IdleSince) > _parts.Options().KeepIdle)
                Close(pool.Idle.Dequeue());
    }

    private void Claim()
    {
        if (_claiming)
        {
            _more = true;
            return;
        }
        var options = _parts.Options();
        var room = Math.Min(_parts.Window.Room, options.ClaimBatch);
        if (!_delivering || room < Math.Min(50, options.ClaimBatch) || _parts.Lease.Current is not { IsValid: true } lease)
            return;
        _claiming = true;
        _more = false;
        lease.Store.ClaimAsync(lease.Epoch, room, Math.Max(1, options.PerDestination / 4), _parts.Blocked.Full, CancellationToken.None).PipeTo(Self,
            success: rows => new Claimed(lease, rows, false, room),
            failure: cause => new ClaimFailed(cause, false));
    }

    /// <summary>Recipients an administrator wants bounced, and those whose time ends while their destination is down.</summary>
    private void ClaimExpired()
    {
        if (_claimingExpired || !_delivering || _parts.Window.Room < 100 || _parts.Lease.Current is not { IsValid: true } lease)
            return;
        _claimingExpired = true;
        // Rather late than early: what was outside the hours in twice the period is more than what was in it.
        var period = _parts.Options().NoAnswerPeriod;
        lease.Store.ClaimExpiredAsync(lease.Epoch, 100, period + _parts.ClosedWithin(2 * period), CancellationToken.None).PipeTo(Self,
            success: rows => new Claimed(lease, rows, true, 100),
            failure: cause => new ClaimFailed(cause, true));
    }

    private void OnClaimed(Claimed claimed)
    {
        if (claimed.Expired)
            _claimingExpired = false;
        else
            _claiming = false;
        _parts.Window.Take(claimed.Recipients.Count, 0);
        QueueMetrics.Claimed.Add(claimed.Recipients.Count);
        foreach (var mail in claimed.Recipients.GroupBy(recipient => recipient.Key.Mail))
            foreach (var work in ToWorks(claimed.Lease, [.. mail]))
                Take(work, claimed.Expired);
        var plenty = claimed.Recipients.Count > 0 && claimed.Recipients.Count >= claimed.Asked / 2;
        if (claimed.Expired && plenty)
            ClaimExpired();
        else if (!claimed.Expired && (_more || plenty))
            Claim();
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

    private IEnumerable<Work> ToWorks(EpochLease lease, ClaimedRecipient[] recipients)
    {
        var mail = recipients[0].Mail;
        var reverse = ReversePath.FromStored(mail.ReversePath);
        // ROUTE-2: routing is evaluated again at each attempt, so a corrected gateway line takes effect for waiting mail.
        // In the order of RCPT: of several addresses that are one delivery the first stands (ALIAS-12).
        var groups = recipients.OrderBy(recipient => recipient.Key.Ordinal).Select(recipient => (Recipient: recipient, Route: _parts.Route(reverse, Mailbox.FromStored(recipient.ForwardPath))))
            .GroupBy(one => (one.Route, one.Recipient.BounceNow), RouteKeyComparer.Instance)
            .SelectMany(group => group.Chunk(group.Key.Route.Kind == RouteKind.Mailbox ? recipients.Length : _parts.Options().RecipientsPerTransaction)
                .Select(chunk => (group.Key.Route, Chunk: chunk)))
            .ToArray();
        var content = mail.TakeContent() is { } small && _parts.Window.TryReserveClaimed(small.Length) ? small : null;
        var share = new ContentShare(content, content?.Length ?? 0, groups.Length, _parts.Window);
        return groups.Select(group => new Work
        {
            Mail = mail,
            Route = group.Route,
            Recipients = [.. group.Chunk.Select(one => one.Recipient)],
            Ways = [.. group.Chunk.Select(one => one.Route)],
            Content = share,
            Lease = lease,
        });
    }

    private void OnClaimFailed(ClaimFailed failed)
    {
        if (failed.Expired)
            _claimingExpired = false;
        else
            _claiming = false;
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
            GiveBack(lane);
        foreach (var pool in _pools.Values)
            while (pool.Idle.TryDequeue(out var worker))
                Close(worker);
    }

    private void GiveBack(Lane lane, TimeSpan notBefore = default)
    {
        while (lane.TryTake(out var work))
            _parts.Recorder.GiveBack(work, notBefore);
    }

    private void OnForget(Forget forget)
    {
        foreach (var lane in _lanes.Values)
        {
            for (var left = lane.Waiting; left > 0 && lane.TryTake(out var work); left--)
            {
                if (work.Lease.Epoch == forget.Epoch)
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
        _parts.Window.Return(work.Recipients.Length, 0);
        work.Content.Release();
    }

    /// <summary>
    /// Rows owned by our epoch that nobody here knows (a commit whose answer never came, a bug): seen twice half a minute apart, they are given back,
    /// so that nothing waits for a human (P3). Between the two looks everything that is only on its way (to this actor, to the journal) arrives.
    /// </summary>
    private void Reconcile()
    {
        if (_parts.Lease.Current is { IsValid: true } lease && Stopwatch.GetTimestamp() > _reconcileFrom)
            lease.Store.OwnedAsync(lease.Epoch, _parts.Window.Recipients + 5000, CancellationToken.None).PipeTo(Self,
                success: keys => new OwnedRows(lease, keys),
                failure: cause => new OwnedRows(lease, []));
        else
            _suspects = [];
    }

    private void OnOwnedRows(OwnedRows owned)
    {
        // A claim under way may just have taken rows whose list has not come yet.
        if (_claiming || _claimingExpired)
        {
            _suspects = [];
            return;
        }
        var known = _lanes.Values.SelectMany(lane => lane.Works)
            .Concat(_pools.Values.SelectMany(pool => pool.Workers).Select(worker => worker.Current).OfType<Work>())
            .SelectMany(work => work.Recipients).Select(recipient => recipient.Key).ToHashSet();
        var unknown = owned.Keys.Where(key => !known.Contains(key)).ToHashSet();
        var again = unknown.Where(_suspects.Contains).ToArray();
        _suspects = unknown;
        if (again.Length == 0)
            return;
        _log.Warning("{0} recipients are owned by this node but not known to it; giving them back", again.Length);
        _parts.Window.Take(again.Length, 0);
        _parts.Recorder.GiveBack(owned.Lease, again);
    }

    private void Tidy()
    {
        foreach (var lane in _lanes.Values.Where(lane => lane.Waiting == 0 && !lane.Resolving && Stopwatch.GetTimestamp() > lane.HostsUntil).ToArray())
        {
            lane.Join(null);
            _lanes.Remove(lane.Destination);
        }
        foreach (var pool in _pools.Values.Where(pool => pool.Lanes.Count == 0 && pool.Workers.Count == 0 && !pool.Starved).ToArray())
            _pools.Remove(pool.NextHop);
    }

    private void TellDrained()
    {
        if (_drainers.Count == 0 || _workers > 0)
            return;
        foreach (var drainer in _drainers)
            drainer.Tell(new Drained());
        _drainers.Clear();
    }

    private Sight Seen() => new(_lanes.Values.Sum(lane => lane.Recipients), _workers, _pools.Values.Sum(pool => pool.Idle.Count), _lanes.Count, _delivering);

    private static long Later(TimeSpan time) => Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>Recipients of one mail go together when their route has the same key.</summary>
    private sealed class RouteKeyComparer : IEqualityComparer<(Route Route, bool BounceNow)>
    {
        public static readonly RouteKeyComparer Instance = new();

        public bool Equals((Route Route, bool BounceNow) x, (Route Route, bool BounceNow) y) =>
            x.BounceNow == y.BounceNow && string.Equals(x.Route.Destination, y.Route.Destination, StringComparison.Ordinal);

        public int GetHashCode((Route Route, bool BounceNow) key) => StringComparer.Ordinal.GetHashCode(key.Route.Destination);
    }
}
