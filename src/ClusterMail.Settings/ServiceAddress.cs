using System.Collections.Immutable;
using System.Net;

namespace ClusterMail.Settings;

/// <summary>An address clients use that one node at a time holds (CLU-23).</summary>
/// <param name="PrefixLength">Of the network it is put into: 1 to 32, or to 128 for IPv6.</param>
/// <param name="Interface">Name of the network interface, the same on all nodes.</param>
/// <param name="Preferred">Nodes that shall rather have it, the first before the second; empty: any.</param>
public sealed record ServiceAddress(IPAddress Address, int PrefixLength, string Interface, ImmutableArray<string> Preferred)
{
    /// <summary>How it is named everywhere: the address in its usual form, without the prefix.</summary>
    public string Name { get; } = Address.ToString();
}
