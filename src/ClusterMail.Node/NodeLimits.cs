using ClusterMail.Admin;

namespace ClusterMail.Node;

/// <summary>The limit in force for a destination, for <c>queue why</c>.</summary>
public sealed class NodeLimits(NodeRuntime node) : IDestinationLimits
{
    public int? Limit(string destination) => node.Settings.Current.Destination.Connections;
}
