using Npgsql;

namespace ClusterMail.Store;

/// <summary>Asks the primary for its synchronous standbys. Reads memory of the server only, and no commit is waited for: cheap, and quick while commits stand still.</summary>
public sealed class StandbyReader(NpgsqlDataSource dataSource)
{
    // 'FIRST 2 (a, b)', 'ANY 1 (a, b)', '2 (a, b)' want so many at once; a bare list wants one. Without pg_monitor rows are there, but say nothing.
    private const string StateSql = """
        WITH wanted AS (
            SELECT coalesce(substring(current_setting('synchronous_standby_names') from '(?i)^\s*(?:first\s|any\s)?\s*(\d+)\s*\(')::integer, 1) AS number)
        SELECT CASE
            WHEN current_setting('synchronous_standby_names') = '' THEN 'NoneNamed'
            WHEN current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN 'NotWaitedFor'
            WHEN (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')) >= wanted.number THEN 'Connected'
            WHEN EXISTS (SELECT FROM pg_stat_replication WHERE state IS NULL) THEN 'Hidden'
            ELSE 'Away' END
        FROM wanted
        """;

    public async Task<StandbyState> LookAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(StateSql);
        return Enum.Parse<StandbyState>((string)(await command.ExecuteScalarAsync(cancel))!);
    }
}
