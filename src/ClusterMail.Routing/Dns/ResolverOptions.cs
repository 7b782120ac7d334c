using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace ClusterMail.Routing.Dns;

/// <summary>How names are resolved. A change of settings makes a new resolver, and with it an empty cache.</summary>
public sealed record ResolverOptions
{
    /// <summary><c>dns.servers</c>: up to 3 (DELIV-21). Empty (default): those of the system.</summary>
    public ImmutableArray<IPEndPoint> Servers { get; init; } = [];
    public StaticHosts StaticHosts { get; init; } = StaticHosts.Empty;

    /// <summary><c>net.ip_version</c>, default both; IPv6 is tried first then.</summary>
    public IpVersion IpVersion { get; init; } = IpVersion.Both;

    /// <summary><c>delivery.mx_cache_seconds</c>: no answer is kept longer (MXC-4). Default 3600 s; zero: no cache.</summary>
    public TimeSpan CacheLifetime { get; init; } = TimeSpan.FromSeconds(3600);

    /// <summary><c>delivery.mx_cache_ignore_ttl</c>: kept for <see cref="CacheLifetime"/> whatever DNS says. Default false, in the original true (MXC-4).</summary>
    public bool IgnoreTtl { get; init; }

    /// <summary><c>compat.delivery.address_after_mx</c>: the domain's own address after its MX hosts. Default false (DELIV-23).</summary>
    public bool AddressAfterMx { get; init; }

    public OwnNames Own { get; init; } = OwnNames.None;

    /// <summary>Names kept in the cache. Default 50,000.</summary>
    public int CacheSize { get; init; } = 50_000;

    /// <summary>For one question to one server; each server is asked twice. Default 3 s.</summary>
    public TimeSpan QueryTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Reads one entry of <c>dns.servers</c>: <c>ip[:port]</c>, IPv6 with a port in brackets. Port 53 when not given.</summary>
    public static bool TryParseServer(string text, out IPEndPoint? server)
    {
        server = null;
        if (IPAddress.TryParse(text, out var alone) && !text.StartsWith('['))
        {
            server = new IPEndPoint(alone, 53);
            return true;
        }
        var colon = text.LastIndexOf(':');
        var bracketed = text.EndsWith(']');
        var host = bracketed || colon < 0 ? text : text[..colon];
        if (!IPAddress.TryParse(host.Trim('[', ']'), out var address))
            return false;
        var port = 53;
        if (!bracketed && colon >= 0 && !(int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535))
            return false;
        server = new IPEndPoint(address, port);
        return true;
    }
}

/// <summary>Address families used towards other hosts.</summary>
[Flags]
public enum IpVersion : byte
{
    V4 = 1,
    V6 = 2,
    Both = V4 | V6,
}
