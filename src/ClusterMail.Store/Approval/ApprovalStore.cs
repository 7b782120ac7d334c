using System.Collections.Immutable;
using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>What approval decides by, besides settings and accounts: policies of domains, versions of all policies, keyword lists, groups, proxies, keys.</summary>
public sealed class ApprovalStore(NpgsqlDataSource dataSource)
{
    private const string VersionSql = "SELECT version FROM approval_version";
    private const string DomainsSql = """
        SELECT DISTINCT ON (owner) owner, version, text FROM approval_policy WHERE level = 'domain' AND NOT draft ORDER BY owner, version DESC
        """;
    private const string KeywordsSql = "SELECT owner, name, text FROM approval_keywords";
    private const string GroupsSql = "SELECT name, members FROM approval_group";
    private const string ProxiesSql = """
        SELECT approver, proxy, nullif(from_at, '-infinity'), nullif(until_at, 'infinity'), set_at, set_by, reason FROM approval_proxy WHERE until_at > now() - interval '1 day'
        """;

    /// <summary>All of it at one version: lists are small, and change seldom.</summary>
    public async Task<ApprovalData> LoadAsync(CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        await using var batch = connection.CreateBatch();
        foreach (var sql in (string[])[VersionSql, DomainsSql, KeywordsSql, GroupsSql, ProxiesSql])
            batch.Then(sql);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var version = reader.GetInt64(0);
        var domains = await NextAsync(reader, r => new DomainPolicy(r.GetString(0), r.GetInt64(1), r.GetString(2)), cancel);
        var keywords = await NextAsync(reader, r => new KeywordList(r.GetString(0), r.GetString(1), r.GetString(2)), cancel);
        var groups = await NextAsync(reader, r => new ApproverGroup(r.GetString(0), [.. r.GetFieldValue<string[]>(1)]), cancel);
        var proxies = await NextAsync(reader, Proxy, cancel);
        return new ApprovalData(version, domains, keywords, groups, proxies);
    }

    private static async Task<ImmutableArray<T>> NextAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        await reader.NextResultAsync(cancel);
        var rows = ImmutableArray.CreateBuilder<T>();
        while (await reader.ReadAsync(cancel))
            rows.Add(read(reader));
        return rows.ToImmutable();
    }

    private static ProxyRow Proxy(NpgsqlDataReader r) =>
        new(r.GetString(0), r.GetString(1), r.Time(2), r.Time(3), r.GetFieldValue<DateTimeOffset>(4), r.GetString(5), r.GetString(6));

    private const string HistorySql = """
        SELECT level, owner, version, saved_at, saved_by, comment, text, draft FROM approval_policy WHERE level = $1 AND owner = $2 ORDER BY version DESC LIMIT 200
        """;

    /// <summary>Versions of a policy, newest first (APPROVE-24).</summary>
    /// <param name="level"><c>account</c> or <c>domain</c>.</param>
    public async Task<IReadOnlyList<PolicyVersion>> HistoryAsync(string level, string owner, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(HistorySql);
        command.Parameters.With(level).With(owner.ToLowerInvariant());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var versions = new List<PolicyVersion>();
        while (await reader.ReadAsync(cancel))
            versions.Add(new(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3), reader.GetString(4), reader.GetString(5), reader.GetString(6), reader.GetBoolean(7)));
        return versions;
    }

    private const string OwnersSql = """
        SELECT DISTINCT ON (level, owner) level, owner, version, saved_at, saved_by, comment, text, draft FROM approval_policy ORDER BY level, owner, version DESC
        """;

    /// <summary>The newest version of every policy of a domain or an account; one that is empty is none any more.</summary>
    public async Task<IReadOnlyList<PolicyVersion>> OwnersAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask($"SELECT * FROM ({OwnersSql}) AS newest WHERE text <> '' ORDER BY level, owner LIMIT 10000");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var versions = new List<PolicyVersion>();
        while (await reader.ReadAsync(cancel))
            versions.Add(new(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3), reader.GetString(4), reader.GetString(5), reader.GetString(6), reader.GetBoolean(7)));
        return versions;
    }

    private const string SaveSql = """
        INSERT INTO approval_policy (level, owner, version, saved_by, comment, text, draft)
        SELECT $1, $2, $3 + 1, $4, $5, $6, $7
        WHERE coalesce((SELECT max(version) FROM approval_policy WHERE level = $1 AND owner = $2), 0) = $3
        ON CONFLICT DO NOTHING RETURNING version
        """;

    // The trigger on the account writes the version.
    private const string SaveAccountSql = """
        UPDATE account SET destinations = $3, changed = next_directory_version(), changed_at = now(), changed_by = $4
        WHERE domain = $1 AND lower(name) = lower($2) AND removed_at IS NULL
          AND coalesce((SELECT max(version) FROM approval_policy WHERE level = 'account' AND owner = lower($2) || '@' || $1), 0) = $5
        RETURNING destinations_version
        """;

    /// <summary>Saves a policy as version <paramref name="basis"/> + 1 (APPROVE-235).</summary>
    /// <returns>The version; null: somebody else has saved meanwhile, or there is no such account.</returns>
    public async Task<long?> SaveAsync(string level, string owner, long basis, string text, bool draft, string by, string comment, IReadOnlyList<AuditLine> audit, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var batch = connection.CreateBatch();
        if (level == "account" && !draft)
        {
            var at = owner.LastIndexOf('@');
            batch.Then(SaveAccountSql).Parameters.With(owner[(at + 1)..]).With(owner[..at]).With(text).With(by).With(basis);
        }
        else
        {
            batch.Then(SaveSql).Parameters.With(level).With(owner.ToLowerInvariant()).With(basis).With(by).With(comment).With(text).With(draft);
        }
        batch.Then("SELECT next_approval_version()");
        if (audit.Count > 0)
            batch.Then(HeldRows.AuditSql).Parameters.WithAudit(audit);
        if (await batch.ExecuteScalarAsync(cancel) is not long version)
            return null;
        if (level == "account" && !draft && comment.Length > 0)
        {
            await using var note = new NpgsqlCommand("UPDATE approval_policy SET comment = $3 WHERE level = 'account' AND owner = $1 AND version = $2", connection);
            note.Parameters.With(owner.ToLowerInvariant()).With(version).With(comment);
            await note.ExecuteNonQueryAsync(cancel);
        }
        await transaction.CommitAsync(cancel);
        return version;
    }

    /// <summary>Sets or, with an empty text, removes a keyword list (APPROVE-42).</summary>
    public Task SaveKeywordsAsync(KeywordList list, string by, IReadOnlyList<AuditLine> audit, CancellationToken cancel) => ChangeAsync(
        list.Text.Length == 0
            ? "DELETE FROM approval_keywords WHERE owner = $1 AND name = $2 AND $3 = $4"
            : "INSERT INTO approval_keywords (owner, name, text, saved_by) VALUES ($1, $2, $3, $4) ON CONFLICT (owner, name) DO UPDATE SET text = $3, saved_by = $4, saved_at = now()",
        p => p.With(list.Owner.ToLowerInvariant()).With(list.Name.ToLowerInvariant()).With(list.Text).With(list.Text.Length == 0 ? "" : by), audit, [], cancel);

    /// <summary>Sets or, without members, removes a group of approvers.</summary>
    public Task SaveGroupAsync(ApproverGroup group, string by, IReadOnlyList<AuditLine> audit, CancellationToken cancel) => group.Members.IsEmpty
        ? ChangeAsync("DELETE FROM approval_group WHERE name = $1", p => p.With(group.Name.ToLowerInvariant()), audit, [], cancel)
        : ChangeAsync(
            "INSERT INTO approval_group (name, members, saved_by) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET members = $2, saved_by = $3, saved_at = now()",
            p => p.With(group.Name.ToLowerInvariant()).With(group.Members.ToArray()).With(by), audit, [], cancel);

    private const string SetProxySql = """
        INSERT INTO approval_proxy (approver, proxy, from_at, until_at, set_by, reason)
        VALUES ($1, $2, coalesce($3::timestamptz, '-infinity'), coalesce($4::timestamptz, 'infinity'), $5, $6)
        ON CONFLICT (approver) DO UPDATE SET proxy = $2, from_at = excluded.from_at, until_at = excluded.until_at, set_by = $5, reason = $6, set_at = now()
        """;

    /// <summary>Sets the proxy of an approver in place of the one before (APPROVE-208).</summary>
    public Task SetProxyAsync(ProxyRow proxy, IReadOnlyList<AuditLine> audit, CancellationToken cancel) => SetProxyAsync(proxy, audit, [], cancel);

    /// <summary>The same, by a command.</summary>
    /// <param name="answers">Written with it: whom it concerns is told, or nothing changes (APPROVE-212).</param>
    public Task SetProxyAsync(ProxyRow proxy, IReadOnlyList<AuditLine> audit, IReadOnlyList<NewAnswer> answers, CancellationToken cancel) => ChangeAsync(SetProxySql, p => p
        .With(proxy.Approver.ToLowerInvariant()).With(proxy.Proxy).WithTime(proxy.From).WithTime(proxy.Until).With(proxy.SetBy).With(Cleaned.Text(proxy.Reason, 500)), audit, answers, cancel);

    public Task ClearProxyAsync(string approver, IReadOnlyList<AuditLine> audit, CancellationToken cancel) => ClearProxyAsync(approver, audit, [], cancel);

    /// <summary>The same, by a command.</summary>
    /// <param name="answers">Written with it.</param>
    public Task ClearProxyAsync(string approver, IReadOnlyList<AuditLine> audit, IReadOnlyList<NewAnswer> answers, CancellationToken cancel) =>
        ChangeAsync("DELETE FROM approval_proxy WHERE approver = $1", p => p.With(approver.ToLowerInvariant()), audit, answers, cancel);

    private async Task ChangeAsync(string sql, Action<NpgsqlParameterCollection> with, IReadOnlyList<AuditLine> audit, IReadOnlyList<NewAnswer> answers, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then("SELECT next_approval_version()");
        with(batch.Then(sql).Parameters);
        if (audit.Count > 0)
            batch.Then(HeldRows.AuditSql).Parameters.WithAudit(audit);
        if (answers.Count > 0)
            batch.Then(HoldJobs.AnswerSql).Parameters.WithAnswers(0, answers);
        await batch.ExecuteNonQueryAsync(cancel);
    }

    private const string EndingSql = """
        SELECT p.approver, p.proxy, nullif(p.from_at, '-infinity'), p.until_at, p.set_at, p.set_by, p.reason FROM approval_proxy p
        WHERE p.until_at > now() AND greatest(p.until_at - $1, p.from_at, p.set_at) <= now()
          AND NOT EXISTS (SELECT FROM hold_job j WHERE j.hold_id = 0 AND j.kind = $2 || ':' || extract(epoch FROM p.until_at)::bigint AND j.addressee = p.approver)
        ORDER BY p.until_at LIMIT 200
        """;

    /// <summary>Windows of proxies that end within <paramref name="ahead"/> and whose approver was not told yet (APPROVE-209).</summary>
    /// <param name="kind">The job that tells him; behind a colon it has the end in seconds since 1970.</param>
    public async Task<IReadOnlyList<ProxyRow>> EndingAsync(TimeSpan ahead, string kind, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(EndingSql);
        command.Parameters.With(ahead).With(kind);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<ProxyRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(Proxy(reader));
        return rows;
    }

    private const string IsAskedSql = """
        SELECT EXISTS (SELECT FROM hold_approver WHERE waits AND lower(address) = $1) OR EXISTS (SELECT FROM hold_approver WHERE waits AND principal IS NOT NULL AND lower(principal) = $1)
            OR EXISTS (SELECT FROM approval_proxy WHERE approver = $1)
        """;

    /// <summary>Whether somebody is asked to decide a held mail now, himself or through his proxy, or has a proxy (APPROVE-205).</summary>
    public async Task<bool> IsAskedAsync(string approver, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(IsAskedSql);
        command.Parameters.With(approver.ToLowerInvariant());
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    private const string TextsSql = """
        SELECT destinations FROM account WHERE destinations <> '' AND removed_at IS NULL
        UNION (SELECT DISTINCT ON (owner) text FROM approval_policy WHERE level = 'domain' AND NOT draft ORDER BY owner, version DESC) LIMIT 100000
        """;

    /// <summary>Every policy of accounts and domains in force, each text once.</summary>
    public async Task<IReadOnlyList<string>> PolicyTextsAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(TextsSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var texts = new List<string>();
        while (await reader.ReadAsync(cancel))
            texts.Add(reader.GetString(0));
        return texts;
    }

    private const string SuperiorsSql = "SELECT DISTINCT lower(superior) FROM account WHERE superior <> '' AND removed_at IS NULL LIMIT 100000";

    /// <summary>Everybody who is named as superior of an account in force, lower case.</summary>
    public async Task<IReadOnlyList<string>> SuperiorsAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(SuperiorsSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var superiors = new List<string>();
        while (await reader.ReadAsync(cancel))
            superiors.Add(reader.GetString(0));
        return superiors;
    }

    private const string KeysSql = "SELECT id, made_at, withdrawn_at, sealed_with, key FROM approval_key ORDER BY number";

    /// <summary>Keys of decision texts, the oldest first (APPROVE-136).</summary>
    public async Task<IReadOnlyList<TokenKeyRow>> KeysAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(KeysSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var keys = new List<TokenKeyRow>();
        while (await reader.ReadAsync(cancel))
            keys.Add(new(reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1), reader.Time(2), reader.TextOrNull(3), reader.GetFieldValue<byte[]>(4)));
        return keys;
    }

    // The number is in the key, so of two nodes that make one at once the second makes none.
    private const string AddKeySql = """
        INSERT INTO approval_key (id, number, sealed_with, key)
        SELECT 'k' || $1, $1, $2, $3 WHERE coalesce((SELECT max(number) FROM approval_key), 0) = $1 - 1 ON CONFLICT DO NOTHING
        """;

    /// <summary>Adds the key with the next number. False: somebody else was faster.</summary>
    public async Task<bool> AddKeyAsync(long number, string? sealedWith, byte[] key, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then(AddKeySql).Parameters.With(number).WithText(sealedWith).With(key);
        batch.Then("SELECT next_approval_version()");
        await batch.ExecuteNonQueryAsync(cancel);
        return batch.BatchCommands[0].RecordsAffected == 1;
    }

    /// <summary>Its decision texts are worth nothing from now on. False: there is no such key in force.</summary>
    public async Task<bool> WithdrawKeyAsync(string id, IReadOnlyList<AuditLine> audit, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then("UPDATE approval_key SET withdrawn_at = now() WHERE id = $1 AND withdrawn_at IS NULL").Parameters.With(id);
        batch.Then("SELECT next_approval_version()");
        batch.Then(HeldRows.AuditSql).Parameters.WithAudit(audit);
        await batch.ExecuteNonQueryAsync(cancel);
        return batch.BatchCommands[0].RecordsAffected == 1;
    }
}

/// <summary>Everything of <see cref="ApprovalStore.LoadAsync"/>, of one version.</summary>
public sealed record ApprovalData(
    long Version, ImmutableArray<DomainPolicy> Domains, ImmutableArray<KeywordList> Keywords, ImmutableArray<ApproverGroup> Groups, ImmutableArray<ProxyRow> Proxies)
{
    public static ApprovalData Empty { get; } = new(-1, [], [], [], []);
}

/// <param name="Domain">Lower case.</param>
public sealed record DomainPolicy(string Domain, long Version, string Text);

/// <param name="Owner">An account's address, or empty for the whole system.</param>
/// <param name="Name">Base name of the file, lower case.</param>
public sealed record KeywordList(string Owner, string Name, string Text);

/// <param name="Name">Without the <c>@</c>.</param>
public sealed record ApproverGroup(string Name, ImmutableArray<string> Members);

/// <param name="From">Null: already.</param>
/// <param name="Until">Null: until it is cleared.</param>
public sealed record ProxyRow(string Approver, string Proxy, DateTimeOffset? From, DateTimeOffset? Until, DateTimeOffset SetAt, string SetBy, string Reason)
{
    public bool IsInForce(DateTimeOffset at) => (From is null || From <= at) && (Until is null || at < Until);
}

/// <param name="Level"><c>account</c> or <c>domain</c>.</param>
public sealed record PolicyVersion(string Level, string Owner, long Version, DateTimeOffset SavedAt, string SavedBy, string Comment, string Text, bool Draft);

/// <param name="SealedWith">Name of the node key; null: the key is as it is.</param>
public sealed record TokenKeyRow(string Id, DateTimeOffset MadeAt, DateTimeOffset? WithdrawnAt, string? SealedWith, byte[] Key);
