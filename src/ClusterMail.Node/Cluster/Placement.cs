using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Schedule;

namespace ClusterMail.Node.Cluster;

/// <summary>
/// What runs where. Sharded: destinations, by next hop; held mails, by HoldId. Singletons: leader, reaper, herald, deadlines, coordinator of the service addresses. Per node: dispatcher, receiver and IP watcher, which live in an actor
/// system of their own and are not started here. Nothing else says where an actor lives.
/// </summary>
public sealed class Placement(Func<DestinationOptions> destination, Func<Props> leader, Func<Props> reaper, Func<Props> herald, Func<Props> addresses, NodeApproval approval, Func<IActorRef> dispatcher)
{
    /// <summary>Shards of the destination actors: ten times the nodes of a large farm.</summary>
    private const int Shards = 100;

    private volatile IActorRef _gate = ActorRefs.Nobody;
    private volatile IActorRef _holds = ActorRefs.Nobody;

    /// <summary>Where the dispatcher reaches the destination actors; nobody while there is no cluster.</summary>
    public IActorRef Gate => _gate;

    /// <summary>Where acts on held mails go; nobody while there is no cluster.</summary>
    public IActorRef Holds => _holds;

    public void Start(ActorSystem system)
    {
        var region = ClusterSharding.Get(system).Start(
            "destination", DestinationActor.Props(destination, TimeProvider.System), ClusterShardingSettings.Create(system), new ByNextHop());
        Singleton(system, leader(), "leader");
        Singleton(system, reaper(), "reaper");
        Singleton(system, herald(), "herald");
        Singleton(system, addresses(), "addresses");
        Singleton(system, approval.Deadlines(), "deadlines");
        _holds = ClusterSharding.Get(system).Start("hold", HoldActor.Props(approval.Desk), ClusterShardingSettings.Create(system), new ByHold());
        _gate = system.ActorOf(ClusterGate.Props(region, dispatcher()), "gate");
    }

    public void Stop() => _gate = _holds = ActorRefs.Nobody;

    private static void Singleton(ActorSystem system, Props props, string name) =>
        system.ActorOf(ClusterSingletonManager.Props(props, PoisonPill.Instance, ClusterSingletonManagerSettings.Create(system).WithSingletonName(name)), $"{name}-keeper");

    private sealed class ByNextHop() : HashCodeMessageExtractor(Shards)
    {
        public override string? EntityId(object message) => (message as DestinationActor.ICommand)?.NextHop;
    }

    private sealed class ByHold() : HashCodeMessageExtractor(Shards)
    {
        public override string? EntityId(object message) => (message as HoldActor.Attempt)?.Act.Hold;
    }
}
