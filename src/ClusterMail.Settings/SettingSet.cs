using System.Collections.Frozen;
using System.Globalization;

namespace ClusterMail.Settings;

/// <summary>
/// One version of all settings (ADMIN-25), immutable. Values not set have the default of the catalogue. The texts here were validated when
/// they were saved; a text that no longer parses (an older node reading a newer version) falls back to the default.
/// </summary>
public sealed class SettingSet
{
    private readonly FrozenDictionary<string, string> _values;

    /// <param name="version">0: nothing was ever saved.</param>
    /// <param name="values">Cluster-wide values by name.</param>
    /// <param name="overrides">Values of this node, which win where the catalogue allows it (CLU-27).</param>
    public SettingSet(long version, IReadOnlyDictionary<string, string> values, IReadOnlyDictionary<string, string>? overrides = null)
    {
        Version = version;
        var merged = new Dictionary<string, string>(values, StringComparer.Ordinal);
        foreach (var (name, value) in overrides ?? new Dictionary<string, string>())
            if (Catalogue.Find(name)?.PerNode == true)
                merged[name] = value;
        _values = merged.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public static SettingSet Empty { get; } = new(0, new Dictionary<string, string>());

    public long Version { get; }

    /// <summary>The text of a setting: set, or the default.</summary>
    public string Text(string name) => _values.TryGetValue(name, out var value) ? value : Catalogue.Get(name).Default;

    public bool IsSet(string name) => _values.ContainsKey(name);

    public long Integer(string name) =>
        long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : long.Parse(Catalogue.Get(name).Default, CultureInfo.InvariantCulture);

    public bool Switch(string name) => Text(name) is "true" or "on" or "yes" or "1";

    /// <summary>One of the words the catalogue lists.</summary>
    public string Choice(string name) =>
        Catalogue.Get(name) is var definition && Text(name) is var text && definition.Choices.Contains(text) ? text : definition.Default;

    public TimeSpan Seconds(string name) => TimeSpan.FromSeconds(Integer(name));
    public TimeSpan Hours(string name) => TimeSpan.FromHours(Integer(name));

    public IReadOnlyList<string> List(string name) =>
        Text(name).Split([' ', ',', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries);
}
