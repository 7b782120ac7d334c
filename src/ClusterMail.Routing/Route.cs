using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Routing;

/// <summary>Where a recipient's mail goes, decided from settings alone: no DNS was asked (ROUTE-1, ROUTE-2).</summary>
public sealed record Route
{
    public required RouteKind Kind { get; init; }

    /// <summary>
    /// The key under which recipients wait together, in the database and in the dispatcher: for MX routes the recipient's domain in lower
    /// case, A-label form (<c>example.org</c>); for gateways <c>[host]:port</c> (several: joined by <c>;</c>).
    /// </summary>
    public required string Destination { get; init; }

    /// <summary>Gateways in the order to try them (GWT-11); empty for MX routes.</summary>
    public ImmutableArray<Gateway> Gateways { get; init; } = [];

    /// <summary>The domain whose MX to ask; empty for gateways.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Port for MX and address targets (DELIV-3).</summary>
    public int Port { get; init; } = 25;

    /// <summary>What decided: <c>ROUTE-1 row 4, route.table line 3</c>.</summary>
    public required string Rule { get; init; }

    /// <summary>Set when there is no way: the reply to fail the recipient with at once (FALL-6, ROUTE-3).</summary>
    public string? Failure { get; init; }
}

public enum RouteKind : byte
{
    Mx = 0,
    Gateway = 1,
    Failure = 2,
}

/// <summary>One gateway of a line of the gateway table, or the gateway field.</summary>
/// <param name="Host">Host name, IPv4, or IPv6 without brackets.</param>
/// <param name="TlsOnConnect">The port was written with <c>*</c> (GWT-4).</param>
/// <param name="Credential">Name of an entry of <c>route.credentials</c> (GWT-9); null: none.</param>
public sealed record Gateway(string Host, int Port, bool TlsOnConnect, string? Credential = null)
{
    /// <summary>
    /// Its part of <see cref="Route.Destination"/>: <c>[host]:port</c>, with <c>*</c> and <c>#credential</c> where the line has them, because a session
    /// opened for one of these is not to be used for another.
    /// </summary>
    public string Key => $"[{Host.ToLowerInvariant()}]:{Port}{(TlsOnConnect ? "*" : "")}{(Credential is null ? "" : $"#{Credential}")}";

    /// <summary>Reads <c>fqdn / IPv4 / "[" IPv6 "]"</c> (04 C). <paramref name="host"/> comes without brackets.</summary>
    public static bool TryHost(string text, out string host)
    {
        host = text;
        if (text.StartsWith('[') && text.EndsWith(']'))
        {
            host = text[1..^1];
            return IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        }
        return text.Length is > 0 and <= 255 && text.Split('.').All(label => label.Length is > 0 and <= 63
            && label.All(c => char.IsLetterOrDigit(c) || c is '-' or '_'));
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}{(TlsOnConnect ? "*" : "")}" : $"{Host}:{Port}{(TlsOnConnect ? "*" : "")}";
}
