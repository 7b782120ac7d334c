namespace ClusterMail.Admin.Contract;

/// <summary>A table as it was written, comments included.</summary>
public sealed record TableText(string Table, string Setting, long Version, string Text);

/// <summary>PUT of a table, and its check.</summary>
/// <param name="Base">As in <see cref="SettingsChange"/>.</param>
/// <param name="Confirm">Lines that need it are meant as they stand (RELAY-62).</param>
public sealed record TableChange(string Text, long? Base = null, string? Comment = null, bool Confirm = false);

public sealed record DomainList(long Version, IReadOnlyList<DomainEntry> Domains);

/// <param name="Kind">The words after the name: <c>relay</c>, or <c>local max_accounts=50</c>.</param>
/// <param name="Accounts">It has now; null: it keeps none.</param>
public sealed record DomainEntry(string Name, string Kind, long? Accounts = null);

/// <summary>POST of a new domain, and PUT of one with other words.</summary>
/// <param name="Kind">Empty: <c>relay</c>.</param>
public sealed record DomainAdd(string Name, string? Kind = null, long? Base = null);
