using System.Net;

namespace ClusterMail.Smtp.Server;

/// <summary>A listener cannot be opened: the port is taken by another program, needs more rights, or the address is not this machine's (ADMIN-1).</summary>
public sealed class PortUnavailableException(IPEndPoint endPoint, Exception inner)
    : Exception($"Port {endPoint.Port} on {endPoint.Address} cannot be opened: {inner.Message}", inner)
{
    public IPEndPoint EndPoint { get; } = endPoint;
}
