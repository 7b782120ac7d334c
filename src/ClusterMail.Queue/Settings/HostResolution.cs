using System.Net;
using ClusterMail.Protocol;
using ClusterMail.Routing;
using ClusterMail.Routing.Dns;
using ClusterMail.Settings;

namespace ClusterMail.Queue.Settings;

/// <summary>The resolver for the settings in force; a change of a DNS setting makes a new one, and with it an empty cache.</summary>
public sealed class HostResolution(NodeView first)
{
    private static readonly string[] Concerned =
        ["dns.servers", "dns.static_hosts", "net.ip_version", "delivery.mx_cache_seconds", "delivery.mx_cache_ignore_ttl", "compat.delivery.address_after_mx", "net.host_name", "listen"];

    private volatile MailHostResolver _resolver = new(Options(first), TimeProvider.System, Random.Shared);
    private volatile ReverseNames _names = new(Options(first), TimeProvider.System);
    private volatile SenderRecords _senders = new(Options(first), TimeProvider.System);

    /// <summary>CONF-19: what senders are checked by.</summary>
    public IDnsRecords Senders => _senders;

    /// <summary>CONF-18: a client's confirmed name; null: none.</summary>
    public Task<string?> NameAsync(IPAddress client) => _names.FindAsync(client);

    public Task<HostSet> ResolveAsync(Route route, CancellationToken cancel) => _resolver.ResolveAsync(route, cancel).AsTask();

    /// <summary>MXC-3: forgotten when a connection based on it fails.</summary>
    public void Forget(Route route) => _resolver.Drop(route);

    /// <summary>MXC-5. Null: everything.</summary>
    public void Drop(string? domain)
    {
        if (domain is null)
            _resolver.DropAll();
        else
            _resolver.Drop(domain);
    }

    public void Follow(NodeView before, NodeView after)
    {
        if (Concerned.All(name => before.Settings.Text(name) == after.Settings.Text(name)))
            return;
        _resolver = new MailHostResolver(Options(after), TimeProvider.System, Random.Shared);
        _names = new ReverseNames(Options(after), TimeProvider.System);
        _senders = new SenderRecords(Options(after), TimeProvider.System);
    }

    private static ResolverOptions Options(NodeView view) => Options(view.Settings, view.Router.Own);

    internal static ResolverOptions Options(SettingSet set, OwnNames own) => new()
    {
        Servers = [.. set.List("dns.servers").Select(text => ResolverOptions.TryParseServer(text, out var server) ? server : null).OfType<IPEndPoint>()],
        StaticHosts = StaticHosts.Parse(set.Text("dns.static_hosts"), out _),
        IpVersion = set.Text("net.ip_version") switch { "v4" => IpVersion.V4, "v6" => IpVersion.V6, _ => IpVersion.Both },
        CacheLifetime = set.Seconds("delivery.mx_cache_seconds"),
        IgnoreTtl = set.Switch("delivery.mx_cache_ignore_ttl"),
        AddressAfterMx = set.Switch("compat.delivery.address_after_mx"),
        Own = own,
    };
}
