using Npgsql;

namespace ClusterMail.Store;

/// <summary>Second factors of accounts for the pages of approval (APPROVE-162): a secret that is shown once, and recovery codes that are kept as hashes.</summary>
public sealed class PageFactorStore(NpgsqlDataSource dataSource)
{
    private const string FindSql = "SELECT secret, enabled_at FROM page_factor WHERE account_id = $1";

    /// <summary>Null: none was ever begun.</summary>
    public async Task<PageFactor?> FindAsync(long account, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(FindSql);
        command.Parameters.With(account);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new PageFactor(reader.GetFieldValue<byte[]>(0), reader.Time(1)) : null;
    }

    private const string BeginSql = """
        INSERT INTO page_factor (account_id, secret) VALUES ($1, $2)
        ON CONFLICT (account_id) DO UPDATE SET secret = $2, begun_at = now() WHERE page_factor.enabled_at IS NULL
        """;

    /// <summary>Keeps a secret until a code shows that its owner has it. False: there is one in force, which stays.</summary>
    public async Task<bool> BeginAsync(long account, byte[] secret, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(BeginSql);
        command.Parameters.With(account).With(secret);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private const string EnableSql = """
        WITH done AS (UPDATE page_factor SET enabled_at = now(), step = $3 WHERE account_id = $1 AND secret = $2 AND enabled_at IS NULL RETURNING account_id),
        codes AS (INSERT INTO page_recovery (account_id, hash) SELECT account_id, unnest($4) FROM done)
        SELECT count(*) FROM done
        """;

    /// <param name="secret">The one the code was made with.</param>
    /// <param name="step">Of that code: it is not taken again.</param>
    /// <param name="codes">SHA-256 of the recovery codes.</param>
    /// <returns>False: another one waits by now, or is in force.</returns>
    public async Task<bool> EnableAsync(long account, byte[] secret, long step, byte[][] codes, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(EnableSql);
        command.Parameters.With(account).With(secret).With(step).With(codes);
        return (long)(await command.ExecuteScalarAsync(cancel))! == 1;
    }

    private const string TakeSql = "UPDATE page_factor SET step = $2 WHERE account_id = $1 AND enabled_at IS NOT NULL AND step < $2";

    /// <summary>RFC 6238 5.2: a code opens once. False: this one, or a later one, was used already.</summary>
    public async Task<bool> TakeAsync(long account, long step, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(TakeSql);
        command.Parameters.With(account).With(step);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>Uses a recovery code up. False: there is no such code, or it was used.</summary>
    public async Task<bool> TakeRecoveryAsync(long account, byte[] hash, CancellationToken cancel)
    {
        await using var command = dataSource.Ask("DELETE FROM page_recovery WHERE account_id = $1 AND hash = $2");
        command.Parameters.With(account).With(hash);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private const string ResetSql = """
        WITH done AS (
            DELETE FROM page_factor f USING account a WHERE a.id = f.account_id AND a.domain = $1 AND lower(a.name) = lower($2) AND a.removed_at IS NULL RETURNING a.name)
        INSERT INTO console_audit (who, means, source, outcome, act, subject, new_value) SELECT $3, $4, $5, 'done', 'account.code-reset', name || '@' || $1, '{"second factor": "changed"}'::jsonb FROM done
        """;

    /// <summary>Takes it away, so that its owner sets up another one. False: there is no such account, or it has none.</summary>
    public async Task<bool> ResetAsync(string domain, string name, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ResetSql);
        command.Parameters.With(domain).With(name).With(by);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }
}

/// <param name="EnabledAt">Null: it waits for its first code.</param>
public sealed record PageFactor(byte[] Secret, DateTimeOffset? EnabledAt);
