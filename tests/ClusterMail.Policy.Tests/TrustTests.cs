using ClusterMail.Protocol;
using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

/// <summary>Chapter 01 E: what is compared with the identity that AUTH proved. All sessions are taro's.</summary>
public sealed class TrustTests
{
    private const string Mismatch = "550 5.7.1 Sender address does not match the authenticated user.";

    private static AcceptancePipeline Taro(string trust, string mode = "per-account") =>
        Snapshot("", original: false, ("auth.methods", "PLAIN"), ("auth.sender_trust", trust), ("auth.security_level", mode)).Begin(Client(ClientB, authenticated: true));

    private static string Header(string trust, params string[] from)
    {
        var t = Taro(trust);
        Assert.True(t.Mail(From("taro@example.jp"), false).Accepted);
        return Answer(t.Content(new ContentFacts { FromHeaders = from.Length, From = from.FirstOrDefault() }));
    }

    [Theory]
    [InlineData("hanako@example.jp")]
    [InlineData("x@example.net")]
    [InlineData("nobody@example.jp")]
    [InlineData("")]
    public void TRUST_1_at_level_1_any_sender_goes_and_has_the_right_of_a_local_one(string from)
    {
        var t = Taro("1");
        Assert.Equal(SenderOk, Answer(t.Mail(From(from), false)));
        Assert.Equal(SenderOk, Answer(t.Recipient(To("y@example.org"))));
        Assert.Equal(SenderOk, Answer(t.Content(new ContentFacts { FromHeaders = 1, From = "somebody@example.net" })));
    }

    [Theory]
    [InlineData("taro@example.jp", SenderOk)]
    [InlineData("Taro@EXAMPLE.jp", SenderOk)]
    [InlineData("hanako@example.jp", Mismatch)]
    [InlineData("taro@example.net", Mismatch)]
    [InlineData("nobody@example.jp", Mismatch)]
    [InlineData("taro", Mismatch)]
    [InlineData("", SenderOk)]
    public void TRUST_2_at_level_2_MAIL_FROM_must_be_the_identity(string from, string answer) => Assert.Equal(answer, Answer(Taro("2").Mail(From(from), false)));

    [Theory]
    [InlineData("2", Mismatch)]
    [InlineData("1", SenderOk)]
    public void EX_RECV_5_another_account_in_MAIL_FROM(string trust, string answer) => Assert.Equal(answer, Answer(Taro(trust).Mail(From("hanako@example.jp"), false)));

    [Fact]
    public void TRUST_2_nothing_at_all_in_MAIL_is_no_null_path() => Assert.Equal(Mismatch, Answer(Taro("2").Mail(From(""), blank: true)));

    [Theory]
    [InlineData("taro@example.jp", SenderOk)]
    [InlineData("<taro@example.jp>", SenderOk)]
    [InlineData("Taro Y. Yamada <TARO@example.jp>", SenderOk)]
    [InlineData("=?utf-8?B?5aSq6YOO?= <taro@example.jp>", SenderOk)]
    [InlineData("\"Yamada, Taro\" (sales: first floor) <taro@example.jp>", SenderOk)]
    [InlineData("\"taro\"@example.jp", SenderOk)]
    [InlineData("taro@example.jp (Taro)", SenderOk)]
    [InlineData("hanako@example.jp", Mismatch)]
    [InlineData("taro@example.net", Mismatch)]
    [InlineData("taro@example.jp, hanako@example.jp", Mismatch)]
    [InlineData("Taro <taro@example.jp>, Boss <hanako@example.jp>", Mismatch)]
    [InlineData("hanako@example.jp <taro@example.jp>", Mismatch)]
    [InlineData("<hanako@example.jp> <taro@example.jp>", Mismatch)]
    [InlineData("<taro@example.jp> hanako@example.jp", Mismatch)]
    [InlineData("Team: taro@example.jp;", Mismatch)]
    [InlineData("Team: ;", Mismatch)]
    [InlineData("(taro@example.jp) hanako@example.jp", Mismatch)]
    [InlineData("\"open <taro@example.jp>", Mismatch)]
    [InlineData("(open <taro@example.jp>", Mismatch)]
    [InlineData("<@example.net:taro@example.jp>", Mismatch)]
    [InlineData("Taro", Mismatch)]
    [InlineData("", Mismatch)]
    [InlineData("taro@example.jp\0", Mismatch)]
    [InlineData("ta(x)ro@example.jp", Mismatch)]
    public void TRUST_3_at_level_3_the_From_header_must_be_the_identity_without_doubt(string header, string answer) => Assert.Equal(answer, Header("3", header));

    [Fact]
    public void TRUST_3_a_missing_From_and_a_second_one_are_refused()
    {
        Assert.Equal(Mismatch, Header("3"));
        Assert.Equal(Mismatch, Header("3", "taro@example.jp", "taro@example.jp"));
    }

    [Fact]
    public void TRUST_3_holds_MAIL_FROM_too() => Assert.Equal(Mismatch, Answer(Taro("3").Mail(From("hanako@example.jp"), false)));

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    public void TRUST_3_below_level_3_the_header_is_not_looked_at(string trust) => Assert.Equal(SenderOk, Header(trust, "hanako@example.jp"));

    [Fact]
    public void TRUST_4_a_session_without_AUTH_is_compared_with_nothing()
    {
        var t = Snapshot("", original: false, ("auth.methods", "PLAIN"), ("auth.sender_trust", "3")).Begin(Client(ClientB));
        Assert.True(t.Mail(From("x@example.net"), false).Accepted);
        Assert.True(t.Content(default).Accepted);
    }

    [Fact]
    public void TRUST_5_an_alias_counts_at_level_2_and_at_level_3_only_with_the_real_address_in_From()
    {
        Assert.Equal(SenderOk, Answer(Taro("2").Mail(From("info@example.jp"), false)));
        Assert.Equal(SenderOk, Answer(Taro("2").Mail(From("sales@branch.example"), false)));
        var t = Taro("3");
        Assert.Equal(SenderOk, Answer(t.Mail(From("info@example.jp"), false)));
        Assert.Equal(Mismatch, Answer(t.Content(new ContentFacts { FromHeaders = 1, From = "info@example.jp" })));
        Assert.Equal(SenderOk, Answer(t.Content(new ContentFacts { FromHeaders = 1, From = "Taro <taro@example.jp>" })));
    }

    [Fact]
    public void TRUST_6_a_new_level_holds_for_the_next_transaction_of_the_next_version() =>
        Assert.NotEqual(Answer(Taro("1").Mail(From("hanako@example.jp"), false)), Answer(Taro("2").Mail(From("hanako@example.jp"), false)));
}
