using System.Diagnostics;
using Akka.Actor;
using ClusterMail.Protocol;
using ClusterMail.Queue.Deliver;
using ClusterMail.Queue.Outcome;

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

    private readonly Dictionary<string, Pool> _pools = new(StringComparer.Ordinal);

    /// <summary>Pools that wait for one of this node's connections, in turn; each stands in it once.</summary>
    private readonly Queue<Pool> _starved = new();

    /// <summary>Open and opening ones.</summary>
    public int Count { get; private set; }
    public int IdleCount => _pools.Values.Sum(pool => pool.Idle.Count);
    public IEnumerable<OutboundWorker> Workers => _pools.Values.SelectMany(pool => pool.Workers);

    public Pool? Find(string nextHop) => _pools.GetValueOrDefault(nextHop);

    /// <summary>Puts the lane under the pool of its next hop.</summary>
    public void Join(Lane lane, string nextHop)
    {
        if (lane.Pool?.NextHop == nextHop)
            return;
        if (!_pools.TryGetValue(nextHop, out var pool))
            _pools.Add(nextHop, pool = new Pool(nextHop));
        lane.Join(pool);
    }

    /// <summary>Gives idle connections work, and opens as many as there is work for and may be.</summary>
    public void Pump(Pool pool)
    {
        // The next tick looks again.
        if (parts.Recorder.Journal.IsStalled)
            return;
        while (pool.Idle.Count > 0 && pool.TryTake(out var work))
            Give(pool.Idle.Dequeue(), work);
        var waiting = pool.Waiting;
        if (waiting == 0)
            return;
        var may = pool.Most(Stopwatch.GetTimestamp());
        // A worker that is just connecting will take one of the waiting works.
        var connecting = pool.Workers.Count(worker => worker.State == WorkerState.Connecting);
        while (pool.Workers.Count < may && waiting > connecting)
        {
            if (Count >= parts.Options().Workers)
            {
                Starve(pool);
                break;
            }
            if (!Open(pool))
                break;
            connecting++;
        }
        limit.AskFor(pool);
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
        foreach (var pool in _pools.Values)
        {
            if (pool.Workers.Count > 0 || pool.Waiting > 0)
                limit.AskFor(pool);
            if (NextHopLimit.HelpItself(pool))
                Pump(pool);
            if (raise && pool.Ceiling < int.MaxValue)
                pool.Ceiling++;
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
            _pools.Remove(pool.NextHop);
    }

    public void OnAllotted(DestinationActor.Allotted allotted)
    {
        if (Find(allotted.NextHop) is { } pool && limit.Accept(pool, allotted))
            Pump(pool);
    }

    public void OnOpened(Opened opened)
    {
        if (Find(opened.Worker.NextHop) is not { } pool)
            return;
        if (!pool.Proven)
        {
            pool.Proven = true;
            limit.Reached(pool);
        }
        Pump(pool);
    }

    public void OnIdle(Idle idle, bool delivering)
    {
        var worker = idle.Worker;
        worker.Current = null;
        if (Find(worker.NextHop) is not { } pool || !pool.Workers.Contains(worker) || !delivering || MustClose(pool, worker))
        {
            Close(worker);
            return;
        }
        if (!parts.Recorder.Journal.IsStalled && pool.TryTake(out var work))
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
        if (Find(ended.Worker.NextHop) is not { } pool || !pool.Workers.Remove(ended.Worker))
            return;
        Count--;
        if (ended.Failure is { } failure)
            OnConnectFailed(pool, ended.Worker, failure);
        ServeStarved();
        Pump(pool);
        if (pool is { Workers.Count: 0, Waiting: 0, Allotment.Asked: > 0 })
            limit.Return(pool);
    }

    /// <summary>Everything that waits for the next hop is deferred: no host of it can be reached.</summary>
    public void Fail(Pool pool, Reply reply, OutboundWorker.Failure? failure = null)
    {
        if (failure is { AuthRefused: true })
            parts.Faulty(pool.NextHop, reply.ToLogText());
        pool.Proven = false;
        pool.Allotment = pool.Allotment.Lose();
        pool.Ceiling = int.MaxValue;
        foreach (var lane in pool.Lanes)
            foreach (var work in lane.TakeAll())
                parts.Recorder.FailUnreached(work, failure?.Class ?? FailureClass.NoAnswer, reply, lane.Hosts?.Explanation ?? "", failure);
        limit.Missed(pool, reply);
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
            parts.Forget(lane.Route);
        }
        Fail(pool, failure.Reply, failure);
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

    private bool Open(Pool pool)
    {
        if (parts.Lease.Current is not { IsValid: true } lease || pool.NextHosts() is not { } hosts)
            return false;
        var worker = new OutboundWorker(pool.NextHop, hosts, parts.WorkerOptions(), parts.Recorder, lease);
        pool.Workers.Add(worker);
        Count++;
        // On the pool, not on the actor's thread: connecting starts with synchronous work.
        Task.Run(() => worker.RunAsync(() => self.Tell(new Opened(worker)), () => self.Tell(new Idle(worker)), work => self.Tell(new Back(worker, work))))
            .PipeTo(self,
                success: failure => new Ended(worker, failure),
                failure: cause => new Ended(worker, new OutboundWorker.Failure(FailureClass.LineError, OutcomeRecorder.LineError(cause), pool.NextHop, "", 0, [])));
        return true;
    }

    private static void Give(OutboundWorker worker, Work work)
    {
        worker.State = WorkerState.Busy;
        worker.Current = work;
        worker.Give(work);
    }

    private static void Close(OutboundWorker worker)
    {
        worker.State = WorkerState.Closing;
        worker.Close();
    }

    private bool MustClose(Pool pool, OutboundWorker worker) =>
        worker.IsWorn || !worker.Lease.IsValid
        || pool.Workers.Count > Math.Max(1, pool.Allotment.At(Stopwatch.GetTimestamp()))
        || (_starved.Count > 0 && (pool.Workers.Count > 1 || pool.Waiting == 0));
}
