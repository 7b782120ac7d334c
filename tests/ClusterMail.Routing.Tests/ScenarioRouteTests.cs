using ClusterMail.Accounts;
using ClusterMail.Protocol;

namespace ClusterMail.Routing.Tests;

/// <summary>Chapter 10 as far as routing decides: where each server of a scenario sends what it has accepted.</summary>
public class ScenarioRouteTests
{
    private const string GatewayTable = "example.jp,192.168.0.102,25";

    /// <summary>GW: forward-all on, GW-1 blank, a dummy domain of its own (SCN-2, SCN-A1).</summary>
    private static Router Front(string table = GatewayTable, string gateway = "", params string[] aliases) =>
        Server("dummy.example local", ["dummy@dummy.example"], aliases.Length > 0 ? aliases : ["*@example.jp"], table, gateway, forwardAll: true);

    /// <summary>IN: forward-all off, GW-1 the front gateway (SCN-3).</summary>
    private static Router Inner(int port = 25) => Server("example.jp local", ["taro@example.jp", "parttime@example.jp"], [], "", "192.168.0.100", forwardAll: false, port);

    private static Router Server(string domains, string[] accounts, string[] identities, string table, string gateway, bool forwardAll, int port = 25)
    {
        var index = new AccountIndex();
        foreach (var (i, address) in accounts.Index())
            index.Put(new Account { Id = i + 1, Address = Mailbox.FromStored(address) });
        var aliases = new AliasIndex();
        foreach (var identity in identities)
            aliases.Put(new Alias(Mailbox.FromStored(identity), Mailbox.FromStored(identity), AliasMode.ByDomain));
        return new Router
        {
            Table = RouteTable.Parse(table, out _),
            Gateway = gateway,
            ForwardAll = forwardAll,
            Port = port,
            Directory = new MailDirectory(OperatedDomains.Parse(domains).Domains, index, aliases),
        };
    }

    private static string Way(Router router, string from, string to)
    {
        var route = router.Decide(ReversePath.FromStored(from), Mailbox.FromStored(to));
        return route.Kind switch
        {
            RouteKind.Gateway => route.Gateways[0].ToString(),
            RouteKind.Mailbox => $"mailbox of {route.Account!.Address}",
            RouteKind.Mx => $"MX of {route.Domain}:{route.Port}",
            _ => route.Failure!,
        };
    }

    [Fact]
    public void EX_SCN_A1_mail_from_outside_goes_to_the_inner_server() =>
        Assert.Equal("192.168.0.102:25", Way(Front(), "a@example.net", "any@example.jp"));

    [Fact]
    public void SCN_4_EX_SCN_A2_EX_SCN_A3_mail_of_the_inner_server_goes_out_by_MX()
    {
        Assert.Equal("MX of example.org:25", Way(Front(), "taro@example.jp", "y@example.org"));
        Assert.Equal("MX of example.org:25", Way(Front(), "a@example.net", "y@example.org"));
    }

    [Fact]
    public void SCN_5_FALL_4_the_gateway_field_filled_on_the_front_sends_outside_mail_inwards() =>
        Assert.Equal("192.168.0.102:25", Way(Front(gateway: "192.168.0.102"), "taro@example.jp", "y@example.org"));

    [Fact]
    public void EX_SCN_B1_an_address_with_an_alias_is_routed_to_the_inner_server()
    {
        var front = Front(aliases: ["a@example.jp", "b@example.jp"]);
        Assert.Equal("192.168.0.102:25", Way(front, "x@example.net", "a@example.jp"));
        Assert.Equal(AddressClass.Outside, front.Directory.Classify(Mailbox.FromStored("c@example.jp")));
    }

    [Fact]
    public void EX_SCN_C2_mail_inside_never_reaches_the_gateway() =>
        Assert.Equal("mailbox of taro@example.jp", Way(Inner(), "parttime@example.jp", "taro@example.jp"));

    [Fact]
    public void EX_SCN_C1_EX_SCN_C3_mail_to_outside_goes_over_the_gateway_and_from_there_by_MX()
    {
        Assert.Equal("192.168.0.100:25", Way(Inner(), "parttime@example.jp", "y@example.org"));
        Assert.Equal("MX of example.org:25", Way(Front(), "taro@example.jp", "y@example.org"));
        // EX-SCN-C1: the error mail of the refusal comes back to a mailbox of the inner server.
        Assert.Equal("mailbox of parttime@example.jp", Way(Inner(), "", "parttime@example.jp"));
    }

    [Fact]
    public void EX_SCN_D1_the_inner_server_may_listen_on_another_port() =>
        Assert.Equal("192.168.0.102:20025", Way(Front("example.jp,192.168.0.102,20025"), "a@example.net", "taro@example.jp"));

    [Fact]
    public void FALL_5_EX_SCN_D2_EX_SCN_D3_the_way_out_has_the_outbound_port()
    {
        Assert.Equal("192.168.0.100:25", Way(Inner(), "taro@example.jp", "y@example.org"));
        Assert.Equal("192.168.0.100:20025", Way(Inner(port: 20025), "taro@example.jp", "y@example.org"));
    }

    [Fact]
    public void EX_TRACE_1_outbound_mail_of_the_traced_server_goes_to_its_gateway() =>
        Assert.Equal("192.168.0.100:25", Way(Server("test.jp local", ["bucho@test.jp"], [], "", "192.168.0.100", forwardAll: false), "bucho@test.jp", "info@sample.example"));

    [Fact]
    public void EX_TRACE_2_inbound_mail_of_the_traced_server_goes_into_the_mailbox() =>
        Assert.Equal("mailbox of bucho@test.jp", Way(Server("test.jp local", ["bucho@test.jp"], [], "", "192.168.0.100", forwardAll: false), "info@sample.example", "bucho@test.jp"));
}
