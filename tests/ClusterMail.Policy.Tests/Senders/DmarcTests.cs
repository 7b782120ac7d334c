using System.Net;
using ClusterMail.Policy.Senders;
using ClusterMail.Policy.Senders.Dkim;
using ClusterMail.Policy.Senders.Dmarc;
using ClusterMail.Policy.Senders.Spf;
using ClusterMail.Protocol;

namespace ClusterMail.Policy.Tests.Senders;

/// <summary>DMARC by RFC 9989: policy, tree walk, alignment.</summary>
public sealed class DmarcTests
{
    private const string Records = """
        _dmarc.reject.example TXT v=DMARC1; p=reject
        _dmarc.quarantine.example TXT v=DMARC1; p=quarantine; sp=reject; np=none
        lives.quarantine.example A 192.0.2.1
        _dmarc.none.example TXT v=DMARC1; p=none
        _dmarc.strict.example TXT v=DMARC1;p=reject;adkim=s;aspf=s
        _dmarc.half.example TXT v=DMARC1; p=reject; pct=50
        _dmarc.testing.example TXT v=DMARC1; p=quarantine; t=y
        _dmarc.psd TXT v=DMARC1; p=reject; psd=y
        _dmarc.firm.psd TXT v=DMARC1; p=quarantine
        _dmarc.big.example TXT v=DMARC1; p=reject
        _dmarc.unit.big.example TXT v=DMARC1; p=quarantine; psd=n
        _dmarc.double.example TXT v=DMARC1; p=reject
        _dmarc.double.example TXT v=DMARC1; p=none
        _dmarc.other.example TXT v=spf1 -all
        _dmarc.other.example TXT v=DMARC1; p=reject; x=unknown; ; rua=mailto:a@b
        _dmarc.bad.example TXT v=DMARC1; p=rejct
        _dmarc.late.example TXT p=reject; v=DMARC1
        _dmarc.reports.example TXT v=DMARC1; p=rejct; rua=mailto:a@b
        _dmarc.broken.example FAIL
        """;

    private static SpfOutcome Spf(AuthResult result, string domain) => new(result, domain, "");

    private static DkimOutcome Dkim(AuthResult result, string domain) => new(result, domain, "s1", "abc", "");

    private static Task<DmarcOutcome> CheckAsync(string[]? from, SpfOutcome? spf = null, DkimOutcome[]? dkim = null, int lot = 0, Zone? zone = null) =>
        DmarcCheck.RunAsync(zone ?? new Zone(Records), from, spf ?? Spf(AuthResult.None, "x.example"), [.. dkim ?? []], lot, default);

    [Theory]
    [InlineData("reject.example", DmarcPolicy.Reject)]
    [InlineData("a.b.reject.example", DmarcPolicy.Reject)]
    [InlineData("REJECT.Example", DmarcPolicy.Reject)]
    [InlineData("quarantine.example", DmarcPolicy.Quarantine)]
    [InlineData("lives.quarantine.example", DmarcPolicy.Reject)]
    [InlineData("nowhere.quarantine.example", DmarcPolicy.None)]
    [InlineData("none.example", DmarcPolicy.None)]
    [InlineData("other.example", DmarcPolicy.Reject)]
    [InlineData("reports.example", DmarcPolicy.None)]
    [InlineData("firm.psd", DmarcPolicy.Quarantine)]
    [InlineData("x.firm.psd", DmarcPolicy.Quarantine)]
    [InlineData("newcomer.psd", DmarcPolicy.Reject)]
    [InlineData("x.unit.big.example", DmarcPolicy.Quarantine)]
    public async Task CONF_19_DMARC_the_policy_is_the_domain_s_own_or_one_from_above_it(string from, DmarcPolicy policy)
    {
        var outcome = await CheckAsync([from]);
        Assert.Equal((AuthResult.Fail, policy, policy), (outcome.Result, outcome.Policy, outcome.Disposition));
    }

    [Theory]
    [InlineData("unknown.test")]
    [InlineData("double.example")]
    [InlineData("bad.example")]
    [InlineData("late.example")]
    [InlineData("localhost")]
    public async Task CONF_19_DMARC_without_a_record_that_counts_there_is_no_policy(string from) => Assert.Equal(AuthResult.None, (await CheckAsync([from])).Result);

    [Theory]
    [InlineData("reject.example", "reject.example", true)]
    [InlineData("reject.example", "mail.reject.example", true)]
    [InlineData("a.reject.example", "b.reject.example", true)]
    [InlineData("reject.example", "evilreject.example", false)]
    [InlineData("reject.example", "example", false)]
    [InlineData("reject.example", "none.example", false)]
    [InlineData("strict.example", "strict.example", true)]
    [InlineData("strict.example", "mail.strict.example", false)]
    [InlineData("firm.psd", "other.psd", false)]
    [InlineData("newcomer.psd", "other.psd", false)]
    [InlineData("newcomer.psd", "mail.newcomer.psd", true)]
    [InlineData("big.example", "unit.big.example", false)]
    [InlineData("x.unit.big.example", "y.unit.big.example", true)]
    public async Task CONF_19_DMARC_what_passed_must_be_of_the_author_s_organisation(string from, string authenticated, bool aligned)
    {
        var expected = aligned ? AuthResult.Pass : AuthResult.Fail;
        Assert.Equal(expected, (await CheckAsync([from], Spf(AuthResult.Pass, authenticated))).Result);
        Assert.Equal(expected, (await CheckAsync([from], dkim: [Dkim(AuthResult.Pass, "list.test"), Dkim(AuthResult.Pass, authenticated)])).Result);
    }

    [Theory]
    [InlineData(AuthResult.Fail)]
    [InlineData(AuthResult.SoftFail)]
    [InlineData(AuthResult.Neutral)]
    [InlineData(AuthResult.PermError)]
    [InlineData(AuthResult.None)]
    public async Task CONF_19_DMARC_only_a_pass_counts(AuthResult result) =>
        Assert.Equal(AuthResult.Fail, (await CheckAsync(["reject.example"], Spf(result, "reject.example"), [Dkim(AuthResult.Policy, "reject.example")])).Result);

    [Fact]
    public async Task CONF_19_DMARC_is_open_while_what_could_pass_is_not_known()
    {
        Assert.Equal(AuthResult.TempError, (await CheckAsync(["broken.example"])).Result);
        var halfway = new Zone("_dmarc.d.test TXT v=DMARC1; p=reject\n_dmarc.test FAIL");
        Assert.Equal(AuthResult.TempError, (await CheckAsync(["d.test"], zone: halfway)).Result);
        Assert.Equal(AuthResult.Pass, (await CheckAsync(["d.test"], Spf(AuthResult.Pass, "d.test"), zone: halfway)).Result);
        Assert.Equal(AuthResult.TempError, (await CheckAsync(["reject.example"], Spf(AuthResult.TempError, "reject.example"))).Result);
        Assert.Equal(AuthResult.TempError, (await CheckAsync(["reject.example"], dkim: [Dkim(AuthResult.TempError, "reject.example")])).Result);
        Assert.Equal(AuthResult.Fail, (await CheckAsync(["reject.example"], Spf(AuthResult.TempError, "attacker.test"), [Dkim(AuthResult.TempError, "attacker.test")])).Result);
    }

    [Theory]
    [InlineData("half.example", 49, DmarcPolicy.Reject)]
    [InlineData("half.example", 50, DmarcPolicy.Quarantine)]
    [InlineData("testing.example", 0, DmarcPolicy.None)]
    [InlineData("reject.example", 99, DmarcPolicy.Reject)]
    public async Task CONF_19_DMARC_pct_and_t_make_it_milder_by_one_step(string from, int lot, DmarcPolicy disposition) =>
        Assert.Equal(disposition, (await CheckAsync([from], lot: lot)).Disposition);

    [Fact]
    public async Task CONF_19_DMARC_of_several_authors_the_strictest_holds_in_any_order()
    {
        var spf = Spf(AuthResult.Pass, "none.example");
        Assert.Equal(DmarcPolicy.Reject, (await CheckAsync(["none.example", "reject.example"], spf)).Disposition);
        Assert.Equal(DmarcPolicy.Reject, (await CheckAsync(["reject.example", "none.example", "unknown.test"], spf)).Disposition);
        Assert.Equal(AuthResult.PermError, (await CheckAsync(["a.test", "b.test", "c.test", "d.test", "e.test", "f.test"])).Result);
        Assert.Equal(AuthResult.PermError, (await CheckAsync(null)).Result);
        Assert.Equal(AuthResult.None, (await CheckAsync([])).Result);
    }

    [Fact]
    public async Task CONF_19_DMARC_a_walk_asks_eight_questions_at_most()
    {
        var zone = new Zone("_dmarc.d.e.f.g.h.i.example TXT v=DMARC1; p=reject");
        var outcome = await CheckAsync(["a.b.c.c.c.c.c.c.d.e.f.g.h.i.example"], zone: zone);
        Assert.Equal(DmarcPolicy.Reject, outcome.Policy);
        Assert.Equal(8, zone.Asked.Count);
        Assert.Equal("_dmarc.d.e.f.g.h.i.example TXT", zone.Asked[1]);
        Assert.Equal("_dmarc.example TXT", zone.Asked[^1]);
    }

    [Theory]
    [InlineData(0, null, 0)]
    [InlineData(1, "Taro <taro@d.example>", 1)]
    [InlineData(1, "a@one.example, \"b@trap.example\" <b@two.example>", 2)]
    [InlineData(1, "\"ceo@bank.example\" <x@evil.example>", 1)]
    [InlineData(1, "undisclosed", 0)]
    [InlineData(1, "people: a@one.example, b@two.example;", 2)]
    [InlineData(2, "a@one.example", -1)]
    [InlineData(1, null, -1)]
    [InlineData(1, "<<@@>", -1)]
    public void CONF_19_the_author_s_domains_are_those_of_every_address(int headers, string? text, int count) =>
        Assert.Equal(count, AuthorDomains.Of(new ContentFacts { FromHeaders = headers, From = text })?.Count ?? -1);

    [Fact]
    public async Task CONF_19_a_mail_too_large_for_its_signatures_is_refused_neither_by_DKIM_nor_by_DMARC()
    {
        var options = new SenderOptions { Dkim = SenderMode.Enforce, Dmarc = SenderMode.Enforce };
        var spf = new SpfFindings(Spf(AuthResult.None, "x.example"), null);
        var found = await new SenderCheck(new Zone(Records), options, TimeProvider.System).ContentAsync(spf, null, new ContentFacts { FromHeaders = 1, From = "a@reject.example" }, 0, default);
        Assert.True(SenderJudgement.Of(options, found, IPAddress.Loopback).Accepted, found.ToString());
    }
}
