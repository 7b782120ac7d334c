using Npgsql;

namespace ClusterMail.Store;

/// <summary>Nodes and their leases: who is alive by the database's clock, and the fence (design §3). Also forming the cluster (design §4).</summary>
public sealed class NodeStore(NpgsqlDataSource dataSource)
{
    /// <summary>A new epoch for this node, alive for <paramref name="lease"/> from now.</summary>
    public Task<long> RegisterAsync(NodeRegistration node, TimeSpan lease, CancellationToken cancel) => throw new NotImplementedException(dataSource.ToString());

    /// <summary>Renews the lease. Also brings what every node must learn within seconds, so that it costs no second round trip.</summary>
    public Task<Renewal> RenewAsync(long epoch, TimeSpan lease, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>
    /// Fences every epoch whose lease has ended, each in a transaction of its own, and frees its rows ('delivering' → 'queued' or 'waiting', due now).
    /// Any node may call it at any time, several at once. After a restart of the database every lease counts from the restart.
    /// An accept still in flight under the epoch either commits before the rows are freed or is refused; a session that blocks this longer than 1 s is terminated.
    /// </summary>
    public Task<IReadOnlyList<FencedNode>> FenceExpiredAsync(string byNode, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Clean stop: frees the rows at once and marks the epoch as left.</summary>
    public Task LeaveAsync(long epoch, CancellationToken cancel) => throw new NotImplementedException();

    public Task<IReadOnlyList<NodeRow>> ListAsync(CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>
    /// Who to join: addresses of living nodes that are members already. Empty means: this node is to form the cluster, and has been marked as a member
    /// under a lock, so that exactly one node gets that answer.
    /// </summary>
    public Task<IReadOnlyList<string>> FormOrJoinAsync(long epoch, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Marks this node as a cluster member, or (downed, restarting) as not.</summary>
    public Task SetMemberAsync(long epoch, bool member, CancellationToken cancel) => throw new NotImplementedException();
}

/// <param name="Remoting">Akka address, <c>akka.tcp://clustermail@host:port</c>.</param>
/// <param name="Admin">URL of the admin API.</param>
/// <param name="Smtp">host:port of the first relay listener, for <c>cluster status</c>.</param>
public sealed record NodeRegistration(string Name, string Remoting, string Admin, string Smtp, string Version, IReadOnlyList<string> Roles);

/// <param name="Fenced">The epoch is fenced or gone: stop owning anything and register again.</param>
/// <param name="SettingsVersion">Newest settings version.</param>
/// <param name="Receive">on, off or draining for this node (ADMIN-32): the stricter of the cluster's and the node's own switch.</param>
/// <param name="WakeUp">Grows whenever an administrator made recipients due (retry, release): claim now.</param>
public sealed record Renewal(bool Fenced, long SettingsVersion, SwitchState Receive, SwitchState Deliver, long WakeUp);

public enum SwitchState
{
    On,
    Off,
    Draining,
}

/// <param name="Recipients">Rows freed.</param>
/// <param name="Overdue">How long after the end of its lease the node was fenced.</param>
public sealed record FencedNode(string Name, long Epoch, int Recipients, TimeSpan Overdue);

public sealed record NodeRow(
    string Name, long Epoch, string Remoting, string Admin, string Smtp, string Version, IReadOnlyList<string> Roles,
    DateTimeOffset StartedAt, DateTimeOffset AliveUntil, bool Alive, bool Fenced, bool Member, bool Left,
    SwitchState Receive, SwitchState Deliver, long Owned);
