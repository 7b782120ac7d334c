using System.Collections.Immutable;
using System.Net;
using ClusterMail.Protocol;

namespace ClusterMail.Routing.Dns;

/// <summary>What DNS (or the static host table) said for one route: hosts in the order to try, or why there are none.</summary>
public sealed record HostSet
{
    /// <summary>At most 5 (DELIV-24), each with at least one address; equal preferences already shuffled.</summary>
    public ImmutableArray<MailHost> Hosts { get; init; } = [];

    /// <summary>
    /// The next hop that connection limits and back-off are counted for: the sorted host names with port, so that all domains at one provider
    /// share it (design: MX results of many domains with the same host set share one destination).
    /// </summary>
    public required string NextHop { get; init; }

    /// <summary>With which login; sessions are shared only by mail of the same. Empty: none is needed.</summary>
    public string Login { get; init; } = "";

    /// <summary>How long this answer holds; already capped by the settings (MXC-4).</summary>
    public TimeSpan Ttl { get; init; }

    /// <summary>None when there are hosts. Refused: null MX, 556 5.1.10 (DELIV-23). NoAnswer: cannot be resolved (RETRY-3, RETRY-14).</summary>
    public FailureClass Class { get; init; }
    public Reply? Failure { get; init; }

    /// <summary>For senderlog and <c>explain</c>: <c>MX 10 mx1.example.org, 20 mx2.example.org (TTL 300)</c>, <c>Cannot resolve example.org</c>.</summary>
    public string Explanation { get; init; } = "";
}

/// <summary>A host with its addresses, IPv6 and IPv4 in the order to try.</summary>
public sealed record MailHost(string Name, int Preference, ImmutableArray<IPAddress> Addresses, int Port, bool TlsOnConnect = false, GatewayLogin? Login = null, bool Lmtp = false);
