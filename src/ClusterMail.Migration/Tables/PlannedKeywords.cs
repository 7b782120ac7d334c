namespace ClusterMail.Migration.Tables;

/// <summary>A keyword list of approval to be saved (APPROVE-40, APPROVE-42).</summary>
/// <param name="Owner">The account in whose folder the file lies; null: the whole system.</param>
/// <param name="Name">Base name of the file, by which lines refer to it.</param>
/// <param name="Findings">Of its lines.</param>
public sealed record PlannedKeywords(string? Owner, string Name, string Text, IReadOnlyList<int> Findings);
