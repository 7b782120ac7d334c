using System.Net;
using ClusterMail.Accounts;
using ClusterMail.Protocol;

namespace ClusterMail.Routing.Tests;

public class RouterTests
{
    private static readonly ReversePath Sender = ReversePath.FromStored("s@example.jp");

    private static Router With(string table, string gateway = "", bool forwardAll = false, OwnNames? own = null)
    {
        var parsed = RouteTable.Parse(table, out var errors);
        Assert.Empty(errors);
        return new Router { Table = parsed, Gateway = gateway, ForwardAll = forwardAll, Own = own ?? OwnNames.None };
    }

    private static Route Decide(Router router, string recipient) => router.Decide(Sender, Mailbox.FromStored(recipient));

    [Fact]
    public void EX_ROUTE_1_table_lines_decide_and_the_rest_goes_by_MX()
    {
        var router = With("*.a.example,gw1.example.jp,25\nb.example,192.0.2.50,465*\n");
        var line1 = Decide(router, "x@m.a.example");
        Assert.Equal(RouteKind.Gateway, line1.Kind);
        Assert.Equal([new Gateway("gw1.example.jp", 25, false)], line1.Gateways);
        Assert.Equal("[gw1.example.jp]:25", line1.Destination);
        Assert.Equal((RouteKind.Mx, "a.example"), (Decide(router, "x@a.example").Kind, Decide(router, "x@a.example").Domain));
        Assert.Equal([new Gateway("192.0.2.50", 465, true)], Decide(router, "x@b.example").Gateways);
        Assert.Equal(RouteKind.Mx, Decide(router, "x@c.example").Kind);
        Assert.Equal(25, Decide(router, "x@c.example").Port);
    }

    [Fact]
    public void APPROVE_447_the_sub_domain_is_never_routed_whatever_table_and_aliases_say()
    {
        var domains = OperatedDomains.Parse("test.jp local").Domains;
        var aliases = new AliasIndex();
        aliases.Put(new Alias(Mailbox.FromStored("*@sub.test.jp"), Mailbox.FromStored("*@test.jp"), AliasMode.ByDomain));
        var router = new Router
        {
            Table = RouteTable.Parse("sub.test.jp,192.0.2.9,25\ntest.jp,192.0.2.20,25\n*,192.0.2.1,25\n", out _),
            ForwardAll = true,
            Directory = new MailDirectory(domains, new AccountIndex(), aliases) { SubDomain = new SubDomain("sub", domains) },
        };
        Assert.Equal((RouteKind.Failure, "APPROVE-447"), (Decide(router, "user1@sub.test.jp").Kind, Decide(router, "user1@sub.test.jp").Rule));
        // APPROVE-444: inside by the table, everything else as it would go.
        Assert.Equal([new Gateway("192.0.2.20", 25, false)], Decide(router, "user1@test.jp").Gateways);
        Assert.Equal([new Gateway("192.0.2.1", 25, false)], Decide(router, "user1@sub.other.jp").Gateways);
    }

    [Fact]
    public void EX_ROUTE_2_the_gateway_field_takes_what_no_line_takes()
    {
        var router = With("*.a.example,gw1.example.jp,25\nb.example,192.0.2.50,465*\n", "192.0.2.99");
        Assert.Equal([new Gateway("192.0.2.99", 25, false)], Decide(router, "x@c.example").Gateways);
        Assert.Equal([new Gateway("192.0.2.50", 465, true)], Decide(router, "x@b.example").Gateways);
    }

    [Fact]
    public void GW_1_blank_means_MX_and_set_takes_all_outside_mail()
    {
        Assert.Equal(RouteKind.Mx, Decide(With(""), "x@c.example").Kind);
        foreach (var gateway in (string[])["gw.example.jp", "192.0.2.99", "[2001:db8::1]"])
            Assert.Equal(gateway.Trim('[', ']'), Assert.Single(Decide(With("", gateway), "x@c.example").Gateways).Host);
    }

    [Fact]
    public void GW_2_the_gateway_field_and_MX_targets_use_the_outbound_port_and_a_line_of_the_table_its_own()
    {
        var router = new Router { Table = RouteTable.Parse("a.example,gwA\nb.example,gwB,587", out _), Gateway = "192.0.2.99", Port = 2525 };
        Assert.Equal(2525, Decide(router, "x@c.example").Gateways[0].Port);
        Assert.Equal(587, Decide(router, "x@b.example").Gateways[0].Port);
        Assert.Equal(2525, Decide(new Router { Port = 2525 }, "x@c.example").Port);
    }

    [Fact]
    public void DELIV_20_and_GW_3_the_table_comes_before_the_gateway_field_and_that_before_MX()
    {
        Assert.Equal("gwA", Decide(With("b.example,gwA", "192.0.2.99"), "x@b.example").Gateways[0].Host);
        Assert.Equal("192.0.2.99", Decide(With("a.example,gwA", "192.0.2.99"), "x@b.example").Gateways[0].Host);
        Assert.Equal(RouteKind.Mx, Decide(With("a.example,gwA"), "x@b.example").Kind);
    }

    [Fact]
    public void GWT_6_a_line_for_everything_makes_the_gateway_field_meaningless() =>
        Assert.Equal("gwRest", Decide(With("b.example,gwB,25\n*,gwRest,25", "192.0.2.99"), "x@c.example").Gateways[0].Host);

    [Fact]
    public void EX_ROUTE_3_GWT_2_GAP_13_the_first_match_wins()
    {
        Assert.Equal("gwA", Decide(With("*,gwA,25\nb.example,gwB,25"), "x@b.example").Gateways[0].Host);
        Assert.Equal("gwB", Decide(With("b.example,gwB,25\n*,gwA,25"), "x@b.example").Gateways[0].Host);
    }

    [Theory]
    [InlineData("*.example.jp", "m.example.jp", true)]
    [InlineData("*.example.jp", "a.b.example.jp", true)]
    [InlineData("*.example.jp", "example.jp", false)]
    [InlineData("*.example.jp", "badexample.jp", false)]
    [InlineData("01*.example.jp", "0123.example.jp", true)]
    [InlineData("01*.example.jp", "0023.example.jp", false)]
    [InlineData("*", "anything.example", true)]
    [InlineData("a*b*c", "aXbYc", true)]
    [InlineData("a*b*c", "aXcYb", false)]
    [InlineData("EXAMPLE.jp", "example.JP", true)]
    public void GWT_3_wildcards_match(string pattern, string domain, bool matches) =>
        Assert.Equal(matches, Decide(With($"{pattern},gw.example"), $"x@{domain}").Kind == RouteKind.Gateway);

    [Fact]
    public void GWT_5_comments_and_blanks()
    {
        var table = RouteTable.Parse("'b.example,gwX,25\r\n b.example,gwX\r\n\r\n\tb.example,gwX\r\nb.example , gwB , 2525 *\r\n", out var errors);
        Assert.Empty(errors);
        var line = Assert.Single(table.Lines);
        Assert.Equal((5, new Gateway("gwB", 2525, true)), (line.Number, line.Gateways[0]));
    }

    [Fact]
    public void GWT_9_a_sender_condition_limits_the_line_and_a_credential_is_named()
    {
        var router = With("b.example|*@branch.example.jp,gw1.example,587,branch-relay\nb.example|<>,gw2.example");
        Assert.Equal("branch-relay", router.Decide(ReversePath.FromStored("t@branch.example.jp"), Mailbox.FromStored("x@b.example")).Gateways[0].Login?.Name);
        Assert.Equal("gw2.example", router.Decide(ReversePath.Null, Mailbox.FromStored("x@b.example")).Gateways[0].Host);
        Assert.Equal(RouteKind.Mx, Decide(router, "x@b.example").Kind);
    }

    [Fact]
    public void GWT_11_several_gateways_keep_their_order()
    {
        var route = Decide(With("b.example,gw1.example;[2001:db8::1];192.0.2.1,2525"), "x@b.example");
        Assert.Equal(["gw1.example", "2001:db8::1", "192.0.2.1"], route.Gateways.Select(g => g.Host));
        Assert.Equal("[gw1.example]:2525;[2001:db8::1]:2525;[192.0.2.1]:2525", route.Destination);
    }

    [Theory]
    [InlineData("b.example", 1, 10, "GWT-1")]
    [InlineData("ok.example,gw\n,gw,25", 2, 1, "GWT-1")]
    [InlineData("b.example,,25", 1, 11, "GWT-7")]
    [InlineData("b.example,g w,25", 1, 11, "GWT-7")]
    [InlineData("b.example,[192.0.2.1],25", 1, 11, "GWT-7")]
    [InlineData("b.example,gw,0", 1, 14, "GWT-4")]
    [InlineData("b.example,gw,65536", 1, 14, "GWT-4")]
    [InlineData("b.example,gw,25x", 1, 14, "GWT-4")]
    [InlineData("b.example,gw,25,se cret", 1, 17, "GWT-9")]
    [InlineData("b.example,gw,25,c,extra", 1, 19, "GWT-9")]
    [InlineData("b.example|,gw", 1, 1, "GWT-9")]
    public void ADMIN_51_an_error_names_line_column_and_rule(string table, int line, int column, string rule)
    {
        RouteTable.Parse(table, out var errors);
        var error = Assert.Single(errors);
        Assert.Equal((line, column, rule), (error.Line, error.Column, error.Rule));
    }

    [Fact]
    public void FALL_6_a_next_hop_that_is_this_cluster_fails_at_once()
    {
        var own = new OwnNames(["mx.example.jp"], [IPAddress.Parse("192.0.2.7")], [25]);
        foreach (var gateway in (string[])["mx.example.jp", "MX.example.jp", "192.0.2.7"])
        {
            var route = Decide(With($"example.jp,{gateway},25", forwardAll: true, own: own), "taro@example.jp");
            Assert.Equal(RouteKind.Failure, route.Kind);
            Assert.StartsWith("554 5.4.6 ", route.Failure, StringComparison.Ordinal);
        }
        // Another server on the same machine is another server.
        Assert.Equal(RouteKind.Gateway, Decide(With("example.jp,192.0.2.7,20025", forwardAll: true, own: own), "taro@example.jp").Kind);
        Assert.True(With("", forwardAll: true).ForwardsNowhere);
        Assert.False(With("", "gw", forwardAll: true).ForwardsNowhere);
    }

    [Fact]
    public void EX_ROUTE_4_forward_all_passes_an_operated_domain_on()
    {
        var route = Decide(With("example.jp,192.168.0.20,25", forwardAll: true), "taro@example.jp");
        Assert.Equal(("192.168.0.20", 25), (route.Gateways[0].Host, route.Gateways[0].Port));
    }

    [Fact]
    public void ROUTE_1_the_deciding_row_is_named_and_an_unicode_domain_is_keyed_in_A_labels()
    {
        Assert.Equal("ROUTE-1 row 4, route.table line 2", Decide(With("'x\nb.example,gw"), "x@b.example").Rule);
        Assert.Equal("ROUTE-1 row 5, route.gateway", Decide(With("", "gw"), "x@b.example").Rule);
        Assert.Equal("xn--r8jz45g.jp", Decide(With(""), "x@例え.jp").Destination);
        Assert.Equal(RouteKind.Gateway, Decide(With("xn--r8jz45g.jp,gw"), "x@例え.jp").Kind);
        Assert.Equal(RouteKind.Gateway, Decide(With("例え.jp,gw"), "x@例え.jp").Kind);
    }
}
