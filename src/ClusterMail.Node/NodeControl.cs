using Akka.Actor;
using ClusterMail.Admin;
using ClusterMail.Admin.Contract;
using ClusterMail.Queue.Accept;
using ClusterMail.Store;

namespace ClusterMail.Node;

/// <summary>
/// What administrators ask of the cluster. Draining goes through the switches in the database, so that it holds over a restart and reaches a node that
/// the answering one cannot talk to; leaving and downing go through the cluster.
/// </summary>
public sealed class NodeControl(NodeRuntime runtime, NodeOptions options, NodeStore nodes, SwitchStore switches, EventStore events, ConsoleAudit audit) : IClusterControl
{
    public string NodeName => options.Name;

    public StandbyStatus? Standby => runtime.Standby is { Demand: not StandbyDemand.Off } watch
        ? new(watch.Demand == StandbyDemand.Refuse ? "refuse" : "warn", !watch.IsLacking, watch.Reason)
        : null;

    public IReadOnlyList<ShardStatus> Shards => runtime.Shards.IsEmpty ? [] :
    [
        .. runtime.Choice.Doors.Select(door => new ShardStatus(door.Name, door.IsOpen, runtime.Choice.WeightOf(door.Name), Fault: runtime.Shards.FirstOrDefault(shard => shard.Name == door.Name)?.Fault)),
    ];

    public IReadOnlyList<ClusterMember> Members
    {
        get
        {
            if (runtime.Cluster.System is not { } system)
                return [];
            var state = Akka.Cluster.Cluster.Get(system).State;
            return [.. state.Members.Select(member => new ClusterMember(
                member.Address.ToString(), member.Status.ToString(), !state.Unreachable.Contains(member), [.. member.Roles.Order(StringComparer.Ordinal)]))];
        }
    }

    public async Task DrainAsync(string node, Author by, CancellationToken cancel)
    {
        await FindAsync(node, cancel);
        await SetAsync(node, SwitchState.Draining, by, cancel);
        await events.WriteAsync(node, "drain", $"{node} drains: no new connections, transactions finish, mail goes to the others", null, cancel);
    }

    public async Task UndrainAsync(string node, Author by, CancellationToken cancel)
    {
        await FindAsync(node, cancel);
        await SetAsync(node, SwitchState.On, by, cancel);
        await events.WriteAsync(node, "undrain", $"{node} takes mail again", null, cancel);
    }

    public async Task LeaveAsync(string node, Author by, CancellationToken cancel)
    {
        var row = await FindAsync(node, cancel);
        await audit.NoteAsync(by, AuditOutcome.Done, new AuditNote("cluster.leave", node), cancel);
        await DrainAsync(node, by, cancel);
        Cluster().Leave(Address.Parse(row.Remoting));
    }

    public async Task DownAsync(string node, Author by, CancellationToken cancel)
    {
        var row = await FindAsync(node, cancel);
        await audit.NoteAsync(by, AuditOutcome.Done, new AuditNote("cluster.down", node), cancel);
        Cluster().Down(Address.Parse(row.Remoting));
        await events.WriteAsync(options.Name, "down", $"{by} declared {node} dead", null, cancel);
    }

    public Task<string?> LeaderAsync(CancellationToken cancel) => Task.FromResult(runtime.Duties.Leader);

    private async Task SetAsync(string node, SwitchState state, Author by, CancellationToken cancel)
    {
        await switches.SetAsync(node, SwitchKind.Receive, state, by, cancel);
        await switches.SetAsync(node, SwitchKind.Deliver, state, by, cancel);
    }

    private async Task<NodeRow> FindAsync(string node, CancellationToken cancel) =>
        (await nodes.ListAsync(cancel)).Where(row => row.Name == node).MaxBy(row => row.Epoch)
            ?? throw new KeyNotFoundException($"There is no node {node}.");

    private Akka.Cluster.Cluster Cluster() =>
        runtime.Cluster.System is { } system ? Akka.Cluster.Cluster.Get(system) : throw new TimeoutException("This node is not in the cluster at the moment; ask another one.");
}
