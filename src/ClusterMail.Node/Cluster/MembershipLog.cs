using Akka.Actor;
using Akka.Cluster;
using ClusterMail.Store;

namespace ClusterMail.Node.Cluster;

/// <summary>Writes joins, losses and returns of nodes to the events (CLU-33); only one member of the cluster does, so each stands there once.</summary>
public sealed class MembershipLog : ReceiveActor
{
    private readonly string _node;
    private readonly EventStore _events;
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);

    public MembershipLog(string node, EventStore events)
    {
        (_node, _events) = (node, events);
        Receive<ClusterEvent.MemberUp>(up => Write("node-up", $"{up.Member.Address} joined the cluster"));
        Receive<ClusterEvent.UnreachableMember>(lost => Write("node-unreachable", $"{lost.Member.Address} cannot be reached"));
        Receive<ClusterEvent.ReachableMember>(back => Write("node-reachable", $"{back.Member.Address} can be reached again"));
        Receive<ClusterEvent.MemberRemoved>(gone => Write("node-down", $"{gone.Member.Address} is out of the cluster"));
    }

    public static Props Props(string node, EventStore events) => Akka.Actor.Props.Create(() => new MembershipLog(node, events));

    protected override void PreStart() => _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
        typeof(ClusterEvent.MemberUp), typeof(ClusterEvent.UnreachableMember), typeof(ClusterEvent.ReachableMember), typeof(ClusterEvent.MemberRemoved));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void Write(string kind, string text)
    {
        if (_cluster.State.Leader != _cluster.SelfAddress)
            return;
        _events.WriteAsync(_node, kind, text, null, CancellationToken.None).ContinueWith(done => done.Exception, TaskScheduler.Default);
    }
}
