namespace ClusterMail.Settings;

/// <summary>A settings set as it is exported, edited and imported.</summary>
/// <param name="Values">Cluster-wide values by name; what is not here has its default.</param>
/// <param name="Overrides">Values of single nodes, by node and name (CLU-27).</param>
public sealed record SettingsDocument(
    IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Overrides)
{
    /// <summary>What an archive holds beside settings, by a name of <see cref="ArchiveParts"/>.</summary>
    public IReadOnlyDictionary<string, string> Parts { get; init; } = new Dictionary<string, string>();

    /// <summary>What the table of accounts has no column for: by address, then by name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Accounts { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>Line of the file that stands before the first line of a part's text; 0: it did not come from a file.</summary>
    public IReadOnlyDictionary<string, int> LinesBefore { get; init; } = new Dictionary<string, int>();
}
