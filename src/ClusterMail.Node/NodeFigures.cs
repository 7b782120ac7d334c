using System.Diagnostics.Metrics;
using ClusterMail.Queue;
using ClusterMail.Queue.Schedule;

namespace ClusterMail.Node;

/// <summary>What a node shows of itself at <c>/metrics</c>; over all databases of the queue, where there are several.</summary>
internal static class NodeFigures
{
    /// <param name="dispatcher">What the dispatcher last showed; null before its first word.</param>
    /// <param name="accepts">Octets that wait for the main database's next commit.</param>
    /// <param name="outcomes">Outcomes that wait for it.</param>
    public static void Observe(NodeRuntime node, Func<DispatcherActor.Sight?> dispatcher, Func<long> accepts, Func<int> outcomes)
    {
        int Owned() => node.Window.Recipients + node.Shards.Sum(shard => shard.Window.Recipients);

        QueueMetrics.Observe("clustermail.queue.window", "recipients", "Recipients this node owns now.", () => Owned());
        QueueMetrics.Observe("clustermail.queue.in_flight", "recipients", "Of them, those a connection has now, or whose outcome is being written.",
            () => dispatcher() is { } sight ? Math.Max(0, Owned() - sight.Waiting) : 0);
        QueueMetrics.Observe("clustermail.queue.connections", "connections", "Outgoing sessions open now.", () => dispatcher()?.Workers ?? 0);
        QueueMetrics.Observe("clustermail.queue.window_bytes", "bytes", "Content kept in memory for them.", () => node.Window.Bytes + node.Shards.Sum(shard => shard.Window.Bytes));
        QueueMetrics.Observe("clustermail.queue.accept_waiting", "bytes", "Content waiting for its commit.", () => accepts() + node.Shards.Sum(shard => shard.Accepts.WaitingBytes));
        QueueMetrics.Observe("clustermail.queue.outcomes_waiting", "endings", "Outcomes waiting for their commit.", () => outcomes() + node.Shards.Sum(shard => shard.Outcomes.Waiting));
        QueueMetrics.Observe("clustermail.queue.shard_open", "", "1 while new mail can go into this database of the queue; none without further databases.", () => node.Shards.IsEmpty
            ? [] : node.Choice.Doors.Select(door => new Measurement<double>(door.IsOpen ? 1 : 0, new KeyValuePair<string, object?>("shard", door.Name))));
        QueueMetrics.Observe("clustermail.log.rows_dropped", "rows", "Rows of acceptlog and receivelog that could not be written in time (ADMIN-56).", () => node.Sessions.Dropped);
        QueueMetrics.Observe("clustermail.settings.version", "", "Version of the settings this node works by (ADMIN-26).", () => node.Settings.Current.Settings.Version);
        QueueMetrics.Observe("clustermail.settings.failing", "seconds", "Since when a newer version of the settings cannot be loaded; 0: all is well (ADMIN-26).",
            () => node.Settings.FailingSince is { } since ? Math.Max(1, (long)(DateTimeOffset.UtcNow - since).TotalSeconds) : 0);
        QueueMetrics.Observe("clustermail.queue.lease_valid", "", "1 while this node may own mail.", () => node.Lease.IsValid ? 1 : 0);
        QueueMetrics.Observe("clustermail.queue.epoch", "", "Epoch under which this node owns mail.", () => node.Lease.Current?.Epoch ?? 0);
        QueueMetrics.Observe("clustermail.database.standby_missing", "", "1 while the settings want a synchronous standby and there is none (P1).", () => node.Standby.IsLacking ? 1 : 0);
        QueueMetrics.Observe("clustermail.ldap.down", "", "1 while the directory of domains with login=ldap gives no answer (STORE-2).", () => node.Ldap.IsDown ? 1 : 0);
        QueueMetrics.Observe("clustermail.node.thread_pool_waiting", "items", "Work waiting for a thread; an alarm when it stays above 0.", () => ThreadPool.PendingWorkItemCount);
    }
}
