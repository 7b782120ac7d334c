namespace ClusterMail.Cli.Drill;

/// <summary><c>drill clean --json</c>.</summary>
/// <param name="Cleaned">Something was put right.</param>
/// <param name="Kind">Of the drill that was killed; null: none was.</param>
internal sealed record DrillCleaned(bool Cleaned, string? Kind);
