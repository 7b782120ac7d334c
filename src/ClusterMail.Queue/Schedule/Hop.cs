using ClusterMail.Queue.Deliver;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// One next hop as this node sees it: what the cluster allots to it, and whether it answers. Shared by the pools of all logins there, because a provider counts as one
/// whoever logs in (DELIV-2, APPROVE-425). Touched by the dispatcher only.
/// </summary>
internal sealed class Hop(string nextHop)
{
    private readonly HashSet<Pool> _pools = [];

    public string NextHop => nextHop;
    public IReadOnlyCollection<Pool> Pools => _pools;
    public IEnumerable<Lane> Lanes => _pools.SelectMany(pool => pool.Lanes);

    /// <summary>This node's part of the cluster's limit.</summary>
    public Allotment Allotment { get; set; }

    /// <summary>A session was opened since the last failure; before that only one connection tries.</summary>
    public bool Proven { get; set; }

    /// <summary>This node has just failed to reach it: the next answer that it is down is news, not memory.</summary>
    public bool JustMissed { get; set; }

    /// <summary>Lowered when a further connection is refused while others work: some hosts take fewer than our limit.</summary>
    public int Ceiling { get; set; } = int.MaxValue;

    /// <summary>Connections it has, open and opening.</summary>
    public int Workers => _pools.Sum(pool => pool.Workers.Count);

    /// <summary>Works waiting for it.</summary>
    public int Waiting => _pools.Sum(pool => pool.Waiting);

    /// <summary>Connections it may have now.</summary>
    public int Most(long now) => Math.Min(Math.Min(Allotment.At(now), Ceiling), Proven ? int.MaxValue : 1);

    /// <summary>Connections above its part that are not being closed yet. One it may always keep.</summary>
    public int Above(long now) => _pools.Sum(pool => pool.Workers.Count(worker => worker.State != WorkerState.Closing)) - Math.Max(1, Allotment.At(now));

    /// <summary>It held more than its part and has just let go of the last of it.</summary>
    public bool HasShrunk(long now) => Allotment.At(now) is > 0 and var part && part < Allotment.Asked && Workers == part;

    /// <summary>Works wait there for which no connection is open: one with another login must make room.</summary>
    public bool HasHungry(Pool beside) => _pools.Any(pool => pool != beside && pool.IsHungry);

    public void Add(Pool pool) => _pools.Add(pool);

    public void Remove(Pool pool) => _pools.Remove(pool);
}
