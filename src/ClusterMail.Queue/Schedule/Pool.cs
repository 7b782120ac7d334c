using ClusterMail.Queue.Deliver;
using ClusterMail.Routing.Dns;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// Connections of this node to one next hop, fed by one or more lanes (thousands at a large provider: nothing here walks through them for each
/// work). Touched by the dispatcher only.
/// </summary>
internal sealed class Pool(string nextHop)
{
    private readonly HashSet<Lane> _lanes = [];

    /// <summary>Lanes with work, in turn.</summary>
    private readonly Queue<Lane> _turn = new();

    public string NextHop => nextHop;
    public IReadOnlyCollection<Lane> Lanes => _lanes;
    public List<OutboundWorker> Workers { get; } = [];
    public Queue<OutboundWorker> Idle { get; } = new();

    /// <summary>This node's part of the cluster's limit.</summary>
    public Allotment Allotment { get; set; }

    /// <summary>Stands in the line for a connection of this node.</summary>
    public bool Starved { get; set; }

    /// <summary>A session was opened since the last failure; before that only one connection tries.</summary>
    public bool Proven { get; set; }

    /// <summary>Lowered when a further connection is refused while others work: some hosts take fewer than our limit.</summary>
    public int Ceiling { get; set; } = int.MaxValue;

    /// <summary>Connections it may have now.</summary>
    public int Most(long now) => Math.Min(Math.Min(Allotment.At(now), Ceiling), Proven ? int.MaxValue : 1);

    /// <summary>Works waiting in its lanes.</summary>
    public int Waiting { get; private set; }

    /// <summary>Next work, lanes in turn, so that one domain of a provider does not hold up the others.</summary>
    public bool TryTake(out Work work)
    {
        while (_turn.TryDequeue(out var lane))
        {
            if (lane.InTurnOf == this)
                lane.InTurnOf = null;
            if (lane.Pool != this || !lane.TryTake(out work))
                continue;
            if (lane.Waiting > 0)
                Line(lane);
            return true;
        }
        work = null!;
        return false;
    }

    /// <summary>Where the next works would go.</summary>
    public HostSet? NextHosts()
    {
        foreach (var lane in _turn)
            if (lane.Pool == this && lane.Waiting > 0 && lane.Hosts is { Hosts.IsEmpty: false } hosts)
                return hosts;
        return null;
    }

    public void Accept(Lane lane)
    {
        _lanes.Add(lane);
        Waiting += lane.Waiting;
        if (lane.Waiting > 0)
            Line(lane);
    }

    public void Remove(Lane lane)
    {
        _lanes.Remove(lane);
        Waiting -= lane.Waiting;
    }

    public void OnAdded(Lane lane)
    {
        Waiting++;
        Line(lane);
    }

    public void OnTaken() => Waiting--;

    private void Line(Lane lane)
    {
        if (lane.InTurnOf == this)
            return;
        lane.InTurnOf = this;
        _turn.Enqueue(lane);
    }
}
