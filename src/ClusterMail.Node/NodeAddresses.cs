using System.Diagnostics.Metrics;
using Akka.Actor;
using ClusterMail.Node.Addresses;
using ClusterMail.Queue;
using ClusterMail.Store;
using Npgsql;

namespace ClusterMail.Node;

/// <summary>This node's part in holding service addresses (CLU-23).</summary>
public sealed class NodeAddresses(NodeOptions options, NodeRuntime node, NpgsqlDataSource source, EventStore events, ActorSystem system)
{
    /// <summary>Taking an address off and giving it back takes milliseconds; without the database its lease ends by itself.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private volatile IReadOnlyDictionary<string, bool> _held = new Dictionary<string, bool>();
    private IActorRef _watcher = ActorRefs.Nobody;

    public void Start()
    {
        var readiness = new NodeReadiness(node);
        _watcher = system.ActorOf(IpWatcherActor.Props(new IpWatcherParts
        {
            Node = options.Name,
            Store = new AddressStore(source),
            Events = events,
            Wanted = () => options.Roles.Contains("receive") ? node.Settings.Current.ServiceAddresses : [],
            Epoch = () => node.Lease.Current?.Epoch,
            NotReady = () => readiness.NotServing,
            Listeners = () => NodeListeners.Of(options, node.Settings.Current.Settings),
            Denied = () => node.Settings.Current.Receive.HiddenAddresses,
            Reachable = options.Remoting.Address,
            Show = held => _held = held,
        }), "ip-watcher");
        QueueMetrics.Observe("clustermail.address.held", "", "1 while this node holds the service address (CLU-23).",
            () => _held.Select(one => new Measurement<double>(one.Value ? 1 : 0, new KeyValuePair<string, object?>("address", one.Key))));
    }

    /// <summary>Gives everything back, so that clients find the next node at once (CLU-32). Waits 5 s at most.</summary>
    public Task StopAsync() => _watcher.IsNobody() ? Task.CompletedTask
        : _watcher.Ask<IpWatcherActor.Stopped>(new IpWatcherActor.Stop(), StopLimit).ContinueWith(done => done.Exception, TaskScheduler.Default);
}
