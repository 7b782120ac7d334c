using Akka.Actor;
using ClusterMail.Protocol;
using ClusterMail.Queue.Deliver;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Outcome;
using ClusterMail.Routing;
using ClusterMail.Routing.Dns;
using ClusterMail.Store;

namespace ClusterMail.Queue.Schedule;

/// <summary>What this node may own in one database, and what of it it has in its hands. A window for each, so that a database that is away takes no room from the others.</summary>
public sealed record ShardHand(LeaseKeeper Lease, Window Window);

/// <summary>What the dispatcher needs of the rest of the node.</summary>
public sealed record DispatcherParts
{
    public required string Node { get; init; }
    public required DestinationStore Destinations { get; init; }
    public required LeaseKeeper Lease { get; init; }
    public required Window Window { get; init; }

    /// <summary>The shards beside the main database, the first first. Default: none.</summary>
    public IReadOnlyList<ShardHand> Shards { get; init; } = [];
    public required BlockedDestinations Blocked { get; init; }
    public required OutcomeRecorder Recorder { get; init; }
    public required Func<DispatcherOptions> Options { get; init; }
    public required Func<WorkerOptions> WorkerOptions { get; init; }
    /// <summary>The way of a mail from its reverse-path to a recipient, and whether we wrote it (APPROVE-426).</summary>
    public required Func<ReversePath, Mailbox, bool, Route> Route { get; init; }
    public required Func<Route, CancellationToken, Task<HostSet>> Resolve { get; init; }

    /// <summary>Forgets what the resolver knows of a domain after a failed connection (MXC-3).</summary>
    public required Action<Route> Forget { get; init; }

    /// <summary>How long mail of a sender has to wait for its account's delivery hours (UDLV-1). Default: none has.</summary>
    public Func<ReversePath, TimeSpan> WaitOf { get; init; } = static _ => TimeSpan.Zero;

    /// <summary>Of so long before now the part outside the delivery hours (UDLV-2). Default: none.</summary>
    public Func<TimeSpan, TimeSpan> ClosedWithin { get; init; } = static _ => TimeSpan.Zero;

    /// <summary>Delivers into mailboxes of this cluster: no host, no connection, no waiting (DELIV-10).</summary>
    public required Action<Work> DeliverLocally { get; init; }

    /// <summary>A next hop refuses our credential, with its reply: people must know (EX-SCN-E2).</summary>
    public Action<string, string> Faulty { get; init; } = (_, _) => { };

    internal IEnumerable<ShardHand> Hands => [new ShardHand(Lease, Window), .. Shards];

    internal Window WindowOf(EpochLease lease) => lease.Shard == 0 ? Window : Shards[lease.Shard - 1].Window;

    /// <summary>The sharded destination actors.</summary>
    public required Func<IActorRef> DestinationRegion { get; init; }

    /// <summary>Is shown the state twice a second, for metrics.</summary>
    public Action<DispatcherActor.Sight> Show { get; init; } = _ => { };
}
