namespace ClusterMail.Settings;

/// <summary>Short forms for the lines of the catalogue, so that each setting reads as one entry.</summary>
internal static class Define
{
    public static SettingDefinition Integer(
        string name, long value, long min, long max, string unit, string rule, string japanese, string summary,
        bool zero = false, long? original = null, bool perNode = false) => new()
        {
            Name = name,
            Type = SettingType.Integer,
            Default = Text(value),
            Min = min,
            Max = max,
            ZeroAllowed = zero,
            Unit = unit,
            Rule = rule,
            Japanese = japanese,
            Summary = summary,
            Original = original is { } o ? Text(o) : null,
            PerNode = perNode,
        };

    public static SettingDefinition Switch(string name, bool value, string rule, string japanese, string summary, bool? original = null) => new()
    {
        Name = name,
        Type = SettingType.Switch,
        Default = value ? "true" : "false",
        Original = original is { } o ? (o ? "true" : "false") : null,
        Rule = rule,
        Japanese = japanese,
        Summary = summary,
    };

    public static SettingDefinition Choice(
        string name, string value, string[] choices, string rule, string japanese, string summary, string? original = null) => new()
        {
            Name = name,
            Type = SettingType.Choice,
            Default = value,
            Choices = choices,
            Original = original,
            Rule = rule,
            Japanese = japanese,
            Summary = summary,
        };

    public static SettingDefinition Text(
        string name, string value, string rule, string japanese, string summary, string? original = null, bool secret = false, bool perNode = false) => new()
        {
            Name = name,
            Type = SettingType.Text,
            Default = value,
            Original = original,
            Rule = rule,
            Japanese = japanese,
            Summary = summary,
            Secret = secret,
            PerNode = perNode,
        };

    public static SettingDefinition List(
        string name, string rule, string japanese, string summary, bool perNode = false, string value = "", string? original = null) => new()
        {
            Name = name,
            Type = SettingType.List,
            Default = value,
            Original = original,
            Rule = rule,
            Japanese = japanese,
            Summary = summary,
            PerNode = perNode,
        };

    public static SettingDefinition Table(
        string name, string value, string rule, string japanese, string summary, bool secret = false, bool perNode = false) => new()
        {
            Name = name,
            Type = SettingType.Table,
            Default = value,
            Rule = rule,
            Japanese = japanese,
            Summary = summary,
            Secret = secret,
            PerNode = perNode,
        };

    private static string Text(long value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
