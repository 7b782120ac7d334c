using Npgsql;

namespace ClusterMail.Store;

/// <summary>Second factors of console accounts (ADMIN-14): a secret that is shown once, and recovery codes that are kept as hashes.</summary>
public sealed class SecondFactorStore(NpgsqlDataSource dataSource)
{
    private const string BeginSql = "UPDATE console_account SET totp_pending = $2 WHERE lower(name) = lower($1)";

    /// <summary>Keeps a secret until a code shows that its owner has it. False: there is no such account.</summary>
    public async Task<bool> BeginAsync(string name, byte[] secret, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(BeginSql);
        command.Parameters.With(name).With(secret);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private const string PendingSql = "SELECT totp_pending FROM console_account WHERE lower(name) = lower($1)";

    /// <summary>The secret that waits for its first code; null: none does.</summary>
    public async Task<byte[]?> PendingAsync(string name, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(PendingSql);
        command.Parameters.With(name);
        return await command.ExecuteScalarAsync(cancel) as byte[];
    }

    private const string EnableSql = """
        WITH done AS (
            UPDATE console_account SET totp_secret = totp_pending, totp_pending = NULL, totp_step = $6, changed_at = now(), changed_by = $2
            WHERE lower(name) = lower($1) AND totp_pending = $5 RETURNING id, name),
        old AS (DELETE FROM console_recovery AS r USING done WHERE r.account_id = done.id AND r.hash <> ALL ($7)),
        codes AS (INSERT INTO console_recovery (account_id, hash) SELECT id, unnest($7) FROM done)
        INSERT INTO console_audit (who, means, source, outcome, act, subject, new_value) SELECT $2, $3, $4, 'done', 'console.totp-enable', name, '{"second factor": "changed"}'::jsonb FROM done
        """;

    /// <param name="secret">The pending one the code was made with.</param>
    /// <param name="step">Of that code: it is not taken again.</param>
    /// <param name="codes">SHA-256 of the recovery codes, instead of all former ones.</param>
    /// <returns>False: another secret is pending by now.</returns>
    public async Task<bool> EnableAsync(string name, byte[] secret, long step, byte[][] codes, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(EnableSql);
        command.Parameters.With(name).With(by).With(secret).With(step).With(codes);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private const string DisableSql = """
        WITH done AS (
            UPDATE console_account SET totp_secret = NULL, totp_pending = NULL, changed_at = now(), changed_by = $2
            WHERE lower(name) = lower($1) AND totp_secret IS NOT NULL RETURNING id, name),
        codes AS (DELETE FROM console_recovery AS r USING done WHERE r.account_id = done.id)
        INSERT INTO console_audit (who, means, source, outcome, act, subject, new_value) SELECT $2, $3, $4, 'done', 'console.totp-disable', name, '{"second factor": "changed"}'::jsonb FROM done
        """;

    /// <summary>False: there is no such account, or it has no second factor.</summary>
    public async Task<bool> DisableAsync(string name, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(DisableSql);
        command.Parameters.With(name).With(by);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private const string TakeSql = "UPDATE console_account SET totp_step = $2 WHERE id = $1 AND totp_step < $2";

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
        await using var command = dataSource.Ask("DELETE FROM console_recovery WHERE account_id = $1 AND hash = $2");
        command.Parameters.With(account).With(hash);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }
}
