using System.Text.RegularExpressions;
using ClusterMail.Accounts;
using ClusterMail.Protocol;

namespace ClusterMail.Routing.Tests;

public class AliasRouteTests
{
    /// <summary>Aliases as the original writes them: <c>info@example.jp -> taro@example.jp,1</c>.</summary>
    private static Router With(string domains, string[] accounts, string[] aliases, string table = "", bool forwardAll = false, string gateway = "")
    {
        var (parsed, errors) = OperatedDomains.Parse(domains);
        Assert.Empty(errors);
        var index = new AccountIndex();
        foreach (var (i, account) in accounts.Index())
        {
            var words = account.Split(' ');
            index.Put(new Account { Id = i + 1, Address = Mailbox.FromStored(words[0]), Delivery = words.Length > 1 ? words[1] : "" });
        }
        var names = new AliasIndex();
        foreach (var alias in aliases)
        {
            var match = Regex.Match(alias, "^(.+) -> ([^,]+)(,[01])?$");
            names.Put(new Alias(Mailbox.FromStored(match.Groups[1].Value), Mailbox.FromStored(match.Groups[2].Value),
                match.Groups[3].Value switch { ",0" => AliasMode.Keep, ",1" => AliasMode.Replace, _ => AliasMode.ByDomain }));
        }
        return new Router { Table = RouteTable.Parse(table, out _), Gateway = gateway, ForwardAll = forwardAll, Directory = new MailDirectory(parsed, index, names) };
    }

    private static Route Decide(Router router, string recipient) => router.Decide(ReversePath.FromStored("s@example.net"), Mailbox.FromStored(recipient));

    private static string? Envelope(Route route) => route.Envelope?.ToString();

    [Fact]
    public void APPROVE_400_mail_of_routed_accounts_goes_onward_that_of_local_ones_stays_and_a_mixed_domain_has_both()
    {
        var router = With(
            "a.example routed\nb.example mixed\nc.example local", ["taro@a.example", "taro@b.example", "elsewhere@b.example route", "taro@c.example"], [], "*.example,192.0.2.5,2525");
        foreach (var recipient in (string[])["taro@a.example", "anybody@a.example", "elsewhere@b.example", "anybody@b.example"])
            Assert.Equal((RouteKind.Gateway, "[192.0.2.5]:2525"), (Decide(router, recipient).Kind, Decide(router, recipient).Destination));
        foreach (var recipient in (string[])["taro@b.example", "taro@c.example"])
            Assert.Equal(RouteKind.Mailbox, Decide(router, recipient).Kind);
        Assert.Equal(RouteKind.Failure, Decide(router, "anybody@c.example").Kind);
        // Nobody asks for the room of a mailbox that is not here.
        var keeps = (string address) => router.KeepsHere(router.Directory.Account(Mailbox.FromStored(address))!);
        Assert.Equal([false, false, true, true], new[] { "taro@a.example", "elsewhere@b.example", "taro@b.example", "taro@c.example" }.Select(keeps));
    }

    [Fact]
    public void EX_ALIAS_1_ALIAS_1_an_alias_within_the_domain_is_kept_and_leads_to_the_accounts_mailbox()
    {
        var route = Decide(With("example.jp local", ["taro@example.jp"], ["info@example.jp -> taro@example.jp"]), "info@example.jp");
        Assert.Equal((RouteKind.Mailbox, "taro@example.jp", null), (route.Kind, route.Account!.Address.ToString(), Envelope(route)));
        Assert.Equal("ROUTE-1 row 2, ALIAS-10 alias info@example.jp", route.Rule);
    }

    [Fact]
    public void EX_ALIAS_2_ALIAS_4_with_1_the_real_address_takes_its_place()
    {
        var route = Decide(With("example.jp local", ["taro@example.jp"], ["info@example.jp -> taro@example.jp,1"]), "info@example.jp");
        Assert.Equal((RouteKind.Mailbox, "taro@example.jp"), (route.Kind, Envelope(route)));
    }

    [Fact]
    public void EX_ALIAS_3_ALIAS_5_an_alias_to_another_domain_is_replaced_and_goes_there()
    {
        var route = Decide(With("example.jp local", [], ["info@example.jp -> desk@branch.example"]), "info@example.jp");
        Assert.Equal((RouteKind.Mx, "branch.example", "desk@branch.example"), (route.Kind, route.Domain, Envelope(route)));
        Assert.Equal("ROUTE-1 row 1, ALIAS-10 alias info@example.jp; ROUTE-1 row 6", route.Rule);
    }

    [Fact]
    public void EX_ALIAS_4_with_0_it_goes_there_under_its_own_name()
    {
        var route = Decide(With("example.jp local", [], ["info@example.jp -> desk@branch.example,0"]), "info@example.jp");
        Assert.Equal((RouteKind.Mx, "branch.example", null), (route.Kind, route.Domain, Envelope(route)));
    }

    [Fact]
    public void EX_ALIAS_5_ALIAS_3_a_star_repeats_what_it_matched_and_a_missing_target_is_user_unknown()
    {
        var router = With("example.jp local\nold.example.jp local", ["taro@example.jp"], ["*@old.example.jp -> *@example.jp,1"]);
        var route = Decide(router, "taro@old.example.jp");
        Assert.Equal((RouteKind.Mailbox, "taro@example.jp"), (route.Kind, Envelope(route)));
        Assert.Equal("550 5.1.1 User unknown", Decide(router, "nobody@old.example.jp").Failure);
    }

    [Fact]
    public void EX_ALIAS_8_ALIAS_8_a_gateway_that_operates_nothing_sends_what_an_alias_names_to_the_inner_server()
    {
        var router = With("", [], ["user1@example.jp -> user1@example.jp"], "example.jp,192.168.0.20,25", forwardAll: true);
        var route = Decide(router, "user1@example.jp");
        Assert.Equal(("192.168.0.20", 25, null), (route.Gateways[0].Host, route.Gateways[0].Port, Envelope(route)));
        Assert.Equal(AddressClass.LocalExisting, router.Directory.Classify(Mailbox.FromStored("user1@example.jp")));
        Assert.Equal(AddressClass.Outside, router.Directory.Classify(Mailbox.FromStored("user2@example.jp")));
    }

    [Fact]
    public void ALIAS_7_keep_changes_where_mail_goes_and_nothing_else()
    {
        var router = With("example.jp local", ["taro@example.jp"], ["a@example.jp -> taro@example.jp,0", "b@example.jp -> x@m.branch.example,0"], "*.branch.example,gw1");
        Assert.Equal(("taro@example.jp", null), (Decide(router, "a@example.jp").Account!.Address.ToString(), Envelope(Decide(router, "a@example.jp"))));
        Assert.Equal(("gw1", null), (Decide(router, "b@example.jp").Gateways[0].Host, Envelope(Decide(router, "b@example.jp"))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ALIAS_9_aliases_come_first_whatever_forward_all_and_gateway_rules_say(bool forwardAll)
    {
        var router = With("example.jp local", [], ["info@example.jp -> desk@branch.example"], "example.jp,wrong\nbranch.example,right", forwardAll);
        Assert.Equal("right", Decide(router, "info@example.jp").Gateways[0].Host);
    }

    [Fact]
    public void ALIAS_15_names_are_compared_without_case_and_the_case_stays_on_the_wire()
    {
        var router = With("example.jp local", ["taro@example.jp"], ["info@example.jp -> Taro@Example.JP,0", "*@old.example.jp -> *@branch.example"]);
        Assert.Equal(("taro@example.jp", null), (Decide(router, "INFO@EXAMPLE.jp").Account!.Address.ToString(), Envelope(Decide(router, "INFO@EXAMPLE.jp"))));
        Assert.Equal("Some.One@branch.example", Envelope(Decide(router, "Some.One@OLD.example.jp")));
    }

    [Fact]
    public void ALIAS_12_recipients_with_one_real_address_are_one_delivery()
    {
        var router = With("example.jp local", ["taro@example.jp"],
            ["info@example.jp -> taro@example.jp", "sales@example.jp -> Taro@example.jp,1", "x@example.jp -> desk@branch.example,0", "y@example.jp -> desk@branch.example"]);
        string Key(string address) => Decide(router, address).DeliveryKey(Mailbox.FromStored(address));
        Assert.Equal(Key("taro@example.jp"), Key("info@example.jp"));
        Assert.Equal(Key("TARO@example.jp"), Key("sales@example.jp"));
        Assert.Equal(Key("x@example.jp"), Key("y@example.jp"));
        Assert.Equal(Key("x@example.jp"), Key("desk@BRANCH.example"));
        // What case means in a local part elsewhere is not ours to say (RFC 5321 2.4).
        Assert.NotEqual(Key("Desk@branch.example"), Key("desk@branch.example"));
        Assert.NotEqual(Key("taro@example.jp"), Key("1@example.net"));
    }

    [Fact]
    public void ROUTE_1_rows_2_and_4_an_account_here_goes_before_a_gateway_line_and_an_operated_relay_domain_does_not()
    {
        var router = With("example.jp local\nrelay.example relay", ["taro@example.jp"], [], "*,gw");
        Assert.Equal((RouteKind.Mailbox, Router.Local), (Decide(router, "taro@example.jp").Kind, Decide(router, "taro@example.jp").Destination));
        Assert.Equal("gw", Decide(router, "any@relay.example").Gateways[0].Host);
        Assert.Equal("gw", Decide(router, "any@example.net").Gateways[0].Host);
    }

    [Fact]
    public void FALL_2_FALL_3_with_forward_all_nothing_is_kept_here_and_without_it_what_is_local_stays()
    {
        string[] taro = ["taro@example.jp"];
        Assert.Equal(RouteKind.Mailbox, Decide(With("example.jp local", taro, [], "example.jp,192.168.0.20,25"), "taro@example.jp").Kind);
        var onward = Decide(With("example.jp local", taro, [], "example.jp,192.168.0.20,25", forwardAll: true), "taro@example.jp");
        Assert.Equal(("192.168.0.20", null), (onward.Gateways[0].Host, onward.Account));
        // FALL-4 to FALL-7: the others go by MX, or out over the one gateway.
        Assert.Equal(RouteKind.Mx, Decide(With("example.jp local", taro, [], "example.jp,192.168.0.20,25", forwardAll: true), "y@example.org").Kind);
        Assert.Equal("192.168.0.100", Decide(With("example.jp local", taro, [], gateway: "192.168.0.100"), "y@example.org").Gateways[0].Host);
    }

    [Fact]
    public void ACCT_6_mail_for_postmaster_of_a_domain_of_ours_goes_to_the_administrator()
    {
        var (domains, _) = OperatedDomains.Parse("example.jp local");
        var accounts = new AccountIndex();
        accounts.Put(new Account { Id = 1, Address = Mailbox.FromStored("admin@example.jp") });
        Route To(string administrator) => new Router
        {
            Directory = new MailDirectory(domains, accounts, new AliasIndex()) { Administrator = Mailbox.FromStored(administrator) },
        }.Decide(ReversePath.Null, Mailbox.FromStored("Postmaster@example.jp"));
        Assert.Equal((RouteKind.Mailbox, "admin@example.jp"), (To("admin@example.jp").Kind, To("admin@example.jp").Account!.Address.ToString()));
        Assert.Equal((RouteKind.Mx, "example.net"), (To("ops@example.net").Kind, To("ops@example.net").Domain));
        Assert.Equal("550 5.1.1 User unknown", To("nobody@example.jp").Failure);
    }

    [Fact]
    public void ROUTE_3_an_address_of_ours_that_has_gone_fails_at_once()
    {
        var route = Decide(With("example.jp local", [], [], "*,gw"), "gone@example.jp");
        Assert.Equal((RouteKind.Failure, "550 5.1.1 User unknown"), (route.Kind, route.Failure));
        Assert.StartsWith("ROUTE-3", route.Rule, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("example.jp local delivery=lmtp:192.0.2.20:24", "taro@example.jp", "192.0.2.20", 24)]
    [InlineData("example.jp local", "taro@example.jp lmtp:[2001:db8::1]:2424", "2001:db8::1", 2424)]
    [InlineData("example.jp local delivery=lmtp:box.example:24", "taro@example.jp lmtp:other.example:25", "other.example", 25)]
    public void DELIV_10_mail_of_a_domain_or_an_account_can_be_kept_by_another_store_over_LMTP(string domain, string account, string host, int port)
    {
        var route = Decide(With(domain, [account], [], "*,gw"), "taro@example.jp");
        Assert.Equal((RouteKind.Gateway, new Gateway(host, port, false, Lmtp: true), true), (route.Kind, route.Gateways[0], route.IsFinal));
        Assert.Equal($"lmtp:[{host}]:{port}", route.Destination);
    }

    [Fact]
    public void DELIV_10_an_account_may_be_kept_here_although_its_domain_is_not() =>
        Assert.Equal(RouteKind.Mailbox, Decide(With("example.jp local delivery=lmtp:box.example:24", ["taro@example.jp store"], []), "taro@example.jp").Kind);
}
