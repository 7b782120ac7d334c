using System.Diagnostics;
using Akka.Actor;
using ClusterMail.Protocol;
using ClusterMail.Queue.Deliver;
using ClusterMail.Queue.Outcome;
using ClusterMail.Routing.Dns;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// This node's outbound connections, shared out to the pools that have work: within what the cluster allots to each next hop, and within the node's own
/// number, for which pools wait in line. Touched by the dispatcher only.
/// </summary>
/// <param name="self">Who hears of a connection's life, and gives it back to the methods here.</param>
internal sealed class Connections(DispatcherParts parts, NextHopLimit limit, IActorRef self)
{
    /// <summary>The session stands.</summary>
    public sealed record Opened(OutboundWorker Worker);

    /// <summary>It can take work.</summary>
    public sealed record Idle(OutboundWorker Worker);

    /// <summary>It could not take this work: nothing was tried.</summary>
    public sealed record Back(OutboundWorker Worker, Work Work);

    /// <param name="Failure">Why no session could be opened; null when it ended in order.</param>
    public sealed record Ended(OutboundWorker Worker, OutboundWorker.Failure? Failure);

    /// <summary>For so long nobody asks again with a credential that was just refused.</summary>
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, Hop> _hops = new(StringComparer.Ordinal);

    /// <summary>By <see cref="Pool.Key"/>.</summary>
    private readonly Dictionary<string, Pool> _pools = new(StringComparer.Ordinal);

    /// <summary>Pools that wait for one of this node's connections, in turn; each stands in it once.</summary>
    private readonly Queue<Pool> _starved = new();

    /// <summary>Open and opening ones.</summary>
    public int Count { get; private set; }
    public int IdleCount => _pools.Values.Sum(pool => pool.Idle.Count);
    public IEnumerable<OutboundWorker> Workers => _pools.Values.SelectMany(pool => pool.Workers);

    /// <summary>Puts the lane under the pool of its next hop and login.</summary>
    public void Join(Lane lane, HostSet hosts)
    {
        var key = Pool.KeyOf(hosts.NextHop, hosts.Login);
        if (lane.Pool?.Key == key)
            return;
        if (!_pools.TryGetValue(key, out var pool))
        {
            if (!_hops.TryGetValue(hosts.NextHop, out var hop))
                _hops.Add(hosts.NextHop, hop = new Hop(hosts.NextHop));
            _pools.Add(key, pool = new Pool(hop, hosts.Login));
            hop.Add(pool);
        }
        lane.Join(pool);
    }

    /// <summary>Gives idle connections work, and opens as many as there is work for and may be.</summary>
    public void Pump(Pool pool)
    {
        // The next tick looks again.
        if (parts.Recorder.Journal.IsStalled)
            return;
        while (pool.Idle.Count > 0 && TryTake(pool, out var work))
            Give(pool.Idle.Dequeue(), work);
        if (pool.Waiting == 0 || IsRefused(pool))
            return;
        OpenMore(pool);
        limit.AskFor(pool.Hop);
    }

    private void OpenMore(Pool pool)
    {
        var (waiting, hop) = (pool.Waiting, pool.Hop);
        var may = hop.Most(Stopwatch.GetTimestamp());
        // A worker that is just connecting will take one of the waiting works.
        var connecting = pool.Workers.Count(worker => worker.State == WorkerState.Connecting);
        var (workers, others) = (hop.Workers, hop.Workers - pool.Workers.Count);
        // With other logins open no more than one of the first: whether this one is taken is not known.
        while (workers < may && waiting > connecting && (pool.Proven || workers == others))
        {
            if (Count >= parts.Options().Workers)
            {
                Starve(pool);
                break;
            }
            if (!Open(pool))
                return;
            connecting++;
            workers++;
        }
        // All that it may have are with other logins: one that has nothing to do lets go.
        if (workers >= may && pool.IsHungry && hop.Pools.FirstOrDefault(other => other.Idle.Count > 0) is { } rich)
            Close(rich.Idle.Dequeue());
    }

    /// <summary>What belongs to a shard that does not answer goes back to it, so that the mail of the others goes on.</summary>
    private bool TryTake(Pool pool, out Work work)
    {
        while (pool.TryTake(out work))
        {
            if (work.Lease.Shard == 0 || !parts.Recorder.IsAway(work.Lease))
                return true;
            parts.Recorder.GiveBack(work, TimeSpan.Zero);
        }
        return false;
    }

    /// <summary>Its login was just refused: what waits is told so instead of asking again (APPROVE-426).</summary>
    private bool IsRefused(Pool pool)
    {
        if (pool.Refused is not { } refused)
            return false;
        if (Stopwatch.GetTimestamp() < refused.Until && pool.Workers.Count == 0)
        {
            FailWaiting(pool, refused.Failure.Reply, refused.Failure);
            return true;
        }
        pool.Refused = null;
        return false;
    }

    /// <summary>Those who wait come before the pool that has just let a connection go: it joins the end of the line.</summary>
    public void ServeStarved()
    {
        while (Count < parts.Options().Workers && _starved.TryDequeue(out var next))
        {
            next.Starved = false;
            Pump(next);
        }
    }

    /// <summary>Repeats questions, lets long unused connections go, and carefully tries hosts that refused further ones.</summary>
    /// <param name="raise">It is time to try one connection more.</param>
    public void OnTick(bool raise)
    {
        CloseIdle(parts.Options().KeepIdle);
        foreach (var hop in _hops.Values)
        {
            if (hop.Workers > 0 || hop.Waiting > 0)
                limit.AskFor(hop);
            if (NextHopLimit.HelpItself(hop))
                Pump(hop);
            if (raise && hop.Ceiling < int.MaxValue)
                hop.Ceiling++;
        }
        ServeStarved();
    }

    public void CloseIdle(TimeSpan unusedFor)
    {
        foreach (var pool in _pools.Values)
            while (pool.Idle.TryPeek(out var worker) && Stopwatch.GetElapsedTime(worker.IdleSince) >= unusedFor)
                Close(pool.Idle.Dequeue());
    }

    /// <summary>Every one ends after its present work.</summary>
    public void CloseAll()
    {
        foreach (var worker in Workers)
            worker.Close();
    }

    public void Tidy()
    {
        foreach (var pool in _pools.Values.Where(pool => pool.Lanes.Count == 0 && pool.Workers.Count == 0 && !pool.Starved).ToArray())
        {
            _pools.Remove(pool.Key);
            pool.Hop.Remove(pool);
        }
        foreach (var hop in _hops.Values.Where(hop => hop.Pools.Count == 0).ToArray())
            _hops.Remove(hop.NextHop);
    }

    public void OnAllotted(DestinationActor.Allotted allotted)
    {
        if (_hops.GetValueOrDefault(allotted.NextHop) is not { } hop || !limit.Accept(hop, allotted))
            return;
        Shrink(hop);
        Pump(hop);
    }

    /// <summary>What it holds above its part another node waits for: idle connections go at once, busy ones after their work.</summary>
    private static void Shrink(Hop hop)
    {
        var above = hop.Above(Stopwatch.GetTimestamp());
        foreach (var pool in hop.Pools)
            for (; above > 0 && pool.Idle.TryDequeue(out var worker); above--)
                Close(worker);
    }

    public void OnDown(NextHopLimit.Down down)
    {
        if (_hops.GetValueOrDefault(down.NextHop) is { } hop && limit.MayTry(hop, down))
            Pump(hop);
    }

    public void OnOpened(Opened opened)
    {
        if (Find(opened.Worker) is not { } pool)
            return;
        pool.Proven = true;
        pool.Refused = null;
        Reached(pool.Hop);
        Pump(pool);
    }

    private void Reached(Hop hop)
    {
        if (hop.Proven)
            return;
        hop.Proven = true;
        limit.Reached(hop);
    }

    public void OnIdle(Idle idle, bool delivering)
    {
        var worker = idle.Worker;
        worker.Current = null;
        if (Find(worker) is not { } pool || !pool.Workers.Contains(worker) || !delivering || MustClose(pool, worker))
        {
            Close(worker);
            return;
        }
        if (!parts.Recorder.Journal.IsStalled && TryTake(pool, out var work))
        {
            Give(worker, work);
            return;
        }
        worker.State = WorkerState.Idle;
        worker.IdleSince = Stopwatch.GetTimestamp();
        pool.Idle.Enqueue(worker);
    }

    public void OnEnded(Ended ended)
    {
        // One that a former life of the actor started is not counted.
        if (Find(ended.Worker) is not { } pool || !pool.Workers.Remove(ended.Worker))
            return;
        Count--;
        var shrunk = pool.Hop.HasShrunk(Stopwatch.GetTimestamp());
        if (ended.Failure is { } failure)
            OnConnectFailed(pool, ended.Worker, failure);
        ServeStarved();
        Pump(pool.Hop);
        if (pool.Hop is { Workers: 0, Waiting: 0, Allotment.Asked: > 0 })
            limit.Return(pool.Hop);
        else if (shrunk)
            limit.AskAnew(pool.Hop);
    }

    /// <summary>Everything that waits for the next hop is deferred: no host of it can be reached.</summary>
    public void Fail(Hop hop, Reply reply, OutboundWorker.Failure? failure = null)
    {
        hop.Proven = false;
        hop.Allotment = hop.Allotment.Lose();
        hop.Ceiling = int.MaxValue;
        foreach (var pool in hop.Pools)
            FailWaiting(pool, reply, failure);
        limit.Missed(hop, reply);
    }

    private void FailWaiting(Pool pool, Reply reply, OutboundWorker.Failure? failure)
    {
        pool.Proven = false;
        foreach (var lane in pool.Lanes)
            foreach (var work in lane.TakeAll())
                parts.Recorder.FailUnreached(work, failure?.Class ?? FailureClass.NoAnswer, reply, lane.Hosts?.Explanation ?? "", failure);
    }

    private void OnConnectFailed(Pool pool, OutboundWorker worker, OutboundWorker.Failure failure)
    {
        if (!worker.Lease.IsValid)
            return;
        if (failure.IsOfLogin)
        {
            OnLoginFailed(pool, failure);
            return;
        }
        if (pool.Hop is { Workers: > 0, Proven: true } hop)
        {
            // Others are connected: the host takes fewer connections than we allow.
            hop.Ceiling = Math.Max(1, hop.Workers);
            return;
        }
        foreach (var lane in pool.Hop.Lanes)
        {
            lane.Hosts = null;
            parts.Forget(lane.Route);
        }
        Fail(pool.Hop, failure.Reply, failure);
    }

    /// <summary>The host is there, but this login is no good: the mail of other logins goes on.</summary>
    private void OnLoginFailed(Pool pool, OutboundWorker.Failure failure)
    {
        pool.Proven = false;
        // It was reached: that counts for everybody, and ends the trying of one connection alone.
        if (failure.AuthRefused)
            Reached(pool.Hop);
        if (failure is { AuthRefused: true, Account: null })
        {
            parts.Faulty(pool.Key, failure.Reply.ToLogText());
            pool.Refused = (failure, Stopwatch.GetTimestamp() + (long)(AfterRefusal.TotalSeconds * Stopwatch.Frequency));
        }
        // A session that was opened before the password changed still carries what waits.
        if (pool.Workers.Count == 0)
            FailWaiting(pool, failure.Reply, failure);
    }

    /// <summary>Whoever had a connection last comes last, or one login would keep them all.</summary>
    private void Pump(Hop hop)
    {
        foreach (var pool in hop.Pools.Where(pool => pool.Waiting > 0).OrderBy(pool => pool.OpenedAt).ToArray())
            Pump(pool);
    }

    private Pool? Find(OutboundWorker worker) => _pools.GetValueOrDefault(worker.Pool);

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

    private bool Open(Pool pool)
    {
        if (parts.Lease.Current is not { IsValid: true } lease || pool.NextHosts() is not { } hosts)
            return false;
        var worker = new OutboundWorker(pool.Key, hosts, parts.WorkerOptions(), parts.Recorder, lease);
        pool.Workers.Add(worker);
        pool.OpenedAt = Stopwatch.GetTimestamp();
        Count++;
        // On the pool, not on the actor's thread: connecting starts with synchronous work.
        Task.Run(() => worker.RunAsync(() => self.Tell(new Opened(worker)), () => self.Tell(new Idle(worker)), work => self.Tell(new Back(worker, work))))
            .PipeTo(self,
                success: failure => new Ended(worker, failure),
                failure: cause => new Ended(worker, new OutboundWorker.Failure(FailureClass.LineError, OutcomeRecorder.LineError(cause), pool.Hop.NextHop, "", 0, [])));
        return true;
    }

    private static void Give(OutboundWorker worker, Work work)
    {
        worker.State = WorkerState.Busy;
        worker.Current = work;
        worker.HasHadWork = true;
        worker.Give(work);
    }

    private static void Close(OutboundWorker worker)
    {
        worker.State = WorkerState.Closing;
        worker.Close();
    }

    /// <summary>Another login may have its place: it has carried something, or there is nothing for it to carry.</summary>
    private static bool IsDone(Pool pool, OutboundWorker worker) => worker.HasHadWork || pool.Waiting == 0;

    private bool MustClose(Pool pool, OutboundWorker worker) =>
        worker.IsWorn || !worker.Lease.IsValid
        || pool.Hop.Above(Stopwatch.GetTimestamp()) > 0
        || (IsDone(pool, worker) && pool.Hop.HasHungry(beside: pool) && pool.Hop.Workers >= pool.Hop.Most(Stopwatch.GetTimestamp()))
        || (_starved.Count > 0 && (pool.Workers.Count > 1 || pool.Waiting == 0));
}
