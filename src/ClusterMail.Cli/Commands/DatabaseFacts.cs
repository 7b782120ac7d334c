using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Npgsql;

namespace ClusterMail.Cli.Commands;

/// <summary>What <c>db status</c> shows, read from the database itself.</summary>
internal static class DatabaseFacts
{
    private const string ServerSql = """
        SELECT current_setting('server_version'), pg_is_in_recovery(), current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
               pg_database_size(current_database()), (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), current_setting('max_connections')::int
        """;

    // Partitions, indexes and TOAST count for their table; the rows are the statistics' estimate.
    private const string TablesSql = """
        SELECT coalesce(pg_partition_root(relid), relid)::regclass::text, sum(pg_total_relation_size(relid))::bigint, sum(n_live_tup)::bigint, sum(n_dead_tup)::bigint
        FROM pg_stat_user_tables GROUP BY 1 ORDER BY 2 DESC, 1
        """;

    public static async Task<DbStatus> ReadAsync(string connectionString, IReadOnlyDictionary<string, string> shards, CancellationToken cancel)
    {
        var further = new List<DbShard>();
        foreach (var (name, database) in shards)
            further.Add(new DbShard(name, await TryAsync(database, cancel)));
        return await ReadAsync(connectionString, cancel) with { Shards = further };
    }

    private static async Task<DbStatus?> TryAsync(string connectionString, CancellationToken cancel)
    {
        try
        {
            return await ReadAsync(connectionString, cancel);
        }
        catch (Exception away) when (Database.IsLost(away))
        {
            return null;
        }
    }

    private static async Task<DbStatus> ReadAsync(string connectionString, CancellationToken cancel)
    {
        var schema = await Database.StatusAsync(connectionString, cancel);
        await using var source = Database.Open(connectionString, "clustermail db status", maxPoolSize: 1);
        await using var connection = await source.OpenConnectionAsync(cancel);
        var tables = await ReadTablesAsync(connection, cancel);
        var connected = await StandbyGlance.ReadAsync(connection, cancel);
        await using var command = new NpgsqlCommand(ServerSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var standbys = reader.GetString(3);
        return new DbStatus(
            $"{connection.Host}:{connection.Port}", reader.GetString(0), !reader.GetBoolean(1), reader.GetString(2), standbys.Length == 0 ? null : standbys,
            reader.GetInt64(4), (int)reader.GetInt64(5), reader.GetInt32(6), schema.Applied, schema.Pending, tables)
        {
            Standbys = [.. connected.Select(s => new DbStandby(s.Name, s.State, s.Sync, s.BehindBytes, s.LagSeconds))],
        };
    }

    private static async Task<IReadOnlyList<DbTable>> ReadTablesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(TablesSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var tables = new List<DbTable>();
        while (await reader.ReadAsync(cancel))
            tables.Add(new DbTable(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)));
        return tables;
    }
}
