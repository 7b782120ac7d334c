using Akka.Actor;
using Akka.Cluster.Sharding;

namespace ClusterMail.Queue.Schedule;

/// <summary>Limits and back-off of one next hop.</summary>
public sealed record DestinationOptions
{
    /// <summary>Connections of the whole cluster to one next hop; default 10 (DELIV-2).</summary>
    public int Connections { get; init; } = 10;

    /// <summary>An allotment not asked for again within this time is free for others; default 10 s.</summary>
    public TimeSpan AllotmentTtl { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence after the first failure to reach any host; doubled each time; default 30 s.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Default 5 min: new mail for a host that is back waits no longer.</summary>
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long one node may try alone whether the next hop is back; default 60 s (connect time-out and greeting).</summary>
    public TimeSpan ProbeTime { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>
/// Shares the connections to one next hop among the nodes and remembers when it is down. Sharded by next hop, so the limit holds for the whole cluster
/// (DELIV-2, CLU-35). It holds nothing that must survive: when it moves, nodes ask again and say what they hold.
/// </summary>
public sealed class DestinationActor : ReceiveActor
{
    /// <summary>Everything a node says to it; routed by <see cref="NextHop"/>.</summary>
    public interface ICommand
    {
        string NextHop { get; }
    }

    /// <summary>"I have work for so many connections and hold so many." Sent on need and every few seconds while connections are held.</summary>
    public sealed record Want(string NextHop, string Node, int Wanted, int Holding) : ICommand;

    /// <summary>No host of it could be reached.</summary>
    public sealed record Unreachable(string NextHop, string Node, string Reply) : ICommand;

    /// <summary>A session was opened.</summary>
    public sealed record Reachable(string NextHop, string Node) : ICommand;

    /// <summary>The answer to <see cref="Want"/> and <see cref="Unreachable"/>.</summary>
    /// <param name="Connections">How many the node may hold until the time is over.</param>
    /// <param name="ForMs">Milliseconds the allotment holds.</param>
    /// <param name="DownForMs">Above 0: the next hop is down for so long; defer what waits for it.</param>
    /// <param name="Reply">Why it is down.</param>
    public sealed record Allotted(string NextHop, int Connections, int ForMs, int DownForMs, string Reply);

    private sealed record Holder(int Connections, int Wanted, DateTimeOffset Until, IActorRef Gate);

    private readonly Func<DestinationOptions> _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, Holder> _holders = new(StringComparer.Ordinal);
    private int _failures;
    private DateTimeOffset _downUntil = DateTimeOffset.MinValue;
    private string _downReply = "";
    private string? _prober;
    private DateTimeOffset _probeUntil;

    public DestinationActor(Func<DestinationOptions> options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        Receive<Want>(OnWant);
        Receive<Unreachable>(OnUnreachable);
        Receive<Reachable>(OnReachable);
        Receive<Terminated>(OnGone);
        Receive<ReceiveTimeout>(_ => Context.Parent.Tell(new Passivate(PoisonPill.Instance)));
        Context.SetReceiveTimeout(TimeSpan.FromMinutes(10));
    }

    public static Props Props(Func<DestinationOptions> options, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new DestinationActor(options, time));

    private void OnWant(Want want)
    {
        var now = _time.GetUtcNow();
        if (want.Wanted == 0)
        {
            _holders.Remove(want.Node);
            return;
        }
        if (now < _downUntil)
        {
            Sender.Tell(Down(want.NextHop, now));
            return;
        }
        if (_failures > 0 && !MayProbe(want.Node, now))
        {
            // Someone is just finding out; ask again soon.
            Sender.Tell(new Allotted(want.NextHop, 0, 1000, 0, ""));
            return;
        }
        var connections = _failures > 0 ? 1 : Share(want, now);
        // What it still holds beyond its part is not free for others before it says that it has let go.
        _holders[want.Node] = new Holder(Math.Max(connections, want.Holding), want.Wanted, now + _options().AllotmentTtl, Sender);
        Context.Watch(Sender);
        Sender.Tell(new Allotted(want.NextHop, connections, (int)_options().AllotmentTtl.TotalMilliseconds, 0, ""));
    }

    /// <summary>
    /// The node has left the cluster. Its mail is about to be claimed by others, who would wait for its connections until their time is over. A node that lives on outside
    /// of it keeps what it has for that time: so long, and not longer, the next hop may see more connections than the limit.
    /// </summary>
    private void OnGone(Terminated gone)
    {
        foreach (var node in _holders.Where(holder => holder.Value.Gate.Equals(gone.ActorRef)).Select(holder => holder.Key).ToArray())
            _holders.Remove(node);
    }

    private bool MayProbe(string node, DateTimeOffset now)
    {
        if (_prober is not null && _prober != node && now < _probeUntil)
            return false;
        if (_prober != node)
            (_prober, _probeUntil) = (node, now + _options().ProbeTime);
        return true;
    }

    /// <summary>
    /// The node's part when all demands are served evenly up to the limit, and never more than is free now: a node that holds more than its
    /// part shrinks at its next question. What it holds within its part it keeps, even where an actor that has just moved has given it to another already.
    /// </summary>
    private int Share(Want want, DateTimeOffset now)
    {
        foreach (var gone in _holders.Where(holder => holder.Value.Until <= now).Select(holder => holder.Key).ToArray())
            _holders.Remove(gone);
        var limit = _options().Connections;
        var others = _holders.Where(holder => holder.Key != want.Node).Select(holder => holder.Value).ToArray();
        var part = EvenPart(limit, want.Wanted, others.Select(other => other.Wanted));
        return Math.Min(part, Math.Max(want.Holding, limit - others.Sum(other => other.Connections)));
    }

    /// <summary>Max-min fairness: small demands are met in full, what they leave is divided evenly among the larger ones; never 0 while the limit allows.</summary>
    public static int EvenPart(int limit, int wanted, IEnumerable<int> otherWanted)
    {
        var left = limit;
        var demands = otherWanted.Append(wanted).Order().ToArray();
        for (var i = 0; i < demands.Length; i++)
        {
            var even = left / (demands.Length - i);
            if (demands[i] > even)
                return Math.Min(wanted, Math.Max(1, even));
            left -= demands[i];
        }
        return wanted;
    }

    private void OnUnreachable(Unreachable failed)
    {
        var now = _time.GetUtcNow();
        // Several nodes may report the same failure: it counts once for each time it was tried.
        if (now >= _downUntil)
        {
            var backOff = _options().FirstBackOff * Math.Pow(2, Math.Min(_failures, 20));
            _failures++;
            _downUntil = now + (backOff < _options().LongestBackOff ? backOff : _options().LongestBackOff);
        }
        _downReply = failed.Reply;
        _prober = null;
        _holders.Clear();
        Sender.Tell(Down(failed.NextHop, now));
    }

    private void OnReachable(Reachable reached)
    {
        _failures = 0;
        _prober = null;
        _downUntil = DateTimeOffset.MinValue;
    }

    private Allotted Down(string nextHop, DateTimeOffset now) =>
        new(nextHop, 0, 1000, Math.Max(1, (int)(_downUntil - now).TotalMilliseconds), _downReply);
}
