using System.Net;

namespace ClusterMail.Smtp.Server;

/// <summary>One listening socket (RECV-3, RECV-4). Two equal values are the same listener, so a changed set says what to open and what to drain (RECV-12).</summary>
public sealed record ListenerOptions
{
    public required IPEndPoint EndPoint { get; init; }
    public ListenerPurpose Purpose { get; init; }

    /// <summary>TLS from the first byte: the port is written with a trailing <c>*</c> (RECV-4).</summary>
    public bool ImplicitTls { get; init; }

    /// <summary>On <c>[::]</c>: IPv6 clients only (RECV-7). Default: IPv4 clients too.</summary>
    public bool OnlyV6 { get; init; }

    /// <summary>The address may be another node's now: the socket is opened all the same, and answers as soon as the address is here (CLU-23, IP_FREEBIND; Linux only). Default: it must be here.</summary>
    public bool MayBeElsewhere { get; init; }

    /// <summary>Every connection starts with a PROXY protocol header, v1 or v2, sent by a listed balancer (CLU-23). Without it the connection is closed.</summary>
    public bool ProxyProtocol { get; init; }
}
