namespace ClusterMail.Store;

/// <summary>One version of all settings, as saved.</summary>
/// <param name="Values">Cluster-wide texts by name; what is not here has its default.</param>
/// <param name="Overrides">Texts by node, then name (CLU-27).</param>
public sealed record SettingsSnapshot(
    long Version, DateTimeOffset SavedAt, string SavedBy, string Comment, IReadOnlyDictionary<string, string> Values,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Overrides)
{
    /// <summary>Before anything was saved.</summary>
    public static SettingsSnapshot Nothing { get; } = new(
        0, DateTimeOffset.UnixEpoch, "", "", new Dictionary<string, string>(), new Dictionary<string, IReadOnlyDictionary<string, string>>());

    /// <summary>What has to change to get from <paramref name="before"/> to this version, by name; the cluster's values first, then node by node.</summary>
    public IReadOnlyList<SettingsChangeRow> Since(SettingsSnapshot before)
    {
        var rows = new List<SettingsChangeRow>(Differences(null, before.Values, Values));
        foreach (var node in before.Overrides.Keys.Union(Overrides.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
            rows.AddRange(Differences(node, before.Overrides.GetValueOrDefault(node, Nothing.Values), Overrides.GetValueOrDefault(node, Nothing.Values)));
        return rows;
    }

    private static IEnumerable<SettingsChangeRow> Differences(string? node, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after) =>
        before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => new SettingsChangeRow(name, node, before.GetValueOrDefault(name), after.GetValueOrDefault(name)))
            .Where(row => row.Before != row.After);
}

/// <param name="Before">Null: was not set.</param>
/// <param name="After">Null: is not set any more.</param>
public sealed record SettingsChangeRow(string Name, string? Node, string? Before, string? After);

/// <summary>How a save went.</summary>
public abstract record SaveResult
{
    public sealed record Saved(long Version) : SaveResult;

    /// <summary>The base was not the newest version any more; nothing was written.</summary>
    /// <param name="Newest">The version that is.</param>
    public sealed record Conflict(long Newest, string ChangedBy, DateTimeOffset ChangedAt) : SaveResult;
}
