using System.Net;
using System.Net.Sockets;
using ClusterMail.Settings;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Node;

/// <summary>
/// The ports a node serves: those of the setting <c>listen</c>, else those its own file names, else <see cref="ListenTable.Default"/> (CONF-23). Its own file comes before the
/// default of the catalogue, because several nodes on one machine cannot share port 25.
/// </summary>
public static class NodeListeners
{
    public static IReadOnlyList<ListenerOptions> Of(NodeOptions node, SettingSet settings)
    {
        var version = settings.Text("net.ip_version");
        var (entries, _) = ListenTable.Parse(settings.Text("listen"));
        if (!entries.IsEmpty)
            return [.. entries.Select(entry => Listener(entry, version))];
        IReadOnlyList<ListenerOptions> own = [.. Own(node)];
        return own.Count > 0 ? own : [.. ListenTable.Parse(ListenTable.Default).Entries.Select(entry => Listener(entry, version))];
    }

    private static ListenerOptions Listener(ListenEntry entry, string version) => new()
    {
        EndPoint = new IPEndPoint(entry.Address ?? Every(version), entry.Port),
        OnlyV6 = entry.Address is null && version == "v6",
        ImplicitTls = entry.ImplicitTls,
        ProxyProtocol = entry.Proxy,
        Purpose = entry.Submission ? ListenerPurpose.Submission : ListenerPurpose.Relay,
    };

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
