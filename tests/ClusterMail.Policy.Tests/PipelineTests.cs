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
    public async Task EX_ADMIN_4_a_dry_run_names_the_rule_that_decided(bool original, string answer, string rule)
    {
        var request = new ExplainRequest(IPAddress.Parse(ClientB), "pc", From("taro@example.jp"), [To("y@example.org")]);
        var explanation = await Explanation.OfAsync(Snapshot("", original), request, TestContext.Current.CancellationToken);
        Assert.True(explanation.Mail.Accepted);
        var (_, verdict, steps) = Assert.Single(explanation.Recipients);
        Assert.Equal((answer, rule), (Answer(verdict), verdict.Rule));
        Assert.Equal((rule, "PIPE-11 relay table"), (steps[^1].Rule, steps[^1].Check));
        Assert.Equal(["PIPE-3", "PIPE-6", "PIPE-4", "PIPE-5", "PIPE-6", "PIPE-7", "PIPE-8"], explanation.Steps.Skip(1).Select(s => s.Check.Split(' ')[0]));
    }

    [Fact]
    public async Task ADMIN_44_a_dry_run_stops_where_MAIL_is_refused()
    {
        var request = new ExplainRequest(IPAddress.Parse(ClientA), "", From("x@example.net"), [To("taro@example.jp")]);
        var explanation = await Explanation.OfAsync(Snapshot("192.168.0.* false", original: false), request, TestContext.Current.CancellationToken);
        Assert.Equal("RELAY-33 line 1", explanation.Mail.Rule);
        Assert.Empty(explanation.Recipients);
        Assert.Equal(InvalidSender, explanation.Steps[^1].Result);
    }

    [Fact]
    public void PIPE_11_a_recipient_without_MAIL_is_our_bug() =>
        Assert.Throws<InvalidOperationException>(() => Snapshot("", original: false).Begin(Client(ClientB)).Recipient(To("taro@example.jp")));
}
