namespace ClusterMail.Admin.Contract;

/// <summary>The files a log consists of where every node has its own of each day (LOG-10, LOG-11).</summary>
public sealed record LogFiles(IReadOnlyList<LogFile> Files);

/// <param name="Day"><c>2026-01-31</c>.</param>
/// <param name="Path"><c>inlog/n1/260131.log</c>.</param>
public sealed record LogFile(string Node, string Day, string Path);
