using ClusterMail.Accounts;
using ClusterMail.Protocol;
using ClusterMail.Routing;
using ClusterMail.Routing.Dns;
using ClusterMail.Settings;

namespace ClusterMail.Queue.Settings;

/// <summary>
/// APPROVE-403: whether the mail of a domain whose mailboxes are elsewhere would come back here. Delivery refuses such a next hop as well (FALL-6); here it is found before
/// a mail meets it.
/// </summary>
public static class LoopCheck
{
    /// <summary>A save waits no longer for DNS. What is not resolved by then is no reason to refuse.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly Mailbox Nobody = new("postmaster", "");

    /// <summary>Settings whose change can make a loop.</summary>
    public static IReadOnlyList<string> Concerned { get; } =
        ["domain.table", "route.table", "route.gateway", "route.forward_all", "delivery.port", "dns.static_hosts", "dns.servers", "listen", "net.host_name"];

    /// <param name="own">Names, addresses and ports of all nodes.</param>
    public static async Task<IReadOnlyList<SettingError>> OfAsync(SettingSet set, OwnNames own, CancellationToken cancel)
    {
        var domains = OperatedDomains.Parse(set.Text("domain.table")).Domains;
        var router = new Router
        {
            Table = RouteTable.Parse(set.Text("route.table"), out _),
            Gateway = set.Text("route.gateway"),
            Port = (int)set.Integer("delivery.port"),
        };
        var forwardAll = set.Switch("route.forward_all");
        var passed = domains.All.Where(domain => forwardAll || !domain.Keeps || domain.PassesOn).Select(domain => (domain.Name, Route: router.Decide(ReversePath.Null, Nobody with { Domain = domain.Name })));
        var resolver = new MailHostResolver(HostResolution.Options(set, OwnNames.None), TimeProvider.System, Random.Shared);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        var found = await Task.WhenAll(passed.Select(one => LoopAsync(one.Name, one.Route, resolver, own, limit.Token))).ConfigureAwait(false);
        cancel.ThrowIfCancellationRequested();
        return [.. found.OfType<SettingError>()];
    }

    private static async Task<SettingError?> LoopAsync(string domain, Route route, MailHostResolver resolver, OwnNames own, CancellationToken cancel)
    {
        // Several gateways stand in for one another: the mail stays out as long as one is not ours.
        if (route.Gateways.Length > 0 && route.Gateways.All(gateway => own.Contains(gateway.Host, gateway.Port)))
            return Told(domain, route, route.Gateways[0].ToString());
        try
        {
            var hosts = (await resolver.ResolveAsync(route, cancel).ConfigureAwait(false)).Hosts;
            return hosts.Length > 0 && hosts.All(host => own.Contains(host.Name, host.Port) || host.Addresses.Any(address => own.Contains(address, host.Port)))
                ? Told(domain, route, $"{hosts[0].Name}:{hosts[0].Port} [{hosts[0].Addresses[0]}]")
                : null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static SettingError Told(string domain, Route route, string hop) => new(
        route switch { { Kind: RouteKind.Mx } => "domain.table", { Rule: var rule } when rule.Contains("route.gateway", StringComparison.Ordinal) => "route.gateway", _ => "route.table" }, 0, 0, "APPROVE-403",
        $"mail for {domain} would go to {hop}, which is this farm itself, and run in a circle: name the server that has the mailboxes");
}
