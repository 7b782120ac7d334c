using ClusterMail.Queue.Deliver;
using ClusterMail.Routing;
using ClusterMail.Routing.Dns;

namespace ClusterMail.Queue.Schedule;

/// <summary>Works of one destination waiting on this node, and where DNS says they go. Touched by the dispatcher only.</summary>
internal sealed class Lane(Route route)
{
    public string Destination => Route.Destination;
    public Route Route { get; set; } = route;
    public Queue<Work> Waiting { get; } = new();

    /// <summary>Recipients in <see cref="Waiting"/>.</summary>
    public int Recipients { get; set; }
    public HostSet? Hosts { get; set; }

    /// <summary>Stopwatch time at which <see cref="Hosts"/> must be asked for again.</summary>
    public long HostsUntil { get; set; }
    public bool Resolving { get; set; }
    public Pool? Pool { get; set; }
}

/// <summary>Connections of this node to one next hop, fed by one or more lanes. Touched by the dispatcher only.</summary>
internal sealed class Pool(string nextHop)
{
    public string NextHop => nextHop;
    public List<Lane> Lanes { get; } = [];
    public List<OutboundWorker> Workers { get; } = [];
    public Queue<OutboundWorker> Idle { get; } = new();

    /// <summary>Connections the next hop's actor allots to this node, until <see cref="AllottedUntil"/> (stopwatch time).</summary>
    public int Allotted { get; set; }
    public long AllottedUntil { get; set; }
    public long AskedAt { get; set; }
    public long WantedSince { get; set; }
    public int Asked { get; set; }

    /// <summary>A session was opened since the last failure; before that only one connection tries.</summary>
    public bool Proven { get; set; }

    /// <summary>Lowered when a further connection is refused while others work: some hosts take fewer than our limit.</summary>
    public int Ceiling { get; set; } = int.MaxValue;

    public int Waiting => Lanes.Sum(lane => lane.Waiting.Count);

    /// <summary>Next work, lanes in turn, so that one domain of a provider does not hold up the others.</summary>
    public bool TryTake(out Work work)
    {
        for (var i = 0; i < Lanes.Count; i++)
        {
            var lane = Lanes[0];
            if (Lanes.Count > 1)
            {
                Lanes.RemoveAt(0);
                Lanes.Add(lane);
            }
            if (!lane.Waiting.TryDequeue(out var next))
                continue;
            lane.Recipients -= next.Recipients.Length;
            work = next;
            return true;
        }
        work = null!;
        return false;
    }
}
