using Npgsql;

namespace ClusterMail.Store;

/// <summary>A standby connected to the server that was asked.</summary>
/// <param name="Name">Its <c>application_name</c>, by which <c>synchronous_standby_names</c> knows it.</param>
/// <param name="State"><c>streaming</c>, <c>catchup</c> …; null: the role may not know (it needs <c>pg_monitor</c>).</param>
/// <param name="Sync"><c>sync</c> or <c>quorum</c>: a commit waits for it; <c>potential</c>, <c>async</c>: not. Null as above.</param>
/// <param name="BehindBytes">Log written here and not yet on its disk; null: not known.</param>
/// <param name="LagSeconds">How much later it shows what is committed here; null while nothing is written.</param>
public sealed record StandbyGlance(string Name, string? State, string? Sync, long? BehindBytes, double? LagSeconds)
{
    // A base backup that is being taken is no standby.
    internal const string Sql = """
        SELECT coalesce(application_name, ''), state, sync_state,
               CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), flush_lsn)::bigint END, extract(epoch FROM replay_lag)::double precision
        FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' ORDER BY 1 LIMIT 20
        """;

    /// <summary>Asks over a connection that is open. At most 20.</summary>
    public static async Task<IReadOnlyList<StandbyGlance>> ReadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await ReadAsync(reader, cancel);
    }

    internal static async Task<IReadOnlyList<StandbyGlance>> ReadAsync(NpgsqlDataReader reader, CancellationToken cancel)
    {
        var standbys = new List<StandbyGlance>();
        while (await reader.ReadAsync(cancel))
            standbys.Add(new(
                reader.GetString(0), reader.Text(1), reader.Text(2), await reader.IsDBNullAsync(3, cancel) ? null : reader.GetInt64(3),
                await reader.IsDBNullAsync(4, cancel) ? null : reader.GetDouble(4)));
        return standbys;
    }
}
