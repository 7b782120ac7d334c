using Npgsql;

namespace ClusterMail.Store;

/// <summary>State of the cluster and of the database at a glance; what nodes say of themselves is in <see cref="NodeStore.ListAsync(System.Threading.CancellationToken)"/>.</summary>
public sealed class ClusterReader(NpgsqlDataSource dataSource)
{
    private const string GlanceSql = """
        SELECT clock_timestamp(), (SELECT coalesce(max(version), 0) FROM setting_version), (SELECT count(*) FROM recipient), (SELECT min(queued_at) FROM recipient),
               (SELECT saved_at FROM setting_version ORDER BY version DESC LIMIT 1)
        """;

    private const string SwitchesSql = "SELECT kind, state, since, by FROM node_switch WHERE scope = ''";

    public async Task<ClusterGlance> GlanceAsync(CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new(GlanceSql));
        batch.BatchCommands.Add(new(SwitchesSql));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var glance = new ClusterGlance(reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt64(1), reader.GetInt64(2), reader.Time(3), SwitchRow.NeverSet, SwitchRow.NeverSet)
        {
            SettingsSavedAt = reader.Time(4),
        };
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var row = new SwitchRow(Enum.Parse<SwitchState>(reader.GetString(1), ignoreCase: true), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3));
            glance = reader.GetString(0) == "receive" ? glance with { Receive = row } : glance with { Deliver = row };
        }
        return glance;
    }

    private const string DatabaseSql = """
        SELECT coalesce(host(inet_server_addr()), 'local socket'), current_setting('server_version'),
               NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off',
               current_setting('synchronous_commit'), nullif(current_setting('synchronous_standby_names'), ''), pg_database_size(current_database()),
               (SELECT count(*)::integer FROM pg_stat_activity WHERE backend_type = 'client backend'), current_setting('max_connections')::integer
        """;

    private const string TablesSql = """
        SELECT s.relname, pg_total_relation_size(s.relid), greatest(c.reltuples, 0)::bigint, s.n_dead_tup
        FROM pg_stat_user_tables AS s JOIN pg_class AS c ON c.oid = s.relid
        ORDER BY 2 DESC, 1 LIMIT 50
        """;

    private const string AppliedSql = "SELECT scriptname FROM schema_version ORDER BY scriptname";

    public async Task<DatabaseGlance> DatabaseAsync(CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.BatchCommands.Add(new(DatabaseSql));
        batch.BatchCommands.Add(new(TablesSql));
        batch.BatchCommands.Add(new(AppliedSql));
        batch.BatchCommands.Add(new(StandbyGlance.Sql));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var tables = new List<TableGlance>();
        var applied = new List<string>();
        var glance = new DatabaseGlance(
            reader.GetString(0), reader.GetString(1), reader.GetBoolean(2), reader.GetString(3), reader.Text(4), reader.GetInt64(5), reader.GetInt32(6), reader.GetInt32(7),
            tables, applied);
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            tables.Add(new(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)));
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            applied.Add(ScriptName(reader.GetString(0)));
        await reader.NextResultAsync(cancel);
        return glance with { Standbys = await StandbyGlance.ReadAsync(reader, cancel) };
    }

    /// <summary>Schema scripts this program brings, for example <c>0001_queue</c>.</summary>
    public static IReadOnlyList<string> Scripts { get; } =
        [.. typeof(ClusterReader).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Select(ScriptName).Order(StringComparer.Ordinal)];

    private static string ScriptName(string resource) => resource.Split('.') is [.., var name, "sql"] ? name : resource;
}

/// <param name="Now">The database's clock.</param>
/// <param name="Receive">The switch of the whole cluster.</param>
public sealed record ClusterGlance(DateTimeOffset Now, long SettingsVersion, long Waiting, DateTimeOffset? Oldest, SwitchRow Receive, SwitchRow Deliver)
{
    /// <summary>When the newest version of the settings was saved; null: nothing ever was.</summary>
    public DateTimeOffset? SettingsSavedAt { get; init; }
}

/// <param name="Since">Null: never switched.</param>
public sealed record SwitchRow(SwitchState State, DateTimeOffset? Since, string? By)
{
    public static SwitchRow NeverSet { get; } = new(SwitchState.On, null, null);
}

public sealed record DatabaseGlance(
    string Server, string Version, bool Writable, string SynchronousCommit, string? SynchronousStandbys, long Size, int Connections, int MaxConnections,
    IReadOnlyList<TableGlance> Tables, IReadOnlyList<string> Applied)
{
    public IReadOnlyList<StandbyGlance> Standbys { get; init; } = [];
}

/// <param name="Rows">The planner's estimate.</param>
public sealed record TableGlance(string Name, long Bytes, long Rows, long Dead);
