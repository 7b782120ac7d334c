namespace ClusterMail.Admin.Contract;

/// <summary>
/// <c>alias list</c>. Query: <c>domain=</c> (of the alias), <c>pattern=</c> (alias or real address, <c>*</c> for anything), <c>limit=</c> (default 100, at most 10000).
/// </summary>
/// <param name="Total">That match; more than <see cref="Aliases"/> when the limit cut the list.</param>
public sealed record AliasList(long Version, int Total, IReadOnlyList<AliasEntry> Aliases);

/// <param name="Name">The alias.</param>
/// <param name="Real">Real address (実アドレス).</param>
/// <param name="Option">What was given: 0, 1, or null.</param>
/// <param name="Replaces">Whether the real address takes the alias's place in the envelope (ALIAS-4, ALIAS-5).</param>
public sealed record AliasEntry(string Name, string Real, string? Option, bool Replaces, DateTimeOffset ChangedAt, string ChangedBy);

/// <summary>POST of one alias, as a line of the table: <c>info@example.jp -> taro@example.jp,1</c>.</summary>
/// <param name="Replace">One that exists gets this target; else it is refused (ALIAS-6).</param>
public sealed record AliasAdd(string Line, bool Replace = false);

/// <summary>The whole table as text.</summary>
/// <param name="Version">Of its last change, for <see cref="AliasTableChange.Base"/>.</param>
public sealed record AliasText(long Version, string Text);

/// <summary>PUT of the table, and its check.</summary>
/// <param name="Base">Only if this is still the version of its last change; null: whatever it is.</param>
/// <param name="Keep">Aliases that the text does not name stay; else they go.</param>
public sealed record AliasTableChange(string Text, long? Base = null, bool Keep = false);

/// <param name="Notes">What the administrator should know.</param>
public sealed record AliasSaved(int Added, int Changed, int Removed, IReadOnlyList<string> Notes);
