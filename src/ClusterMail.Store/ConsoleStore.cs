using Npgsql;

namespace ClusterMail.Store;

/// <summary>Console accounts and their tokens as a cluster administrator changes them (ADMIN-12). Each change is one statement with its row in the audit.</summary>
public sealed class ConsoleStore(NpgsqlDataSource dataSource)
{
    /// <summary>Console accounts there may be: people who run a mail farm, and programs.</summary>
    public const int MostAccounts = 10_000;

    /// <summary>Tokens one account may have.</summary>
    public const int MostTokens = 20;

    private const string Noted = "INSERT INTO console_audit (who, means, source, outcome, act, subject, old_value, new_value) SELECT";

    private const string AddSql = $$"""
        WITH done AS (
            INSERT INTO console_account AS a (name, roles, domains, password_hash, password_at, changed_by)
            SELECT $1, $2, $3, $4, CASE WHEN $4 IS NOT NULL THEN now() END, $5 WHERE (SELECT count(*) FROM console_account) < $6
            ON CONFLICT (lower(name)) DO NOTHING RETURNING a.name, a AS is_now)
        {{Noted}} $7, $8, $9, 'done', 'console.add', name, NULL,
            audit_console_account(is_now) || CASE WHEN $4 IS NULL THEN '{}' ELSE '{"password": "changed"}' END::jsonb FROM done
        """;

    /// <summary>False: there is one of that name, or there are <see cref="MostAccounts"/>.</summary>
    /// <param name="hash">PHC string; null: no password yet, no login.</param>
    public async Task<bool> AddAsync(string name, IReadOnlyList<string> roles, IReadOnlyList<string> domains, string? hash, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(AddSql);
        command.Parameters.With(name).WithTexts(roles).WithTexts(domains).WithText(hash).With(by.Name).With(MostAccounts).With(by);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    // Who loses a right, or is suspended, loses it with the next request: roles are read with each of them.
    private const string ChangeSql = $$"""
        WITH old AS (SELECT a.id, a AS was FROM console_account AS a WHERE lower(name) = lower($1) FOR UPDATE),
        done AS (
            UPDATE console_account AS a SET roles = coalesce($2, roles), domains = coalesce($3, domains), suspended = coalesce($4, suspended), changed_at = now(), changed_by = $5
            FROM old WHERE a.id = old.id RETURNING a.id, a.name, a AS is_now),
        ended AS (DELETE FROM console_session AS s USING done WHERE s.account_id = done.id AND $4)
        {{Noted}} $6, $7, $8, 'done', 'console.change', name, audit_difference(audit_console_account(was), audit_console_account(is_now)),
            audit_difference(audit_console_account(is_now), audit_console_account(was)) FROM old JOIN done USING (id)
        """;

    /// <summary>What is null stays. False: there is no such account.</summary>
    public async Task<bool> ChangeAsync(string name, IReadOnlyList<string>? roles, IReadOnlyList<string>? domains, bool? suspended, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ChangeSql);
        command.Parameters.With(name).WithTexts(roles).WithTexts(domains).With(suspended).With(by.Name).With(by);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private const string RemoveSql = $$"""
        WITH done AS (DELETE FROM console_account AS a WHERE lower(name) = lower($1) RETURNING a.name, a AS was)
        {{Noted}} $2, $3, $4, 'done', 'console.remove', name, audit_console_account(was), NULL FROM done
        """;

    /// <summary>With its sessions and tokens. False: there is no such account.</summary>
    public Task<bool> RemoveAsync(string name, Author by, CancellationToken cancel) => DoAsync(RemoveSql, name, by, cancel);

    // Whoever knew the old password may have sessions.
    private const string PasswordSql = $$"""
        WITH done AS (
            UPDATE console_account SET password_hash = $5, password_at = now(), failures = 0, locked_until = NULL, changed_at = now(), changed_by = $2
            WHERE lower(name) = lower($1) RETURNING id, name),
        ended AS (DELETE FROM console_session AS s USING done WHERE s.account_id = done.id AND s.hash IS DISTINCT FROM $6)
        {{Noted}} $2, $3, $4, 'done', 'console.password', name, NULL, '{"password": "changed"}'::jsonb FROM done
        """;

    /// <summary>Also ends its sessions and takes its lock away. False: there is no such account.</summary>
    /// <param name="keep">Hash of the one session that goes on; null: none.</param>
    public async Task<bool> SetPasswordAsync(string name, string hash, byte[]? keep, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(PasswordSql);
        command.Parameters.With(name).With(by).With(hash).WithBytes(keep);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private const string UnlockSql = $$"""
        WITH done AS (UPDATE console_account SET failures = 0, locked_until = NULL WHERE lower(name) = lower($1) RETURNING name)
        {{Noted}} $2, $3, $4, 'done', 'console.unlock', name, NULL, NULL FROM done
        """;

    /// <summary>ADMIN-14: ends the lock of five failures before its time. False: there is no such account.</summary>
    public Task<bool> UnlockAsync(string name, Author by, CancellationToken cancel) => DoAsync(UnlockSql, name, by, cancel);

    private const string TokenSql = $$"""
        WITH done AS (
            INSERT INTO console_token AS t (hash, account_id, name, expires_at)
            SELECT $5, id, $6, now() + $7 FROM console_account WHERE lower(name) = lower($1) AND (SELECT count(*) FROM console_token AS o WHERE o.account_id = console_account.id) < $8
            ON CONFLICT (account_id, lower(name)) DO NOTHING RETURNING t.name, t.expires_at)
        {{Noted}} $2, $3, $4, 'done', 'console.token-add', $1, NULL, jsonb_build_object('token', name, 'expires', expires_at) FROM done
        """;

    /// <summary>False: there is no such account, it has one of that name, or it has <see cref="MostTokens"/>.</summary>
    /// <param name="life">Null: for ever.</param>
    public async Task<bool> AddTokenAsync(string account, string token, byte[] hash, TimeSpan? life, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(TokenSql);
        command.Parameters.With(account).With(by).With(hash).With(token).With(life).With(MostTokens);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private const string RevokeSql = $$"""
        WITH done AS (
            DELETE FROM console_token AS t USING console_account AS a WHERE t.account_id = a.id AND lower(a.name) = lower($1) AND lower(t.name) = lower($5) RETURNING t.name)
        {{Noted}} $2, $3, $4, 'done', 'console.token-revoke', $1, jsonb_build_object('token', name), NULL FROM done
        """;

    /// <summary>False: there is no such token.</summary>
    public async Task<bool> RevokeTokenAsync(string account, string token, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(RevokeSql);
        command.Parameters.With(account).With(by).With(token);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private const string TokensSql = """
        SELECT t.name, t.created_at, t.expires_at, t.used_at FROM console_token AS t JOIN console_account AS a ON a.id = t.account_id WHERE lower(a.name) = lower($1) ORDER BY lower(t.name)
        """;

    /// <summary>By name; expired ones too.</summary>
    public async Task<IReadOnlyList<ConsoleTokenRow>> TokensAsync(string account, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(TokensSql);
        command.Parameters.With(account);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<ConsoleTokenRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(new ConsoleTokenRow(reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1), reader.Time(2), reader.Time(3)));
        return rows;
    }

    private const string ListSql = """
        SELECT a.name, a.roles, a.domains, a.suspended, a.password_at, CASE WHEN a.locked_until > clock_timestamp() THEN a.locked_until END, a.totp_secret IS NOT NULL, a.last_login_at,
            (SELECT count(*) FROM console_session AS s WHERE s.account_id = a.id AND s.expires_at > now()), (SELECT count(*) FROM console_token AS t WHERE t.account_id = a.id),
            a.created_at, a.changed_at, a.changed_by
        FROM console_account AS a WHERE $1 IS NULL OR lower(a.name) = lower($1) ORDER BY lower(a.name)
        """;

    /// <summary>By name; never a secret.</summary>
    public Task<IReadOnlyList<ConsoleAccountRow>> ListAsync(CancellationToken cancel) => ListAsync(null, cancel);

    /// <summary>Null: there is no such account.</summary>
    public async Task<ConsoleAccountRow?> FindAsync(string name, CancellationToken cancel) => (await ListAsync(name, cancel)).SingleOrDefault();

    private async Task<IReadOnlyList<ConsoleAccountRow>> ListAsync(string? name, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ListSql);
        command.Parameters.WithText(name);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<ConsoleAccountRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(new ConsoleAccountRow(
                reader.GetString(0), reader.GetFieldValue<string[]>(1), reader.GetFieldValue<string[]>(2), reader.GetBoolean(3), reader.Time(4), reader.Time(5), reader.GetBoolean(6),
                reader.Time(7), reader.GetInt64(8), reader.GetInt64(9), reader.GetFieldValue<DateTimeOffset>(10), reader.GetFieldValue<DateTimeOffset>(11), reader.GetString(12)));
        return rows;
    }

    private async Task<bool> DoAsync(string sql, string name, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(sql);
        command.Parameters.With(name).With(by);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }
}

/// <param name="Domains">Of a domain administrator; lower case, A-labels.</param>
/// <param name="PasswordAt">When its password was set; null: it has none.</param>
/// <param name="LockedUntil">Null: it is not locked.</param>
public sealed record ConsoleAccountRow(
    string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Domains, bool Suspended, DateTimeOffset? PasswordAt, DateTimeOffset? LockedUntil, bool SecondFactor,
    DateTimeOffset? LastLoginAt, long Sessions, long Tokens, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt, string ChangedBy);

/// <param name="ExpiresAt">Null: never.</param>
/// <param name="UsedAt">To the minute; null: never used.</param>
public sealed record ConsoleTokenRow(string Name, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? UsedAt);
