namespace ClusterMail.Admin;

/// <summary>
/// Whether this process works. What is wrong elsewhere (database, other nodes, settings) must not count: a supervisor answers with a new start, which would mend none of it
/// and break off every session.
/// </summary>
public interface ILiveness
{
    /// <summary>What stands still, for people; null: nothing. Asked for it only, costs nothing otherwise.</summary>
    Task<string?> TroubleAsync(CancellationToken cancel);
}
