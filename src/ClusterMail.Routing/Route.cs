using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ClusterMail.Accounts;
using ClusterMail.Protocol;

namespace ClusterMail.Routing;

/// <summary>Where a recipient's mail goes, decided from settings alone: no DNS was asked (ROUTE-1, ROUTE-2).</summary>
public sealed record Route
{
    public required RouteKind Kind { get; init; }

    /// <summary>
    /// The key under which recipients wait together, in the database and in the dispatcher: for MX routes the recipient's domain in lower
    /// case, A-label form (<c>example.org</c>); for gateways <c>[host]:port</c> (several: joined by <c>;</c>); for mailboxes here <c>[local]</c>.
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

    /// <summary>The recipient as RCPT, logs and mailbox show it, where an alias puts the real address in its place (ALIAS-4); null: as it came.</summary>
    public Mailbox? Envelope { get; init; }

    /// <summary>Where an alias leads (ALIAS-7); null: the recipient is no alias.</summary>
    public Mailbox? Real { get; init; }

    /// <summary>Whose mailbox it is: for <see cref="RouteKind.Mailbox"/>, and for a gateway that speaks LMTP. Else null.</summary>
    public Account? Account { get; init; }

    /// <summary>Kept by us or by a mail store over LMTP: it ends here, and a success report says "delivered", not "relayed" (RFC 3461 §5.2).</summary>
    public bool IsFinal => Account is not null;

    /// <summary>Recipients of one mail with equal keys are one delivery (ALIAS-12).</summary>
    /// <param name="recipient">The one this route was decided for.</param>
    public string DeliveryKey(Mailbox recipient) => Account is { } account
        ? string.Create(CultureInfo.InvariantCulture, $"{account.Id}")
        : $"{(Real ?? recipient).LocalPart}@{(Real ?? recipient).DomainKey}";
}

public enum RouteKind : byte
{
    Mx = 0,
    Gateway = 1,
    Failure = 2,

    /// <summary>Into the mailbox store of this cluster; nothing to resolve, nobody to connect to (DELIV-10).</summary>
    Mailbox = 3,
}

/// <summary>One gateway of a line of the gateway table, or the gateway field.</summary>
/// <param name="Host">Host name, IPv4, or IPv6 without brackets.</param>
/// <param name="TlsOnConnect">The port was written with <c>*</c> (GWT-4).</param>
/// <param name="Login">How it is logged in to (OUT-3, APPROVE-405); null: not at all.</param>
/// <param name="Lmtp">It is a mail store that speaks LMTP (RFC 2033): <c>delivery=lmtp:host:port</c> of a domain or an account.</param>
public sealed record Gateway(string Host, int Port, bool TlsOnConnect, GatewayLogin? Login = null, bool Lmtp = false)
{
    /// <summary>
    /// Its part of <see cref="Route.Destination"/>: <c>[host]:port</c>, with <c>lmtp:</c> in front of a mail store, with <c>*</c> and <c>#login</c> where the line has them, because a session
    /// opened for one of these is not to be used for another.
    /// </summary>
    public string Key => $"{Place}{(Login is null ? "" : $"#{Login.Key}")}";

    /// <summary>Where it is, whoever logs in: limits and back-off are a matter of the place, and all logins share them.</summary>
    public string Place => $"{(Lmtp ? "lmtp:" : "")}[{Host.ToLowerInvariant()}]:{Port}{(TlsOnConnect ? "*" : "")}";

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
