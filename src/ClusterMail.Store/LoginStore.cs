using Npgsql;

namespace ClusterMail.Store;

/// <summary>Logins to the admin API: attempts counted for the whole cluster, sessions, and who is behind a token (ADMIN-14).</summary>
public sealed class LoginStore(NpgsqlDataSource dataSource)
{
    /// <summary>Failures that lock an account (ADMIN-14).</summary>
    public const int MostFailures = 5;

    /// <summary>How long it is locked (ADMIN-14).</summary>
    public static readonly TimeSpan Lock = TimeSpan.FromMinutes(15);

    /// <summary>Life of a session, whatever happens in it.</summary>
    public static readonly TimeSpan SessionLife = TimeSpan.FromHours(12);

    /// <summary>A session that is not used for so long has ended.</summary>
    public static readonly TimeSpan SessionIdle = TimeSpan.FromHours(1);

    /// <summary>Sessions of one account; of more, the oldest end.</summary>
    public const int MostSessions = 20;

    // Counted before the password is looked at: of a thousand guesses sent at once, five are looked at. The fifth locks, and a good login takes count and lock away again.
    private const string BeginSql = """
        UPDATE console_account SET failures = CASE WHEN locked_until IS NULL THEN failures + 1 ELSE 1 END,
            locked_until = CASE WHEN locked_until IS NULL AND failures + 1 >= $2 THEN clock_timestamp() + $3 END
        WHERE lower(name) = lower($1) AND NOT suspended AND password_hash IS NOT NULL AND (locked_until IS NULL OR locked_until <= clock_timestamp())
        RETURNING id, name, password_hash, totp_secret, locked_until IS NOT NULL
        """;

    /// <summary>Null: there is no such account, or it is locked or suspended, or has no password.</summary>
    public async Task<LoginAttempt?> BeginAsync(string name, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(BeginSql);
        command.Parameters.With(name).With(MostFailures).With(Lock);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new LoginAttempt(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetFieldValue<byte[]>(3), reader.GetBoolean(4))
            : null;
    }

    private const string WithdrawSql = "UPDATE console_account SET failures = greatest(failures - 1, 0), locked_until = NULL WHERE id = $1";

    /// <summary>An attempt that nobody had time to look at does not count, nor does one that went well.</summary>
    public async Task WithdrawAsync(LoginAttempt attempt, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(WithdrawSql);
        command.Parameters.With(attempt.Id);
        await command.ExecuteNonQueryAsync(cancel);
    }

    // Only with the password that was looked at: one set meanwhile ends sessions, and this must not be one it did not see.
    private const string CompleteSql = """
        WITH account AS (
            UPDATE console_account SET failures = 0, locked_until = NULL, last_login_at = now() WHERE id = $1 AND NOT suspended AND password_hash = $2 RETURNING id, name),
        old AS (DELETE FROM console_session WHERE expires_at <= now() OR used_at <= now() - $3
            OR (account_id = $1 AND hash IN (SELECT hash FROM console_session WHERE account_id = $1 ORDER BY created_at DESC OFFSET $4))),
        begun AS (INSERT INTO console_session (hash, account_id, expires_at, source) SELECT $5, id, now() + $6, $9 FROM account RETURNING expires_at),
        noted AS (
            INSERT INTO console_audit (who, means, source, outcome, act, subject) SELECT $7, $8, $9, 'done', 'console.login', name FROM account)
        SELECT expires_at FROM begun
        """;

    /// <summary>Begins a session; when it ends. Null: the account was changed meanwhile.</summary>
    /// <param name="session">SHA-256 of its token.</param>
    public async Task<DateTimeOffset?> CompleteAsync(LoginAttempt attempt, byte[] session, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(CompleteSql);
        command.Parameters.With(attempt.Id).With(attempt.Hash).With(SessionIdle).With(MostSessions - 1).With(session).With(SessionLife).With(by);
        return await command.ExecuteScalarAsync(cancel) is DateTime ends ? new DateTimeOffset(ends) : null;
    }

    private const string EndSql = """
        WITH done AS (DELETE FROM console_session WHERE hash = $1 RETURNING account_id)
        INSERT INTO console_audit (who, means, source, outcome, act, subject)
        SELECT $2, $3, $4, 'done', 'console.logout', a.name FROM done JOIN console_account AS a ON a.id = done.account_id
        """;

    public async Task EndAsync(byte[] session, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(EndSql);
        command.Parameters.With(session).With(by);
        await command.ExecuteNonQueryAsync(cancel);
    }

    // Written once a minute at most: reading must not become a stream of writes.
    private const string SessionSql = """
        WITH found AS (SELECT hash, account_id, expires_at, used_at FROM console_session WHERE hash = $1 AND expires_at > now() AND used_at > now() - $2),
        used AS (UPDATE console_session AS s SET used_at = now() FROM found WHERE s.hash = found.hash AND found.used_at < now() - interval '1 minute')
        SELECT a.name, a.roles, a.domains, a.totp_secret IS NOT NULL, found.expires_at, '' FROM found JOIN console_account AS a ON a.id = found.account_id WHERE NOT a.suspended
        """;

    /// <summary>Null: there is no such session, or it has ended.</summary>
    public Task<Identity?> SessionAsync(byte[] hash, CancellationToken cancel) => IdentityAsync(SessionSql, hash, SessionIdle, cancel);

    private const string TokenSql = """
        WITH found AS (SELECT hash, account_id, expires_at, used_at, name FROM console_token WHERE hash = $1 AND (expires_at IS NULL OR expires_at > now())),
        used AS (UPDATE console_token AS t SET used_at = now() FROM found WHERE t.hash = found.hash AND (found.used_at IS NULL OR found.used_at < now() - interval '1 minute'))
        SELECT a.name, a.roles, a.domains, a.totp_secret IS NOT NULL, found.expires_at, found.name FROM found JOIN console_account AS a ON a.id = found.account_id WHERE NOT a.suspended
        """;

    /// <summary>Null: there is no such token, or it has expired.</summary>
    public Task<Identity?> TokenAsync(byte[] hash, CancellationToken cancel) => IdentityAsync(TokenSql, hash, null, cancel);

    private async Task<Identity?> IdentityAsync(string sql, byte[] hash, TimeSpan? idle, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(sql);
        command.Parameters.With(hash);
        if (idle is { } longest)
            command.Parameters.With(longest);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new Identity(reader.GetString(0), reader.GetFieldValue<string[]>(1), reader.GetFieldValue<string[]>(2), reader.GetBoolean(3), reader.Time(4), reader.GetString(5))
            : null;
    }
}

/// <param name="Hash">PHC string of the password.</param>
/// <param name="TotpSecret">Null: no second factor.</param>
/// <param name="Locks">Unless it goes well, the account is locked now.</param>
public sealed record LoginAttempt(long Id, string Name, string Hash, byte[]? TotpSecret, bool Locks);

/// <summary>Who is behind a token, as the database has it at this moment.</summary>
/// <param name="Token">Name of the token; empty: it is a session.</param>
public sealed record Identity(string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Domains, bool SecondFactor, DateTimeOffset? ExpiresAt, string Token);
