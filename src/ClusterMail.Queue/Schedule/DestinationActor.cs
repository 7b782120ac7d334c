using Akka.Actor;
using Akka.Cluster.Sharding;

namespace ClusterMail.Queue.Schedule;

/// <summary>Limits and back-off of one next hop.</summary>
public sealed record DestinationOptions
{
    /// <summary>Connections of the whole cluster to one next hop; default 10 (DELIV-2).</summary>
    public int Connections { get; init; } = 10;

    /// <summary>What a node may rely on without an answer to its next questions; default 10 s, in which the actor of a dead node lives again elsewhere.</summary>
    public TimeSpan AllotmentTtl { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A node that has not asked for so long is taken for dead, and what it had is free for others; default 3.5 s. Less than a lease, so that connections of a dead
    /// node are free when its mail is. A node that lives on, cut off from the actor, keeps what it has for <see cref="AllotmentTtl"/>: so long, and not longer, the next hop
    /// may see more connections than the limit.
    /// </summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(3.5);

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

    /// <summary>The answer to <see cref="Want"/> and <see cref="Unreachable"/>, and said without a question when a node's part changes because of another's.</summary>
    /// <param name="Connections">How many the node may hold until the time is over.</param>
    /// <param name="ForMs">Milliseconds the allotment holds.</param>
    /// <param name="DownForMs">Above 0: the next hop is down for so long; defer what waits for it.</param>
    /// <param name="Reply">Why it is down.</param>
    public sealed record Allotted(string NextHop, int Connections, int ForMs, int DownForMs, string Reply);

    /// <param name="Connections">Not free for others.</param>
    /// <param name="Told">May be less: so many it keeps when it has let the others go.</param>
    private sealed record Holder(int Connections, int Told, int Wanted, DateTimeOffset Asked, IActorRef Gate)
    {
        public bool HasLessThan(int largest) => Told < Math.Min(Wanted, largest);
    }

    private readonly Func<DestinationOptions> _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, Holder> _holders = new(StringComparer.Ordinal);
    private int _failures;
    private DateTimeOffset _downUntil = DateTimeOffset.MinValue;
    private string _downReply = "";
    private string _nextHop = "";
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
            Balance(now);
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
        _holders[want.Node] = new Holder(Math.Max(connections, want.Holding), connections, want.Wanted, now, Sender);
        _nextHop = want.NextHop;
        Context.Watch(Sender);
        Sender.Tell(new Allotted(want.NextHop, connections, (int)_options().AllotmentTtl.TotalMilliseconds, 0, ""));
        Balance(now);
    }

    /// <summary>The node has left the cluster: it will not ask again.</summary>
    private void OnGone(Terminated gone)
    {
        foreach (var node in _holders.Where(holder => holder.Value.Gate.Equals(gone.ActorRef)).Select(holder => holder.Key).ToArray())
            _holders.Remove(node);
        Balance(_time.GetUtcNow());
    }

    /// <summary>
    /// What is free goes to nodes that have less than their part. While one has, or more is held than the limit allows, who holds more than its own part hears so now:
    /// its next question may be seconds away, and mail taken over from a dead node waits meanwhile.
    /// </summary>
    private void Balance(DateTimeOffset now)
    {
        if (_failures > 0)
            return;
        Expire(now);
        var largest = LargestPart(_options().Connections, _holders.Values.Select(holder => holder.Wanted));
        foreach (var (node, holder) in _holders.Where(holder => holder.Value.HasLessThan(largest)).ToArray())
            if (Math.Min(Math.Min(holder.Wanted, largest), holder.Connections + Free) is var more && more > holder.Told)
                Tell(node, holder with { Told = more, Connections = Math.Max(holder.Connections, more) }, now);
        if (Free >= 0 && !_holders.Values.Any(holder => holder.HasLessThan(largest)))
            return;
        foreach (var (node, holder) in _holders.Where(holder => holder.Value.Told > largest).ToArray())
            Tell(node, holder with { Told = largest }, now);
    }

    private void Tell(string node, Holder holder, DateTimeOffset now)
    {
        _holders[node] = holder;
        holder.Gate.Tell(new Allotted(_nextHop, holder.Told, (int)(holder.Asked + _options().AllotmentTtl - now).TotalMilliseconds, 0, ""));
    }

    private int Free => _options().Connections - _holders.Values.Sum(holder => holder.Connections);

    private void Expire(DateTimeOffset now)
    {
        foreach (var gone in _holders.Where(holder => now - holder.Value.Asked >= _options().SilenceLimit).Select(holder => holder.Key).ToArray())
            _holders.Remove(gone);
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
    /// The node's part when all demands are served evenly up to the limit, and never more than is free now: who holds more than
    /// its part has to let it go first. What it holds within its part it keeps, even where an actor that has just moved has given it to another already.
    /// </summary>
    private int Share(Want want, DateTimeOffset now)
    {
        Expire(now);
        // What it had is said anew by the question.
        _holders.Remove(want.Node);
        return Math.Min(EvenPart(_options().Connections, want.Wanted, _holders.Values.Select(holder => holder.Wanted)), Math.Max(want.Holding, Free));
    }

    /// <summary>Max-min fairness: small demands are met in full, what they leave is divided evenly among the larger ones; never 0 while the limit allows.</summary>
    public static int EvenPart(int limit, int wanted, IEnumerable<int> otherWanted) => Math.Min(wanted, LargestPart(limit, otherWanted.Append(wanted)));

    /// <summary>What nobody's part is larger than; who wants less gets all of it.</summary>
    private static int LargestPart(int limit, IEnumerable<int> wanted)
    {
        var left = limit;
        var demands = wanted.Order().ToArray();
        for (var i = 0; i < demands.Length; i++)
        {
            var even = left / (demands.Length - i);
            if (demands[i] > even)
                return Math.Max(1, even);
            left -= demands[i];
        }
        return int.MaxValue;
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
