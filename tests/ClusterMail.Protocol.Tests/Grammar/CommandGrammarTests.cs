using System.Text;
using ClusterMail.Protocol.Grammar;

namespace ClusterMail.Protocol.Tests.Grammar;

public sealed class CommandGrammarTests
{
    private static SmtpCommand Parse(string line, SmtpExtensions offered = SmtpExtensions.All) => CommandGrammar.Parse(Encoding.UTF8.GetBytes(line), offered);

    private static string Refused(string line, SmtpExtensions offered = SmtpExtensions.All)
    {
        var reply = Assert.IsType<SmtpCommand.Malformed>(Parse(line, offered)).Reply;
        return $"{reply.Code} {reply.Status}";
    }

    [Theory]
    [InlineData("<a@example.jp>", "a", "example.jp")]
    [InlineData("<a.b+c=d@example.jp>", "a.b+c=d", "example.jp")]
    [InlineData("<\"a b\"@example.jp>", "\"a b\"", "example.jp")]
    [InlineData("<\"a\\\"@<>\"@example.jp>", "\"a\\\"@<>\"", "example.jp")]
    [InlineData("<\"\"@example.jp>", "\"\"", "example.jp")]
    [InlineData("<a@[192.0.2.1]>", "a", "[192.0.2.1]")]
    [InlineData("<a@[IPv6:2001:db8::1]>", "a", "[IPv6:2001:db8::1]")]
    [InlineData("<@x.example,@y.example:a@example.jp>", "a", "example.jp")]
    [InlineData("<@[192.0.2.1]:a@example.jp>", "a", "example.jp")]
    [InlineData("<Postmaster>", "Postmaster", "")]
    [InlineData("<a@xn--wgv71a.jp>", "a", "xn--wgv71a.jp")]
    public void RECV_21_a_path_of_RFC_5321_is_read_as_it_came(string path, string local, string domain)
    {
        var rcpt = Assert.IsType<SmtpCommand.Rcpt>(Parse("RCPT TO:" + path));
        Assert.Equal(new Mailbox(local, domain), rcpt.To.Mailbox);
    }

    [Theory]
    [InlineData("a@example.jp")]
    [InlineData("<a@example.jp")]
    [InlineData("<a@example.jp>x")]
    [InlineData("<a@>")]
    [InlineData("<@example.jp>")]
    [InlineData("<>")]
    [InlineData("<a>")]
    [InlineData("<.a@example.jp>")]
    [InlineData("<a.@example.jp>")]
    [InlineData("<a..b@example.jp>")]
    [InlineData("<a b@example.jp>")]
    [InlineData("<a@b@example.jp>")]
    [InlineData("<a@exa mple.jp>")]
    [InlineData("<a@-example.jp>")]
    [InlineData("<a@example-.jp>")]
    [InlineData("<a@example..jp>")]
    [InlineData("<a@example.jp.>")]
    [InlineData("<a@[192.0.2.256]>")]
    [InlineData("<a@[192.0.2]>")]
    [InlineData("<a@[192.0.02.1]>")]
    [InlineData("<a@[IPv6:fe80::1%eth0]>")]
    [InlineData("<a@[IPv6:192.0.2.1]>")]
    [InlineData("<a@[x:y]>")]
    [InlineData("<\"a@example.jp>")]
    [InlineData("<\"a\"b@example.jp>")]
    [InlineData("<@x.example:>")]
    [InlineData("<@x.example a@example.jp>")]
    [InlineData("  <a@example.jp>")]
    [InlineData("")]
    public void RECV_27_a_forward_path_that_is_none_is_answered_501_5_5_2(string path) => Assert.Equal("501 5.5.2", Refused("RCPT TO:" + path));

    [Fact]
    public void RECV_27_local_part_and_domain_have_their_limits()
    {
        var label = new string('d', 63);
        var domain = $"{label}.{label}.{label}.{label}";                       // 255 octets
        Assert.IsType<SmtpCommand.Rcpt>(Parse($"RCPT TO:<{new string('l', 64)}@{domain}>"));
        Assert.Equal("501 5.5.2", Refused($"RCPT TO:<{new string('l', 65)}@example.jp>"));
        Assert.Equal("501 5.5.2", Refused($"RCPT TO:<l@{domain[1..]}.de>"));
        Assert.Equal("501 5.5.2", Refused($"RCPT TO:<l@d{label}.jp>"));
        Assert.Equal("501 5.5.2", Refused($"RCPT TO:<\"{new string('q', 63)}\"@example.jp>"));
    }

    [Fact]
    public void RECV_25_nothing_after_the_colon_is_blank_and_not_the_null_path()
    {
        Assert.Equal(new SmtpCommand.Mail(ReversePath.Null, Blank: true), Parse("MAIL FROM:"));
        Assert.Equal(new SmtpCommand.Mail(ReversePath.Null, Blank: true), Parse("MAIL FROM: "));
        Assert.Equal(new SmtpCommand.Mail(ReversePath.Null), Parse("MAIL FROM:<>"));
    }

    [Fact]
    public void RECV_26_the_parameters_of_MAIL_are_read()
    {
        var mail = Assert.IsType<SmtpCommand.Mail>(Parse("mail FROM:<a@example.jp> size=1000 body=8bitmime SMTPUTF8 ret=hdrs ENVID=QQ+2B1"));
        Assert.Equal((1000, BodyType.EightBitMime, true, Ret.Headers, "QQ+2B1"), (mail.Size, mail.Body, mail.SmtpUtf8, mail.Ret, mail.EnvelopeId));
        Assert.Equal(long.MaxValue, Assert.IsType<SmtpCommand.Mail>(Parse("MAIL FROM:<> SIZE=99999999999999999999")).Size);
    }

    [Theory]
    [InlineData("MAIL FROM:<> SIZE=", "501 5.5.4")]
    [InlineData("MAIL FROM:<> SIZE=-1", "501 5.5.4")]
    [InlineData("MAIL FROM:<> SIZE=1 SIZE=1", "501 5.5.4")]
    [InlineData("MAIL FROM:<> BODY=BINARYMIME", "555 5.5.4")]
    [InlineData("MAIL FROM:<> BODY=X", "501 5.5.4")]
    [InlineData("MAIL FROM:<> SMTPUTF8=1", "501 5.5.4")]
    [InlineData("MAIL FROM:<> RET=ALL", "501 5.5.4")]
    [InlineData("MAIL FROM:<> ENVID=a+0D+0ABcc:x", "501 5.5.4")]
    [InlineData("MAIL FROM:<> ENVID=a+4", "501 5.5.4")]
    [InlineData("MAIL FROM:<> ENVID=a+4g", "501 5.5.4")]
    [InlineData("MAIL FROM:<> AUTH=<>", "555 5.5.4")]
    [InlineData("MAIL FROM:<> FOO", "555 5.5.4")]
    [InlineData("RCPT TO:<a@b.jp> NOTIFY=", "501 5.5.4")]
    [InlineData("RCPT TO:<a@b.jp> NOTIFY=NEVER,SUCCESS", "501 5.5.4")]
    [InlineData("RCPT TO:<a@b.jp> NOTIFY=DELAY,DELAY", "501 5.5.4")]
    [InlineData("RCPT TO:<a@b.jp> ORCPT=a@b.jp", "501 5.5.4")]
    [InlineData("RCPT TO:<a@b.jp> ORCPT=rfc822;a+00", "501 5.5.4")]
    [InlineData("RCPT TO:<a@b.jp> SIZE=1", "555 5.5.4")]
    public void RECV_26_parameters_nobody_offered_or_with_wrong_values_are_refused(string line, string reply) => Assert.Equal(reply, Refused(line));

    [Fact]
    public void RECV_26_an_extension_switched_off_is_an_unknown_parameter()
    {
        Assert.Equal("555 5.5.4", Refused("MAIL FROM:<> BODY=8BITMIME", SmtpExtensions.None));
        Assert.Equal("555 5.5.4", Refused("MAIL FROM:<> SMTPUTF8", SmtpExtensions.None));
        Assert.Equal("555 5.5.4", Refused("MAIL FROM:<> RET=FULL", SmtpExtensions.None));
        Assert.Equal("555 5.5.4", Refused("RCPT TO:<a@b.jp> NOTIFY=NEVER", SmtpExtensions.None));
        Assert.Equal("500 5.5.1", Refused("BDAT 1", SmtpExtensions.None));
    }

    [Fact]
    public void RECV_26_UTF_8_addresses_need_SMTPUTF8_and_clean_text()
    {
        Assert.Equal("太郎", Assert.IsType<SmtpCommand.Mail>(Parse("MAIL FROM:<太郎@例え.jp> SMTPUTF8")).From.Mailbox!.LocalPart);
        Assert.Equal("553 5.6.7", Refused("MAIL FROM:<太郎@例え.jp>"));
        Assert.Equal("501 5.5.2", Refused("MAIL FROM:<太郎@例え.jp>", SmtpExtensions.None));
        Assert.Equal("501 5.5.2", Refused("MAIL FROM:<a\u0085b@example.jp> SMTPUTF8"));          // C1 control
        Assert.Equal("501 5.5.2", Refused("MAIL FROM:<a\u2028b@example.jp> SMTPUTF8"));          // line separator
        Assert.Equal("501 5.5.2", Refused("MAIL FROM:<a@例え。jp> SMTPUTF8"));                    // a dot to DNS, none to us
        var broken = CommandGrammar.Parse([.. "MAIL FROM:<"u8, 0xC3, 0x28, .. "@example.jp> SMTPUTF8"u8], SmtpExtensions.All);
        Assert.IsType<SmtpCommand.Malformed>(broken);
        var overlong = CommandGrammar.Parse([.. "MAIL FROM:<a"u8, 0xC0, 0x80, .. "@example.jp> SMTPUTF8"u8], SmtpExtensions.All);
        Assert.IsType<SmtpCommand.Malformed>(overlong);
    }

    [Theory]
    [InlineData("NOOP\0")]
    [InlineData("NOOP\rRSET")]
    [InlineData("NOOP\nRSET")]
    [InlineData("NOOP\u007f")]
    [InlineData("RCPT TO:<a\tb@example.jp>")]
    public void RECV_27_control_characters_are_refused_everywhere(string line) => Assert.Equal("500 5.5.2", Refused(line));

    [Theory]
    [InlineData("EHLO")]
    [InlineData("EHLO a b")]
    [InlineData("HELO 例え")]
    [InlineData("VRFY")]
    [InlineData("DATA now")]
    [InlineData("STARTTLS x")]
    [InlineData("BDAT")]
    [InlineData("BDAT -1")]
    [InlineData("BDAT 1 FIRST")]
    [InlineData("BDAT 99999999999999999999")]
    [InlineData("MAIL TO:<a@example.jp>")]
    [InlineData("RCPT <a@example.jp>")]
    public void RECV_27_a_bad_argument_is_answered_501_5_5_2(string line) => Assert.Equal("501 5.5.2", Refused(line));

    [Fact]
    public void RECV_27_an_unknown_verb_is_told_from_a_known_one()
    {
        Assert.Equal(new SmtpCommand.Unknown("FROB"), Parse("frob x"));
        Assert.Equal(new SmtpCommand.Unknown(""), Parse(""));
        Assert.IsType<SmtpCommand.Ehlo>(Parse("ehlo [192.0.2.1]"));
        Assert.IsType<SmtpCommand.Quit>(Parse("QUIT  "));
    }

    [Fact]
    public void AUTH_a_secret_is_never_printed() => Assert.DoesNotContain("c2VjcmV0", Parse("AUTH PLAIN c2VjcmV0").ToString(), StringComparison.Ordinal);
}
