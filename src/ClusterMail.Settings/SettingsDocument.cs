namespace ClusterMail.Settings;

/// <summary>A settings set as it is exported, edited and imported.</summary>
/// <param name="Values">Cluster-wide values by name; what is not here has its default.</param>
/// <param name="Overrides">Values of single nodes, by node and name (CLU-27).</param>
public sealed record SettingsDocument(
    IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Overrides);
