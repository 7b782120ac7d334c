using System.Net;
using ClusterMail.Settings;
using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

public sealed class PipelineTests
{
    [Theory]
    [InlineData("")]
    [InlineData("203.0.113.9 true")]
    [InlineData("203.0.113.9 default")]
    [InlineData("203.0.113.9 norelay,2")]
    public void CONF_23_a_listener_for_users_demands_AUTH_whatever_the_list_says(string list)
    {
        var snapshot = Snapshot(list, original: false);
        var verdict = snapshot.Begin(Client(ClientB, submission: true)).Mail(From("taro@example.jp"), false);
        Assert.Equal("530 5.7.0 Authentication required", Answer(verdict));
        Assert.Equal("CONF-23", verdict.Rule);
        Assert.True(snapshot.Begin(Client(ClientB, authenticated: true, submission: true)).Mail(From("taro@example.jp"), false).Accepted);
    }

    [Fact]
    public void CONF_23_a_stranger_on_a_listener_for_users_does_not_learn_who_exists()
    {
        var snapshot = Snapshot("", original: false);
        Assert.Equal(
            Answer(snapshot.Begin(Client(ClientB, submission: true)).Mail(From("taro@example.jp"), false)),
            Answer(snapshot.Begin(Client(ClientB, submission: true)).Mail(From("nobody@example.jp"), false)));
    }

    [Fact]
    public void PIPE_3_a_false_line_answers_before_AUTH_is_asked_for()
    {
        var verdict = Snapshot("203.0.113.9 false", original: false).Begin(Client(ClientB, submission: true)).Mail(From("x@example.net"), false);
        Assert.Equal(InvalidSender, Answer(verdict));
    }

    [Theory]
    [InlineData("1000", 1001, "552 5.3.4 Message size exceeds limit.")]
    [InlineData("1000", 1000, SenderOk)]
    [InlineData("0", long.MaxValue, SenderOk)]
    public void PIPE_8_the_declared_size_is_held_against_the_limit(string limit, long declared, string answer)
    {
        var snapshot = PolicySnapshot.Create(new SettingSet(1, new Dictionary<string, string> { ["receive.max_bytes"] = limit }));
        Assert.Equal(answer, Answer(snapshot.Begin(Client(ClientB)).Mail(From("x@example.net"), false, declared)));
    }

    [Fact]
    public void PIPE_8_comes_after_the_sender_was_judged()
    {
        var verdict = Snapshot("", original: false).Begin(Client(ClientB)).Mail(From("nobody@example.jp"), false, long.MaxValue);
        Assert.Equal("RELAY-26", verdict.Rule);
    }

    [Theory]
    [InlineData(false, NoRelay, "RELAY-60")]
    [InlineData(true, SenderOk, "RELAY-31")]
    public void EX_ADMIN_4_a_dry_run_names_the_rule_that_decided(bool original, string answer, string rule)
    {
        var request = new ExplainRequest(IPAddress.Parse(ClientB), "pc", From("taro@example.jp"), [To("y@example.org")]);
        var explanation = Explanation.Of(Snapshot("", original), request);
        Assert.True(explanation.Mail.Accepted);
        var (_, verdict) = Assert.Single(explanation.Recipients);
        Assert.Equal((answer, rule), (Answer(verdict), verdict.Rule));
        Assert.Equal((rule, "RCPT"), (explanation.Steps[^1].Rule, explanation.Steps[^1].Stage));
        Assert.Equal(["EHLO", "MAIL", "MAIL", "MAIL", "MAIL", "RCPT"], explanation.Steps.Select(s => s.Stage));
    }

    [Fact]
    public void ADMIN_44_a_dry_run_stops_where_MAIL_is_refused()
    {
        var request = new ExplainRequest(IPAddress.Parse(ClientA), "", From("x@example.net"), [To("taro@example.jp")]);
        var explanation = Explanation.Of(Snapshot("192.168.0.* false", original: false), request);
        Assert.Equal("RELAY-33 line 1", explanation.Mail.Rule);
        Assert.Empty(explanation.Recipients);
        Assert.Equal(InvalidSender, explanation.Steps[^1].Result);
    }

    [Fact]
    public void PIPE_11_a_recipient_without_MAIL_is_our_bug() =>
        Assert.Throws<InvalidOperationException>(() => Snapshot("", original: false).Begin(Client(ClientB)).Recipient(To("taro@example.jp")));

    [Theory]
    [InlineData("example.jp", 1)]
    [InlineData("example.jp mailbox", 1)]
    [InlineData("example relay", 1)]
    [InlineData("*.example.jp relay", 1)]
    [InlineData("192.0.2.1 relay", 1)]
    [InlineData("example..jp relay", 1)]
    [InlineData("a.example relay\nb.example relay\nA.EXAMPLE. relay", 3)]
    public void DOM_1_a_wrong_line_of_the_domain_table_is_refused_by_line(string text, int line) =>
        Assert.Equal(line, Assert.Single(OperatedDomains.Parse(text).Errors).Line);

    [Theory]
    [InlineData("example.jp", true)]
    [InlineData("EXAMPLE.JP.", true)]
    [InlineData("xn--r8jz45g.jp", true)]
    [InlineData("例え.jp", true)]
    [InlineData("sub.example.jp", false)]
    [InlineData("", false)]
    public void DOM_1_a_domain_is_the_same_however_it_is_written(string domain, bool operated)
    {
        var (domains, errors) = OperatedDomains.Parse("' ours\nexample.jp relay\n例え.jp relay\n");
        Assert.Empty(errors);
        Assert.Equal(operated, domains.Contains(domain));
    }
}
