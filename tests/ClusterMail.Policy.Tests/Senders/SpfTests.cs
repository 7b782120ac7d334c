using System.Net;
using ClusterMail.Policy.Senders;
using ClusterMail.Policy.Senders.Spf;
using ClusterMail.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Policy.Tests.Senders;

/// <summary>SPF by RFC 7208: each section with its edges, on records in memory.</summary>
public sealed class SpfTests
{
    private const string Four = "192.0.2.7";
    private const string Six = "2001:db8::7";

    private static readonly Zone Shared = new("""
        a.example A 192.0.2.7
        a.example AAAA 2001:db8::7
        near.example A 192.0.2.99
        four.example A 198.51.100.1
        mx.example MX m1.example
        mx.example MX m2.example
        m1.example A 198.51.100.1
        m2.example A 192.0.2.7
        nullmx.example MX .
        broken.example FAIL
        192.0.2.7 PTR host.sub.ptr.example
        192.0.2.7 PTR liar.example
        host.sub.ptr.example A 192.0.2.7
        liar.example A 203.0.113.1
        pass.example TXT v=spf1 ip4:192.0.2.0/24 -all
        fail.example TXT v=spf1 -all
        soft.example TXT v=spf1 ~all
        neutral.example TXT v=spf1 ?all
        bad.example TXT v=spf1 ip4:1.2.3 -all
        textless.example A 192.0.2.1
        two.example TXT v=spf1 -all
        two.example TXT v=spf1 +all
        loop.example TXT v=spf1 include:loop.example -all
        turn.example TXT v=spf1 redirect=turn.example
        manymx.example MX h0.example
        manymx.example MX h1.example
        manymx.example MX h2.example
        manymx.example MX h3.example
        manymx.example MX h4.example
        manymx.example MX h5.example
        manymx.example MX h6.example
        manymx.example MX h7.example
        manymx.example MX h8.example
        manymx.example MX h9.example
        manymx.example MX h10.example
        7.2.0.192.in-addr._spf.d.example A 127.0.0.2
        7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.d.example A 127.0.0.2
        strong-bad.lp._spf.example A 127.0.0.2
        bad.strong.lp._spf.example A 127.0.0.2
        strong.lp._spf.example A 127.0.0.2
        example.h.example A 127.0.0.2
        strong-bad.at.d.example A 127.0.0.2
        host.sub.ptr.example.p.example A 127.0.0.2
        """);

    private static async Task<AuthResult> ResultAsync(string record, string client = Four, string sender = "strong-bad@d.example")
    {
        var records = new Overlay(Shared, "d.example", record);
        var outcome = await SpfCheck.RunAsync(records, SpfIdentity.OfMail(IPAddress.Parse(client), "mail.h.example", ReversePath.FromStored(sender)), new SpfOptions(), default);
        return outcome.Result;
    }

    [Theory]
    [InlineData("v=spf1 +all", AuthResult.Pass)]
    [InlineData("v=spf1 all", AuthResult.Pass)]
    [InlineData("v=spf1 -all", AuthResult.Fail)]
    [InlineData("v=spf1 ~all", AuthResult.SoftFail)]
    [InlineData("v=spf1 ?all", AuthResult.Neutral)]
    [InlineData("v=spf1", AuthResult.Neutral)]
    [InlineData("V=SPF1 -ALL", AuthResult.Fail)]
    [InlineData("v=spf1  -all ", AuthResult.Fail)]
    [InlineData("v=spf10 -all", AuthResult.None)]
    [InlineData("v=spf1-all", AuthResult.None)]
    [InlineData("spf2.0/pra -all", AuthResult.None)]
    [InlineData("v=spf1 ip4:192.0.2.7 -all", AuthResult.Pass)]
    [InlineData("v=spf1 ip4:192.0.2.8 -all", AuthResult.Fail)]
    [InlineData("v=spf1 ip4:192.0.2.200/24 -all", AuthResult.Pass)]
    [InlineData("v=spf1 ip4:192.0.2.8/31 -all", AuthResult.Fail)]
    [InlineData("v=spf1 ip4:192.0.2.6/31 -all", AuthResult.Pass)]
    [InlineData("v=spf1 ip4:0.0.0.0/0 -all", AuthResult.Pass)]
    [InlineData("v=spf1 ip6:2001:db8::/32 -all", AuthResult.Fail)]
    [InlineData("v=spf1 a:a.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 a:near.example/24 -all", AuthResult.Pass)]
    [InlineData("v=spf1 a:near.example/24//64 -all", AuthResult.Pass)]
    [InlineData("v=spf1 a:near.example//24 -all", AuthResult.Fail)]
    [InlineData("v=spf1 mx:mx.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 mx:nullmx.example -all", AuthResult.Fail)]
    [InlineData("v=spf1 mx:a.example -all", AuthResult.Fail)]
    [InlineData("v=spf1 ptr:ptr.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 ptr:tr.example -all", AuthResult.Fail)]
    [InlineData("v=spf1 ptr:liar.example -all", AuthResult.Fail)]
    [InlineData("v=spf1 exists:a.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 exists:nothing.example -all", AuthResult.Fail)]
    [InlineData("v=spf1 include:pass.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 ~include:pass.example -all", AuthResult.SoftFail)]
    [InlineData("v=spf1 include:fail.example ?all", AuthResult.Neutral)]
    [InlineData("v=spf1 include:soft.example -all", AuthResult.Fail)]
    [InlineData("v=spf1 include:neutral.example -all", AuthResult.Fail)]
    [InlineData("v=spf1 redirect=pass.example", AuthResult.Pass)]
    [InlineData("v=spf1 redirect=fail.example ?all", AuthResult.Neutral)]
    [InlineData("v=spf1 redirect=fail.example ip4:192.0.2.7", AuthResult.Pass)]
    [InlineData("v=spf1 moo=cow -all", AuthResult.Fail)]
    public async Task CONF_19_SPF_says_what_the_record_says_RFC_7208_4_to_6(string record, AuthResult result) => Assert.Equal(result, await ResultAsync(record));

    [Theory]
    [InlineData("v=spf1 a:a.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 ip6:2001:db8::/32 -all", AuthResult.Pass)]
    [InlineData("v=spf1 ip6:2001:db8:1::/48 -all", AuthResult.Fail)]
    [InlineData("v=spf1 ip4:0.0.0.0/0 -all", AuthResult.Fail)]
    [InlineData("v=spf1 exists:a.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 mx:mx.example mx:mx.example mx:mx.example ?all", AuthResult.Neutral)]
    public async Task CONF_19_SPF_of_an_IPv6_client_asks_for_IPv6_addresses(string record, AuthResult result) => Assert.Equal(result, await ResultAsync(record, Six));

    [Fact]
    public async Task CONF_19_SPF_takes_IPv4_written_as_IPv6_for_IPv4() => Assert.Equal(AuthResult.Pass, await ResultAsync("v=spf1 ip4:192.0.2.7 -all", "::ffff:192.0.2.7"));

    [Theory]
    [InlineData("v=spf1 ip4:192.0.2.7 foo -all")]
    [InlineData("v=spf1 ip4:192.0.2.7 a:museum")]
    [InlineData("v=spf1 ip4:192.0.2.7 a:111.222.33.44")]
    [InlineData("v=spf1 ip4:192.0.2.7 a:example.-com")]
    [InlineData("v=spf1 ip4:192.0.2.7 a:")]
    [InlineData("v=spf1 ip4:192.0.2.7 a:a.example:8080")]
    [InlineData("v=spf1 ip4:192.0.2.7 a/33")]
    [InlineData("v=spf1 ip4:192.0.2.7 a//129")]
    [InlineData("v=spf1 ip4:192.0.2.7 a/024")]
    [InlineData("v=spf1 ip4:192.0.2.7 a/")]
    [InlineData("v=spf1 ip4:192.0.2.7 include")]
    [InlineData("v=spf1 ip4:192.0.2.7 include:")]
    [InlineData("v=spf1 ip4:192.0.2.7 include:pass.example/24")]
    [InlineData("v=spf1 ip4:192.0.2.7 exists")]
    [InlineData("v=spf1 ip4:192.0.2.7 all.")]
    [InlineData("v=spf1 ip4:192.0.2.7 -all/8")]
    [InlineData("v=spf1 ip4:192.0.2.7 ip4:1.2.3.4/33")]
    [InlineData("v=spf1 ip4:192.0.2.7 ip4:1.2.3.4/032")]
    [InlineData("v=spf1 ip4:192.0.2.7 ip4:1.2.3")]
    [InlineData("v=spf1 ip4:192.0.2.7 ip4:01.2.3.4")]
    [InlineData("v=spf1 ip4:192.0.2.7 ip4")]
    [InlineData("v=spf1 ip4:192.0.2.7 ip4:2001:db8::1")]
    [InlineData("v=spf1 ip4:192.0.2.7 ip6:1.2.3.4")]
    [InlineData("v=spf1 ip4:192.0.2.7 ip6:2001:db8::1%1")]
    [InlineData("v=spf1 ip4:192.0.2.7 ip6:2001:db8::/129")]
    [InlineData("v=spf1 ip4:192.0.2.7 ++all")]
    [InlineData("v=spf1 ip4:192.0.2.7 -redirect=pass.example")]
    [InlineData("v=spf1 ip4:192.0.2.7 redirect=pass.example redirect=fail.example")]
    [InlineData("v=spf1 ip4:192.0.2.7 exp=a.example exp=a.example")]
    [InlineData("v=spf1 ip4:192.0.2.7 redirect=")]
    [InlineData("v=spf1 ip4:192.0.2.7 moo=%x")]
    [InlineData("v=spf1 ip4:192.0.2.7 exists:%{i")]
    [InlineData("v=spf1 ip4:192.0.2.7 exists:%{x}.example")]
    [InlineData("v=spf1 ip4:192.0.2.7 exists:%{c}.example")]
    [InlineData("v=spf1 ip4:192.0.2.7 exists:%{d0}.example")]
    [InlineData("v=spf1 ip4:192.0.2.7 exists:%{dr2}.example")]
    [InlineData("v=spf1 ip4:192.0.2.7 exists:a.example%")]
    [InlineData("v=spf1 ip4:192.0.2.7 exists:%(d).example")]
    public async Task CONF_19_SPF_one_fault_anywhere_is_permerror_even_behind_a_match_RFC_7208_4_6(string record) => Assert.Equal(AuthResult.PermError, await ResultAsync(record));

    [Theory]
    [InlineData("v=spf1 include:bad.example ?all", AuthResult.PermError)]
    [InlineData("v=spf1 include:textless.example ?all", AuthResult.PermError)]
    [InlineData("v=spf1 include:two.example ?all", AuthResult.PermError)]
    [InlineData("v=spf1 include:broken.example ?all", AuthResult.TempError)]
    [InlineData("v=spf1 redirect=textless.example", AuthResult.PermError)]
    [InlineData("v=spf1 redirect=broken.example", AuthResult.TempError)]
    [InlineData("v=spf1 a:broken.example -all", AuthResult.TempError)]
    [InlineData("v=spf1 mx:broken.example -all", AuthResult.TempError)]
    [InlineData("v=spf1 exists:broken.example -all", AuthResult.TempError)]
    [InlineData("v=spf1 ip4:192.0.2.7 a:broken.example -all", AuthResult.Pass)]
    public async Task CONF_19_SPF_trouble_of_DNS_is_temperror_and_trouble_of_records_permerror(string record, AuthResult result) => Assert.Equal(result, await ResultAsync(record));

    [Theory]
    [InlineData("v=spf1 include:loop.example -all")]
    [InlineData("v=spf1 redirect=turn.example")]
    [InlineData("v=spf1 a:a.example?x a:a.example -all")]
    [InlineData("v=spf1 mx:manymx.example -all")]
    public async Task CONF_19_SPF_what_does_not_end_is_permerror_RFC_7208_4_6_4(string record) => Assert.Equal(AuthResult.PermError, await ResultAsync(record));

    [Fact]
    public async Task CONF_19_SPF_ten_terms_ask_DNS_and_no_more()
    {
        var ten = "v=spf1 " + string.Join(' ', Enumerable.Repeat("a:four.example", 10));
        Assert.Equal(AuthResult.Neutral, await ResultAsync($"{ten} ip4:203.0.113.1 ?all"));
        Assert.Equal(AuthResult.PermError, await ResultAsync($"{ten} a:a.example -all"));
        Assert.Equal(AuthResult.PermError, await ResultAsync($"{ten} redirect=pass.example"));
    }

    [Fact]
    public async Task CONF_19_SPF_two_void_lookups_are_borne_and_no_more()
    {
        Assert.Equal(AuthResult.Fail, await ResultAsync("v=spf1 a:no1.example mx:no2.example -all"));
        Assert.Equal(AuthResult.PermError, await ResultAsync("v=spf1 a:no1.example mx:no2.example exists:no3.example -all"));
    }

    [Theory]
    [InlineData("v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all", AuthResult.Pass)]
    [InlineData("v=spf1 exists:%{l}.lp._spf.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 exists:%{l-}.lp._spf.example -all", AuthResult.Fail)]
    [InlineData("v=spf1 exists:%{lr-}.lp._spf.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 exists:%{l1r-}.lp._spf.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 exists:%{h1}.h.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 exists:%{L}.at.%{o} -all", AuthResult.Pass)]
    [InlineData("v=spf1 exists:%{p}.p.example -all", AuthResult.Pass)]
    [InlineData("v=spf1 exists:%%{d}.example -all", AuthResult.Fail)]
    public async Task CONF_19_SPF_macros_are_written_out_RFC_7208_7(string record, AuthResult result) => Assert.Equal(result == AuthResult.Pass, await ResultAsync(record) == AuthResult.Pass);

    [Fact]
    public async Task CONF_19_SPF_macros_write_an_IPv6_address_in_nibbles() => Assert.Equal(AuthResult.Pass, await ResultAsync("v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all", Six));

    [Fact]
    public async Task CONF_19_SPF_a_name_too_long_loses_labels_from_the_left_RFC_7208_7_3()
    {
        var zone = new Zone("d.example TXT v=spf1 exists:%{h}.%{h}.%{h}.%{h}.%{h}.b.example -all");
        var helo = $"{new string('a', 50)}.{new string('b', 10)}.example";
        await SpfCheck.RunAsync(zone, SpfIdentity.OfMail(IPAddress.Parse(Four), helo, ReversePath.FromStored("x@d.example")), new SpfOptions(), default);
        var asked = zone.Asked[^1];
        Assert.True(asked.Length <= 253 + 2 && asked.EndsWith(".b.example A", StringComparison.Ordinal), asked);
    }

    [Theory]
    [InlineData("<>", "pass.example", AuthResult.Pass)]
    [InlineData("<>", "fail.example", AuthResult.Fail)]
    [InlineData("<>", "localhost", AuthResult.None)]
    [InlineData("<>", "[192.0.2.7]", AuthResult.None)]
    [InlineData("<>", "", AuthResult.None)]
    [InlineData("postmaster", "pass.example", AuthResult.Pass)]
    [InlineData("x@fail.example", "pass.example", AuthResult.Fail)]
    [InlineData("x@a..example", "pass.example", AuthResult.None)]
    [InlineData("x@PASS.Example.", "h.example", AuthResult.Pass)]
    [InlineData("x@two.example", "h.example", AuthResult.PermError)]
    [InlineData("x@textless.example", "h.example", AuthResult.None)]
    [InlineData("x@nowhere.example", "h.example", AuthResult.None)]
    [InlineData("x@broken.example", "h.example", AuthResult.TempError)]
    public async Task CONF_19_SPF_judges_MAIL_FROM_and_for_the_null_path_HELO_RFC_7208_2_4(string path, string helo, AuthResult result)
    {
        var sender = path == "<>" ? ReversePath.Null : ReversePath.FromStored(path);
        Assert.Equal(result, (await SpfCheck.RunAsync(Shared, SpfIdentity.OfMail(IPAddress.Parse(Four), helo, sender), new SpfOptions(), default)).Result);
    }

    [Fact]
    public async Task CONF_19_SPF_that_takes_longer_than_its_limit_is_temperror()
    {
        var time = new FakeTimeProvider();
        var zone = new Zone("d.example TXT v=spf1 a:slow.example -all\nslow.example SILENT");
        var running = SpfCheck.RunAsync(zone, SpfIdentity.OfMail(IPAddress.Parse(Four), "h", ReversePath.FromStored("x@d.example")), new SpfOptions { Time = time }, default);
        time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(running.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AuthResult.TempError, (await running).Result);
    }

    [Theory]
    [InlineData("%{i} is not one of ours, says %{r}", "192.0.2.7 is not one of ours, says mx.example.jp")]
    [InlineData("see http://%{o}/why?s=%{S}", "see http://d.example/why?s=x%40d.example")]
    [InlineData("caf\u00e9", null)]
    [InlineData("%{x}", null)]
    public async Task CONF_19_SPF_a_failure_is_explained_in_the_domain_s_own_words_if_they_can_be_read_RFC_7208_6_2(string text, string? said)
    {
        var zone = new Zone($"d.example TXT v=spf1 -all exp=why.d.example\nwhy.d.example TXT {text}");
        var how = new SpfOptions { Receiver = "mx.example.jp", WithExplanation = true };
        Assert.Equal(said, (await SpfCheck.RunAsync(zone, SpfIdentity.OfMail(IPAddress.Parse(Four), "h", ReversePath.FromStored("x@d.example")), how, default)).Explanation);
    }

    [Fact]
    public async Task CONF_19_SPF_the_explanation_of_an_included_record_is_not_used()
    {
        var zone = new Zone("d.example TXT v=spf1 include:i.example -all\ni.example TXT v=spf1 -all exp=why.i.example\nwhy.i.example TXT theirs");
        Assert.Null((await SpfCheck.RunAsync(zone, SpfIdentity.OfMail(IPAddress.Parse(Four), "h", ReversePath.FromStored("x@d.example")), new SpfOptions { WithExplanation = true }, default)).Explanation);
    }

    [Fact]
    public async Task CONF_19_SPF_tells_the_way_it_went()
    {
        List<string> steps = [];
        var zone = new Zone("d.example TXT v=spf1 include:i.example -all\ni.example TXT v=spf1 ip4:203.0.113.1 -all");
        await SpfCheck.RunAsync(zone, SpfIdentity.OfMail(IPAddress.Parse(Four), "h", ReversePath.FromStored("x@d.example")), new SpfOptions { Trace = steps }, default);
        Assert.Equal(
        [
            "d.example: v=spf1 include:i.example -all", "  i.example: v=spf1 ip4:203.0.113.1 -all", "  ip4:203.0.113.1: no match", "  -all: match", "include:i.example: no match", "-all: match",
            "d.example: fail (-all of d.example)",
        ], steps);
    }

    /// <summary>The shared records and one more.</summary>
    private sealed class Overlay(Zone below, string name, string text) : IDnsRecords
    {
        public ValueTask<DnsAnswer<string>> TextAsync(string asked, CancellationToken cancel) =>
            asked == name ? ValueTask.FromResult(new DnsAnswer<string>(LookupEnd.Found, [text])) : below.TextAsync(asked, cancel);

        public ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string asked, System.Net.Sockets.AddressFamily family, CancellationToken cancel) => below.AddressesAsync(asked, family, cancel);
        public ValueTask<DnsAnswer<string>> MailHostsAsync(string asked, CancellationToken cancel) => below.MailHostsAsync(asked, cancel);
        public ValueTask<DnsAnswer<string>> NamesAsync(IPAddress address, CancellationToken cancel) => below.NamesAsync(address, cancel);
    }
}
