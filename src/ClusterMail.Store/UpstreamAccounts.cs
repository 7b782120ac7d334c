using Npgsql;

namespace ClusterMail.Store;

/// <summary>Logins of accounts at the next server, as administrators set them (APPROVE-424). Secrets come sealed and do not come back out.</summary>
public sealed class UpstreamAccounts(NpgsqlDataSource dataSource)
{
    /// <summary>Logins one import sets at most.</summary>
    public const int Most = 10_000;

    // Of the audit only that it was set and under which name.
    private const string SetSql = """
        WITH wanted AS (
            SELECT a.id, a.name, a.domain, w.user_name, w.secret FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) AS w(domain, name, user_name, secret)
            JOIN account a ON a.domain = w.domain AND lower(a.name) = lower(w.name) AND a.removed_at IS NULL),
        done AS (
            INSERT INTO upstream_login (account_id, user_name, secret, changed_by) SELECT id, user_name, secret, $5 FROM wanted
            ON CONFLICT (account_id) DO UPDATE SET user_name = excluded.user_name, secret = excluded.secret, changed_by = excluded.changed_by, changed_at = clock_timestamp()
            RETURNING account_id),
        noted AS (
            INSERT INTO console_audit (who, means, source, outcome, act, subject, new_value)
            SELECT $6, $7, $8, 'done', 'account.upstream-set', wanted.name || '@' || wanted.domain, jsonb_build_object('user', wanted.user_name) FROM wanted)
        SELECT name || '@' || domain FROM wanted
        """;

    /// <summary>All of them, or none: the answer names those there are no accounts for, and then nothing was written.</summary>
    /// <returns>Empty: all are set.</returns>
    public async Task<IReadOnlyList<string>> SetAsync(IReadOnlyList<NewUpstreamLogin> logins, Author by, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var found = await WriteAsync(connection, logins, by, cancel);
        var missing = logins.Select(one => $"{one.Name}@{one.Domain}").Where(address => !found.Contains(address)).ToList();
        if (missing.Count == 0)
            await transaction.CommitAsync(cancel);
        return missing;
    }

    /// <summary>Those there are accounts for.</summary>
    /// <returns>Their addresses.</returns>
    internal static async Task<IReadOnlySet<string>> WriteAsync(NpgsqlConnection connection, IReadOnlyList<NewUpstreamLogin> logins, Author by, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(SetSql, connection);
        command.Parameters.With(logins.Select(one => one.Domain).ToArray()).With(logins.Select(one => one.Name).ToArray())
            .With(logins.Select(one => one.User).ToArray()).With(logins.Select(one => one.Secret).ToArray()).With(by.Name).With(by);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadAsync(cancel))
            found.Add(reader.GetString(0));
        return found;
    }

    private const string AllSql = """
        SELECT a.domain, a.name, u.user_name, u.secret FROM upstream_login u JOIN account a ON a.id = u.account_id WHERE a.removed_at IS NULL ORDER BY a.domain, lower(a.name)
        """;

    /// <summary>Sealed as they are: they open only where the nodes have the same key.</summary>
    internal static async Task<IReadOnlyList<NewUpstreamLogin>> AllAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(AllSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var all = new List<NewUpstreamLogin>();
        while (await reader.ReadAsync(cancel))
            all.Add(new NewUpstreamLogin(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetFieldValue<byte[]>(3)));
        return all;
    }

    private const string ShowSql = """
        SELECT a.name || '@' || a.domain, u.user_name, u.changed_at, u.changed_by, coalesce(s.proven, false), coalesce(s.failures, 0), coalesce(s.reply, ''),
               CASE WHEN s.blocked_until > clock_timestamp() THEN s.blocked_until END,
               (SELECT coalesce(sum(mails), 0) FROM upstream_use WHERE account_id = a.id AND minute > clock_timestamp() - interval '61 minutes')
        FROM account a LEFT JOIN upstream_login u ON u.account_id = a.id LEFT JOIN upstream_state s ON s.account_id = a.id AND s.kind = 2 AND s.secret_of = u.changed_at
        WHERE a.domain = $1 AND lower(a.name) = lower($2) AND a.removed_at IS NULL
        """;

    /// <summary>Null: there is no such account.</summary>
    public async Task<UpstreamLoginRow?> ShowAsync(string domain, string name, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ShowSql);
        command.Parameters.With(domain).With(name);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            return null;
        return new UpstreamLoginRow(reader.GetString(0), reader.TextOrNull(1))
        {
            ChangedAt = reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2),
            ChangedBy = reader.TextOrNull(3) ?? "",
            Proven = reader.GetBoolean(4),
            Failures = reader.GetInt32(5),
            Reply = reader.GetString(6),
            BlockedUntil = reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7),
            SentThisHour = reader.GetInt64(8),
        };
    }

    private const string RemoveSql = """
        WITH gone AS (
            DELETE FROM upstream_login u USING account a
            WHERE a.id = u.account_id AND a.domain = $1 AND lower(a.name) = lower($2) AND a.removed_at IS NULL RETURNING a.name || '@' || a.domain AS address, u.user_name)
        INSERT INTO console_audit (who, means, source, outcome, act, subject, old_value)
        SELECT $3, $4, $5, 'done', 'account.upstream-remove', address, jsonb_build_object('user', user_name) FROM gone
        """;

    /// <summary>False: it had none.</summary>
    public async Task<bool> RemoveAsync(string domain, string name, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(RemoveSql);
        command.Parameters.With(domain).With(name).With(by);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }
}

/// <param name="Domain">Lower case, A-labels.</param>
/// <param name="Secret">Sealed.</param>
public sealed record NewUpstreamLogin(string Domain, string Name, string User, byte[] Secret);

/// <summary>What may be shown of a login upstream.</summary>
/// <param name="User">Null: the account has none.</param>
public sealed record UpstreamLoginRow(string Address, string? User)
{
    public DateTimeOffset? ChangedAt { get; init; }
    public string ChangedBy { get; init; } = "";

    /// <summary>It was taken at least once.</summary>
    public bool Proven { get; init; }

    /// <summary>Since it was last taken.</summary>
    public int Failures { get; init; }

    /// <summary>Host and reply of the last failure.</summary>
    public string Reply { get; init; } = "";
    public DateTimeOffset? BlockedUntil { get; init; }
    public long SentThisHour { get; init; }
}
