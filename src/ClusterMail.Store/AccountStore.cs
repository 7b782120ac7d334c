using Npgsql;

namespace ClusterMail.Store;

/// <summary>
/// Accounts as an administrator changes them (05 C). Every change takes the next version of the directory first: the lock on that row lets one change of the directory run at a
/// time, so what a change has counted (DOM-2) is still so when it commits, and the nodes learn of it with their next renewal (ACCT-5).
/// </summary>
public sealed class AccountStore(NpgsqlDataSource dataSource)
{
    /// <summary>Accounts of one transaction: short enough that nobody waits long for the lock.</summary>
    public const int Batch = 1000;

    /// <summary>ACCT-4, DOM-10: how long a removed account and its mail can be had back.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    private const string VersionSql = "SELECT next_directory_version()";

    private const string ExistingSql = "SELECT lower(name) FROM account WHERE domain = $1 AND lower(name) = ANY($2) AND removed_at IS NULL";

    /// <summary>Which of these names exist, in lower case.</summary>
    public async Task<IReadOnlySet<string>> ExistingAsync(string domain, IReadOnlyCollection<string> names, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ExistingSql);
        command.Parameters.With(domain).With(names.Select(name => name.ToLowerInvariant()).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancel))
            found.Add(reader.GetString(0));
        return found;
    }

    private const string CountSql = "SELECT count(*) FROM account WHERE domain = $1 AND removed_at IS NULL";

    /// <summary>Accounts in force in a domain.</summary>
    public async Task<long> CountAsync(string domain, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(CountSql);
        command.Parameters.With(domain);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private const string CountsSql = "SELECT domain, count(*) FROM account WHERE removed_at IS NULL GROUP BY domain";

    /// <summary>Accounts in force by domain; a domain without any is left out.</summary>
    public async Task<IReadOnlyDictionary<string, long>> CountsAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(CountsSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancel))
            counts[reader.GetString(0)] = reader.GetInt64(1);
        return counts;
    }

    // What exists is left alone; of the rest only so many are made as the domain has room for (DOM-2), in the order given.
    private const string CreateSql = """
        WITH given AS (
            SELECT * FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::boolean[], $8::boolean[], $9::boolean[], $10::boolean[], $11::text[], $12::text[], $13::text[], $14::bytea[])
            WITH ORDINALITY AS g(name, full_name, home, box_limit, smtp_auth, apop, pop3, imap4, delivery, hash, scram, recoverable, place)),
        fresh AS (
            SELECT given.*, row_number() OVER (ORDER BY place) AS nth FROM given
            WHERE NOT EXISTS (SELECT FROM account AS a WHERE a.domain = $1 AND lower(a.name) = lower(given.name) AND a.removed_at IS NULL)),
        made AS (
            INSERT INTO account (changed, changed_by, domain, name, full_name, home, box_limit, smtp_auth, apop, pop3, imap4, delivery, password_hash, scram, recoverable, password_at)
            SELECT (SELECT version FROM directory_version), $15, $1, name, full_name, home, box_limit, smtp_auth, apop, coalesce(pop3, true), coalesce(imap4, true), delivery, hash, scram, recoverable,
                CASE WHEN hash IS NOT NULL THEN now() END
            FROM fresh WHERE $2 = 0 OR nth <= $2 - (SELECT count(*) FROM account WHERE domain = $1 AND removed_at IS NULL)
            ORDER BY place RETURNING name, password_hash IS NOT NULL AS with_password, account AS is_now),
        noted AS (
            INSERT INTO console_audit (who, means, source, outcome, act, subject, new_value)
            SELECT $16, $17, $18, 'done', 'account.add', name || '@' || $1, audit_account(is_now) || CASE WHEN with_password THEN '{"password": "changed"}' ELSE '{}' END::jsonb FROM made)
        SELECT place, made.name IS NOT NULL FROM fresh LEFT JOIN made ON made.name = fresh.name
        """;

    private const string OverwriteSql = """
        WITH old AS (
            SELECT a.id, a AS was FROM account AS a JOIN unnest($2::text[]) AS g(name) ON lower(a.name) = lower(g.name) WHERE a.domain = $1 AND a.removed_at IS NULL),
        done AS (UPDATE account AS a
        SET changed = (SELECT version FROM directory_version), changed_at = now(), changed_by = $14, full_name = g.full_name, home = g.home, box_limit = g.box_limit, smtp_auth = g.smtp_auth,
            apop = g.apop, pop3 = coalesce(g.pop3, a.pop3), imap4 = coalesce(g.imap4, a.imap4), password_hash = coalesce(g.hash, a.password_hash),
            scram = CASE WHEN g.hash IS NULL THEN a.scram ELSE g.scram END, recoverable = CASE WHEN g.hash IS NULL THEN a.recoverable ELSE g.recoverable END,
            password_at = CASE WHEN g.hash IS NULL THEN a.password_at ELSE now() END
        FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::boolean[], $7::boolean[], $8::boolean[], $9::boolean[], $10::text[], $11::text[], $12::text[], $13::bytea[])
            AS g(name, full_name, home, box_limit, smtp_auth, apop, pop3, imap4, delivery, hash, scram, recoverable)
        WHERE a.domain = $1 AND lower(a.name) = lower(g.name) AND a.removed_at IS NULL
        RETURNING a.id, a.name, g.hash IS NOT NULL AS with_password, a AS is_now)
        INSERT INTO console_audit (who, means, source, outcome, act, subject, old_value, new_value)
        SELECT $15, $16, $17, 'done', 'account.change', name || '@' || $1, audit_difference(audit_account(was), audit_account(is_now)),
            coalesce(audit_difference(audit_account(is_now), audit_account(was)), '{}') || CASE WHEN with_password THEN '{"password": "changed"}' ELSE '{}' END::jsonb
        FROM old JOIN done USING (id)
        """;

    /// <summary>
    /// Creates accounts of one domain in one transaction, at most <see cref="Batch"/>; one outcome for each, in their order. Of two with the same name the second exists already.
    /// </summary>
    /// <param name="domain">Lower case, A-labels; where domains share their mailboxes, the one that keeps them (DOM-9).</param>
    /// <param name="maxAccounts">DOM-2; 0: unlimited.</param>
    /// <param name="update">Those that exist get the values given (IMP-4).</param>
    /// <param name="by">Who wants it.</param>
    public async Task<IReadOnlyList<CreateOutcome>> CreateAsync(
        string domain, IReadOnlyList<NewAccount> accounts, int maxAccounts, bool update, Author by, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await NextVersionAsync(connection, cancel);
        var outcomes = await CreateAsync(connection, domain, accounts, maxAccounts, update, by, cancel);
        await transaction.CommitAsync(cancel);
        return outcomes;
    }

    /// <summary>The same in the caller's transaction, which has taken the next version of the directory.</summary>
    internal static async Task<CreateOutcome[]> CreateAsync(
        NpgsqlConnection connection, string domain, IReadOnlyList<NewAccount> accounts, int maxAccounts, bool update, Author by, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(accounts.Count, Batch);
        var first = accounts.Select((account, place) => (account, place)).DistinctBy(pair => pair.account.Name, StringComparer.OrdinalIgnoreCase).ToArray();
        var outcomes = Enumerable.Repeat(CreateOutcome.Exists, accounts.Count).ToArray();
        await using (var create = new NpgsqlCommand(CreateSql, connection))
        {
            Columns(create.Parameters.With(domain).With(maxAccounts), [.. first.Select(pair => pair.account)]).With(by.Name).With(by);
            await using var reader = await create.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                outcomes[first[(int)reader.GetInt64(0) - 1].place] = reader.GetBoolean(1) ? CreateOutcome.Created : CreateOutcome.OverLimit;
        }
        var existing = first.Where(pair => outcomes[pair.place] == CreateOutcome.Exists).ToArray();
        if (update && existing.Length > 0)
        {
            await using var overwrite = new NpgsqlCommand(OverwriteSql, connection);
            Columns(overwrite.Parameters.With(domain), [.. existing.Select(pair => pair.account)]).With(by.Name).With(by);
            await overwrite.ExecuteNonQueryAsync(cancel);
            foreach (var (_, place) in existing)
                outcomes[place] = CreateOutcome.Updated;
        }
        return outcomes;
    }

    private static NpgsqlParameterCollection Columns(NpgsqlParameterCollection parameters, IReadOnlyList<NewAccount> accounts) => parameters
        .With(Each(accounts, a => a.Name)).With(Each(accounts, a => a.FullName)).With(Each(accounts, a => a.Home)).With(Each(accounts, a => a.BoxLimit))
        .With(Each(accounts, a => a.SmtpAuth)).With(Each(accounts, a => a.Apop)).With(Each(accounts, a => a.Pop3)).With(Each(accounts, a => a.Imap4))
        .With(Each(accounts, a => a.Delivery)).With(Each(accounts, a => a.Credentials?.Hash)).With(Each(accounts, a => a.Credentials?.Scram))
        .With(Each(accounts, a => a.Credentials?.Recoverable));

    private static T[] Each<T>(IReadOnlyList<NewAccount> accounts, Func<NewAccount, T> value) => [.. accounts.Select(value)];

    private const string ChangeSql = """
        WITH old AS (SELECT a.id, a AS was FROM account AS a WHERE domain = $1 AND lower(name) = lower($2) AND removed_at IS NULL),
        done AS (UPDATE account
        SET changed = (SELECT version FROM directory_version), changed_at = now(), changed_by = $3, full_name = coalesce($4, full_name), home = coalesce($5, home),
            box_limit = coalesce($6, box_limit), smtp_auth = coalesce($7, smtp_auth), apop = coalesce($8, apop), pop3 = coalesce($9, pop3), imap4 = coalesce($10, imap4),
            suspended = coalesce($11, suspended), smtp_disabled = coalesce($12, smtp_disabled), delivery = coalesce($13, delivery), hours = coalesce($14, hours),
            destinations = coalesce($15, destinations), relay_rules = coalesce($16, relay_rules), superior = coalesce($24, superior),
            password_hash = CASE WHEN $17 THEN $18 ELSE password_hash END, scram = CASE WHEN $17 THEN $19 ELSE scram END,
            recoverable = CASE WHEN $17 THEN $20 ELSE recoverable END,
            password_at = CASE WHEN NOT $17 THEN password_at WHEN $18 IS NULL THEN NULL ELSE now() END
        WHERE domain = $1 AND lower(name) = lower($2) AND removed_at IS NULL
        RETURNING account.id, account.name, account AS is_now)
        INSERT INTO console_audit (who, means, source, outcome, act, subject, old_value, new_value)
        SELECT $21, $22, $23, 'done', 'account.change', name || '@' || $1, audit_difference(audit_account(was), audit_account(is_now)),
            coalesce(audit_difference(audit_account(is_now), audit_account(was)), '{}') || CASE WHEN $17 THEN '{"password": "changed"}' ELSE '{}' END::jsonb
        FROM old JOIN done USING (id)
        """;

    /// <summary>False: there is no such account.</summary>
    public async Task<bool> ChangeAsync(string domain, string name, AccountEdit edit, Author by, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then(VersionSql);
        batch.Then(ChangeSql).Parameters.With(domain).With(name).With(by.Name).WithText(edit.FullName).WithText(edit.Home).With(edit.BoxLimit).With(edit.SmtpAuth).With(edit.Apop)
            .With(edit.Pop3).With(edit.Imap4).With(edit.Suspended).With(edit.SmtpDisabled).WithText(edit.Delivery).WithText(edit.Hours).WithText(edit.Destinations)
            .WithText(edit.RelayRules).With(edit.Credentials is not null).WithText(edit.Credentials?.Hash).WithText(edit.Credentials?.Scram).WithBytes(edit.Credentials?.Recoverable).With(by).WithText(edit.Superior);
        await batch.ExecuteNonQueryAsync(cancel);
        return batch.BatchCommands[1].RecordsAffected == 1;
    }

    private const string RemoveSql = """
        WITH done AS (
            UPDATE account SET changed = (SELECT version FROM directory_version), changed_at = now(), changed_by = $3, removed_at = now()
            WHERE domain = $1 AND lower(name) = lower($2) AND removed_at IS NULL RETURNING account.name)
        INSERT INTO console_audit (who, means, source, outcome, act, subject) SELECT $4, $5, $6, 'done', 'account.remove', name || '@' || $1 FROM done
        """;

    /// <summary>ACCT-4: takes it out of force at once; it and its mail are kept for 30 days. False: there is no such account.</summary>
    public async Task<bool> RemoveAsync(string domain, string name, Author by, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then(VersionSql);
        batch.Then(RemoveSql).Parameters.With(domain).With(name).With(by.Name).With(by);
        await batch.ExecuteNonQueryAsync(cancel);
        return batch.BatchCommands[1].RecordsAffected == 1;
    }

    private const string RemoveSomeSql = """
        WITH done AS (
            UPDATE account SET changed = (SELECT version FROM directory_version), changed_at = now(), changed_by = $2, removed_at = now()
            WHERE id IN (SELECT id FROM account WHERE domain = $1 AND removed_at IS NULL LIMIT $3) RETURNING account.name)
        INSERT INTO console_audit (who, means, source, outcome, act, subject) SELECT $4, $5, $6, 'done', 'account.remove', name || '@' || $1 FROM done
        """;

    /// <summary>All accounts of a domain that goes (DOM-10), in transactions of <see cref="Batch"/>. Broken off, it may be repeated. Returns how many.</summary>
    public async Task<long> RemoveDomainAsync(string domain, Author by, CancellationToken cancel)
    {
        var removed = 0L;
        int some;
        do
        {
            await using var batch = dataSource.CreateBatch();
            batch.Then(VersionSql);
            batch.Then(RemoveSomeSql).Parameters.With(domain).With(by.Name).With(Batch).With(by);
            await batch.ExecuteNonQueryAsync(cancel);
            removed += some = batch.BatchCommands[1].RecordsAffected;
        }
        while (some > 0);
        return removed;
    }

    private const string LastRemovedSql = """
        SELECT id, EXISTS (SELECT FROM account WHERE domain = $1 AND lower(name) = lower($2) AND removed_at IS NULL),
            (SELECT count(*) FROM account WHERE domain = $1 AND removed_at IS NULL)
        FROM account WHERE domain = $1 AND lower(name) = lower($2) AND removed_at IS NOT NULL ORDER BY removed_at DESC LIMIT 1
        """;

    private const string RestoreSql = """
        WITH done AS (
            UPDATE account SET changed = (SELECT version FROM directory_version), changed_at = now(), changed_by = $2, removed_at = NULL WHERE id = $1
            RETURNING account.name, account.domain)
        INSERT INTO console_audit (who, means, source, outcome, act, subject) SELECT $3, $4, $5, 'done', 'account.restore', name || '@' || domain FROM done
        """;

    /// <summary>Brings back the account of this address that was removed last.</summary>
    /// <param name="maxAccounts">DOM-2; 0: unlimited.</param>
    public async Task<RestoreOutcome> RestoreAsync(string domain, string name, int maxAccounts, Author by, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await NextVersionAsync(connection, cancel);
        long id;
        await using (var find = new NpgsqlCommand(LastRemovedSql, connection))
        {
            find.Parameters.With(domain).With(name);
            await using var reader = await find.ExecuteReaderAsync(cancel);
            if (!await reader.ReadAsync(cancel))
                return RestoreOutcome.NotFound;
            if (reader.GetBoolean(1))
                return RestoreOutcome.Exists;
            if (maxAccounts > 0 && reader.GetInt64(2) >= maxAccounts)
                return RestoreOutcome.OverLimit;
            id = reader.GetInt64(0);
        }
        await using (var restore = new NpgsqlCommand(RestoreSql, connection))
        {
            restore.Parameters.With(id).With(by.Name).With(by);
            await restore.ExecuteNonQueryAsync(cancel);
        }
        await transaction.CommitAsync(cancel);
        return RestoreOutcome.Restored;
    }

    internal const string ShownSql = """
        SELECT id, domain, name, full_name, home, box_limit, smtp_auth, apop, pop3, imap4, suspended, smtp_disabled, delivery, hours, destinations, relay_rules, created_at, changed_at,
            changed_by, removed_at, password_at, superior
        """;

    private const string FindSql = $"{ShownSql}, NULL::bytea FROM account WHERE domain = $1 AND lower(name) = lower($2) AND removed_at IS NULL";

    /// <summary>The account in force of this address; null: none.</summary>
    public async Task<AccountRow?> FindAsync(string domain, string name, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(FindSql);
        command.Parameters.With(domain).With(name);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Read(reader) : null;
    }

    private const string ListSql = ShownSql + """
        , CASE WHEN $9 THEN recoverable END FROM account
        WHERE (removed_at IS NOT NULL) = $2 AND ($1 IS NULL OR domain = ANY ($1)) AND ($3 IS NULL OR lower(name) LIKE lower($3)) AND ($4 IS NULL OR suspended = $4)
            AND ($5 IS NULL OR (domain, lower(name), id) > ($5, $6, $7))
        ORDER BY domain, lower(name), id LIMIT $8
        """;

    /// <summary>By domain and name; at most <see cref="AccountFilter.Limit"/>.</summary>
    public async Task<IReadOnlyList<AccountRow>> ListAsync(AccountFilter filter, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ListSql);
        command.Parameters.WithTexts(filter.Domains).With(filter.Removed).WithText(filter.Pattern is { } pattern ? Like(pattern) : null).With(filter.Suspended)
            .WithText(filter.After?.Domain).WithText(filter.After?.Name.ToLowerInvariant()).With(filter.After?.Id ?? 0L).With(filter.Limit).With(filter.Recoverable);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<AccountRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(Read(reader));
        return rows;
    }

    // A thousand a round, so that the reaper never holds the table long; what hangs on an account goes with it by the tables' own foreign keys.
    private const string PurgeSql = "DELETE FROM account WHERE id IN (SELECT id FROM account WHERE removed_at < now() - $1 LIMIT $2)";
    private const string PurgeAliasesSql = "DELETE FROM alias WHERE id IN (SELECT id FROM alias WHERE removed_at < now() - $1 LIMIT $2)";

    /// <summary>Forgets accounts and aliases removed longer than <see cref="Kept"/> ago, at most <see cref="Batch"/> of each; how many.</summary>
    public async Task<int> PurgeAsync(CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then(PurgeSql).Parameters.With(Kept).With(Batch);
        batch.Then(PurgeAliasesSql).Parameters.With(Kept).With(Batch);
        return await batch.ExecuteNonQueryAsync(cancel);
    }

    internal static async Task NextVersionAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var next = new NpgsqlCommand(VersionSql, connection);
        await next.ExecuteNonQueryAsync(cancel);
    }

    private static string Like(string pattern) =>
        pattern.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal).Replace('*', '%');

    internal static AccountRow Read(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        Domain = reader.GetString(1),
        Name = reader.GetString(2),
        FullName = reader.GetString(3),
        Home = reader.GetString(4),
        BoxLimit = reader.GetInt64(5),
        SmtpAuth = reader.GetBoolean(6),
        Apop = reader.GetBoolean(7),
        Pop3 = reader.GetBoolean(8),
        Imap4 = reader.GetBoolean(9),
        Suspended = reader.GetBoolean(10),
        SmtpDisabled = reader.GetBoolean(11),
        Delivery = reader.GetString(12),
        Hours = reader.GetString(13),
        Destinations = reader.GetString(14),
        RelayRules = reader.GetString(15),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(16),
        ChangedAt = reader.GetFieldValue<DateTimeOffset>(17),
        ChangedBy = reader.GetString(18),
        RemovedAt = reader.Time(19),
        PasswordAt = reader.Time(20),
        Superior = reader.GetString(21),
        Recoverable = reader.IsDBNull(22) ? null : reader.GetFieldValue<byte[]>(22),
    };
}
