using System.Collections.Frozen;
using System.Net;

namespace ClusterMail.Routing;

/// <summary>
/// How this cluster is reached from outside: names, addresses and listening ports of all nodes and services. A next hop that is one of these with one
/// of these ports is ourselves (FALL-6, RFC 5321 §5.1). The port counts too, because another server may listen beside us on the same machine.
/// </summary>
public sealed class OwnNames
{
    private readonly FrozenSet<string> _names;
    private readonly FrozenSet<IPAddress> _addresses;
    private readonly FrozenSet<int> _ports;

    public OwnNames(IEnumerable<string> names, IEnumerable<IPAddress> addresses, IEnumerable<int> ports)
    {
        _names = names.Select(n => n.TrimEnd('.')).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _addresses = addresses.ToFrozenSet();
        _ports = ports.ToFrozenSet();
    }

    public static OwnNames None { get; } = new([], [], []);

    /// <param name="host">A name, or an address as text.</param>
    public bool Contains(string host, int port) => _ports.Contains(port)
        && (_names.Contains(host.TrimEnd('.')) || (IPAddress.TryParse(host, out var address) && _addresses.Contains(address)));

    public bool Contains(IPAddress address, int port) => _ports.Contains(port) && _addresses.Contains(address);
}
