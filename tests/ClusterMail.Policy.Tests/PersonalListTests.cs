using System.Net;
using ClusterMail.Accounts;
using ClusterMail.Policy.Relay;
using ClusterMail.Protocol;
using ClusterMail.Settings;
using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

/// <summary>Chapter 02 D and E, merging of recipients, and the question about the mailbox's size.</summary>
public sealed class PersonalListTests
{
    private static PolicySnapshot Taro(string list) => PolicySnapshot.Create(
        new SettingSet(1, new Dictionary<string, string> { ["domain.table"] = "example.jp local", ["relay.rules"] = "", ["auth.methods"] = "NO" }),
        People(new Account { Id = 1, Address = To("taro@example.jp"), RelayRules = list }), Aliases());

    private static Verdict Rcpt(PolicySnapshot snapshot, string from, string to = "taro@example.jp", string client = ClientB)
    {
        var t = snapshot.Begin(Client(client));
        Assert.True(t.Mail(From(from), false).Accepted);
        return t.Recipient(To(to));
    }

    [Fact]
    public void EX_RELAY_13_one_recipient_refuses_the_sender_and_the_other_does_not()
    {
        var t = Taro("*@partner.example default\n* false").Begin(Client(ClientB));
        Assert.True(t.Mail(From("x@example.net"), false).Accepted);
        var refused = t.Recipient(To("taro@example.jp"));
        Assert.Equal((InvalidSender, "RELAY-40 line 2", false), (Answer(refused), refused.Rule, refused.Close));
        Assert.Equal(SenderOk, Answer(t.Recipient(To("hanako@example.jp"))));
    }

    [Theory]
    [InlineData("u@partner.example", SenderOk)]
    [InlineData("u@sub.partner.example", InvalidSender)]
    [InlineData("x@example.net", InvalidSender)]
    [InlineData("hanako@example.jp", InvalidSender)]
    [InlineData("", SenderOk)]
    public void RELAY_41_allowed_domains_first_then_everything_else(string from, string answer) =>
        Assert.Equal(answer, Answer(Rcpt(Taro("*@partner.example default\n* false"), from)));

    [Theory]
    [InlineData("203.0.113.* false", InvalidSender)]
    [InlineData("203.0.113.9 true\n*.*.*.* false", SenderOk)]
    [InlineData("x@example.net true\n203.0.113.* false", SenderOk)]
    [InlineData("198.51.100.1 false", SenderOk)]
    public void RELAY_40_the_clients_address_counts_too_and_the_first_line_decides(string list, string answer) => Assert.Equal(answer, Answer(Rcpt(Taro(list), "x@example.net")));

    [Fact]
    public void RELAY_40_holds_for_an_alias_of_the_account() => Assert.Equal(InvalidSender, Answer(Rcpt(Taro("* false"), "x@example.net", "info@example.jp")));

    [Fact]
    public void RELAY_42_the_refused_recipient_is_not_among_those_the_rest_of_the_transaction_asks_about()
    {
        var t = Taro("* false").Begin(Client(ClientB));
        t.Mail(From("x@example.net"), false);
        Assert.False(t.Recipient(To("taro@example.jp")).Accepted);
        Assert.True(t.Recipient(To("hanako@example.jp")).Accepted);
        Assert.True(t.Data().Accepted);
    }

    [Theory]
    [InlineData("*.*.*.* norelay")]
    [InlineData("*.*.*.* only")]
    [InlineData("*.*.*.* norelay,2")]
    public void RELAY_43_norelay_and_only_are_ignored_with_a_warning(string line)
    {
        var (list, errors) = RelayList.ParsePersonal(line + "\n* false");
        Assert.Contains(errors, error => error is { Line: 1, Rule: "RELAY-43", IsWarning: true });
        Assert.Single(list.Rules);
        Assert.Equal(InvalidSender, Answer(Rcpt(Taro(line + "\n* false"), "x@example.net")));
    }

    [Fact]
    public void RELAY_43_no_match_accepts() => Assert.Equal(SenderOk, Answer(Rcpt(Taro("*@bad.example false"), "x@example.net")));

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private static PolicySnapshot Denied(string rules, DateTimeOffset? until = null)
    {
        var denies = new DynamicDenies();
        denies.Replace([new DynamicDeny(IPAddress.Parse(ClientB), "mail.dat level 11", Now.AddHours(-1), until)]);
        return Snapshot(rules, original: false, denies);
    }

    private static Verdict Mail(PolicySnapshot snapshot, string from, int hours = 0) =>
        snapshot.Begin(Client(ClientB) with { At = Now.AddHours(hours) }).Mail(From(from), false);

    [Fact]
    public void RELAY_50_a_denied_client_is_refused_like_by_a_line_false()
    {
        var verdict = Mail(Denied(""), "x@example.net");
        Assert.Equal((InvalidSender, "RELAY-51", true), (Answer(verdict), verdict.Rule, verdict.Close));
        Assert.Equal(SenderOk, Answer(Denied("").Begin(Client(ClientA) with { At = Now }).Mail(From("x@example.net"), false)));
        Assert.Equal(InvalidSender, Answer(Denied("").Begin(new ClientFacts(IPAddress.Parse("::ffff:" + ClientB)) { At = Now }).Mail(From("x@example.net"), false)));
    }

    [Theory]
    [InlineData("#<> default", "", SenderOk)]
    [InlineData("#host default", "u@pc", SenderOk)]
    [InlineData("x@example.net default", "x@example.net", InvalidSender)]
    [InlineData("*.*.*.* norelay", "x@example.net", InvalidSender)]
    [InlineData("203.0.113.9 default", "x@example.net", SenderOk)]
    [InlineData("203.0.113.* true", "x@example.net", SenderOk)]
    public void RELAY_51_denies_come_after_the_special_lines_and_before_the_others(string rules, string from, string answer) => Assert.Equal(answer, Answer(Mail(Denied(rules), from)));

    [Fact]
    public void RELAY_51_an_entry_ends_or_never_does()
    {
        Assert.Equal(InvalidSender, Answer(Mail(Denied("", Now.AddHours(24)), "x@example.net", hours: 23)));
        Assert.Equal(SenderOk, Answer(Mail(Denied("", Now.AddHours(24)), "x@example.net", hours: 24)));
        Assert.Equal(InvalidSender, Answer(Mail(Denied("", until: null), "x@example.net", hours: 24 * 365)));
    }

    [Theory]
    [InlineData("203.0.113.9 true", true)]
    [InlineData("203.0.113.0/24 default", true)]
    [InlineData("203.0.113.9 only", true)]
    [InlineData("203.0.113.9 norelay", false)]
    [InlineData("*.*.*.* default", false)]
    [InlineData("", false)]
    public void RELAY_51_an_address_a_static_line_names_is_never_added(string rules, bool named) =>
        Assert.Equal(named, Snapshot(rules, original: false).IsNamed(IPAddress.Parse(ClientB)));

    private static string[] Merged(params string[] to)
    {
        var t = Snapshot("*.*.*.* default", original: true).Begin(Client(ClientB));
        var envelope = new Envelope(From("taro@example.jp"));
        Assert.True(t.Mail(envelope.ReversePath, false).Accepted);
        foreach (var one in to)
        {
            Assert.Equal(SenderOk, Answer(t.Recipient(To(one))));
            envelope = envelope.With(new ForwardPath(To(one)));
        }
        return [.. t.Merge(envelope).ForwardPaths.Select(path => path.Mailbox.ToString())];
    }

    [Fact]
    public void EX_RECV_8_an_alias_and_its_account_are_both_taken_and_get_one_mail() => Assert.Equal(["info@example.jp"], Merged("info@example.jp", "taro@example.jp"));

    [Fact]
    public void PIPE_21_recipients_with_one_real_address_are_merged()
    {
        Assert.Equal(["taro@example.jp"], Merged("taro@example.jp", "info@example.jp", "TARO@example.jp", "sales@branch.example"));
        Assert.Equal(["taro@example.jp", "hanako@example.jp"], Merged("sales@branch.example", "hanako@example.jp", "info@example.jp"));
        Assert.Equal(["partner@example.jp"], Merged("partner@example.jp", "boss@b.example"));
        Assert.Equal(["boss@c.example", "Boss@c.example"], Merged("boss@c.example", "Boss@c.example", "boss@C.example"));
    }

    [Fact]
    public void PIPE_21_the_wishes_for_reports_are_joined()
    {
        var t = Snapshot("", original: true).Begin(Client(ClientB));
        var envelope = new Envelope(From("x@example.net"))
            .With(new ForwardPath(To("info@example.jp")) { Notify = Notify.Never })
            .With(new ForwardPath(To("taro@example.jp")) { Notify = Notify.Success });
        t.Mail(envelope.ReversePath, false);
        Assert.Equal(Notify.Success, Assert.Single(t.Merge(envelope).ForwardPaths).Notify);
    }

    private sealed class Full : IMailboxUsage
    {
        public List<(string Account, long Size, bool Exempt)> Asked { get; } = [];

        public ValueTask<bool> IsFullAsync(Account account, long size, bool exempt, CancellationToken cancel)
        {
            Asked.Add((account.Address.ToString(), size, exempt));
            return ValueTask.FromResult(!exempt);
        }
    }

    [Theory]
    [InlineData("x@example.net", "450 4.2.2 Sorry. e-mail address box is full.")]
    [InlineData("", SenderOk)]
    public async Task PIPE_13_a_full_mailbox_is_answered_450_and_error_mails_are_taken(string from, string answer)
    {
        var usage = new Full();
        var snapshot = PolicySnapshot.Create(
            new SettingSet(1, new Dictionary<string, string> { ["domain.table"] = "example.jp local", ["auth.methods"] = "NO" }), People(), Aliases(), usage: usage);
        var t = snapshot.Begin(Client(ClientB));
        Assert.True(t.Mail(From(from), false, 700).Accepted);
        Assert.True(t.Recipient(To("info@example.jp")).Accepted);
        Assert.Equal(answer, Answer(await t.MailboxAsync(To("info@example.jp"), 700, TestContext.Current.CancellationToken)));
        Assert.Equal(("taro@example.jp", 700L, from.Length == 0), Assert.Single(usage.Asked));
    }
}
