using Npgsql;

namespace ClusterMail.Store;

/// <summary>Tells all nodes what to forget of DNS (MXC-5).</summary>
public sealed class RouteCacheStore(NpgsqlDataSource dataSource)
{
    // An hour is a thousand renewals: a node that has missed so many has been fenced and starts with an empty cache.
    private const string DropSql = """
        WITH old AS (DELETE FROM route_cache_drop WHERE at < now() - interval '1 hour'),
        noted AS (INSERT INTO console_audit (who, means, source, outcome, act, subject) VALUES ($2, $3, $4, 'done', 'route.cache-drop', coalesce($1, 'all')))
        INSERT INTO route_cache_drop (domain) VALUES ($1)
        """;

    /// <param name="domain">A-labels, lower case; null: everything.</param>
    public async Task DropAsync(string? domain, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(DropSql);
        command.Parameters.WithText(domain).With(by);
        await command.ExecuteNonQueryAsync(cancel);
    }

    internal const string SinceSql = "SELECT id, domain FROM route_cache_drop WHERE id > $1 ORDER BY id";

    /// <summary>What was dropped after <paramref name="id"/>, in order.</summary>
    public async Task<IReadOnlyList<RouteCacheDrop>> SinceAsync(long id, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(SinceSql);
        command.Parameters.With(id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await ReadAsync(reader, cancel);
    }

    internal static async Task<IReadOnlyList<RouteCacheDrop>> ReadAsync(NpgsqlDataReader reader, CancellationToken cancel)
    {
        var drops = new List<RouteCacheDrop>();
        while (await reader.ReadAsync(cancel))
            drops.Add(new RouteCacheDrop(reader.GetInt64(0), reader.TextOrNull(1)));
        return drops;
    }
}

/// <param name="Domain">Null: everything.</param>
public sealed record RouteCacheDrop(long Id, string? Domain);
