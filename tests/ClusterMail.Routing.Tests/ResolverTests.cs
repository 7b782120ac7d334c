using System.Net;
using ClusterMail.Protocol;
using ClusterMail.Routing.Dns;
using ClusterMail.Testing;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Routing.Tests;

/// <summary>One real name server for all tests of the resolver.</summary>
public sealed class Zones : IAsyncLifetime
{
    public DnsServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await DnsServer.StartAsync(new Dictionary<string, string>
    {
        ["example.org"] = """
            @       MX 20 mx2
            @       MX 10 mx1
            mx1     A 192.0.2.1
            mx1     AAAA 2001:db8::1
            mx2     A 192.0.2.2
            null    MX 0 .
            addr    60 A 192.0.2.3
            equal   MX 10 e1
            equal   MX 10 e2
            equal   MX 10 e3
            equal   MX 10 e4
            equal   MX 10 e5
            equal   MX 10 e6
            equal   MX 10 e7
            e1      A 192.0.2.11
            e2      A 192.0.2.12
            e3      A 192.0.2.13
            e4      A 192.0.2.14
            e5      A 192.0.2.15
            e6      A 192.0.2.16
            e7      A 192.0.2.17
            half    MX 5 nowhere
            half    MX 10 mx2
            dead    MX 5 nowhere
            alias   CNAME real
            real    MX 10 cmx
            cmx     CNAME mx1
            other   MX 10 mx2
            other   MX 5 mx1
            loop    MX 10 mx1
            loop    MX 20 self
            loop    MX 20 e1
            loop    MX 30 mx2
            self    A 192.0.2.7
            hidden  MX 10 shadow
            shadow  A 192.0.2.7
            short   5 MX 10 mx2
            txt     TXT "no host here"
            both    MX 10 mx2
            both    A 192.0.2.20
            """,
        ["xn--r8jz45g.jp"] = "@ MX 10 mx1.example.org.\n",
    });

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

public class ResolverTests(Zones zones) : IClassFixture<Zones>
{
    private readonly FakeTimeProvider _time = new();

    private MailHostResolver Resolver(Func<ResolverOptions, ResolverOptions>? change = null)
    {
        var options = new ResolverOptions { Servers = [zones.Server.EndPoint], IpVersion = IpVersion.V4, QueryTimeout = TimeSpan.FromSeconds(2) };
        return new MailHostResolver(change?.Invoke(options) ?? options, _time, new Random(7));
    }

    private static Route Mx(string domain) => new Router().Decide(ReversePath.Null, Mailbox.FromStored($"x@{domain}"));

    private async Task<HostSet> Ask(string domain, Func<ResolverOptions, ResolverOptions>? change = null) => await Resolver(change).ResolveAsync(Mx(domain), default);

    [Fact]
    public async Task DELIV_24_MX_hosts_come_in_the_order_of_preference()
    {
        var hosts = await Ask("example.org");
        Assert.Equal([("mx1.example.org", 10), ("mx2.example.org", 20)], hosts.Hosts.Select(h => (h.Name, h.Preference)));
        Assert.Equal(IPAddress.Parse("192.0.2.1"), hosts.Hosts[0].Addresses.Single());
        Assert.Equal("mx1.example.org,mx2.example.org:25", hosts.NextHop);
        Assert.Equal("MX 10 mx1.example.org, 20 mx2.example.org (TTL 300)", hosts.Explanation);
        Assert.Equal(FailureClass.None, hosts.Class);
    }

    [Fact]
    public async Task DELIV_24_equal_preferences_come_in_random_order_and_five_at_most()
    {
        var resolver = Resolver(o => o with { CacheLifetime = TimeSpan.Zero });
        var seen = new HashSet<string>();
        for (var i = 0; i < 40; i++)
        {
            var hosts = await resolver.ResolveAsync(Mx("equal.example.org"), default);
            Assert.Equal(5, hosts.Hosts.Select(h => h.Name).Distinct().Count());
            seen.Add(hosts.Hosts[0].Name);
        }
        Assert.Equal(7, seen.Count);
        var cached = Resolver();
        var firsts = new HashSet<string>();
        for (var i = 0; i < 40; i++)
            firsts.Add((await cached.ResolveAsync(Mx("equal.example.org"), default)).Hosts[0].Name);
        Assert.Equal(5, firsts.Count);
    }

    [Fact]
    public async Task DELIV_23_a_null_MX_fails_at_once()
    {
        var hosts = await Ask("null.example.org");
        Assert.Equal(FailureClass.Refused, hosts.Class);
        Assert.Equal((556, new EnhancedStatus(5, 1, 10)), (hosts.Failure!.Code, hosts.Failure.Status!.Value));
    }

    [Fact]
    public async Task DELIV_23_the_address_record_serves_only_a_domain_without_MX()
    {
        var hosts = await Ask("addr.example.org");
        Assert.Equal(("addr.example.org", IPAddress.Parse("192.0.2.3")), (hosts.Hosts.Single().Name, hosts.Hosts.Single().Addresses.Single()));
        Assert.Equal(TimeSpan.FromSeconds(60), hosts.Ttl);
        Assert.Equal(["mx2.example.org"], (await Ask("both.example.org")).Hosts.Select(h => h.Name));
        Assert.Equal(["mx2.example.org", "both.example.org"], (await Ask("both.example.org", o => o with { AddressAfterMx = true })).Hosts.Select(h => h.Name));
    }

    [Theory]
    [InlineData("gone.example.org")]
    [InlineData("txt.example.org")]
    [InlineData("dead.example.org")]
    [InlineData("nobody-serves-this.example")]
    public async Task RETRY_3_RETRY_14_a_name_that_cannot_be_resolved_is_no_answer(string domain)
    {
        var hosts = await Ask(domain);
        Assert.Empty(hosts.Hosts);
        Assert.Equal(FailureClass.NoAnswer, hosts.Class);
        Assert.Equal("Unable to deliver to destination domain", hosts.Failure!.Lines[0]);
        Assert.StartsWith(domain.StartsWith("dead", StringComparison.Ordinal) ? "Cannot resolve nowhere.example.org" : $"Cannot resolve {domain}", hosts.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RETRY_3_a_silent_name_server_is_no_answer()
    {
        using var silent = new System.Net.Sockets.UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var hosts = await Ask("example.org", o => o with { Servers = [(IPEndPoint)silent.Client.LocalEndPoint!], QueryTimeout = TimeSpan.FromMilliseconds(100) });
        Assert.Equal(FailureClass.NoAnswer, hosts.Class);
        Assert.Equal("Cannot resolve example.org (name server failure)", hosts.Explanation);
    }

    [Fact]
    public async Task An_MX_host_that_does_not_resolve_is_passed_over() =>
        Assert.Equal(["mx2.example.org"], (await Ask("half.example.org")).Hosts.Select(h => h.Name));

    [Fact]
    public async Task CNAMEs_are_followed_for_the_domain_and_tolerated_for_the_host()
    {
        var hosts = await Ask("alias.example.org");
        Assert.Equal(("cmx.example.org", IPAddress.Parse("192.0.2.1")), (hosts.Hosts.Single().Name, hosts.Hosts.Single().Addresses.Single()));
    }

    [Fact]
    public async Task RECV_7_the_ip_version_decides_which_addresses_are_used()
    {
        Assert.Equal(["2001:db8::1", "192.0.2.1"], (await Ask("example.org", o => o with { IpVersion = IpVersion.Both })).Hosts[0].Addresses.Select(a => a.ToString()));
        Assert.Equal(["2001:db8::1"], (await Ask("example.org", o => o with { IpVersion = IpVersion.V6 })).Hosts.Single().Addresses.Select(a => a.ToString()));
    }

    [Fact]
    public async Task Domains_with_the_same_hosts_share_one_next_hop() =>
        Assert.Equal((await Ask("example.org")).NextHop, (await Ask("other.example.org")).NextHop);

    [Fact]
    public async Task RFC_5321_5_1_own_host_and_all_less_preferred_ones_are_left_out()
    {
        var own = new OwnNames(["self.example.org"], [IPAddress.Parse("192.0.2.7")], [25]);
        Assert.Equal(["mx1.example.org"], (await Ask("loop.example.org", o => o with { Own = own })).Hosts.Select(h => h.Name));
        foreach (var domain in (string[])["hidden.example.org", "self.example.org"])
        {
            var hosts = await Ask(domain, o => o with { Own = own });
            Assert.Equal((554, new EnhancedStatus(5, 4, 6)), (hosts.Failure!.Code, hosts.Failure.Status!.Value));
            Assert.Equal(FailureClass.Refused, hosts.Class);
        }
    }

    [Theory]
    [InlineData("[192.0.2.9]", "192.0.2.9")]
    [InlineData("[IPv6:2001:db8::9]", "2001:db8::9")]
    public async Task RFC_5321_4_1_3_an_address_literal_is_its_own_host(string domain, string address) =>
        Assert.Equal(IPAddress.Parse(address), (await Ask(domain)).Hosts.Single().Addresses.Single());

    [Fact]
    public async Task DELIV_25_the_static_host_table_comes_before_DNS()
    {
        var table = StaticHosts.Parse("# inner hosts\n10.0.0.1 mx1.example.org gw\nnonsense x\n10.0.0.2\n", out var errors);
        Assert.Equal([(3, 1), (4, 9)], errors.Select(e => (e.Line, e.Column)));
        Assert.Equal(IPAddress.Parse("10.0.0.1"), (await Ask("example.org", o => o with { StaticHosts = table })).Hosts[0].Addresses.Single());
    }

    [Fact]
    public async Task GWT_7_a_gateway_is_resolved_as_an_address_without_MX()
    {
        var route = new Router { Table = RouteTable.Parse("b.example,gone.example.org;mx2.example.org,2525*,cred", out _) }.Decide(ReversePath.Null, Mailbox.FromStored("x@b.example"));
        var hosts = await Resolver().ResolveAsync(route, default);
        var host = hosts.Hosts.Single();
        Assert.Equal(("mx2.example.org", 2525, true, "cred"), (host.Name, host.Port, host.TlsOnConnect, host.Login?.Name));
        Assert.Equal(("[gone.example.org]:2525*;[mx2.example.org]:2525*", "cred"), (hosts.NextHop, hosts.Login));
    }

    [Fact]
    public async Task GWT_10_for_a_gateway_that_is_not_there_nobody_looks_for_MX_instead()
    {
        var route = new Router { Table = RouteTable.Parse("example.org,gone.example.org", out _) }.Decide(ReversePath.Null, Mailbox.FromStored("x@example.org"));
        var hosts = await Resolver().ResolveAsync(route, default);
        Assert.Empty(hosts.Hosts);
        Assert.Equal(FailureClass.NoAnswer, hosts.Class);
    }

    [Fact]
    public async Task DELIV_22_and_MXC_1_with_a_lifetime_of_0_every_attempt_asks_anew()
    {
        var resolver = Resolver(o => o with { CacheLifetime = TimeSpan.Zero });
        Assert.NotSame(await resolver.ResolveAsync(Mx("example.org"), default), await resolver.ResolveAsync(Mx("example.org"), default));
    }

    [Fact]
    public async Task An_unicode_domain_is_asked_for_in_A_labels() => Assert.Equal("mx1.example.org", (await Ask("例え.jp")).Hosts.Single().Name);

    [Fact]
    public async Task MXC_4_an_answer_is_kept_for_its_TTL_and_never_longer_than_the_setting()
    {
        Assert.Equal(TimeSpan.FromSeconds(5), (await Ask("short.example.org")).Ttl);
        Assert.Equal(TimeSpan.FromSeconds(100), (await Ask("example.org", o => o with { CacheLifetime = TimeSpan.FromSeconds(100) })).Ttl);
        Assert.Equal(TimeSpan.FromDays(10), (await Ask("short.example.org", o => o with { CacheLifetime = TimeSpan.FromDays(10), IgnoreTtl = true })).Ttl);
        var resolver = Resolver();
        var first = await resolver.ResolveAsync(Mx("short.example.org"), default);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Same(first, await resolver.ResolveAsync(Mx("short.example.org"), default));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.NotSame(first, await resolver.ResolveAsync(Mx("short.example.org"), default));
    }

    [Fact]
    public async Task MXC_3_MXC_5_a_dropped_domain_is_asked_for_again()
    {
        var resolver = Resolver();
        var first = await resolver.ResolveAsync(Mx("example.org"), default);
        resolver.Drop("example.org");
        var second = await resolver.ResolveAsync(Mx("example.org"), default);
        Assert.NotSame(first, second);
        resolver.Drop(Mx("example.org"));
        Assert.NotSame(second, await resolver.ResolveAsync(Mx("example.org"), default));
        resolver.DropAll();
        Assert.Equal(0, resolver.Count);
    }

    [Fact]
    public async Task The_cache_is_bounded_and_a_name_is_asked_for_once_at_a_time()
    {
        var resolver = Resolver(o => o with { CacheSize = 10 });
        for (var i = 0; i < 50; i++)
            await resolver.ResolveAsync(Mx($"[192.0.2.{i}]"), default);
        Assert.InRange(resolver.Count, 1, 12);
        var together = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => resolver.ResolveAsync(Mx("example.org"), default).AsTask()));
        Assert.All(together, h => Assert.Same(together[0], h));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1:53")]
    [InlineData("127.0.0.1:5353", "127.0.0.1:5353")]
    [InlineData("2001:db8::1", "[2001:db8::1]:53")]
    [InlineData("[2001:db8::1]:5353", "[2001:db8::1]:5353")]
    [InlineData("dns.example", null)]
    [InlineData("192.0.2.1:0", null)]
    public void DELIV_21_a_server_is_an_address_with_an_optional_port(string text, string? expected) =>
        Assert.Equal(expected, ResolverOptions.TryParseServer(text, out var server) ? server!.ToString() : null);
}
