namespace ClusterMail.Admin.Contract;

/// <summary>POST of an export (ADMIN-51).</summary>
/// <param name="Accounts">With the accounts; their passwords only under a pass phrase.</param>
/// <param name="PassPhrase">Secrets are in the archive, encrypted under it; null: they are left out. At least 12 characters.</param>
public sealed record SettingsExport(bool Accounts, string? PassPhrase = null);

/// <param name="Text">The archive: TOML, tables in their own text forms.</param>
/// <param name="Omitted">Secrets that are set but not in it.</param>
public sealed record SettingsArchive(long Version, string Text, IReadOnlyList<string> Omitted);

/// <summary>POST of an import. Applied as one version or not at all; secrets the archive does not have stay as they are.</summary>
/// <param name="Base">As in <see cref="SettingsChange"/>.</param>
/// <param name="DryRun">Only shows the difference.</param>
/// <param name="Confirm">Values that need it are meant as they stand (RELAY-62).</param>
public sealed record SettingsImport(string Text, string? PassPhrase = null, long? Base = null, bool DryRun = false, string? Comment = null, bool Confirm = false);

/// <param name="Version">The new version of the settings; the newest one when they did not change, and for a dry run.</param>
/// <param name="Base">The version the difference was taken from: sent back with the import itself, nobody's change in between is overwritten.</param>
/// <param name="Aliases">Null: the archive has none, and they stay.</param>
/// <param name="AccountsCreated">Accounts the archive does not name stay.</param>
public sealed record SettingsImported(
    long Version, long Base, IReadOnlyList<SettingDifference> Changes, AliasSaved? Aliases, int AccountsCreated, int AccountsUpdated, IReadOnlyList<string> Notes);
