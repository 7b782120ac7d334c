using System.Text.Json.Serialization;

namespace ClusterMail.Admin.Contract;

/// <summary>Where a value comes from (ADMIN-43).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SettingSource>))]
public enum SettingSource
{
    [JsonStringEnumMemberName("default")]
    Default,

    [JsonStringEnumMemberName("cluster")]
    Cluster,

    [JsonStringEnumMemberName("node")]
    Node,
}

/// <summary><c>settings list</c>. Query: <c>node=</c> (effective on that node), <c>version=</c>, <c>changed=true</c> (only what differs from the default).</summary>
public sealed record SettingsList(long Version, string? Node, IReadOnlyList<SettingEntry> Settings);

/// <param name="Value">Effective text; <c>***</c> for a secret that is set.</param>
/// <param name="Type">integer, switch, text, choice, list, table.</param>
/// <param name="Range">For people: <c>10 to 86400</c>, <c>all, leader</c>; empty where anything goes.</param>
/// <param name="Original">The original's default when it differs; null: the same.</param>
public sealed record SettingEntry(
    string Name, string Value, SettingSource Source, string Type, string Default, string? Original, string Range, string Unit, string Summary, string Japanese,
    string Rule, bool PerNode, bool Secret, long Version)
{
    /// <summary>The summary in Japanese; null: there is none yet.</summary>
    public string? SummaryJapanese { get; init; }
}

/// <summary><c>settings effective</c> (ADMIN-43). Query: <c>node=</c> (default: every node that has not left).</summary>
/// <param name="Version">The newest.</param>
public sealed record EffectiveSettings(long Version, IReadOnlyList<NodeSettings> Nodes);

/// <param name="InForce">Version the node works by; null: it has not said yet. Its values here are those of the newest version.</param>
public sealed record NodeSettings(string Node, long? InForce, IReadOnlyList<SettingEntry> Settings);

/// <summary><c>settings effective --original</c>: the labels of the original's debug dump, and what stands for each here.</summary>
public sealed record OriginalDump(long Version, string Node, IReadOnlyList<OriginalRow> Rows);

/// <param name="Part">EPSTRS (receiving) or EPSTDS (delivery).</param>
/// <param name="Seen">The value in the vendor's own trace.</param>
/// <param name="Setting">Name of ours; null: none, and the value says why.</param>
public sealed record OriginalRow(string Part, string Label, string Seen, string? Setting, string Value, string Rule);

/// <summary>Several changes saved as one version, or none (ADMIN-25).</summary>
public sealed record SettingsChange
{
    public SettingsChange(long? basis, IReadOnlyList<SettingChange> changes, string? comment = null) : this(changes) => (Base, Comment) = (basis, comment);

    /// <summary>As read from JSON: only the changes must be there.</summary>
    [JsonConstructor]
    public SettingsChange(IReadOnlyList<SettingChange> changes) => Changes = changes;

    /// <summary>Version the changes were made on; another newest version refuses them with 409. Null: the newest, whatever it is.</summary>
    public long? Base { get; init; }

    /// <summary>Values that need it are meant as they stand (RELAY-62).</summary>
    public bool Confirm { get; init; }
    public IReadOnlyList<SettingChange> Changes { get; }
    public string? Comment { get; init; }
}

/// <param name="Value">Null: back to the default (or, with a node, to the cluster's value).</param>
/// <param name="Node">Null: cluster-wide.</param>
public sealed record SettingChange(string Name, string? Value = null, string? Node = null);

/// <param name="Version">The new version; for a check, and when nothing changed, the newest one.</param>
/// <param name="Notes">Hints that do not refuse (RFC advice).</param>
public sealed record SettingsSaved(long Version, IReadOnlyList<SettingDifference> Changes, IReadOnlyList<string> Notes);

/// <summary>The last 100 versions, newest first.</summary>
public sealed record SettingsHistory(IReadOnlyList<SettingsVersion> Versions);

public sealed record SettingsVersion(long Version, DateTimeOffset SavedAt, string SavedBy, string Comment, int Changes);

/// <summary>Query: <c>from=</c>, <c>to=</c> (default: the newest and the one before it).</summary>
public sealed record SettingsDiff(long From, long To, IReadOnlyList<SettingDifference> Changes);

/// <param name="Before">Null: was not set. Secrets as <c>***</c>.</param>
public sealed record SettingDifference(string Name, string? Node, string? Before, string? After);

/// <summary>Saves the values of an old version as a new one.</summary>
public sealed record RollbackRequest(long Version, long? Base = null, string? Comment = null);
