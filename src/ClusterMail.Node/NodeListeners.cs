using System.Net;
using System.Net.Sockets;
using ClusterMail.Settings;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Node;

/// <summary>
/// The ports a node serves: those of the setting <c>listen</c>, else those its own file names, else <see cref="ListenTable.Default"/> (CONF-23). Its own file comes before the
/// default of the catalogue, because several nodes on one machine cannot share port 25. A file names a node's own addresses, so its ports are served on the service addresses too (CLU-23); the
/// setting says itself where.
/// </summary>
public static class NodeListeners
{
    public static IReadOnlyList<ListenerOptions> Of(NodeOptions node, SettingSet settings)
    {
        var version = settings.Text("net.ip_version");
        var (entries, _) = ListenTable.Parse(settings.Text("listen"));
        IPAddress[] services = [.. ServiceAddressTable.Parse(settings.Text("cluster.service_addresses")).Addresses.Select(service => service.Address)];
        if (!entries.IsEmpty)
            return [.. entries.Select(entry => Listener(entry, version)).Select(listener => listener with { MayBeElsewhere = services.Contains(listener.EndPoint.Address) })];
        IReadOnlyList<ListenerOptions> own = [.. Own(node)];
        return own.Count > 0 ? [.. own, .. OnServices(own, services)] : [.. ListenTable.Parse(ListenTable.Default).Entries.Select(entry => Listener(entry, version))];
    }

    private static ListenerOptions Listener(ListenEntry entry, string version) => new()
    {
        EndPoint = new IPEndPoint(entry.Address ?? Every(version), entry.Port),
        OnlyV6 = entry.Address is null && version == "v6",
        ImplicitTls = entry.ImplicitTls,
        ProxyProtocol = entry.Proxy,
        Purpose = entry.Submission ? ListenerPurpose.Submission : ListenerPurpose.Relay,
    };

    /// <summary>A listener on every address serves them already; one on loopback is for the machine only, and one behind a balancer for that.</summary>
    private static IEnumerable<ListenerOptions> OnServices(IReadOnlyList<ListenerOptions> own, IPAddress[] services) =>
        from listener in own
        where !listener.ProxyProtocol && !IPAddress.IsLoopback(listener.EndPoint.Address) && !IsEvery(listener.EndPoint.Address)
        from service in services
        where !own.Any(other => other.EndPoint.Port == listener.EndPoint.Port && (other.EndPoint.Address.Equals(service) || IsEvery(other.EndPoint.Address)))
        select listener with { EndPoint = new IPEndPoint(service, listener.EndPoint.Port), MayBeElsewhere = true };

    private static bool IsEvery(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>RECV-7. A kernel without IPv6 has no address <c>[::]</c> to listen on.</summary>
    private static IPAddress Every(string version) =>
        version == "v4" || (version == "v4/6" && !Socket.OSSupportsIPv6) ? IPAddress.Any : IPAddress.IPv6Any;

    private static IEnumerable<ListenerOptions> Own(NodeOptions node)
    {
        if (node.Smtp is { } smtp)
            yield return new ListenerOptions { EndPoint = smtp };
        if (node.Submission is { } submission)
            yield return new ListenerOptions { EndPoint = submission, Purpose = ListenerPurpose.Submission };
        if (node.Smtps is { } smtps)
            yield return new ListenerOptions { EndPoint = smtps, Purpose = ListenerPurpose.Submission, ImplicitTls = true };
        if (node.ProxySmtp is { } proxy)
            yield return new ListenerOptions { EndPoint = proxy, ProxyProtocol = true };
    }
}
