using ClusterMail.Queue.Outcome;
using ClusterMail.Routing;
using ClusterMail.Routing.Dns;

namespace ClusterMail.Queue.Schedule;

/// <summary>Works of one destination waiting on this node, and where DNS says they go. Touched by the dispatcher only.</summary>
internal sealed class Lane(Route route)
{
    private readonly Queue<Work> _waiting = new();

    public string Destination => Route.Destination;
    public Route Route { get; set; } = route;

    /// <summary>Works waiting.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Recipients in them.</summary>
    public int Recipients { get; private set; }
    public HostSet? Hosts { get; set; }

    /// <summary>Stopwatch time at which <see cref="Hosts"/> must be asked for again.</summary>
    public long HostsUntil { get; set; }
    public bool Resolving { get; set; }
    public Pool? Pool { get; private set; }

    /// <summary>The pool in whose turn it stands; a lane that moved is still met there once.</summary>
    public Pool? InTurnOf { get; set; }

    public IEnumerable<Work> Works => _waiting;

    public void Add(Work work)
    {
        _waiting.Enqueue(work);
        Recipients += work.Recipients.Length;
        Pool?.OnAdded(this);
    }

    public bool TryTake(out Work work)
    {
        if (!_waiting.TryDequeue(out work!))
            return false;
        Recipients -= work.Recipients.Length;
        Pool?.OnTaken();
        return true;
    }

    public IEnumerable<Work> TakeAll()
    {
        while (TryTake(out var work))
            yield return work;
    }

    /// <summary>Everything that waits goes back into the queue.</summary>
    public void GiveBack(OutcomeRecorder recorder, TimeSpan notBefore = default)
    {
        foreach (var work in TakeAll())
            recorder.GiveBack(work, notBefore);
    }

    /// <summary>Leaves its pool for another one, with all that waits; null: for none.</summary>
    public void Join(Pool? pool)
    {
        Pool?.Remove(this);
        Pool = pool;
        pool?.Accept(this);
    }
}
