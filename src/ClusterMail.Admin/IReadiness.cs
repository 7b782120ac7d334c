namespace ClusterMail.Admin;

/// <summary>
/// Whether this node may be sent clients. Must rest on a write to the primary (the last renewal of the lease is one), not on an open connection:
/// a standby and a full disk answer <c>SELECT 1</c> as well.
/// </summary>
public interface IReadiness
{
    bool Ready { get; }

    /// <summary>Why not, for people: <c>starting</c>, <c>draining</c>, <c>no write to the database for 7 s</c>. Empty when ready.</summary>
    IReadOnlyList<string> Reasons { get; }
}
