namespace ClusterMail.Admin.Contract;

/// <summary><c>db status</c>.</summary>
/// <param name="Writable">A primary answered; false: a standby, nothing can be accepted.</param>
/// <param name="SynchronousCommit">Must not be <c>off</c> (P1).</param>
/// <param name="Pending">Schema scripts this release has that the database has not.</param>
public sealed record DbStatus(
    string Server, string Version, bool Writable, string SynchronousCommit, string? SynchronousStandbys, long SizeBytes, int Connections, int MaxConnections,
    IReadOnlyList<string> Applied, IReadOnlyList<string> Pending, IReadOnlyList<DbTable> Tables)
{
    /// <summary>Standbys connected to this server; default none.</summary>
    public IReadOnlyList<DbStandby> Standbys { get; init; } = [];

    /// <summary>Further databases of the queue; empty: none.</summary>
    public IReadOnlyList<DbShard> Shards { get; init => field = value ?? []; } = [];
}

/// <param name="Status">Null: it does not answer.</param>
public sealed record DbShard(string Name, DbStatus? Status);

/// <summary>A standby as the primary sees it.</summary>
/// <param name="Name">Its <c>application_name</c>.</param>
/// <param name="State"><c>streaming</c>, <c>catchup</c> …; null: ClusterMail's role may not know (it needs <c>pg_monitor</c>).</param>
/// <param name="Sync"><c>sync</c> or <c>quorum</c>: a <c>250</c> waits for it (P1); <c>potential</c> or <c>async</c>: not.</param>
/// <param name="BehindBytes">Log not yet on its disk.</param>
/// <param name="LagSeconds">How much later it shows what is committed; null while nothing is written.</param>
public sealed record DbStandby(string Name, string? State, string? Sync, long? BehindBytes, double? LagSeconds)
{
    /// <summary>A commit waits for it, and it is there.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsSynchronous => State == "streaming" && Sync is "sync" or "quorum";
}

/// <summary><c>db keys</c>: the keys that contents at rest are sealed with (DELIV-11).</summary>
/// <param name="Node">Who answers; only its own keys are known to it.</param>
/// <param name="Sealing">New contents are sealed (<c>store.encrypt_at_rest</c>).</param>
/// <param name="Current">The key that seals; null: the node's file names none.</param>
public sealed record ContentKeyList(string Node, bool Sealing, string? Current, IReadOnlyList<ContentKeyEntry> Keys);

/// <param name="Place">queue, mailboxes, held.</param>
/// <param name="Here">The answering node has it; false: those contents wait.</param>
public sealed record ContentKeyEntry(string Place, string Key, long Contents, bool Here);

/// <param name="Rows">The planner's estimate.</param>
public sealed record DbTable(string Name, long Bytes, long Rows, long DeadRows);

/// <summary><c>db restored status</c>: databases of the farm that were put back from a backup, and that is not over. Empty: none.</summary>
public sealed record RestoredDatabases(IReadOnlyList<RestoredDatabase> Databases);

/// <param name="Name"><c>main</c>, or that of a shard.</param>
/// <param name="By">Node that noticed it, or who told it.</param>
/// <param name="Stopped">Recipients stopped then.</param>
/// <param name="Waiting">Of them, still stopped.</param>
/// <param name="Open">Held mails that wait for a decision, which may have been made after the backup.</param>
/// <param name="Jobs">Releases and notices of approval that are not done before the end of it.</param>
public sealed record RestoredDatabase(string Name, DateTimeOffset Since, string By, string Reason, long Stopped, long Waiting, long Open, long Jobs);
