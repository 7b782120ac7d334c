using Npgsql;

namespace ClusterMail.Store;

/// <summary>The three texts an account has of its own: hours, destinations, relay list (05 F, 05 G, 02 D). Which text is good is for its caller to know.</summary>
public sealed class AccountTableStore(NpgsqlDataSource dataSource)
{
    private const string FindSql = "SELECT changed, changed_at, changed_by, hours, destinations, relay_rules FROM account WHERE domain = $1 AND lower(name) = lower($2) AND removed_at IS NULL";

    /// <summary>Null: there is no such account.</summary>
    public async Task<AccountTexts?> FindAsync(string domain, string name, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        return await FindAsync(connection, domain, name, cancel);
    }

    private const string SaveSql = """
        UPDATE account SET changed = (SELECT version FROM directory_version), changed_at = now(), changed_by = $3,
            hours = coalesce($4, hours), destinations = coalesce($5, destinations), relay_rules = coalesce($6, relay_rules)
        WHERE domain = $1 AND lower(name) = lower($2) AND removed_at IS NULL
        """;

    /// <summary>Replaces what is not null. Where nothing would change nothing is written, so that no node loads anything.</summary>
    /// <param name="basis">The version the account must still have; null: any.</param>
    /// <returns>The account before and after; after is null when it was changed since <paramref name="basis"/>; null: there is no such account.</returns>
    public async Task<(AccountTexts Before, AccountTexts? After)?> SaveAsync(string domain, string name, AccountEdit edit, long? basis, Author by, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Also the lock under which the account is looked at: nobody changes the directory in between.
        await AccountStore.NextVersionAsync(connection, cancel);
        if (await FindAsync(connection, domain, name, cancel) is not { } before)
            return null;
        if (basis is { } seen && seen != before.Version)
            return (before, null);
        if ((edit.Hours ?? before.Hours) == before.Hours && (edit.Destinations ?? before.Destinations) == before.Destinations && (edit.RelayRules ?? before.RelayRules) == before.RelayRules)
            return (before, before);
        await using (var save = new NpgsqlCommand(SaveSql, connection))
        {
            save.Parameters.With(domain).With(name).With(by.Name).WithText(edit.Hours).WithText(edit.Destinations).WithText(edit.RelayRules);
            await save.ExecuteNonQueryAsync(cancel);
        }
        var after = await FindAsync(connection, domain, name, cancel);
        await ConsoleAudit.NoteAsync(connection, by, AuditOutcome.Done, [Note($"{name}@{domain}", before, after!)], cancel);
        await transaction.CommitAsync(cancel);
        return (before, after);
    }

    /// <summary>ADMIN-13: the texts that differ, as they were and as they are.</summary>
    private static AuditNote Note(string address, AccountTexts before, AccountTexts after)
    {
        (string Name, string Before, string After)[] texts =
            [("hours", before.Hours, after.Hours), ("destinations", before.Destinations, after.Destinations), ("relay_rules", before.RelayRules, after.RelayRules)];
        var changed = texts.Where(text => text.Before != text.After).ToArray();
        return new AuditNote("account.change", address, changed.ToDictionary(text => text.Name, text => text.Before), changed.ToDictionary(text => text.Name, text => text.After));
    }

    private static async Task<AccountTexts?> FindAsync(NpgsqlConnection connection, string domain, string name, CancellationToken cancel)
    {
        await using var find = new NpgsqlCommand(FindSql, connection);
        find.Parameters.With(domain).With(name);
        await using var reader = await find.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new AccountTexts(reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5))
            : null;
    }
}

/// <summary>The texts of one account; empty: it has none.</summary>
/// <param name="Version">Of the account's last change.</param>
public sealed record AccountTexts(long Version, DateTimeOffset ChangedAt, string ChangedBy, string Hours, string Destinations, string RelayRules);
