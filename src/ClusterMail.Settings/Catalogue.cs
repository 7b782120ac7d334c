using System.Collections.Frozen;

namespace ClusterMail.Settings;

/// <summary>All settings of the cluster (chapter 11 G), those in force today. A name that is not here does not exist (CONF-60).</summary>
public static class Catalogue
{
    private static readonly SettingDefinition[] Definitions =
    [
        new()
        {
            Name = "net.host_name", Type = SettingType.Text, Default = "", Rule = "CONF-12, RECV-23", Japanese = "ホスト名",
            Summary = "Name of the service in greeting, EHLO and Received:, the same on all nodes. Empty: the machine's own name.",
        },
        new()
        {
            Name = "delivery.retry_seconds", Type = SettingType.Integer, Default = "120", Min = 10, Max = 86400, Unit = "seconds", Rule = "RETRY-7",
            Japanese = "リトライ間隔", Summary = "Interval from which the retry schedule is built.",
        },
    ];

    private static readonly FrozenDictionary<string, SettingDefinition> ByName = Definitions.ToFrozenDictionary(d => d.Name, StringComparer.Ordinal);

    public static IReadOnlyList<SettingDefinition> All => Definitions;

    public static SettingDefinition? Find(string name) => ByName.GetValueOrDefault(name);

    /// <exception cref="KeyNotFoundException">The program asks for a setting that is not in the catalogue: our bug.</exception>
    public static SettingDefinition Get(string name) => ByName.TryGetValue(name, out var definition)
        ? definition
        : throw new KeyNotFoundException($"There is no setting '{name}'.");
}
