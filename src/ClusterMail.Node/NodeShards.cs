using ClusterMail.Store;
using Npgsql;

namespace ClusterMail.Node;

/// <summary>The databases a node's file names, opened and checked.</summary>
public static class NodeShards
{
    /// <summary>Pools for everything but the hot path, which has its own for each epoch.</summary>
    public static Shards Open(NodeOptions node, NpgsqlDataSource main) =>
        new([new Shard(Shard.MainName, main), .. node.Shards.Select(shard => new Shard(shard.Name, Database.Open(shard.Database, $"clustermaild {node.Name}")))]);

    /// <summary>A shard that is away now is none of the node's business: it starts, and looks again. One that is the wrong database must not be found out later.</summary>
    /// <exception cref="InvalidOperationException">Which, and what to do.</exception>
    public static async Task CheckAsync(NodeOptions node, CancellationToken cancel)
    {
        if (node.Shards.IsEmpty)
            return;
        await using var main = Database.Open(node.Database, $"clustermaild {node.Name} check", maxPoolSize: 1);
        foreach (var options in node.Shards)
        {
            await using var source = Database.Open(options.Database, $"clustermaild {node.Name} check", maxPoolSize: 1);
            string? fault;
            try
            {
                fault = await NodeShard.FaultAsync(main, options, source, cancel);
            }
            catch (Exception away) when (Database.IsLost(away))
            {
                continue;
            }
            if (fault is not null)
                throw new InvalidOperationException(fault);
        }
    }
}
