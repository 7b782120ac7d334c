namespace ClusterMail.Admin.Contract;

/// <summary><c>db status</c>.</summary>
/// <param name="Writable">A primary answered; false: a standby, nothing can be accepted.</param>
/// <param name="SynchronousCommit">Must not be <c>off</c> (P1).</param>
/// <param name="Pending">Schema scripts this release has that the database has not.</param>
public sealed record DbStatus(
    string Server, string Version, bool Writable, string SynchronousCommit, string? SynchronousStandbys, long SizeBytes, int Connections, int MaxConnections,
    IReadOnlyList<string> Applied, IReadOnlyList<string> Pending, IReadOnlyList<DbTable> Tables);

/// <param name="Rows">The planner's estimate.</param>
public sealed record DbTable(string Name, long Bytes, long Rows, long DeadRows);
