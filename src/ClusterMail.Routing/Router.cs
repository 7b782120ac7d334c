using System.Collections.Immutable;
using System.Globalization;
using ClusterMail.Protocol;

namespace ClusterMail.Routing;

/// <summary>
/// ROUTE-1: where one recipient's mail goes, from one version of the settings, without a question to anybody. Asked anew at each attempt (ROUTE-2). The rows
/// are tried in their order; rows 1 to 3 (alias, mailbox, list) belong in front of row 4 and come with the accounts.
/// </summary>
public sealed class Router
{
    private static readonly IdnMapping Idn = new() { AllowUnassigned = true };

    /// <summary>The gateway table (GWT).</summary>
    public RouteTable Table { get; init; } = RouteTable.Empty;

    /// <summary><c>route.gateway</c> (GW-1): host name or address without port; empty: none.</summary>
    public string Gateway { get; init; } = "";

    /// <summary><c>delivery.port</c> (DELIV-3), for GW-1 and for MX targets. Default 25.</summary>
    public int Port { get; init; } = 25;

    /// <summary><c>route.forward_all</c> (FALL-1): there are no mailboxes here. Default off.</summary>
    public bool ForwardAll { get; init; }

    public OwnNames Own { get; init; } = OwnNames.None;

    public Route Decide(ReversePath sender, Mailbox recipient)
    {
        var domain = recipient.DomainKey;
        var ascii = Ascii(domain);
        if (Table.Match(domain, ascii, sender) is { } line)
            return ToGateways(line.Gateways, $"ROUTE-1 row 4, route.table line {line.Number}");
        if (Gateway.Length > 0)
            return ToGateways(Single(), "ROUTE-1 row 5, route.gateway");
        return domain.Length == 0
            ? NoWay("550 5.1.2 Recipient has no domain", "ROUTE-1 row 6")
            : new Route { Kind = RouteKind.Mx, Destination = ascii, Domain = ascii, Port = Port, Rule = "ROUTE-1 row 6" };
    }

    /// <summary>FALL-6: forward-all is on and nothing says where to. For the console, as a warning.</summary>
    public bool ForwardsNowhere => ForwardAll && Gateway.Length == 0 && Table.Lines.IsEmpty;

    /// <summary>Domains are compared, kept and asked for in A-label form; what cannot be converted stays as it is and will not be found.</summary>
    internal static string Ascii(string domain)
    {
        if (System.Text.Ascii.IsValid(domain))
            return domain;
        try
        {
            return Idn.GetAscii(domain).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return domain;
        }
    }

    // A text that is no host name was refused on save; should it be here all the same, it will not resolve, and mail waits instead of bouncing.
    private ImmutableArray<Gateway> Single() => [new Gateway(Routing.Gateway.TryHost(Gateway.Trim(), out var host) ? host : Gateway.Trim(), Port, TlsOnConnect: false)];

    private Route ToGateways(ImmutableArray<Gateway> gateways, string rule)
    {
        var others = gateways.RemoveAll(g => Own.Contains(g.Host, g.Port));
        if (others.IsEmpty)
            return NoWay("554 5.4.6 Configuration error: the next hop is this server itself", $"{rule}, FALL-6");
        return new Route
        {
            Kind = RouteKind.Gateway,
            Destination = others.Length == 1 ? others[0].Key : string.Join(';', others.Select(g => g.Key)),
            Gateways = others,
            Rule = rule,
        };
    }

    private static Route NoWay(string failure, string rule) => new() { Kind = RouteKind.Failure, Destination = "", Rule = rule, Failure = failure };
}
