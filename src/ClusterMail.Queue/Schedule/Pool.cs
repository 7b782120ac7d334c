using ClusterMail.Queue.Deliver;
using ClusterMail.Routing.Dns;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// Connections of this node to one next hop under one login, fed by one or more lanes (thousands at a large provider: nothing here walks through them for each
/// work). Touched by the dispatcher only.
/// </summary>
/// <param name="login">Empty: nobody logs in there.</param>
internal sealed class Pool(Hop hop, string login)
{
    private readonly HashSet<Lane> _lanes = [];

    /// <summary>Lanes with work, in turn.</summary>
    private readonly Queue<Lane> _turn = new();

    public Hop Hop => hop;

    /// <summary>Next hop and login.</summary>
    public string Key { get; } = KeyOf(hop.NextHop, login);

    public static string KeyOf(string nextHop, string login) => login.Length == 0 ? nextHop : $"{nextHop}#{login}";

    public IReadOnlyCollection<Lane> Lanes => _lanes;
    public List<OutboundWorker> Workers { get; } = [];
    public Queue<OutboundWorker> Idle { get; } = new();

    /// <summary>Stands in the line for a connection of this node.</summary>
    public bool Starved { get; set; }

    /// <summary>A session was opened since the last failure, and its login taken; before that only one connection tries.</summary>
    public bool Proven { get; set; }

    /// <summary>Works wait and no connection is open for them.</summary>
    public bool IsHungry => Waiting > 0 && Workers.Count == 0;

    /// <summary>Stopwatch time at which its last connection was opened; 0: it never had one.</summary>
    public long OpenedAt { get; set; }

    /// <summary>Why its login was refused, and until when (stopwatch time) nobody need ask again; null: it was not.</summary>
    public (OutboundWorker.Failure Failure, long Until)? Refused { get; set; }

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
