using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

/// <summary>All settings as one versioned set (ADMIN-25). Each version is the whole set, so loading, comparing and restoring need no replay.</summary>
public sealed class SettingsStore(NpgsqlDataSource dataSource)
{
    /// <summary>Versions kept (ADMIN-25).</summary>
    public const int Kept = 100;

    private const string LoadSql = """
        SELECT version, saved_at, saved_by, comment, values, overrides FROM setting_version
        WHERE @version IS NULL OR version = @version ORDER BY version DESC LIMIT 1
        """;

    /// <summary>The newest version, or a given one. Null: there is no such version; for the newest, nothing was ever saved.</summary>
    public async Task<SettingsSnapshot?> LoadAsync(long? version, CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(LoadSql);
        command.Parameters.Add(new() { ParameterName = "version", NpgsqlDbType = NpgsqlDbType.Bigint, Value = (object?)version ?? DBNull.Value });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Snapshot(reader) : null;
    }

    // Two administrators who saved on the same base meet at the primary key: the second finds the row there and inserts nothing (EX-ADMIN-2).
    private const string SaveSql = """
        INSERT INTO setting_version (version, saved_by, comment, values, overrides)
        SELECT @base + 1, @saved_by, @comment, @values, @overrides
        WHERE coalesce((SELECT max(version) FROM setting_version), 0) = @base
        ON CONFLICT (version) DO NOTHING
        RETURNING version
        """;

    // A node that could not load a newer one still works by an old version (ADMIN-26); whoever looks why wants to see it.
    private const string PruneSql = """
        DELETE FROM setting_version
        WHERE version <= (SELECT max(version) FROM setting_version) - $1
          AND NOT EXISTS (SELECT FROM node n WHERE n.settings_version = setting_version.version AND n.fenced_at IS NULL AND n.left_at IS NULL)
        """;

    private const string ChangedSinceSql = """
        SELECT version, saved_by, saved_at FROM setting_version ORDER BY version DESC LIMIT 1
        """;

    /// <summary>Saves the whole set as version <paramref name="basis"/> + 1, if <paramref name="basis"/> is still the newest (0: nothing was ever saved).</summary>
    /// <param name="notes">What the audit is to say of it, in the same transaction; null: nothing.</param>
    public async Task<SaveResult> SaveAsync(
        long basis, IReadOnlyDictionary<string, string> values, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> overrides, Author savedBy,
        string comment, CancellationToken cancel, IReadOnlyList<AuditNote>? notes = null)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await SaveAsync(connection, basis, values, overrides, savedBy, comment, cancel, notes) is not { } saved)
            return await WhoChangedAsync(cancel);
        await transaction.CommitAsync(cancel);
        return new SaveResult.Saved(saved);
    }

    /// <summary>The same as part of the caller's transaction. Null: the base is not the newest any more, and nothing was written.</summary>
    internal static async Task<long?> SaveAsync(
        NpgsqlConnection connection, long basis, IReadOnlyDictionary<string, string> values, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> overrides, Author savedBy,
        string comment, CancellationToken cancel, IReadOnlyList<AuditNote>? notes = null)
    {
        await using var save = new NpgsqlCommand(SaveSql, connection);
        save.Parameters.AddWithValue("base", basis);
        save.Parameters.AddWithValue("saved_by", savedBy.Name);
        save.Parameters.AddWithValue("comment", comment);
        save.Parameters.Add(new("values", NpgsqlDbType.Jsonb) { Value = JsonSerializer.Serialize(values) });
        save.Parameters.Add(new("overrides", NpgsqlDbType.Jsonb) { Value = JsonSerializer.Serialize(overrides) });
        if (await save.ExecuteScalarAsync(cancel) is not long saved)
            return null;
        await using var batch = new NpgsqlBatch(connection);
        batch.Then(PruneSql).Parameters.With((long)Kept);
        if (notes is { Count: > 0 })
            ConsoleAudit.Then(batch, savedBy, notes);
        await batch.ExecuteNonQueryAsync(cancel);
        return saved;
    }

    internal async Task<SaveResult.Conflict> WhoChangedAsync(CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(ChangedSinceSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new SaveResult.Conflict(reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2))
            : new SaveResult.Conflict(0, "", DateTimeOffset.UnixEpoch);
    }

    private const string HistorySql = "SELECT version, saved_at, saved_by, comment, values, overrides FROM setting_version ORDER BY version DESC LIMIT @limit";

    /// <summary>Newest first; at most <see cref="Kept"/>.</summary>
    public async Task<IReadOnlyList<SettingsSnapshot>> HistoryAsync(CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(HistorySql);
        command.Parameters.AddWithValue("limit", Kept);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var versions = new List<SettingsSnapshot>();
        while (await reader.ReadAsync(cancel))
            versions.Add(Snapshot(reader));
        return versions;
    }

    /// <summary>The newest version as the caller's transaction sees it; before the first save the empty one.</summary>
    internal static async Task<SettingsSnapshot> NewestAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.Add(new() { ParameterName = "version", NpgsqlDbType = NpgsqlDbType.Bigint, Value = DBNull.Value });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Snapshot(reader) : SettingsSnapshot.Nothing;
    }

    private static SettingsSnapshot Snapshot(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3),
        JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(4)) ?? [],
        (JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string>>>(reader.GetString(5)) ?? [])
            .ToDictionary(node => node.Key, node => (IReadOnlyDictionary<string, string>)node.Value, StringComparer.Ordinal));
}
