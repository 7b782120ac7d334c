using System.Collections.Immutable;
using System.Net;
using System.Text;
using ClusterMail.Policy.Senders;
using ClusterMail.Policy.Senders.Dkim;
using ClusterMail.Policy.Senders.Dmarc;
using ClusterMail.Policy.Senders.Spf;

namespace ClusterMail.Policy.Tests.Senders;

/// <summary>What follows from the findings, and how a mail shows them.</summary>
public sealed class SenderJudgementTests
{
    private static readonly IPAddress Client = IPAddress.Parse("203.0.113.9");

    private static SenderFindings Found(AuthResult spf = AuthResult.None, AuthResult? helo = null, AuthResult[]? dkim = null, AuthResult dmarc = AuthResult.None, DmarcPolicy policy = DmarcPolicy.None) => new()
    {
        Spf = new SpfFindings(new SpfOutcome(spf, "d.example", "-all of d.example"), helo is { } result ? new SpfOutcome(result, "mail.d.example", "") : null),
        DkimMade = true,
        Dkim = [.. (dkim ?? []).Select(one => new DkimOutcome(one, "d.example", "s1", "ab/+c=", ""))],
        Dmarc = new DmarcOutcome(dmarc, "d.example", policy, policy, ""),
    };

    private static string Judge(SenderOptions options, SenderFindings findings) => SenderJudgement.Of(options, findings, Client).Refusal is { } reply ? $"{reply.Code} {reply.Status}" : "ok";

    [Theory]
    [InlineData(AuthResult.Pass, null, "ok")]
    [InlineData(AuthResult.None, null, "ok")]
    [InlineData(AuthResult.Neutral, null, "ok")]
    [InlineData(AuthResult.SoftFail, null, "ok")]
    [InlineData(AuthResult.PermError, null, "ok")]
    [InlineData(AuthResult.Fail, null, "550 5.7.23")]
    [InlineData(AuthResult.TempError, null, "451 4.7.24")]
    [InlineData(AuthResult.None, AuthResult.Fail, "550 5.7.23")]
    [InlineData(AuthResult.Pass, AuthResult.Fail, "ok")]
    public void CONF_19_SPF_enforced_refuses_a_failure_and_nothing_else(AuthResult mail, AuthResult? helo, string answer)
    {
        Assert.Equal(answer, Judge(new SenderOptions { Spf = SenderMode.Enforce }, Found(mail, helo)));
        Assert.Equal("ok", Judge(new SenderOptions { Spf = SenderMode.Tag }, Found(mail, helo)));
    }

    [Fact]
    public void CONF_19_SPF_enforced_lets_pass_what_DMARC_vouches_for()
    {
        var options = new SenderOptions { Spf = SenderMode.Enforce, Dmarc = SenderMode.Log };
        Assert.Equal("ok", Judge(options, Found(AuthResult.Fail, dmarc: AuthResult.Pass)));
        Assert.Equal("ok", Judge(options, Found(AuthResult.TempError, dmarc: AuthResult.Pass)));
    }

    [Theory]
    [InlineData(new AuthResult[0], AuthResult.None, "ok")]
    [InlineData(new[] { AuthResult.Fail }, AuthResult.None, "550 5.7.20")]
    [InlineData(new[] { AuthResult.Fail, AuthResult.PermError }, AuthResult.SoftFail, "550 5.7.20")]
    [InlineData(new[] { AuthResult.Fail, AuthResult.Pass }, AuthResult.None, "ok")]
    [InlineData(new[] { AuthResult.Fail }, AuthResult.Pass, "ok")]
    [InlineData(new[] { AuthResult.Fail }, AuthResult.TempError, "ok")]
    [InlineData(new[] { AuthResult.TempError }, AuthResult.None, "ok")]
    [InlineData(new[] { AuthResult.Policy }, AuthResult.None, "ok")]
    public void CONF_19_DKIM_enforced_refuses_signed_mail_that_nothing_vouches_for(AuthResult[] dkim, AuthResult spf, string answer) =>
        Assert.Equal(answer, Judge(new SenderOptions { Dkim = SenderMode.Enforce }, Found(spf, dkim: dkim)));

    [Theory]
    [InlineData(AuthResult.Fail, DmarcPolicy.Reject, "550 5.7.1")]
    [InlineData(AuthResult.Fail, DmarcPolicy.Quarantine, "ok")]
    [InlineData(AuthResult.Fail, DmarcPolicy.None, "ok")]
    [InlineData(AuthResult.Pass, DmarcPolicy.None, "ok")]
    [InlineData(AuthResult.PermError, DmarcPolicy.None, "550 5.7.1")]
    [InlineData(AuthResult.TempError, DmarcPolicy.None, "451 4.4.3")]
    public void CONF_19_DMARC_enforced_does_what_the_domain_asks(AuthResult result, DmarcPolicy policy, string answer)
    {
        Assert.Equal(answer, Judge(new SenderOptions { Dmarc = SenderMode.Enforce }, Found(dmarc: result, policy: policy)));
        Assert.Equal("ok", Judge(new SenderOptions { Spf = SenderMode.Enforce, Dmarc = SenderMode.Tag }, Found(dmarc: result, policy: policy)));
    }

    [Fact]
    public void CONF_19_the_refusal_says_which_domain_and_in_its_own_words_why()
    {
        var findings = Found() with { Spf = new SpfFindings(new SpfOutcome(AuthResult.Fail, "d.example", "", "ask us"), null) };
        var verdict = SenderJudgement.Of(new SenderOptions { Spf = SenderMode.Enforce }, findings, Client);
        Assert.Equal(["SPF validation failed: d.example does not let 203.0.113.9 send its mail.", "d.example explains: ask us"], verdict.Refusal!.Lines);
        Assert.Equal("CONF-19 receive.spf", verdict.Rule);
    }

    [Fact]
    public void CONF_19_the_header_shows_every_result_of_checks_that_tag_RFC_8601()
    {
        var options = new SenderOptions { Spf = SenderMode.Tag, Dkim = SenderMode.Enforce, Dmarc = SenderMode.Tag, HostName = "mx.example.jp" };
        Assert.Equal(
            "Authentication-Results: mx.example.jp;\r\n\tspf=softfail smtp.mailfrom=d.example;\r\n\tspf=pass smtp.helo=mail.d.example;\r\n\tdkim=fail header.d=d.example header.s=s1 header.b=\"ab/+c=\""
            + ";\r\n\tdmarc=fail (p=quarantine dis=quarantine) header.from=d.example\r\n",
            Encoding.ASCII.GetString(AuthenticationResults.Header(options, Found(AuthResult.SoftFail, AuthResult.Pass, [AuthResult.Fail], AuthResult.Fail, DmarcPolicy.Quarantine), false)));
        Assert.Equal(
            "Authentication-Results: mx.example.jp;\r\n\tspf=none smtp.helo=d.example\r\n",
            Encoding.ASCII.GetString(AuthenticationResults.Header(options with { Dkim = SenderMode.Log, Dmarc = SenderMode.Off }, Found(), true)));
        Assert.Equal(
            "Authentication-Results: mx.example.jp;\r\n\tdkim=none\r\n",
            Encoding.ASCII.GetString(AuthenticationResults.Header(options with { Spf = SenderMode.Log, Dmarc = SenderMode.Off }, Found(), true)));
    }

    [Fact]
    public void CONF_19_a_stranger_s_words_do_not_break_the_header()
    {
        var findings = new SenderFindings
        {
            Spf = new SpfFindings(new SpfOutcome(AuthResult.None, "a\r\nX: y", ""), null),
            DkimMade = true,
            Dkim = ImmutableArray.Create(new DkimOutcome(AuthResult.PermError, "d; dkim=pass", "s\r\n", "\"; dmarc=pass", "")),
            Dmarc = new DmarcOutcome(AuthResult.None, "evil (", DmarcPolicy.None, DmarcPolicy.None, ""),
        };
        var options = new SenderOptions { Spf = SenderMode.Tag, Dkim = SenderMode.Tag, Dmarc = SenderMode.Tag, HostName = "mx.example.jp" };
        Assert.Equal(
            "Authentication-Results: mx.example.jp;\r\n\tspf=none;\r\n\tdkim=permerror;\r\n\tdmarc=none\r\n", Encoding.ASCII.GetString(AuthenticationResults.Header(options, findings, false)));
        Assert.DoesNotContain('\n', findings.ToString());
    }

    [Theory]
    [InlineData("Authentication-Results: mx.example.jp; spf=pass\r\n", true)]
    [InlineData("authentication-results:MX.Example.JP;spf=pass\r\n", true)]
    [InlineData("Authentication-Results : mx.example.jp. 1; spf=pass\r\n", true)]
    [InlineData("Authentication-Results:\r\n\tmx.example.jp;\r\n spf=pass\r\n", true)]
    [InlineData("Authentication-Results: (a (nested\\) comment)) mx.example.jp (x); none\r\n", true)]
    [InlineData("Authentication-Results: \"mx.exa\\mple.jp\"; none\r\n", true)]
    [InlineData("Authentication-Results: (unclosed mx.example.jp; none\r\n", true)]
    [InlineData("Authentication-Results: ;\r\n", true)]
    [InlineData("Authentication-Results: other.example; spf=pass (mx.example.jp)\r\n", false)]
    [InlineData("Authentication-Results: \"other.example\"; none\r\n", false)]
    [InlineData("Authentication-Results: notmx.example.jp; none\r\n", false)]
    [InlineData("X-Authentication-Results: mx.example.jp; none\r\n", false)]
    [InlineData("Subject: Authentication-Results: mx.example.jp\r\n", false)]
    public void CONF_19_a_forged_header_of_ours_goes_and_others_stay_RFC_8601_5(string header, bool goes)
    {
        var block = $"Received: a\r\n\tb\r\n{header}Subject: x\r\n y\r\n";
        Assert.Equal(goes ? "Received: a\r\n\tb\r\nSubject: x\r\n y\r\n" : block, Encoding.ASCII.GetString(AuthenticationResults.WithoutForged(Encoding.ASCII.GetBytes(block), "mx.example.jp")));
    }
}
