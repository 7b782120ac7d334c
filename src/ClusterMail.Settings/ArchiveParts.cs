namespace ClusterMail.Settings;

/// <summary>Names in a settings archive that are no settings (ADMIN-51).</summary>
public static class ArchiveParts
{
    public const string Format = "archive.format";

    /// <summary>Of the settings that were exported, and when. For people; an import does not look at them.</summary>
    public const string Version = "archive.version";
    public const string ExportedAt = "archive.exported_at";

    /// <summary>Secrets under a pass phrase.</summary>
    public const string Sealed = "archive.sealed";

    /// <summary>The alias table in its text form.</summary>
    public const string Aliases = "tables.aliases";

    /// <summary>The accounts in the original's form of ten columns (IMP-1), passwords left out.</summary>
    public const string Accounts = "tables.accounts";

    public static IReadOnlySet<string> All { get; } = new HashSet<string>(StringComparer.Ordinal) { Format, Version, ExportedAt, Sealed, Aliases, Accounts };
}
