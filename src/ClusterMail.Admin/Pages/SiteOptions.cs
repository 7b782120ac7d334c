using System.Collections.Immutable;
using System.Net;
using ClusterMail.Settings;

namespace ClusterMail.Admin.Pages;

/// <summary>What the listener of the pages is opened with; a change of any of it opens it anew.</summary>
/// <param name="Listen"><c>approval.web.listen</c>.</param>
/// <param name="Tls"><c>approval.web.tls</c>: with the node's certificate.</param>
/// <param name="Proxies"><c>approval.web.proxies</c>, as they are written.</param>
/// <param name="RequestsPerMinute"><c>approval.web.requests_per_minute</c>, of one client address.</param>
public sealed record SiteOptions(IPEndPoint Listen, bool Tls, string Proxies, int RequestsPerMinute)
{
    /// <summary>Null: there is no page.</summary>
    public static SiteOptions? From(SettingSet set) => WebListen.Parse(set.Text("approval.web.listen")) is { } listen
        ? new SiteOptions(listen, set.Switch("approval.web.tls"), string.Join(' ', set.List("approval.web.proxies")), (int)set.Integer("approval.web.requests_per_minute"))
        : null;

    /// <summary>Whose X-Forwarded-For counts.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies =>
    [
        .. Proxies.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPNetwork? (text) =>
            IPNetwork.TryParse(text, out var network) ? network
            : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : null).OfType<IPNetwork>(),
    ];
}
