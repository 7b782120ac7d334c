using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin;

/// <summary>What the admin API asks of the running cluster; implemented by the node. Every method returns within a few seconds or throws <see cref="TimeoutException"/>.</summary>
public interface IClusterControl
{
    /// <summary>Name of this node.</summary>
    string NodeName { get; }

    /// <summary>The node takes no new work, finishes what runs (at most 60 s) and gives its leases back, but stays in the cluster (CLU-32). Returns when it has begun.</summary>
    Task DrainAsync(string node, Author by, CancellationToken cancel);

    /// <summary>Ends a drain.</summary>
    Task UndrainAsync(string node, Author by, CancellationToken cancel);

    /// <summary>Drains the node, takes it out of the cluster and ends its process.</summary>
    Task LeaveAsync(string node, Author by, CancellationToken cancel);

    /// <summary>Declares an unreachable node dead for the cluster. Its queue rows are not touched by this: they are freed when its lease has ended, never before.</summary>
    Task DownAsync(string node, Author by, CancellationToken cancel);

    /// <summary>Node holding the leader role (CLU-25); null when nobody does now.</summary>
    Task<string?> LeaderAsync(CancellationToken cancel);

    /// <summary>What is wanted of the database's synchronous standby, and what this node saw of it last; null: nothing is wanted.</summary>
    StandbyStatus? Standby { get; }

    /// <summary>The databases of the queue as this node sees them, the main one first; empty: there is only that.</summary>
    IReadOnlyList<ShardStatus> Shards => [];

    /// <summary>Members as this node sees them.</summary>
    IReadOnlyList<ClusterMember> Members { get; }
}
