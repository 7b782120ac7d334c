namespace ClusterMail.Settings;

/// <summary>One entry of the settings catalogue (CONF): name, type, range, default and what it means, in English and in the original's words.</summary>
public sealed record SettingDefinition
{
    /// <summary>Dotted lower-case name, for example <c>receive.max_bytes</c>.</summary>
    public required string Name { get; init; }
    public required SettingType Type { get; init; }

    /// <summary>Text form of the default in the safe profile.</summary>
    public required string Default { get; init; }

    /// <summary>Text form of the default in the original profile; null: the same.</summary>
    public string? Original { get; init; }

    /// <summary>Inclusive range of an <see cref="SettingType.Integer"/> (CONF-61).</summary>
    public long Min { get; init; }
    public long Max { get; init; } = long.MaxValue;

    /// <summary>0 is allowed although below <see cref="Min"/>, because it means "unlimited" or "none" here (CONF-62).</summary>
    public bool ZeroAllowed { get; init; }

    /// <summary>Allowed words of a <see cref="SettingType.Choice"/>.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>octets, seconds, hours, sessions; empty where there is none.</summary>
    public string Unit { get; init; } = "";
    public required string Summary { get; init; }

    /// <summary>The same in Japanese; null: nobody has written it yet.</summary>
    public string? JapaneseSummary => JapaneseMeanings.All.GetValueOrDefault(Name);

    /// <summary>The original's term, for people who migrate.</summary>
    public string Japanese { get; init; } = "";
    public string Rule { get; init; } = "";

    /// <summary>May be overridden per node (CLU-27: listeners, worker counts and debug only).</summary>
    public bool PerNode { get; init; }

    /// <summary>White space at its ends, line breaks too, is taken off where it comes in: files of the original end with one (APPROVE-441).</summary>
    public bool Trimmed { get; init; }

    /// <summary>As it is judged and saved.</summary>
    public string Tidy(string text) => Trimmed ? text.Trim() : text;

    /// <summary>Shown as *** everywhere (ADMIN-43).</summary>
    public bool Secret { get; init; }
}

public enum SettingType
{
    Integer,
    Switch,
    Text,
    Choice,

    /// <summary>Values separated by blanks or commas.</summary>
    List,

    /// <summary>Many lines in a grammar of its own (gateway table, relay list), edited whole.</summary>
    Table,
}
