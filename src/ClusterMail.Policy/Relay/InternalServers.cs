using System.Collections.Immutable;
using System.Net;
using ClusterMail.Settings;

namespace ClusterMail.Policy.Relay;

/// <summary>
/// <c>approval.internal_servers</c>: mail servers behind this farm whose users have logged in there (APPROVE-447). They send for domains of the farm without AUTH,
/// and for no others.
/// </summary>
public sealed class InternalServers
{
    private readonly ImmutableArray<IPNetwork> _networks;

    private InternalServers(ImmutableArray<IPNetwork> networks) => _networks = networks;

    public bool IsEmpty => _networks.IsEmpty;

    /// <summary>A text that is neither address nor network was refused when it was saved, and is left out here.</summary>
    public static InternalServers From(SettingSet set) => new([.. set.List("approval.internal_servers").Select(Network).OfType<IPNetwork>()]);

    public bool Contains(IPAddress client)
    {
        if (_networks.IsEmpty)
            return false;
        var address = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        return _networks.Any(network => network.Contains(address));
    }

    private static IPNetwork? Network(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;
}
