using System.Globalization;
using System.Net;
using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Routing;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Placements;

/// <summary>An order for a placement, read and complete.</summary>
/// <param name="Port">With <paramref name="TlsOnConnect"/> where it was written with <c>*</c> (GWT-4).</param>
/// <param name="Host">The server behind; empty: none (<c>local</c> without smart host).</param>
internal sealed record PlacementTerms(PlacementKind Kind, string Domain, string Host, int Port, bool TlsOnConnect)
{
    private const string Rule = "APPROVE-411";

    /// <summary>AUTH toward clients is off; then <see cref="Networks"/> may submit (APPROVE-412).</summary>
    public bool AuthOff { get; init; }
    public IReadOnlyList<string> Networks { get; init; } = [];
    public string Label { get; init; } = "sub";
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>As a line of route.table writes it: an IPv6 address in brackets.</summary>
    public string HostText => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
    public string PortText => $"{Port.ToString(CultureInfo.InvariantCulture)}{(TlsOnConnect ? "*" : "")}";

    /// <param name="example">What is missing is filled in with an example, to show what would be set.</param>
    /// <returns>Null, with the refusal, when it cannot be read.</returns>
    public static (PlacementTerms? Terms, IResult? Refusal) Read(PlacementKind kind, PresetOrder order, bool example)
    {
        var domain = DomainName.Normalize((order.Domain ?? (example ? "corp.example" : "")).Trim());
        if (!OperatedDomains.IsDomain(domain))
            return Wrong(domain.Length == 0 ? "Which domain? Its name is missing." : $"'{Requests.Printable(domain, 255)}' is no domain name.", "Write it like --domain corp.example.");
        var next = (order.Next ?? (example && kind != PlacementKind.Local ? "192.0.2.5" : "")).Trim();
        var terms = new PlacementTerms(kind, domain, "", 25, false);
        if (next.Length == 0 && kind != PlacementKind.Local)
            return Wrong("Where is the server behind? Its address is missing.", "Write it like --next 192.0.2.5:25.");
        if (next.Length > 0 && !TryHop(next, kind == PlacementKind.Hosted ? 587 : 25, ref terms))
            return Wrong($"'{Requests.Printable(next, 255)}' is no server with a port.", "Write it like --next 192.0.2.5:25, or smtp.provider.example:465* for TLS from the first octet.");
        // What is one number in the settings (delivery.port) has no place for the mark; the route table has.
        if (terms.TlsOnConnect && kind != PlacementKind.Hosted)
            return Wrong("TLS from the first octet is for the placement hosted.", "Leave the * out.");
        return kind switch
        {
            PlacementKind.Front or PlacementKind.Hosted => WithAuth(terms, order),
            PlacementKind.Exchange => WithExchange(terms, order),
            _ => (terms, null),
        };
    }

    private static (PlacementTerms?, IResult?) WithAuth(PlacementTerms terms, PresetOrder order)
    {
        var auth = order.Auth ?? "required";
        if (auth is not ("required" or "off"))
            return Wrong($"'{Requests.Printable(auth, 40)}' is neither required nor off.", "--auth required, or --auth off with --networks.");
        if (auth == "required")
            return (terms, null);
        if (terms.Kind == PlacementKind.Hosted)
            return Wrong("The placement hosted needs AUTH toward clients (APPROVE-422).", "Leave --auth off out.");
        var networks = Words(order.Networks);
        if (networks.Count == 0 || !networks.All(IsNetwork))
            return Refuse("Without AUTH only listed networks may submit, and they are missing or no networks.", "Write them like --networks 192.0.2.0/24,198.51.100.7.", "APPROVE-412");
        return (terms with { AuthOff = true, Networks = networks }, null);
    }

    private static (PlacementTerms?, IResult?) WithExchange(PlacementTerms terms, PresetOrder order)
    {
        var label = (order.Label ?? "sub").Trim().ToLowerInvariant();
        if (label.Contains('.', StringComparison.Ordinal) || !OperatedDomains.IsDomain($"{label}.{terms.Domain}"))
            return Refuse($"'{Requests.Printable(label, 80)}' is not one label of a name.", "sub makes sub." + terms.Domain + ".", "APPROVE-441");
        var servers = Words(order.Servers);
        if (servers.Count == 0 && IPAddress.TryParse(terms.Host, out _))
            servers = [terms.Host];
        if (servers.Count == 0 || !servers.All(IsNetwork))
            return Refuse("Which addresses does Exchange send from? They are missing or no addresses.", "Write them like --servers 192.0.2.20.", "APPROVE-447");
        return (terms with { Label = label, Servers = servers }, null);
    }

    private static bool TryHop(string text, int otherwise, ref PlacementTerms terms)
    {
        var tls = text.EndsWith('*');
        var bare = tls ? text[..^1] : text;
        var colon = bare.LastIndexOf(':');
        // An IPv6 address without brackets has colons of its own, and no port then.
        var alone = colon < 0 || bare.EndsWith(']') || IPAddress.TryParse(bare, out var whole) && whole.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && !bare.Contains('[', StringComparison.Ordinal);
        var (host, port) = alone ? (bare, otherwise) : (bare[..colon], ushort.TryParse(bare.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0);
        if (port == 0 || !(Gateway.TryHost(host, out var name) || IPAddress.TryParse(host, out _)))
            return false;
        terms = terms with { Host = name, Port = port, TlsOnConnect = tls };
        return true;
    }

    private static IReadOnlyList<string> Words(string? text) => (text ?? "").Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);

    private static bool IsNetwork(string text) => IPNetwork.TryParse(text, out _) || IPAddress.TryParse(text, out _);

    private static (PlacementTerms?, IResult?) Wrong(string title, string hint) => Refuse(title, hint, Rule);

    private static (PlacementTerms?, IResult?) Refuse(string title, string hint, string rule) => (null, Answers.Wrong(title, rule, hint));
}
