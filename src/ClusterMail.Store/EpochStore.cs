using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>The queue as a node writes it under one epoch: over connections of that epoch only, which end with it.</summary>
public sealed class EpochStore : IAsyncDisposable
{
    private readonly NpgsqlDataSource _pool;
    private readonly LoneConnection _lone;

    private EpochStore(NpgsqlDataSource pool, LoneConnection lone, ContentKeys? keys) =>
        (_pool, _lone, Queue) = (pool, lone, new QueueStore(pool, keys) { Lone = lone });

    public QueueStore Queue { get; }

    /// <summary>Connects when it is used.</summary>
    /// <param name="applicationName">As in <see cref="Database.Open"/>.</param>
    /// <param name="keys">Keys of contents; null: nothing is sealed.</param>
    public static EpochStore Open(string connectionString, string applicationName, long epoch, ContentKeys? keys = null) =>
        new(Database.Open(connectionString, applicationName, epoch), new LoneConnection(Database.OpenUnpooled(connectionString, applicationName, epoch)), keys);

    public async ValueTask DisposeAsync()
    {
        await _lone.DisposeAsync();
        await _pool.DisposeAsync();
    }
}
