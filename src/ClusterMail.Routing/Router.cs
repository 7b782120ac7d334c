using System.Collections.Immutable;
using System.Globalization;
using ClusterMail.Accounts;
using ClusterMail.Protocol;

namespace ClusterMail.Routing;

/// <summary>
/// ROUTE-1: where one recipient's mail goes, from one version of the settings, without a question to anybody. Asked anew at each attempt (ROUTE-2). The rows
/// are tried in their order; row 3 (lists) belongs in front of row 4 and comes with the lists.
/// </summary>
public sealed class Router
{
    private static readonly IdnMapping Idn = new() { AllowUnassigned = true };

    /// <summary>The gateway table (GWT).</summary>
    public RouteTable Table { get; init; } = RouteTable.Empty;

    /// <summary><c>route.gateway</c> (GW-1): host name or address without port; empty: none.</summary>
    public string Gateway { get; init; } = "";

    /// <summary><c>route.gateway_credential</c> (OUT-3). Default: no login.</summary>
    public GatewayLogin? GatewayLogin { get; init; }

    /// <summary><c>upstream.postmaster</c>: whose login is taken where nobody else's fits (APPROVE-425). Null: nobody's.</summary>
    public Mailbox? Postmaster { get; init; }

    /// <summary><c>delivery.port</c> (DELIV-3), for GW-1 and for MX targets. Default 25.</summary>
    public int Port { get; init; } = 25;

    /// <summary><c>route.forward_all</c> (FALL-1): there are no mailboxes here. Default off.</summary>
    public bool ForwardAll { get; init; }

    /// <summary>Who lives here; rows 1 to 3. Default nobody.</summary>
    public MailDirectory Directory { get; init; } = new(OperatedDomains.None, new AccountIndex(), new AliasIndex());

    public OwnNames Own { get; init; } = OwnNames.None;

    /// <summary>The destination under which mail for all mailboxes of this cluster waits.</summary>
    public const string Local = "[local]";

    /// <param name="isSystemMail">We wrote it: where its sender's login fails, the postmaster's is good enough (APPROVE-426).</param>
    public Route Decide(ReversePath sender, Mailbox recipient, bool isSystemMail = false)
    {
        // APPROVE-447: it ends here, whatever an alias or a table says of it.
        if (Directory.SubDomain.Contains(recipient))
            return NoWay("550 5.1.1 This address takes decisions and commands of approval only", "APPROVE-447");
        // ALIAS-9: aliases first, whatever forward-all says; who has no domain can be no alias.
        var found = recipient.Domain.Length == 0 ? null : Directory.ResolveRecipient(recipient);
        // FALL-2, FALL-3: with forward-all there are no mailboxes here.
        if (found is not null && !ForwardAll && Here(found) is { } here)
            return here with { Envelope = Other(found.Envelope, recipient), Real = Other(found.Real, recipient) };
        var real = found?.Real ?? recipient;
        var route = Onward(sender, real, isSystemMail);
        return ReferenceEquals(real, recipient) ? route : route with
        {
            Envelope = Other(found!.Envelope, recipient),
            Real = Other(real, recipient),
            Rule = $"ROUTE-1 row 1, {found.Rule}; {route.Rule}",
        };
    }

    /// <summary>Row 2, and ROUTE-3: an address of ours that has gone meanwhile. Null: not ours to keep.</summary>
    private Route? Here(Resolution found) => found switch
    {
        { Account: { } account } => DeliveryOf(account) == MailStore.Elsewhere ? null : InMailbox(account, found.Rule),
        { Class: AddressClass.LocalMissing } => NoWay("550 5.1.1 User unknown", $"ROUTE-3, {found.Rule}"),
        _ => null,
    };

    /// <summary>Mail for this account goes into the mailboxes of this cluster, not to another store and not onward.</summary>
    public bool KeepsHere(Account account) => !ForwardAll && DeliveryOf(account) is var delivery && delivery != MailStore.Elsewhere && !MailStore.TryParse(delivery, out _);

    private string DeliveryOf(Account account) => account.Delivery.Length > 0 ? account.Delivery : Directory.Domains.Find(account.Address.Domain)?.Delivery ?? "";

    private Route InMailbox(Account account, string rule)
    {
        var delivery = DeliveryOf(account);
        if (!MailStore.TryParse(delivery, out var store))
            return new Route { Kind = RouteKind.Mailbox, Destination = Local, Account = account, Rule = $"ROUTE-1 row 2, {rule}" };
        var gateway = new Gateway(store!.Host, store.Port, TlsOnConnect: false, Lmtp: true);
        return new Route { Kind = RouteKind.Gateway, Destination = gateway.Key, Gateways = [gateway], Account = account, Rule = $"ROUTE-1 row 2, {rule}, delivery={delivery}" };
    }

    private static Mailbox? Other(Mailbox one, Mailbox recipient) => one == recipient ? null : one;

    /// <summary>Rows 4 to 6.</summary>
    private Route Onward(ReversePath sender, Mailbox recipient, bool isSystemMail)
    {
        GatewayLogin? Whose(GatewayLogin? login) => LoginFor(login, sender, recipient, isSystemMail);
        var domain = recipient.DomainKey;
        var ascii = Ascii(domain);
        if (Table.Match(domain, ascii, sender) is { } line)
            return ToGateways(line.Gateways, Whose, $"ROUTE-1 row 4, route.table line {line.Number}");
        if (Gateway.Length > 0)
            return ToGateways(Single(), Whose, "ROUTE-1 row 5, route.gateway");
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
    private ImmutableArray<Gateway> Single() => [new Gateway(Routing.Gateway.TryHost(Gateway.Trim(), out var host) ? host : Gateway.Trim(), Port, TlsOnConnect: false, GatewayLogin)];

    private Route ToGateways(ImmutableArray<Gateway> gateways, Func<GatewayLogin?, GatewayLogin?> whose, string rule)
    {
        gateways = [.. gateways.Select(gateway => gateway.Login is null ? gateway : gateway with { Login = whose(gateway.Login) })];
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

    /// <summary>
    /// Whose login it is (APPROVE-425): the envelope sender's account; for the null reverse-path the addressee's, else the postmaster's. Mail of a sender who has no
    /// account here goes with the postmaster's, because a provider that wants a login wants it of everybody.
    /// </summary>
    private GatewayLogin? LoginFor(GatewayLogin? login, ReversePath sender, Mailbox recipient, bool isSystemMail)
    {
        if (login is not { IsPersonal: true })
            return login;
        var account = AccountOf(sender.Mailbox ?? (login.Kind == LoginKind.PerUser ? recipient : null));
        // OUT-3: no account of ours, nothing to log in with.
        if (login.Kind == LoginKind.Own)
            return account is null ? null : login with { Account = account };
        var postmaster = AccountOf(Postmaster);
        return account is null ? login with { Account = postmaster }
            : (sender.IsNull || isSystemMail) && postmaster is { } other && !other.SameAs(account) ? login with { Account = account, Instead = other }
            : login with { Account = account };
    }

    private Mailbox? AccountOf(Mailbox? address) => address is { Domain.Length: > 0 } mailbox ? Directory.Resolve(mailbox).Account?.Address : null;

    private static Route NoWay(string failure, string rule) => new() { Kind = RouteKind.Failure, Destination = "", Rule = rule, Failure = failure };
}
