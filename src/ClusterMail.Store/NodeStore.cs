using System.Globalization;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>Nodes and their leases: who is alive by the database's clock, and the fence (design §3). Also forming the cluster (design §4).</summary>
public sealed class NodeStore(NpgsqlDataSource dataSource)
{
    // After a restart of the server every lease counts from the restart, because nobody could renew while it was down.
    private const string IsAlive =
        "fenced_at IS NULL AND left_at IS NULL AND greatest(alive_until, pg_postmaster_start_time() + lease) >= clock_timestamp()";

    private const string RegisterSql = """
        INSERT INTO node (epoch, name, remoting, admin, smtp, version, roles, lease, alive_until)
        VALUES (nextval('node_epoch'), $1, $2, $3, $4, $5, $6, $7, clock_timestamp() + $7)
        RETURNING epoch
        """;

    /// <summary>A new epoch for this node, alive for <paramref name="lease"/> from now.</summary>
    public async Task<long> RegisterAsync(NodeRegistration node, TimeSpan lease, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(RegisterSql);
        command.Parameters.With(node.Name).With(node.Remoting).With(node.Admin).With(node.Smtp).With(node.Version).With(node.Roles.ToArray()).With(lease);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    // Stricter: off before draining before on.
    private const string RenewSql = """
        WITH renewed AS (
            UPDATE node SET lease = $2, alive_until = clock_timestamp() + $2
            WHERE epoch = $1 AND fenced_at IS NULL AND left_at IS NULL AND ($3::timestamptz IS NULL OR alive_until >= $3 - interval '10 seconds') RETURNING name, alive_until),
        switch AS (
            SELECT s.kind, max(CASE s.state WHEN 'on' THEN 0 WHEN 'off' THEN 2 ELSE 1 END) AS strictest
            FROM node_switch s, renewed WHERE s.scope IN ('', renewed.name) GROUP BY s.kind)
        SELECT NOT EXISTS (SELECT FROM renewed),
               coalesce((SELECT max(version) FROM setting_version), 0),
               coalesce((SELECT strictest FROM switch WHERE kind = 'receive'), 0),
               coalesce((SELECT strictest FROM switch WHERE kind = 'deliver'), 0),
               (SELECT counter FROM wake_up),
               (SELECT version FROM directory_version),
               (SELECT version FROM approval_version),
               (SELECT id FROM farm), (SELECT alive_until FROM renewed), (SELECT last_value FROM mail_number)
        """;

    /// <summary>Renews the lease. Also brings what every node must learn within seconds, so that it costs no second round trip.</summary>
    /// <param name="known">What the database answered to the last renewal of this epoch; where it knows of a lease that is shorter by 10 s it was put back from a backup, and does not renew. Null: not asked.</param>
    public async Task<Renewal> RenewAsync(long epoch, TimeSpan lease, DateTimeOffset? known, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(RenewSql);
        command.Parameters.With(epoch).With(lease).WithTime(known);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new Renewal(reader.GetBoolean(0), reader.GetInt64(1), ByStrictness(reader.GetInt32(2)), ByStrictness(reader.GetInt32(3)), reader.GetInt64(4), reader.GetInt64(5))
        {
            ApprovalVersion = reader.GetInt64(6),
            Remembered = reader.Time(8) is { } until ? new DatabaseMark(reader.GetGuid(7), epoch, until, reader.GetInt64(9)) : null,
        };
    }

    /// <summary>Of the same database.</summary>
    public RestoreStore Restores { get; } = new(dataSource);

    private const string NoticeSql = "SELECT notice_restore($1, $2, $3, $4)";

    /// <summary>Before a registration: was the database put back from a backup since <paramref name="last"/>, or carried to another server?</summary>
    /// <param name="last">What the database said to this node's last good renewal; null: nothing is remembered.</param>
    /// <returns>Why it is taken for a restored one; null: it is not.</returns>
    public async Task<string?> NoticeRestoreAsync(string node, DatabaseMark? last, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(NoticeSql);
        command.Parameters.With(node).WithGuid(last?.Farm).WithLong(last?.Epoch).WithTime(last?.AliveUntil);
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    // Counter and version come with an empty farm too.
    private const string LookSql = $"""
        SELECT n.epoch, NOT ({IsAlive}), greatest(n.alive_until, pg_postmaster_start_time() + n.lease) - clock_timestamp(), w.counter, l.version
        FROM wake_up w CROSS JOIN lockout_version l LEFT JOIN node n ON n.fenced_at IS NULL AND n.left_at IS NULL ORDER BY n.epoch
        """;

    /// <summary>
    /// Fences every epoch whose lease has ended, each in a transaction of its own, and frees its rows ('delivering' → 'queued' or 'waiting', due now).
    /// Any node may call it at any time, several at once. After a restart of the database every lease counts from the restart.
    /// An accept still in flight under the epoch either commits before the rows are freed or is refused; a session that blocks this longer than 1 s is terminated.
    /// </summary>
    public async Task<IReadOnlyList<FencedNode>> FenceExpiredAsync(string byNode, CancellationToken cancel) => (await LookAsync(byNode, cancel)).Fenced;

    /// <summary>The same, and what else a node that looks often is to see at once.</summary>
    public async Task<LookAround> LookAsync(string byNode, CancellationToken cancel)
    {
        var (expired, next, wakeUp, lockouts) = (new List<long>(), TimeSpan.MaxValue, 0L, 0L);
        await using (var command = dataSource.Ask(LookSql))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
            while (await reader.ReadAsync(cancel))
            {
                (wakeUp, lockouts) = (reader.GetInt64(3), reader.GetInt64(4));
                if (reader.IsDBNull(0))
                    continue;
                if (reader.GetBoolean(1))
                    expired.Add(reader.GetInt64(0));
                else if (reader.GetTimeSpan(2) is var left && left < next)
                    next = left;
            }
        var fenced = new List<FencedNode>();
        foreach (var epoch in expired)
            if (await FenceAsync(epoch, byNode, cancel) is { } node)
                fenced.Add(node);
        return new LookAround(fenced, next, wakeUp, lockouts);
    }

    private const string InForceSql = "UPDATE node SET settings_version = $2 WHERE epoch = $1 AND settings_version IS DISTINCT FROM $2";

    /// <summary>Tells which version of the settings this node works by from now on (ADMIN-26).</summary>
    public async Task SettingsInForceAsync(long epoch, long version, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(InForceSql);
        command.Parameters.With(epoch).With(version);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string LeaveSql = "SELECT leave_epoch($1)";

    /// <summary>Clean stop: frees the rows at once and marks the epoch as left.</summary>
    public async Task LeaveAsync(long epoch, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(LeaveSql);
        command.Parameters.With(epoch);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string ListSql = $"""
        SELECT n.name, n.epoch, n.remoting, n.admin, n.smtp, n.version, n.roles, n.started_at, n.alive_until, {IsAlive},
               n.fenced_at IS NOT NULL, n.member, n.left_at IS NOT NULL,
               coalesce((SELECT max(CASE s.state WHEN 'on' THEN 0 WHEN 'off' THEN 2 ELSE 1 END) FROM node_switch s
                         WHERE s.kind = 'receive' AND s.scope IN ('', n.name)), 0),
               coalesce((SELECT max(CASE s.state WHEN 'on' THEN 0 WHEN 'off' THEN 2 ELSE 1 END) FROM node_switch s
                         WHERE s.kind = 'deliver' AND s.scope IN ('', n.name)), 0),
               (SELECT count(*) FROM recipient r WHERE r.owner = n.epoch), n.settings_version
        FROM node n
        WHERE n.fenced_at IS NULL AND n.left_at IS NULL OR n.epoch = (SELECT max(o.epoch) FROM node o WHERE o.name = n.name)
        ORDER BY n.name, n.epoch
        """;

    /// <summary>Every epoch in force, and for each name without one its last.</summary>
    public async Task<IReadOnlyList<NodeRow>> ListAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ListSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await ReadNodesAsync(reader, cancel);
    }

    /// <summary>The same, and who holds a lease of <see cref="LeaseStore"/> at this moment; null: nobody.</summary>
    public async Task<(IReadOnlyList<NodeRow> Nodes, string? Holder)> ListAsync(string lease, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then(ListSql);
        batch.Then(LeaseStore.HolderSql).Parameters.With(lease);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var nodes = await ReadNodesAsync(reader, cancel);
        await reader.NextResultAsync(cancel);
        return (nodes, await reader.ReadAsync(cancel) ? reader.GetString(0) : null);
    }

    private static async Task<IReadOnlyList<NodeRow>> ReadNodesAsync(NpgsqlDataReader reader, CancellationToken cancel)
    {
        var nodes = new List<NodeRow>();
        while (await reader.ReadAsync(cancel))
            nodes.Add(new NodeRow(
                reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                reader.GetFieldValue<string[]>(6), reader.GetFieldValue<DateTimeOffset>(7), reader.GetFieldValue<DateTimeOffset>(8), reader.GetBoolean(9),
                reader.GetBoolean(10), reader.GetBoolean(11), reader.GetBoolean(12),
                ByStrictness(reader.GetInt32(13)), ByStrictness(reader.GetInt32(14)), reader.GetInt64(15))
            {
                SettingsVersion = reader.IsDBNull(16) ? null : reader.GetInt64(16),
            });
        return nodes;
    }

    private const string FormLockSql = "SELECT pg_advisory_xact_lock(17230, 4)";
    private const string MembersSql = $"SELECT remoting FROM node WHERE member AND epoch <> $1 AND {IsAlive} ORDER BY epoch";
    private const string FormSql = $"""
        UPDATE node SET member = true
        WHERE epoch = $1 AND fenced_at IS NULL AND left_at IS NULL
          AND NOT EXISTS (SELECT FROM node WHERE member AND epoch <> $1 AND {IsAlive})
        """;

    /// <summary>
    /// Who to join: addresses of living nodes that are members already. Empty means: this node is to form the cluster, and has been marked as a member
    /// under a lock, so that exactly one node gets that answer.
    /// </summary>
    /// <exception cref="EpochFencedException">A node out of force forms nothing.</exception>
    public async Task<IReadOnlyList<string>> FormOrJoinAsync(long epoch, CancellationToken cancel)
    {
        // Three statements, so that the second and third see what the lock's last holder committed.
        await using var batch = dataSource.CreateBatch();
        batch.Then(FormLockSql);
        batch.Then(MembersSql).Parameters.With(epoch);
        batch.Then(FormSql).Parameters.With(epoch);
        var members = new List<string>();
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            members.Add(reader.GetString(0));
        await reader.NextResultAsync(cancel);
        if (members.Count == 0 && batch.BatchCommands[2].RecordsAffected == 0)
            throw new EpochFencedException(epoch);
        return members;
    }

    /// <summary>Marks this node as a cluster member, or (downed, restarting) as not.</summary>
    public async Task SetMemberAsync(long epoch, bool member, CancellationToken cancel)
    {
        await using var command = dataSource.Ask("UPDATE node SET member = $2 WHERE epoch = $1 AND fenced_at IS NULL AND left_at IS NULL");
        command.Parameters.With(epoch).With(member);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string FenceSql = "SELECT node_name, recipients, overdue FROM fence_epoch($1, $2)";

    // By the epoch in the name, which every connection of a node carries; not the whole node, whose next epoch may be at work already.
    private const string TerminateSql = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE $1 AND pid <> pg_backend_pid()
        """;

    private async Task<FencedNode?> FenceAsync(long epoch, string byNode, CancellationToken cancel)
    {
        try
        {
            return await FenceOnceAsync(epoch, byNode, cancel);
        }
        catch (PostgresException trouble) when (trouble.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await using var command = dataSource.Ask(TerminateSql);
            command.Parameters.With($"% epoch={epoch.ToString(CultureInfo.InvariantCulture)}");
            await command.ExecuteNonQueryAsync(cancel);
        }
        try
        {
            return await FenceOnceAsync(epoch, byNode, cancel);
        }
        catch (PostgresException trouble) when (trouble.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return null; // The next second tries again; the other epochs must not wait for this one.
        }
    }

    private async Task<FencedNode?> FenceOnceAsync(long epoch, string byNode, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(FenceSql);
        command.Parameters.With(epoch).With(byNode);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new FencedNode(reader.GetString(0), epoch, reader.GetInt32(1), reader.GetTimeSpan(2))
            : null;
    }

    private static SwitchState ByStrictness(int strictness) => strictness switch
    {
        0 => SwitchState.On,
        1 => SwitchState.Draining,
        _ => SwitchState.Off,
    };
}

/// <param name="Remoting">Akka address, <c>akka.tcp://clustermail@host:port</c>.</param>
/// <param name="Admin">URL of the admin API.</param>
/// <param name="Smtp">host:port of the first relay listener, for <c>cluster status</c>.</param>
public sealed record NodeRegistration(string Name, string Remoting, string Admin, string Smtp, string Version, IReadOnlyList<string> Roles);

/// <param name="Fenced">The epoch is fenced or gone: stop owning anything and register again.</param>
/// <param name="SettingsVersion">Newest settings version.</param>
/// <param name="Receive">on, off or draining for this node (ADMIN-32): the stricter of the cluster's and the node's own switch.</param>
/// <param name="WakeUp">Grows whenever an administrator made recipients due (retry, release) or set a switch: renew and claim now.</param>
public sealed record Renewal(bool Fenced, long SettingsVersion, SwitchState Receive, SwitchState Deliver, long WakeUp, long DirectoryVersion)
{
    /// <summary>Newest version of policies of domains, keyword lists, groups, proxies and keys (APPROVE-23).</summary>
    public long ApprovalVersion { get; init; }

    /// <summary>What a node remembers, to know the database again; null when fenced.</summary>
    public DatabaseMark? Remembered { get; init; }
}

/// <summary>How far a database had come when it last answered a renewal. One that later knows less was put back from a backup.</summary>
/// <param name="Farm">Identity of the farm, see <see cref="FarmIdentity"/>.</param>
/// <param name="AliveUntil">What it wrote as the end of this epoch's lease, by its clock.</param>
/// <param name="Number">Last mail number given out.</param>
public sealed record DatabaseMark(Guid Farm, long Epoch, DateTimeOffset AliveUntil, long Number);

public enum SwitchState
{
    On,
    Off,
    Draining,
}

/// <param name="Fenced">By this look.</param>
/// <param name="NextEnd">When the next lease ends that is not renewed; <see cref="TimeSpan.MaxValue"/>: there is none.</param>
/// <param name="WakeUp">See <see cref="Renewal"/>.</param>
/// <param name="LockoutVersion">See <see cref="LockoutStore.VersionAsync"/>.</param>
public sealed record LookAround(IReadOnlyList<FencedNode> Fenced, TimeSpan NextEnd, long WakeUp, long LockoutVersion);

/// <param name="Recipients">Rows freed.</param>
/// <param name="Overdue">How long after the end of its lease the node was fenced.</param>
public sealed record FencedNode(string Name, long Epoch, int Recipients, TimeSpan Overdue);

public sealed record NodeRow(
    string Name, long Epoch, string Remoting, string Admin, string Smtp, string Version, IReadOnlyList<string> Roles,
    DateTimeOffset StartedAt, DateTimeOffset AliveUntil, bool Alive, bool Fenced, bool Member, bool Left,
    SwitchState Receive, SwitchState Deliver, long Owned)
{
    /// <summary>Of the settings, by which it works (ADMIN-26); null: it has not said yet.</summary>
    public long? SettingsVersion { get; init; }
}
