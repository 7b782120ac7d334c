using System.Collections.Immutable;
using System.Text;
using ClusterMail.Policy.Senders;
using ClusterMail.Policy.Senders.Dkim;

namespace ClusterMail.Policy.Tests.Senders;

/// <summary>DKIM by RFC 6376, 8301 and 8463: signatures made with real keys, and what is held against them.</summary>
public sealed class DkimTests
{
    private static readonly SignedMail Key = SignedMail.Rsa(2048);

    private static Zone With(SignedMail key, string? record = null) => new($"s1._domainkey.d.example TXT {record ?? key.Record}");

    private static async Task<ImmutableArray<DkimOutcome>> CheckAsync(Zone zone, string mail, DateTimeOffset? now = null) =>
        await DkimCheck.RunAsync(zone, new MemoryStream(Encoding.UTF8.GetBytes(mail)), now ?? DateTimeOffset.UtcNow, default);

    private static async Task<AuthResult> ResultAsync(Zone zone, string mail, DateTimeOffset? now = null) => Assert.Single(await CheckAsync(zone, mail, now)).Result;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CONF_19_DKIM_an_RSA_signature_passes_in_both_canonical_forms(bool relaxed)
    {
        var outcome = Assert.Single(await CheckAsync(With(Key), await Key.SignAsync(SignedMail.Plain(), relaxed: relaxed)));
        Assert.Equal((AuthResult.Pass, "d.example", "s1", 8), (outcome.Result, outcome.Domain, outcome.Selector, outcome.Mark.Length));
    }

    [Fact]
    public async Task CONF_19_DKIM_an_Ed25519_signature_passes_RFC_8463()
    {
        var key = SignedMail.Ed25519();
        Assert.Equal(AuthResult.Pass, await ResultAsync(With(key), await key.SignAsync(SignedMail.Plain())));
    }

    [Fact]
    public async Task CONF_19_DKIM_headers_put_on_top_and_blanks_changed_by_relays_do_no_harm()
    {
        var signed = await Key.SignAsync(SignedMail.Plain());
        Assert.Equal(AuthResult.Pass, await ResultAsync(With(Key), "Received: from x by y;\r\n\tsome day\r\n" + signed.Replace("  this  is it. ", "  this is  it.", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("it.", "it!")]
    [InlineData("Subject: signed", "Subject: forged")]
    [InlineData("taro@", "jiro@")]
    public async Task CONF_19_DKIM_a_change_of_body_or_signed_header_fails(string before, string after) =>
        Assert.Equal(AuthResult.Fail, await ResultAsync(With(Key), (await Key.SignAsync(SignedMail.Plain())).Replace(before, after, StringComparison.Ordinal)));

    [Fact]
    public async Task CONF_19_DKIM_a_multipart_mail_passes_octet_by_octet()
    {
        const string mail = "From: taro@d.example\r\nTo: b@example.jp\r\nSubject: signed\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n\r\nfirst lines\r\n--x\r\nContent-Type: text/plain\r\n\r\na\r\n\r\n"
            + "--x\r\nContent-Type: message/rfc822\r\n\r\nSubject:  inner\r\n\r\nb \r\n--x--\r\nlast lines\r\n";
        Assert.Equal(AuthResult.Pass, await ResultAsync(With(Key), await Key.SignAsync(mail, relaxed: false)));
    }

    [Fact]
    public async Task CONF_19_DKIM_mail_without_a_signature_has_no_result() => Assert.Empty(await CheckAsync(With(Key), SignedMail.Plain()));

    [Theory]
    [InlineData("v=DKIM1; p=", AuthResult.PermError)]
    [InlineData("v=DKIM2; p=AAAA", AuthResult.PermError)]
    [InlineData("v=DKIM1; k=rsa; p=!!!", AuthResult.PermError)]
    [InlineData("v=DKIM1; k=rsa; p=QUJD", AuthResult.PermError)]
    [InlineData("v=DKIM1; k=ed25519; p=QUJD", AuthResult.PermError)]
    [InlineData("nonsense", AuthResult.PermError)]
    [InlineData("{key}; h=sha1", AuthResult.PermError)]
    [InlineData("{key}; h=sha1:sha256", AuthResult.Pass)]
    [InlineData("{key}; s=tlsrpt", AuthResult.PermError)]
    [InlineData("{key}; s=email", AuthResult.Pass)]
    [InlineData("{key}; s=*", AuthResult.Pass)]
    [InlineData("{key}; t=y", AuthResult.Pass)]
    [InlineData("{key}; n=whatever; z=unknown", AuthResult.Pass)]
    public async Task CONF_19_DKIM_a_key_is_used_as_its_record_allows_RFC_6376_3_6_1(string record, AuthResult result) =>
        Assert.Equal(result, await ResultAsync(With(Key, record.Replace("{key}", Key.Record, StringComparison.Ordinal)), await Key.SignAsync(SignedMail.Plain())));

    [Fact]
    public async Task CONF_19_DKIM_a_key_that_is_not_for_domains_below_is_not_used_for_one()
    {
        var below = await Key.SignAsync(SignedMail.Plain(), identity: "@mail.d.example");
        Assert.Equal(AuthResult.Pass, await ResultAsync(With(Key), below));
        Assert.Equal(AuthResult.PermError, await ResultAsync(With(Key, Key.Record + "; t=s"), below));
        Assert.Equal(AuthResult.PermError, await ResultAsync(With(Key), await Key.SignAsync(SignedMail.Plain(), identity: "@other.example")));
    }

    [Fact]
    public async Task CONF_19_DKIM_no_key_is_permerror_and_no_answer_temperror()
    {
        var signed = await Key.SignAsync(SignedMail.Plain());
        Assert.Equal(AuthResult.PermError, await ResultAsync(new Zone("d.example A 192.0.2.1"), signed));
        Assert.Equal(AuthResult.TempError, await ResultAsync(new Zone("s1._domainkey.d.example FAIL"), signed));
    }

    [Fact]
    public async Task CONF_19_DKIM_a_key_under_1024_bits_proves_nothing_RFC_8301()
    {
        var weak = SignedMail.Rsa(768);
        Assert.Equal(AuthResult.Policy, await ResultAsync(With(weak), await weak.SignAsync(SignedMail.Plain())));
        var least = SignedMail.Rsa(1024);
        Assert.Equal(AuthResult.Pass, await ResultAsync(With(least), await least.SignAsync(SignedMail.Plain())));
    }

    [Fact]
    public async Task CONF_19_DKIM_an_expired_signature_fails()
    {
        var signed = await Key.SignAsync(SignedMail.Plain(), life: TimeSpan.FromHours(1));
        Assert.Equal(AuthResult.Pass, await ResultAsync(With(Key), signed, DateTimeOffset.UtcNow.AddMinutes(30)));
        Assert.Equal(AuthResult.Fail, await ResultAsync(With(Key), signed, DateTimeOffset.UtcNow.AddHours(3)));
    }

    [Theory]
    [InlineData("a=rsa-sha256", "a=rsa-sha1", AuthResult.Policy)]
    [InlineData("v=1;", "v=1; l=3;", AuthResult.Policy)]
    [InlineData("v=1;", "v=2;", AuthResult.PermError)]
    [InlineData("v=1;", "v=1; v=1;", AuthResult.PermError)]
    [InlineData("v=1;", "v=1; garbage;", AuthResult.PermError)]
    [InlineData("h=from", "h=sender", AuthResult.PermError)]
    [InlineData("d=d.example", "d=example", AuthResult.PermError)]
    [InlineData("d=d.example", "d=..", AuthResult.PermError)]
    public async Task CONF_19_DKIM_what_a_signature_must_not_say(string before, string after, AuthResult result)
    {
        var signed = await Key.SignAsync(SignedMail.Plain());
        Assert.Contains(before, signed, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(result, await ResultAsync(With(Key), signed.Replace(before, after, StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public async Task CONF_19_DKIM_five_signatures_are_looked_at_and_no_more()
    {
        var signed = await Key.SignAsync(SignedMail.Plain());
        var line = signed[..signed.IndexOf("From:", StringComparison.Ordinal)];
        var zone = With(Key);
        Assert.Equal(5, (await CheckAsync(zone, string.Concat(Enumerable.Repeat(line, 50)) + signed)).Length);
        Assert.Equal(5, zone.Asked.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData("\r\nDKIM-Signature: v=1\r\n")]
    [InlineData("no header at all")]
    [InlineData("DKIM-Signature:\r\n\r\n")]
    [InlineData("DKIM-Signature: v=1; a=rsa-sha256; d=d.example; s=s1; h=from:content-type; bh=x; b=y\r\n")]
    [InlineData("DKIM-Signature: v=1; a=rsa-sha256; d=d.example; s=\u0000; h=from; bh=x; b=y; q=; t=99999999999999999999\r\n\r\nx")]
    [InlineData("Content-Type: multipart/mixed; boundary=\"\"\r\nDKIM-Signature: v=1; a=ed25519-sha256; d=d.example; s=s1; h=from; bh=; b=\r\n\r\n--\r\n--\r\n")]
    public async Task CONF_19_DKIM_what_is_no_mail_does_no_harm(string content) => Assert.DoesNotContain(await CheckAsync(With(Key), content), one => one.Result == AuthResult.Pass);
}
