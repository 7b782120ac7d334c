using ClusterMail.Settings;

namespace ClusterMail.Migration.Profiles;

/// <summary>The settings that are to be saved, and which lines of the original asked for each.</summary>
internal sealed class SettingsDraft
{
    private static readonly SettingsValidator Validator = new();
    private readonly ImportProfile _profile;
    private readonly FindingLog _log;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<int>> _findings = new(StringComparer.Ordinal);

    public SettingsDraft(ImportProfile profile, FindingLog log)
    {
        (_profile, _log) = (profile, log);
        if (profile == ImportProfile.Original)
            foreach (var (name, value) in Catalogue.Profile("original")!)
                _values[name] = value;
    }

    public IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>By setting, the numbers of the findings that speak of it.</summary>
    public IReadOnlyDictionary<string, List<int>> Findings => _findings;

    /// <summary>A value of the original for one setting: taken, unless it is out of range, or the safe profile keeps its own in place of an original default.</summary>
    /// <param name="note">What else is to be said of it; null: nothing.</param>
    public void Take(string file, int line, string text, string setting, string value, string? note = null, string rule = "")
    {
        var definition = Catalogue.Get(setting);
        value = definition.Tidy(value);
        rule = rule.Length > 0 ? rule : definition.Rule.Split(',')[0];
        var name = definition.Japanese.Length > 0 ? $"{setting} ({definition.Japanese})" : setting;
        if (Validator.Check(setting, value).FirstOrDefault(error => !error.IsWarning) is { } error)
            _log.Fault(file, line, 0, text, $"{name} {error.Message}", error.Rule);
        else if (_profile == ImportProfile.Safe && definition.Original == value && definition.Default != value)
            Note(setting, _log.Changed(file, line, text, $"{name} stays {Shown(definition)}: {value} is the original's default, and less safe (--profile original takes it)", rule));
        else if (note is not null)
            Put(setting, value, _log.Changed(file, line, text, $"{name}: {note}", rule));
        else
            Put(setting, value, _log.Imported(file, line, text, $"{name} = {(definition.Secret ? "***" : value)}", rule));
    }

    /// <summary>A value made of many lines, each of which has its finding already.</summary>
    public void Put(string setting, string value, params IEnumerable<int> findings)
    {
        _values[setting] = value;
        foreach (var finding in findings)
            Note(setting, finding);
    }

    private void Note(string setting, int finding)
    {
        if (!_findings.TryGetValue(setting, out var numbers))
            _findings[setting] = numbers = [];
        numbers.Add(finding);
    }

    private static string Shown(SettingDefinition definition) => definition.Default.Length == 0 ? "empty" : definition.Default;
}
