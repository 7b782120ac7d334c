using ClusterMail.Admin;
using ClusterMail.Queue.Receive;

namespace ClusterMail.Node;

/// <summary>Ready means: the database took a write of ours within the lease, every port is open and mail is taken (CLU-23, ADMIN-1, ADMIN-26).</summary>
public sealed class NodeReadiness(NodeRuntime node) : IReadiness
{
    private const string NoMember = "not a member of the cluster yet";

    public bool Ready => Reasons.Count == 0;

    public IReadOnlyList<string> Reasons => [.. Why()];

    /// <summary>
    /// Why clients would get no mail accepted here; empty: they would. Without the cluster's membership, by which others only learn whom to send to: mail is taken as long as the database can be reached,
    /// and when one host is cut off all may be out of the cluster for seconds, while it forms anew.
    /// </summary>
    public IReadOnlyList<string> NotServing => [.. Why().Where(reason => reason != NoMember)];

    private IEnumerable<string> Why()
    {
        if (node.Lease.LastRenewal is null)
        {
            yield return "starting";
            yield break;
        }
        if (!node.Lease.IsValid)
            yield return "no write to the database within the lease";
        if (!node.Cluster.IsMember)
            yield return NoMember;
        if (node.Duties.Doors == ReceiverActor.Doors.Draining)
            yield return "draining";
        else if (node.Duties.Doors == ReceiverActor.Doors.Closed)
            yield return "receiving is off";
        if (node.Settings.IsOverdue)
            yield return "the newest settings version cannot be loaded";
        if (node.Standby.Refuses)
            yield return $"{node.Standby.Reason} (database.require_synchronous_standby)";
        if (node.Receiver?.Fault is { } fault)
            yield return fault;
        else if (node.Receiver is not { Listening: true } && node.Duties.Doors != ReceiverActor.Doors.Draining)
            yield return "ports are not open yet";
    }
}
