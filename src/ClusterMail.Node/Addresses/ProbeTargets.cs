using System.Net;
using System.Net.Sockets;
using ClusterMail.Settings;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;

namespace ClusterMail.Node.Addresses;

/// <summary>Where greetings are looked for (CLU-23): one's own, the held addresses', the peers'. Pure.</summary>
public static class ProbeTargets
{
    /// <summary>Where this node's own greeting is to be found; null: nowhere that may answer (RECV-10).</summary>
    /// <param name="machine">Addresses of this machine, for a listener on all of them.</param>
    /// <param name="denied">The setting <c>listen.deny</c>.</param>
    public static IPEndPoint? Own(IReadOnlyList<ListenerOptions> listeners, IEnumerable<IPAddress> machine, IReadOnlyCollection<IPAddress> denied, IReadOnlyCollection<IPAddress> services)
    {
        var candidates = from listener in Plain(listeners)
                         from address in IsEvery(listener) ? [IPAddress.Loopback, .. machine.Where(one => Serves(listener, one))] : (IPAddress[])[listener.EndPoint.Address]
                         where !denied.Contains(address) && !services.Contains(address) && Serves(listener, address)
                         select new IPEndPoint(address, listener.EndPoint.Port);
        return candidates.FirstOrDefault();
    }

    /// <summary>Where clients of a service address look; null: no listener without TLS from the start is for it.</summary>
    public static IPEndPoint? Of(IReadOnlyList<ListenerOptions> listeners, IPAddress service) =>
        Plain(listeners).Where(listener => listener.EndPoint.Address.Equals(service) || (IsEvery(listener) && Serves(listener, service)))
            .Select(listener => new IPEndPoint(service, listener.EndPoint.Port)).FirstOrDefault();

    /// <summary>What this node tells the others as the place of its greeting; empty: none they can reach.</summary>
    /// <param name="reachable">Address by which the others reach this node.</param>
    public static string Told(IReadOnlyList<ListenerOptions> listeners, IPAddress reachable, IReadOnlyCollection<IPAddress> denied, IReadOnlyCollection<IPAddress> services) =>
        Own([.. Plain(listeners).Where(listener => !IPAddress.IsLoopback(listener.EndPoint.Address)).Select(listener => IsEvery(listener) ? listener with { EndPoint = new(reachable, listener.EndPoint.Port) } : listener)],
            [], denied, services)?.ToString() ?? "";

    /// <summary>
    /// Whom to ask this time: whoever gave no answer last time, and one more in turn. So few, because each question is a connection in somebody's log and counts for LOCK-1.
    /// </summary>
    /// <param name="turn">Grows with each round.</param>
    public static IReadOnlyList<(string Name, IPEndPoint Server)> Others(
        string self, AddressBeat beat, IReadOnlyList<ServiceAddress> services, IReadOnlyList<ListenerOptions> listeners, IReadOnlyCollection<string> failing, int turn)
    {
        var all = new List<(string Name, IPEndPoint Server)>();
        foreach (var node in beat.Nodes.Where(node => node.Ready && node.Name != self))
            if (IPEndPoint.TryParse(node.Smtp, out var server))
                all.Add((node.Name, server));
        foreach (var service in services)
            if (beat.Addresses.Any(row => row.Address == service.Name && row.Holder is { } holder && holder != self) && Of(listeners, service.Address) is { } server)
                all.Add((service.Name, server));
        return all.Count == 0 ? [] : [.. all.Where(one => failing.Contains(one.Name)).Append(all[turn % all.Count]).Distinct()];
    }

    private static IEnumerable<ListenerOptions> Plain(IEnumerable<ListenerOptions> listeners) => listeners.Where(listener => !listener.ImplicitTls && !listener.ProxyProtocol);

    private static bool IsEvery(ListenerOptions listener) => listener.EndPoint.Address.Equals(IPAddress.Any) || listener.EndPoint.Address.Equals(IPAddress.IPv6Any);

    // A listener on [::] takes IPv4 too, unless it is told not to.
    private static bool Serves(ListenerOptions listener, IPAddress address) => !address.IsIPv6LinkLocal && (!IsEvery(listener)
        || (address.AddressFamily == AddressFamily.InterNetwork ? listener.EndPoint.AddressFamily == AddressFamily.InterNetwork || !listener.OnlyV6 : listener.EndPoint.AddressFamily == AddressFamily.InterNetworkV6));
}
