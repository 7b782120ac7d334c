using System.Globalization;
using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

/// <summary>The worked examples of chapter 02 G that need neither accounts' AUTH flags nor personal lists.</summary>
public sealed class RelayExampleTests
{
    private const string ShippedList = "#<> default\n#blank false";

    [Fact]
    public void EX_RELAY_1_outside_to_outside_is_refused_at_RCPT()
    {
        var t = Snapshot("", original: true).Begin(Client(ClientB));
        Assert.Equal(SenderOk, Answer(t.Mail(From("x@example.net"), false)));
        Assert.Equal(NoRelay, Answer(t.Recipient(To("y@example.org"))));
    }

    [Fact]
    public void APPROVE_456_before_a_mail_server_senders_who_are_not_registered_go_out_only_from_a_listed_server()
    {
        foreach (var kind in (string[])["local", "routed"])
        {
            var snapshot = Snapshot(ShippedList + "\n192.168.0.10 true", original: false, ("domain.table", $"example.jp {kind}"));
            var listed = snapshot.Begin(Client(ClientA));
            Assert.Equal(SenderOk, Answer(listed.Mail(From("unregistered@example.jp"), false)));
            Assert.Equal(SenderOk, Answer(listed.Recipient(To("y@example.org"))));
            var other = snapshot.Begin(Client(ClientB));
            var mail = Answer(other.Mail(From("unregistered@example.jp"), false));
            Assert.True(mail != SenderOk || Answer(other.Recipient(To("y@example.org"))) == NoRelay, kind);
        }
    }

    [Theory]
    [InlineData(true, SenderOk, "RELAY-31")]
    [InlineData(false, NoRelay, "RELAY-60")]
    public void EX_RELAY_2_a_local_sender_alone_relays_in_the_original_only(bool original, string answer, string rule)
    {
        var t = Snapshot("", original).Begin(Client(ClientB));
        Assert.Equal(SenderOk, Answer(t.Mail(From("taro@example.jp"), false)));
        var verdict = t.Recipient(To("y@example.org"));
        Assert.Equal(answer, Answer(verdict));
        Assert.Equal(rule, verdict.Rule);
    }

    [Fact]
    public void EX_RELAY_3_a_missing_local_sender_is_unknown_at_MAIL()
    {
        var verdict = Snapshot("", original: true).Begin(Client(ClientB)).Mail(From("nobody@example.jp"), false);
        Assert.Equal(Unknown("nobody@example.jp"), Answer(verdict));
        Assert.Equal("RELAY-26", verdict.Rule);
        Assert.False(verdict.Close);
    }

    [Fact]
    public void EX_RELAY_4_true_refuses_a_missing_local_recipient_only()
    {
        var t = Snapshot("192.168.0.* true", original: true).Begin(Client(ClientA));
        Assert.Equal(SenderOk, Answer(t.Mail(From("nobody@example.jp"), false)));
        Assert.Equal(SenderOk, Answer(t.Recipient(To("y@example.org"))));
        Assert.Equal(Unknown("nobody@example.jp"), Answer(t.Recipient(To("nobody@example.jp"))));
    }

    [Fact]
    public void EX_RELAY_5_false_for_a_client_refuses_and_closes()
    {
        var verdict = Snapshot("192.168.0.* false", original: true).Begin(Client(ClientA)).Mail(From("x@example.net"), false);
        Assert.Equal(InvalidSender, Answer(verdict));
        Assert.True(verdict.Close);
        Assert.Equal("RELAY-33 line 1", verdict.Rule);
    }

    [Theory]
    [InlineData("192.168.0.10 default\n192.168.0.* false", true)]
    [InlineData("192.168.0.* false\n192.168.0.10 default", false)]
    public void EX_RELAY_6_the_first_line_that_matches_decides(string list, bool webmailPasses)
    {
        var snapshot = Snapshot(list, original: true);
        Assert.Equal(webmailPasses ? SenderOk : InvalidSender, Answer(snapshot.Begin(Client(ClientA)).Mail(From("taro@example.jp"), false)));
        Assert.Equal(InvalidSender, Answer(snapshot.Begin(Client("192.168.0.11")).Mail(From("taro@example.jp"), false)));
    }

    [Theory]
    [InlineData("norelay", "x@example.net", "taro@example.jp", false, SenderOk)]
    [InlineData("norelay", "taro@example.jp", "y@example.org", false, NoRelay)]
    [InlineData("norelay", "taro@example.jp", "taro@example.jp", false, SenderOk)]
    [InlineData("norelay", "taro@example.jp", "y@example.org", true, SenderOk)]
    [InlineData("norelay,0", "taro@example.jp", "y@example.org", true, NoRelay)]
    public void EX_RELAY_7_everybody_else_may_only_write_to_us(string action, string from, string to, bool authenticated, string answer)
    {
        var t = Snapshot($"192.168.*.* default\n*.*.*.* {action}", original: true).Begin(Client(ClientB, authenticated));
        Assert.Equal(SenderOk, Answer(t.Mail(From(from), false)));
        Assert.Equal(answer, Answer(t.Recipient(To(to))));
    }

    [Fact]
    public void EX_RELAY_8_norelay_2_lets_a_local_sender_write_to_local_recipients()
    {
        var t = Snapshot("*.*.*.* norelay,2", original: true).Begin(Client(ClientB));
        Assert.Equal(SenderOk, Answer(t.Mail(From("taro@example.jp"), false)));
        Assert.Equal(SenderOk, Answer(t.Recipient(To("taro@example.jp"))));
        Assert.Equal(NoRelay, Answer(t.Recipient(To("y@example.org"))));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EX_RELAY_9_only_gives_everybody_else_the_lower_half(bool original)
    {
        var snapshot = Snapshot("192.168.1.0/28 default\n0.0.0.0 only", original);
        var inside = snapshot.Begin(Client("192.168.1.15"));
        Assert.Equal(SenderOk, Answer(inside.Mail(From("taro@example.jp"), false)));
        Assert.Equal(SenderOk, Answer(inside.Recipient(To("y@example.org"))));

        var outside = snapshot.Begin(Client("192.168.1.16"));
        Assert.Equal(InvalidSender, Answer(outside.Mail(From("taro@example.jp"), false)));
        Assert.Equal(Unknown("nobody@example.jp"), Answer(outside.Mail(From("nobody@example.jp"), false)));
        Assert.Equal(SenderOk, Answer(outside.Mail(From("x@example.net"), false)));
        Assert.Equal(SenderOk, Answer(outside.Recipient(To("taro@example.jp"))));
    }

    [Fact]
    public void EX_RELAY_10_the_shipped_lines_let_error_mails_in_and_refuse_an_empty_MAIL()
    {
        var snapshot = Snapshot(ShippedList, original: true);
        var t = snapshot.Begin(Client(ClientB));
        Assert.Equal(SenderOk, Answer(t.Mail(From(""), blank: false)));
        Assert.Equal(SenderOk, Answer(t.Recipient(To("taro@example.jp"))));
        Assert.Equal(NoRelay, Answer(t.Recipient(To("y@example.org"))));
        Assert.Equal(InvalidSender, Answer(snapshot.Begin(Client(ClientB)).Mail(From(""), blank: true)));
    }

    [Fact]
    public void EX_RELAY_10_blank_alone_catches_the_null_path_too() =>
        Assert.Equal(InvalidSender, Answer(Snapshot("#blank false", original: true).Begin(Client(ClientB)).Mail(From(""), blank: false)));

    [Theory]
    [InlineData("#number false", "a@[192.0.2.1]", InvalidSender)]
    [InlineData("#number false", "a@192.0.2.1", InvalidSender)]
    [InlineData("#number false", "a@[IPv6:2001:db8::1]", InvalidSender)]
    [InlineData("#number false", "a@example.net", SenderOk)]
    [InlineData("#nodomain false", "a", InvalidSender)]
    [InlineData("#nodomain false", "a@pc1", SenderOk)]
    [InlineData("#host false", "a@pc1", InvalidSender)]
    [InlineData("#host false", "a@pc1.", InvalidSender)]
    [InlineData("#host false", "a@pc1.example.net", SenderOk)]
    public void EX_RELAY_11_special_patterns_look_at_the_form_of_the_sender(string list, string from, string answer)
    {
        var verdict = Snapshot(list, original: true).Begin(Client(ClientB)).Mail(From(from), false);
        Assert.Equal(answer, Answer(verdict));
        Assert.False(verdict.Close);
    }

    [Theory]
    [InlineData("bad@example.net false\n192.168.0.* true", InvalidSender)]
    [InlineData("192.168.0.* true\nbad@example.net false", SenderOk)]
    public void EX_RELAY_12_GAP_11_sender_lines_and_client_lines_share_one_order(string list, string answer) =>
        Assert.Equal(answer, Answer(Snapshot(list, original: true).Begin(Client(ClientA)).Mail(From("bad@example.net"), false)));

    private static string Unknown(string address) => string.Format(CultureInfo.InvariantCulture, UserUnknown, address);
}
