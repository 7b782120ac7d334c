using Npgsql;

namespace ClusterMail.Store;

/// <summary>What the database keeps of passwords (AUTH-7, AUTH-15). They are read at a login and nowhere else, and no node keeps them in memory.</summary>
public sealed class CredentialStore(NpgsqlDataSource dataSource)
{
    private const string FindSql = """
        SELECT id, domain, name, password_hash, scram, recoverable, suspended, smtp_disabled, smtp_auth, apop, pop3, imap4 FROM account
        WHERE domain = $1 AND lower(name) = lower($2) AND removed_at IS NULL
        """;

    /// <summary>Null: there is no such account.</summary>
    /// <param name="domain">Lower case, A-labels.</param>
    public async Task<CredentialRow?> FindAsync(string domain, string name, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(FindSql);
        command.Parameters.With(domain).With(name);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new CredentialRow(
                reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.Text(3), reader.Text(4), reader.IsDBNull(5) ? null : reader.GetFieldValue<byte[]>(5),
                reader.GetBoolean(6), reader.GetBoolean(7), reader.GetBoolean(8), reader.GetBoolean(9), reader.GetBoolean(10), reader.GetBoolean(11))
            : null;
    }

    // Only while the row is as it was read: a password set meanwhile must not be undone by the stronger form of the old one.
    private const string StrengthenSql = """
        UPDATE account SET password_hash = $3, scram = $4, recoverable = $5 WHERE id = $1 AND password_hash = $2 AND removed_at IS NULL
        """;

    /// <summary>The same password in newer forms, after a login that has shown it. False: it was changed meanwhile.</summary>
    public async Task<bool> StrengthenAsync(long id, string was, string hash, string? scram, byte[]? recoverable, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(StrengthenSql);
        command.Parameters.With(id).With(was).With(hash).WithText(scram).WithBytes(recoverable);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private const string SecretSql = "SELECT secret FROM login_secret";

    /// <summary>The cluster's secret for answers to names that do not exist. Never changes.</summary>
    public async Task<byte[]> SecretAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(SecretSql);
        return (byte[])(await command.ExecuteScalarAsync(cancel))!;
    }
}

/// <param name="Hash">PHC string; null: no password, no login.</param>
/// <param name="Scram">RFC 5803; null: none is kept.</param>
/// <param name="Recoverable">Encrypted; null: none is kept.</param>
public sealed record CredentialRow(
    long Id, string Domain, string Name, string? Hash, string? Scram, byte[]? Recoverable, bool Suspended, bool SmtpDisabled, bool SmtpAuth, bool Apop, bool Pop3, bool Imap4);
