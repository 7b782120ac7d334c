using Npgsql;

namespace ClusterMail.Store;

/// <summary>What every node looks at after each renewal of its lease, in one round trip: a node without mail does little else.</summary>
public sealed class NewsStore(NpgsqlDataSource dataSource)
{
    /// <param name="lease">Name of the lease whose holder is asked for, see <see cref="LeaseStore"/>.</param>
    /// <param name="dropsAfter">Last drop that is known, see <see cref="RouteCacheStore"/>.</param>
    public async Task<News> LookAsync(string lease, long dropsAfter, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then(DestinationStore.ListDownSql);
        batch.Then(RouteCacheStore.SinceSql).Parameters.With(dropsAfter);
        batch.Then(LeaseStore.HolderSql).Parameters.With(lease);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var down = await DestinationStore.ReadDownAsync(reader, cancel);
        await reader.NextResultAsync(cancel);
        var drops = await RouteCacheStore.ReadAsync(reader, cancel);
        await reader.NextResultAsync(cancel);
        return new News(down, drops, await reader.ReadAsync(cancel) ? reader.GetString(0) : null);
    }
}

/// <param name="Down">Destinations that are left alone at this moment.</param>
/// <param name="Drops">What is to be forgotten of DNS, in order.</param>
/// <param name="Holder">Who has the lease; null: nobody.</param>
public sealed record News(IReadOnlyList<DownDestination> Down, IReadOnlyList<RouteCacheDrop> Drops, string? Holder);
