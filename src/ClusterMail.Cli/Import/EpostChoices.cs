namespace ClusterMail.Cli.Import;

/// <summary>What was asked for on the command line beside how to read the files.</summary>
/// <param name="Report">File for what became of each line; null: none.</param>
/// <param name="Yes">Do not ask.</param>
internal sealed record EpostChoices(string Folder, string? Report, bool DryRun, bool Yes);
