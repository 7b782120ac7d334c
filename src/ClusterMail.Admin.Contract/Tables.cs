namespace ClusterMail.Admin.Contract;

/// <summary>A table as it was written, comments included.</summary>
public sealed record TableText(string Table, string Setting, long Version, string Text);

/// <summary>PUT of a table, and its check.</summary>
/// <param name="Base">As in <see cref="SettingsChange"/>.</param>
public sealed record TableChange(string Text, long? Base = null, string? Comment = null);

public sealed record DomainList(long Version, IReadOnlyList<DomainEntry> Domains);

/// <param name="Kind">The words after the name: <c>relay</c>.</param>
public sealed record DomainEntry(string Name, string Kind);

/// <param name="Kind">Empty: <c>relay</c>.</param>
public sealed record DomainAdd(string Name, string? Kind = null, long? Base = null);
