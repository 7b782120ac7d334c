using Akka.Actor;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// Where the dispatcher reaches the destination actors. The dispatcher lives in an actor system of its own that no partition restarts; this actor
/// lives in the clustered one and carries messages between the two, inside the process.
/// </summary>
public sealed class ClusterGate : ReceiveActor
{
    public ClusterGate(IActorRef region, IActorRef dispatcher)
    {
        Receive<DestinationActor.ICommand>(command => region.Tell(command, Self));
        Receive<DestinationActor.Allotted>(dispatcher.Tell);
    }

    public static Props Props(IActorRef region, IActorRef dispatcher) => Akka.Actor.Props.Create(() => new ClusterGate(region, dispatcher));
}
