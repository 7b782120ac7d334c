using Npgsql;

namespace ClusterMail.Store;

/// <summary>
/// The alias table as an administrator changes it (04 A). Whether a change may stand depends on the whole table (ALIAS-6, ALIAS-11), so each is judged by its caller on the table as
/// it is under the directory's lock, and written in the same transaction.
/// </summary>
public sealed class AliasStore(NpgsqlDataSource dataSource)
{
    private const string AllSql = "SELECT domain, name, real, mode, changed_at, changed_by FROM alias WHERE removed_at IS NULL ORDER BY domain, lower(name)";
    private const string VersionSql = "SELECT coalesce(max(changed), 0) FROM alias";

    /// <summary>The whole table by domain and name, and the version of its last change.</summary>
    public async Task<AliasRows> LoadAsync(CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        // One snapshot for both, so that a table is never shown with another one's version.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        return await LoadAsync(connection, cancel);
    }

    private const string RemoveSql = """
        UPDATE alias AS a SET changed = (SELECT version FROM directory_version), changed_at = now(), changed_by = $3, removed_at = now()
        FROM unnest($1::text[], $2::text[]) AS g(domain, name) WHERE a.domain = g.domain AND lower(a.name) = lower(g.name) AND a.removed_at IS NULL
        """;

    private const string PutSql = """
        INSERT INTO alias (changed, changed_by, domain, name, real, mode)
        SELECT (SELECT version FROM directory_version), $5, g.domain, g.name, g.real, g.mode
        FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[]) AS g(domain, name, real, mode)
        """;

    /// <summary>
    /// Makes the table what <paramref name="change"/> makes of it. Rows that stay as they are are not touched, so the nodes load what has changed and nothing else.
    /// </summary>
    /// <param name="change">From the table as it is to the table as it shall be, names distinct without case; null: refused, nothing is written.</param>
    /// <returns>Null: refused.</returns>
    public async Task<AliasDifference?> ChangeAsync(Func<AliasRows, Task<IReadOnlyList<AliasRow>?>> change, Author by, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await AccountStore.NextVersionAsync(connection, cancel);
        var now = await LoadAsync(connection, cancel);
        if (await change(now) is not { } wanted)
            return null;
        var difference = await ReplaceAsync(connection, now, wanted, by, cancel);
        if (difference != new AliasDifference(0, 0, 0))
            await transaction.CommitAsync(cancel);
        return difference;
    }

    /// <summary>Makes the table <paramref name="wanted"/> in the caller's transaction, which has taken the next version of the directory.</summary>
    internal static async Task<AliasDifference> ReplaceAsync(NpgsqlConnection connection, AliasRows now, IReadOnlyList<AliasRow> wanted, Author by, CancellationToken cancel)
    {
        var before = now.Rows.ToDictionary(Key);
        var after = wanted.ToDictionary(Key);
        AliasRow[] gone = [.. before.Values.Where(row => !after.ContainsKey(Key(row)))];
        AliasRow[] fresh = [.. after.Values.Where(row => !before.ContainsKey(Key(row)))];
        AliasRow[] changed = [.. after.Values.Where(row => before.TryGetValue(Key(row), out var old) && old with { ChangedAt = row.ChangedAt, ChangedBy = row.ChangedBy } != row)];
        if (gone.Length + fresh.Length + changed.Length == 0)
            return new AliasDifference(0, 0, 0);
        // One that changes is removed and made anew: a node applies the changes of one version in the order of the rows' numbers.
        await RemoveAsync(connection, [.. gone, .. changed], by, cancel);
        await PutAsync(connection, [.. fresh, .. changed], by, cancel);
        await ConsoleAudit.NoteAsync(connection, by, AuditOutcome.Done,
        [
            .. gone.Select(row => new AuditNote("alias.remove", Shown(row), Values(row))),
            .. fresh.Select(row => new AuditNote("alias.add", Shown(row), null, Values(row))),
            .. changed.Select(row => new AuditNote("alias.change", Shown(row), Values(before[Key(row)]), Values(row))),
        ], cancel);
        return new AliasDifference(fresh.Length, changed.Length, gone.Length);
    }

    private static string Shown(AliasRow row) => $"{row.Name}@{row.Domain}";

    private static Dictionary<string, string> Values(AliasRow row) => new() { ["real"] = row.Real, ["mode"] = row.Mode switch { 1 => "keep", 2 => "replace", _ => "by domain" } };

    private static (string, string) Key(AliasRow row) => (row.Domain, row.Name.ToLowerInvariant());

    private static async Task RemoveAsync(NpgsqlConnection connection, AliasRow[] rows, Author by, CancellationToken cancel)
    {
        await using var remove = new NpgsqlCommand(RemoveSql, connection);
        remove.Parameters.With(Each(rows, row => row.Domain)).With(Each(rows, row => row.Name)).With(by.Name);
        await remove.ExecuteNonQueryAsync(cancel);
    }

    private static async Task PutAsync(NpgsqlConnection connection, AliasRow[] rows, Author by, CancellationToken cancel)
    {
        await using var put = new NpgsqlCommand(PutSql, connection);
        put.Parameters.With(Each(rows, row => row.Domain)).With(Each(rows, row => row.Name)).With(Each(rows, row => row.Real)).With(Each(rows, row => row.Mode)).With(by.Name);
        await put.ExecuteNonQueryAsync(cancel);
    }

    private static T[] Each<T>(AliasRow[] rows, Func<AliasRow, T> value) => [.. rows.Select(value)];

    internal static async Task<AliasRows> LoadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var ask = new NpgsqlCommand(VersionSql, connection);
        var version = (long)(await ask.ExecuteScalarAsync(cancel))!;
        await using var all = new NpgsqlCommand(AllSql, connection);
        await using var reader = await all.ExecuteReaderAsync(cancel);
        var rows = new List<AliasRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(new AliasRow(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt16(3), reader.GetFieldValue<DateTimeOffset>(4), reader.GetString(5)));
        return new AliasRows(version, rows);
    }
}

/// <param name="Version">Directory version of the last change of any alias; 0: there never was one.</param>
public sealed record AliasRows(long Version, IReadOnlyList<AliasRow> Rows);

/// <param name="Domain">Of the alias; lower case, A-labels.</param>
/// <param name="Name">Its local part as written; may hold <c>*</c>.</param>
/// <param name="Real">local@domain as written.</param>
/// <param name="Mode">0 by domain, 1 keep, 2 replace.</param>
public sealed record AliasRow(string Domain, string Name, string Real, short Mode, DateTimeOffset ChangedAt = default, string ChangedBy = "");

public sealed record AliasDifference(int Added, int Changed, int Removed);
