using Npgsql;

namespace ClusterMail.Store;

/// <summary>
/// Logins of accounts at the next server, as deliveries use them: what is kept, how the last tries went, and how much each has sent. One truth for all nodes, so that a provider
/// sees one careful client and not several (APPROVE-426, APPROVE-427).
/// </summary>
public sealed class UpstreamStore(NpgsqlDataSource dataSource)
{
    private const string FindSql = """
        SELECT a.id, a.domain, a.name, a.suspended, a.recoverable, coalesce(a.password_at, a.created_at), u.user_name, u.secret, u.changed_at
        FROM account a LEFT JOIN upstream_login u ON u.account_id = a.id
        WHERE a.domain = $1 AND lower(a.name) = lower($2) AND a.removed_at IS NULL
        """;

    /// <summary>Null: there is no such account.</summary>
    /// <param name="domain">Lower case, A-labels.</param>
    public async Task<UpstreamRow?> FindAsync(string domain, string name, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(FindSql);
        command.Parameters.With(domain).With(name);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new UpstreamRow(
                reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.IsDBNull(4) ? null : reader.GetFieldValue<byte[]>(4), reader.GetFieldValue<DateTimeOffset>(5),
                reader.IsDBNull(6) ? null : new UpstreamSecret(reader.GetString(6), reader.GetFieldValue<byte[]>(7), reader.GetFieldValue<DateTimeOffset>(8)))
            : null;
    }

    // A login that is known to work is tried by as many as want; one that is not, by one at a time. An older secret than the one the row is about has no say.
    private const string BeginSql = """
        INSERT INTO upstream_state AS s (account_id, kind, secret_of, trying_until) VALUES ($1, $2, $3, clock_timestamp() + interval '60 seconds')
        ON CONFLICT (account_id, kind) DO UPDATE SET
            secret_of = $3, trying_until = clock_timestamp() + interval '60 seconds',
            proven = s.secret_of = $3 AND s.proven, failures = CASE WHEN s.secret_of = $3 THEN s.failures ELSE 0 END,
            told_at = CASE WHEN s.secret_of = $3 THEN s.told_at END, blocked_until = NULL
        WHERE s.secret_of < $3 OR (s.secret_of = $3 AND (s.blocked_until IS NULL OR s.blocked_until <= clock_timestamp())
            AND ((s.proven AND s.failures = 0) OR s.trying_until IS NULL OR s.trying_until <= clock_timestamp()))
        """;

    private const string BlockedSql = "SELECT greatest(blocked_until - clock_timestamp(), interval '0') FROM upstream_state WHERE account_id = $1 AND kind = $2";

    /// <summary>Whether a login may be tried now.</summary>
    public async Task<UpstreamTurn> BeginAsync(UpstreamSecretKey key, CancellationToken cancel)
    {
        await using var begin = dataSource.Ask(BeginSql);
        begin.Parameters.With(key.Account).With(key.Kind).With(key.SecretOf.UtcDateTime);
        if (await begin.ExecuteNonQueryAsync(cancel) == 1)
            return new UpstreamTurn(true, TimeSpan.Zero);
        await using var blocked = dataSource.Ask(BlockedSql);
        blocked.Parameters.With(key.Account).With(key.Kind);
        return new UpstreamTurn(false, await blocked.ExecuteScalarAsync(cancel) is TimeSpan left ? left : TimeSpan.Zero);
    }

    private const string TakenSql = """
        UPDATE upstream_state SET proven = true, failures = 0, trying_until = NULL, blocked_until = NULL, told_at = NULL, reply = ''
        WHERE account_id = $1 AND kind = $2 AND secret_of = $3 AND (NOT proven OR failures > 0 OR trying_until IS NOT NULL)
        """;

    public Task TakenAsync(UpstreamSecretKey key, CancellationToken cancel) => ChangeAsync(TakenSql, key, cancel);

    private const string UndecidedSql = "UPDATE upstream_state SET trying_until = NULL WHERE account_id = $1 AND kind = $2 AND secret_of = $3 AND trying_until IS NOT NULL";

    /// <summary>The host had no opinion of it: it could not be reached, or spoke of something else.</summary>
    public Task UndecidedAsync(UpstreamSecretKey key, CancellationToken cancel) => ChangeAsync(UndecidedSql, key, cancel);

    private async Task ChangeAsync(string sql, UpstreamSecretKey key, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(sql);
        command.Parameters.With(key.Account).With(key.Kind).With(key.SecretOf.UtcDateTime);
        await command.ExecuteNonQueryAsync(cancel);
    }

    // The event comes with the first failure of a series, in the same statement: it is told once, whatever happens.
    private const string RefusedSql = """
        WITH refused AS (
            UPDATE upstream_state SET failures = failures + 1, trying_until = NULL, reply = $4, blocked_until = CASE WHEN failures + 1 >= $5 THEN clock_timestamp() + $6 END
            WHERE account_id = $1 AND kind = $2 AND secret_of = $3 RETURNING account_id, failures)
        INSERT INTO event (node, kind, text, data)
        SELECT $7, 'upstream-login-refused', format('the next server refuses the login of %s@%s (%s): its mail waits. Set the right password: clustermail account upstream set %s@%s', a.name, a.domain, $4, a.name, a.domain),
               jsonb_build_object('address', a.name || '@' || a.domain)
        FROM refused JOIN account a ON a.id = refused.account_id WHERE refused.failures = 1
        """;

    /// <param name="reply">Host and its reply; never a secret.</param>
    /// <param name="most">After so many failures in a row nobody tries for <paramref name="pause"/>.</param>
    public async Task RefusedAsync(UpstreamSecretKey key, string node, string reply, int most, TimeSpan pause, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(RefusedSql);
        command.Parameters.With(key.Account).With(key.Kind).With(key.SecretOf.UtcDateTime).With(reply).With(most).With(pause).With(node);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string TurnSql = "SELECT upstream_turn($1, $2)";

    /// <summary>Takes one transaction of an account's hour; zero: it may go. Else it was not taken, and so long is to be waited.</summary>
    public async Task<TimeSpan> TurnAsync(long account, int mostPerHour, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(TurnSql);
        command.Parameters.With(account).With(mostPerHour);
        return (TimeSpan)(await command.ExecuteScalarAsync(cancel))!;
    }
}

/// <param name="Recoverable">Its password here, sealed; null: not kept.</param>
/// <param name="PasswordAt">When that was set.</param>
/// <param name="Upstream">Null: it has no login upstream.</param>
public sealed record UpstreamRow(long Id, string Domain, string Name, bool Suspended, byte[]? Recoverable, DateTimeOffset PasswordAt, UpstreamSecret? Upstream);

/// <param name="Secret">Sealed.</param>
public sealed record UpstreamSecret(string User, byte[] Secret, DateTimeOffset ChangedAt);

/// <summary>One secret of one account, in one of its stores.</summary>
/// <param name="SecretOf">When it was set.</param>
public sealed record UpstreamSecretKey(long Account, short Kind, DateTimeOffset SecretOf);

/// <param name="Blocked">When it may not: for so long nobody may; zero: somebody is just finding out.</param>
public sealed record UpstreamTurn(bool May, TimeSpan Blocked);
