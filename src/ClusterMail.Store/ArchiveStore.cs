using Npgsql;

namespace ClusterMail.Store;

/// <summary>Settings, aliases and accounts together, as an archive holds them (ADMIN-51): read as of one moment, written in one transaction or not at all.</summary>
public sealed class ArchiveStore(NpgsqlDataSource dataSource, SettingsStore settings)
{
    private const string AccountsSql = AccountStore.ShownSql + ", recoverable, password_hash, scram FROM account WHERE removed_at IS NULL ORDER BY domain, lower(name)";

    /// <param name="accounts">With the accounts and what is kept of their passwords.</param>
    public async Task<ArchiveContent> ReadAsync(bool accounts, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        var snapshot = await SettingsStore.NewestAsync(connection, cancel);
        var aliases = await AliasStore.LoadAsync(connection, cancel);
        return new ArchiveContent(
            snapshot, aliases.Rows, accounts ? await AccountsAsync(connection, cancel) : [], accounts ? await UpstreamAccounts.AllAsync(connection, cancel) : []);
    }

    private static async Task<IReadOnlyList<ArchivedRow>> AccountsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(AccountsSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<ArchivedRow>();
        while (await reader.ReadAsync(cancel))
        {
            var row = AccountStore.Read(reader);
            rows.Add(new ArchivedRow(row, reader.Text(23) is { } hash ? new StoredCredentials(hash, reader.Text(24), row.Recoverable) : null));
        }
        return rows;
    }

    /// <summary>
    /// Writes everything, or nothing: when the base is not the newest version any more, and when a domain would have more accounts than it may. Aliases and accounts come under the
    /// directory's lock, so what is counted here is still so at the commit.
    /// </summary>
    /// <param name="dryRun">Does it all and takes it back, to say exactly what it would do.</param>
    public async Task<ArchiveOutcome> ApplyAsync(ArchiveChange change, bool dryRun, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var writesDirectory = change.Aliases is not null || change.Accounts.Count > 0;
        if (writesDirectory)
            await AccountStore.NextVersionAsync(connection, cancel);
        var version = change.Basis;
        if (change.WritesSettings && await SettingsStore.SaveAsync(connection, change.Basis, change.Values, change.Overrides, change.By, change.Comment, cancel, change.Notes) is { } saved)
            version = saved;
        else if (change.WritesSettings || (await SettingsStore.NewestAsync(connection, cancel)).Version != change.Basis)
            return new ArchiveOutcome.Conflict(await settings.WhoChangedAsync(cancel));
        var aliases = change.Aliases is { } wanted ? await AliasStore.ReplaceAsync(connection, await AliasStore.LoadAsync(connection, cancel), wanted, change.By, cancel) : null;
        var (created, updated) = (0, 0);
        foreach (var domain in change.Accounts.GroupBy(account => account.Domain, StringComparer.Ordinal))
            foreach (var batch in domain.Chunk(AccountStore.Batch))
            {
                var outcomes = await AccountStore.CreateAsync(
                    connection, domain.Key, [.. batch.Select(account => account.Account)], change.MaxAccounts.GetValueOrDefault(domain.Key), update: true, change.By, cancel);
                if (outcomes.Contains(CreateOutcome.OverLimit))
                    return new ArchiveOutcome.OverLimit(domain.Key);
                created += outcomes.Count(outcome => outcome == CreateOutcome.Created);
                updated += outcomes.Count(outcome => outcome == CreateOutcome.Updated);
                await RestAsync(connection, domain.Key, batch, cancel);
            }
        if (change.Upstream.Count > 0)
            await UpstreamAccounts.WriteAsync(connection, change.Upstream, change.By, cancel);
        if (!dryRun)
            await transaction.CommitAsync(cancel);
        return new ArchiveOutcome.Applied(version, aliases, created, updated);
    }

    private const string RestSql = """
        UPDATE account AS a
        SET delivery = g.delivery, suspended = g.suspended, smtp_disabled = g.smtp_disabled, hours = g.hours, destinations = g.destinations, relay_rules = g.relay_rules, superior = g.superior
        FROM unnest($2::text[], $3::text[], $4::boolean[], $5::boolean[], $6::text[], $7::text[], $8::text[], $9::text[])
            AS g(name, delivery, suspended, smtp_disabled, hours, destinations, relay_rules, superior)
        WHERE a.domain = $1 AND lower(a.name) = lower(g.name) AND a.removed_at IS NULL
        """;

    /// <summary>What the original's file of accounts has no column for.</summary>
    private static async Task RestAsync(NpgsqlConnection connection, string domain, ArchivedAccount[] accounts, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(RestSql, connection);
        command.Parameters.With(domain).With(Each(accounts, a => a.Account.Name)).With(Each(accounts, a => a.Account.Delivery)).With(Each(accounts, a => a.Suspended))
            .With(Each(accounts, a => a.SmtpDisabled)).With(Each(accounts, a => a.Hours)).With(Each(accounts, a => a.Destinations)).With(Each(accounts, a => a.RelayRules)).With(Each(accounts, a => a.Superior));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static T[] Each<T>(ArchivedAccount[] accounts, Func<ArchivedAccount, T> value) => [.. accounts.Select(value)];
}
