namespace ClusterMail.Admin.Contract;

public sealed record LockoutList(IReadOnlyList<LockoutEntry> Entries);

/// <param name="Address">IPv4 address, or IPv6 network of 64 bits.</param>
/// <param name="Reason"><c>connections</c> (LOCK-1), <c>auth</c> (LOCK-2) or <c>filter</c> (RELAY-51).</param>
/// <param name="Until">Null: never ends.</param>
/// <param name="Count">Connections or failures over all nodes; null for a filter.</param>
/// <param name="Node">That found it; null for a filter.</param>
/// <param name="Filter">That denied it; else null.</param>
public sealed record LockoutEntry(string Address, string Reason, DateTimeOffset Since, DateTimeOffset? Until, int? Count, string? Node, string? Filter);

public sealed record LockoutRemoved(string Address);
