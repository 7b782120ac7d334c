using Npgsql;

namespace ClusterMail.Store;

/// <summary>What has changed among accounts and aliases since a version, for the nodes' memory (ACCT-5, ALIAS-13).</summary>
public sealed class DirectoryReader(NpgsqlDataSource dataSource)
{
    /// <summary>Rows of one answer; more is asked for again, so that a first load of any size needs bounded memory beside the index itself.</summary>
    public const int Batch = 5000;

    private const string AccountsSql = """
        SELECT id, changed, removed_at IS NOT NULL, domain, name, full_name, smtp_auth, suspended, smtp_disabled, box_limit, delivery, hours, destinations, relay_rules, destinations_version, superior
        FROM account WHERE (changed, id) > ($1, $2) ORDER BY changed, id LIMIT $3
        """;

    /// <summary>Accounts changed after (<paramref name="changed"/>, <paramref name="id"/>) in that order, at most <see cref="Batch"/>; removed ones are marked.</summary>
    public async Task<IReadOnlyList<AccountChange>> AccountsAsync(long changed, long id, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(AccountsSql);
        command.Parameters.With(changed).With(id).With(Batch);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<AccountChange>();
        while (await reader.ReadAsync(cancel))
            found.Add(new AccountChange(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetBoolean(2), reader.GetString(3), reader.GetString(4), reader.GetString(5), reader.GetBoolean(6),
                reader.GetBoolean(7), reader.GetBoolean(8), reader.GetInt64(9), reader.GetString(10), reader.GetString(11), reader.GetString(12), reader.GetString(13))
            {
                DestinationsVersion = reader.GetInt64(14),
                Superior = reader.GetString(15),
            });
        return found;
    }

    private const string AliasesSql = """
        SELECT id, changed, removed_at IS NOT NULL, domain, name, real, mode FROM alias WHERE (changed, id) > ($1, $2) ORDER BY changed, id LIMIT $3
        """;

    /// <summary>The same for aliases.</summary>
    public async Task<IReadOnlyList<AliasChange>> AliasesAsync(long changed, long id, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(AliasesSql);
        command.Parameters.With(changed).With(id).With(Batch);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<AliasChange>();
        while (await reader.ReadAsync(cancel))
            found.Add(new AliasChange(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetBoolean(2), reader.GetString(3), reader.GetString(4), reader.GetString(5), reader.GetInt16(6)));
        return found;
    }
}

/// <summary>An account as it is now; <see cref="Removed"/>: as it was.</summary>
public sealed record AccountChange(
    long Id, long Changed, bool Removed, string Domain, string Name, string FullName, bool SmtpAuth, bool Suspended, bool SmtpDisabled, long BoxLimit, string Delivery,
    string Hours, string Destinations, string RelayRules)
{
    /// <summary>Of <see cref="Destinations"/> (APPROVE-24); 0: there never was any.</summary>
    public long DestinationsVersion { get; init; }

    /// <summary>Empty: none.</summary>
    public string Superior { get; init; } = "";
}

/// <summary>An alias as it is now; <see cref="Removed"/>: as it was.</summary>
public sealed record AliasChange(long Id, long Changed, bool Removed, string Domain, string Name, string Real, short Mode);
