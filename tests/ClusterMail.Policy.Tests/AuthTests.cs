using ClusterMail.Policy.Auth;
using ClusterMail.Protocol;
using ClusterMail.Settings;
using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

/// <summary>Chapter 01 D, as far as MAIL decides it: who owes AUTH.</summary>
public sealed class AuthTests
{
    private const string NeedEhlo = "503 5.0.0 Need EHLO before AUTH";
    private const string NeedAuth = "503 5.0.0 Need AUTH before MAIL";
    private static readonly (string, string) On = ("auth.methods", "PLAIN LOGIN");
    private static readonly (string, string) PerAccount = ("auth.security_level", "per-account");

    private static Verdict Mail(string from, bool original = true, string rules = "", bool failed = false, string client = ClientB, params (string, string)[] settings) =>
        Snapshot(rules, original, [On, PerAccount, .. settings]).Begin(Client(client) with { AuthFailed = failed }).Mail(From(from), blank: false);

    [Theory]
    [InlineData("taro@example.jp", false, NeedEhlo, "AUTH-5")]
    [InlineData("taro@example.jp", true, NeedAuth, "AUTH-5")]
    [InlineData("hanako@example.jp", false, SenderOk, "RELAY-31")]
    [InlineData("hanako@example.jp", true, NeedAuth, "AUTH-9")]
    [InlineData("x@example.net", false, SenderOk, "RELAY-31")]
    [InlineData("x@example.net", true, SenderOk, "RELAY-31")]
    [InlineData("", false, SenderOk, "RELAY-31")]
    public void AUTH_9_what_MAIL_answers_without_AUTH_or_after_one_that_failed(string from, bool failed, string answer, string rule)
    {
        foreach (var original in (bool[])[true, false])
        {
            var verdict = Mail(from, original, failed: failed);
            Assert.Equal((answer, rule), (Answer(verdict), verdict.Rule));
        }
    }

    [Fact]
    public void AUTH_9_with_AUTH_off_nobody_owes_it()
    {
        Assert.Equal(SenderOk, Answer(Mail("taro@example.jp", settings: ("auth.methods", "NO"))));
        Assert.Equal(SenderOk, Answer(Mail("taro@example.jp", original: false, settings: ("auth.methods", ""))));
    }

    [Fact]
    public void EX_RECV_2_a_flagged_account_without_AUTH_is_asked_for_it() => Assert.Equal(NeedEhlo, Answer(Mail("taro@example.jp")));

    [Fact]
    public void EX_RECV_3_an_account_without_the_flag_is_not() => Assert.Equal(SenderOk, Answer(Mail("hanako@example.jp")));

    [Theory]
    [InlineData("taro@example.jp", "y@example.org", true, SenderOk)]
    [InlineData("taro@example.jp", "y@example.org", false, NoRelay)]
    public void AUTH_3_at_level_open_a_local_sender_owes_nothing(string from, string to, bool original, string answer)
    {
        var t = Snapshot("", original, On, ("auth.security_level", "open")).Begin(Client(ClientB));
        Assert.Equal(SenderOk, Answer(t.Mail(From(from), false)));
        Assert.Equal(answer, Answer(t.Recipient(To(to))));
    }

    [Theory]
    [InlineData("taro@example.jp")]
    [InlineData("hanako@example.jp")]
    [InlineData("x@example.net")]
    [InlineData("")]
    public void AUTH_4_at_level_all_every_MAIL_owes_AUTH(string from)
    {
        var verdict = Mail(from, settings: ("auth.security_level", "all"));
        Assert.Equal((NeedEhlo, "AUTH-4"), (Answer(verdict), verdict.Rule));
    }

    [Fact]
    public void AUTH_6_at_levels_open_and_all_the_flag_has_no_effect()
    {
        var identity = new ClientFacts(System.Net.IPAddress.Parse(ClientB), AuthenticatedAs: To("hanako@example.jp"));
        foreach (var level in (string[])["open", "all"])
            Assert.Equal(SenderOk, Answer(Snapshot("", true, On, ("auth.security_level", level)).Begin(identity).Mail(From("hanako@example.jp"), false)));
        // At level per-account she has no AUTH, so nothing an older setting let her prove counts.
        var t = Snapshot("", original: false, On, PerAccount).Begin(identity);
        Assert.Equal(SenderOk, Answer(t.Mail(From("hanako@example.jp"), false)));
        Assert.Equal(NoRelay, Answer(t.Recipient(To("y@example.org"))));
    }

    [Theory]
    [InlineData("info@example.jp")]
    [InlineData("INFO@EXAMPLE.JP")]
    [InlineData("sales@branch.example")]
    public void AUTH_10_an_alias_as_sender_inherits_the_demand(string from)
    {
        var verdict = Mail(from);
        Assert.Equal((NeedEhlo, "AUTH-10"), (Answer(verdict), verdict.Rule));
    }

    [Theory]
    [InlineData("203.0.113.9 true", SenderOk)]
    [InlineData("*.*.*.* norelay,2", SenderOk)]
    [InlineData("203.0.113.9 default", NeedEhlo)]
    [InlineData("*.*.*.* norelay", NeedEhlo)]
    [InlineData("*.*.*.* norelay,0", NeedEhlo)]
    [InlineData("203.0.113.9 only", NeedEhlo)]
    public void AUTH_14_true_and_norelay_2_waive_the_demand(string rules, string answer)
    {
        Assert.Equal(answer, Answer(Mail("taro@example.jp", true, rules)));
        Assert.Equal(answer, Answer(Mail("taro@example.jp", false, rules)));
    }

    [Theory]
    [InlineData(true, SenderOk)]
    [InlineData(false, NeedEhlo)]
    public void AUTH_14_true_for_a_sender_waives_it_only_where_it_is_true(bool original, string answer) =>
        Assert.Equal(answer, Answer(Mail("taro@example.jp", original, "example.jp true")));

    [Theory]
    [InlineData("postmaster@*", "postmaster@example.net", NeedEhlo)]
    [InlineData("postmaster@*", "Postmaster@elsewhere.example", NeedEhlo)]
    [InlineData("boss@partner.example", "boss@partner.example", NeedEhlo)]
    [InlineData("partner.example", "x@partner.example", NeedEhlo)]
    [InlineData("partner.example", "x@sub.partner.example", SenderOk)]
    [InlineData("postmaster@*", "post@example.net", SenderOk)]
    [InlineData("postmaster@*", "", SenderOk)]
    public void AUTH_15_a_listed_sender_owes_AUTH_whatever_its_domain(string list, string from, string answer)
    {
        foreach (var level in (string[])["per-account", "open"])
            Assert.Equal(answer, Answer(Mail(from, settings: [("auth.required_senders", list), ("auth.security_level", level)])));
    }

    [Fact]
    public void AUTH_8_a_sender_that_only_a_list_names_is_asked_before_the_domain_is_known_to_be_ours() =>
        Assert.Equal("AUTH-15", Mail("postmaster@nobody.example", settings: ("auth.required_senders", "postmaster@*")).Rule);

    [Theory]
    [InlineData("PLAIN LOGIN", "PLAIN LOGIN")]
    [InlineData("login, plain", "LOGIN PLAIN")]
    [InlineData("NO", "")]
    [InlineData("", "")]
    [InlineData("PLAIN CRAM-MD5", "PLAIN")]
    public void AUTH_1_the_methods_are_those_the_setting_names(string text, string methods) =>
        Assert.Equal(methods, string.Join(' ', Snapshot("", original: false, ("auth.methods", text)).Auth.Methods));

    [Fact]
    public void AUTH_1_by_default_the_safe_methods_and_in_the_original_profile_its_own()
    {
        Assert.Equal(["PLAIN", "LOGIN", "SCRAM-SHA-256"], AuthRules.From(SettingSet.Empty).Methods);
        Assert.Equal(["PLAIN", "LOGIN", "CRAM-MD5"], AuthRules.From(new SettingSet(1, Catalogue.Profile("original")!)).Methods);
    }

    [Theory]
    [InlineData("compat.auth.cram_md5", "false")]
    [InlineData("compat.auth.recoverable_store", "false")]
    public void AUTH_1_CRAM_MD5_needs_both_its_switches(string name, string value) =>
        Assert.DoesNotContain("CRAM-MD5", Snapshot("", original: true, ("auth.methods", "PLAIN CRAM-MD5"), (name, value)).Auth.Methods);

    [Fact]
    public void AUTH_1_a_method_nobody_knows_is_refused_on_save()
    {
        var validator = new SettingsValidator(PolicySnapshot.TableChecks);
        Assert.Contains(validator.Check("auth.methods", "PLAIN KERBEROS_V4"), error => error is { Rule: "AUTH-1", IsWarning: false });
        Assert.Contains(validator.Check("auth.methods", "CRAM-MD5"), error => error is { Rule: "AUTH-1", IsWarning: true });
        Assert.Empty(validator.Check("auth.methods", "PLAIN LOGIN SCRAM-SHA-256"));
        Assert.Contains(validator.Check("auth.required_senders", "@example.jp"), error => error.Rule == "AUTH-15");
    }

    [Fact]
    public void ACCT_14_GAP_16_an_account_disabled_for_SMTP_is_neither_sender_nor_recipient()
    {
        var verdict = Mail("ghost@example.jp");
        Assert.Equal((Unknown("ghost@example.jp"), "ACCT-14"), (Answer(verdict), verdict.Rule));
        var t = Snapshot("", original: true).Begin(Client(ClientB));
        Assert.True(t.Mail(From("x@example.net"), false).Accepted);
        var refused = t.Recipient(To("ghost@example.jp"));
        Assert.Equal((Unknown("ghost@example.jp"), "ACCT-14"), (Answer(refused), refused.Rule));
    }

    [Fact]
    public void ACCT_4_a_suspended_account_sends_nothing_and_still_gets_mail()
    {
        var verdict = Mail("sleeper@example.jp");
        Assert.Equal((Unknown("sleeper@example.jp"), "ACCT-4"), (Answer(verdict), verdict.Rule));
        var t = Snapshot("", original: true).Begin(Client(ClientB));
        Assert.True(t.Mail(From("x@example.net"), false).Accepted);
        Assert.True(t.Recipient(To("sleeper@example.jp")).Accepted);
    }

    [Theory]
    [InlineData("sleeper@example.jp")]
    [InlineData("ghost@example.jp")]
    [InlineData("gone@example.jp")]
    public void ACCT_4_a_session_does_not_outlive_the_right_to_open_it(string identity)
    {
        var t = Snapshot("", original: false, On).Begin(new ClientFacts(System.Net.IPAddress.Parse(ClientB), Submission: true, To(identity)));
        Assert.Equal("530 5.7.0 Authentication required", Answer(t.Mail(From(identity), false)));
    }

    private static string Unknown(string address) => $"550 5.1.1 <{address}>... User unknown.";
}
