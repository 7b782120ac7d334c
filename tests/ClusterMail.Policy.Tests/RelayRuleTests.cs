using System.Net;
using ClusterMail.Accounts;
using ClusterMail.Policy.Relay;
using ClusterMail.Settings;
using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

/// <summary>The rules of chapter 02 one by one, each in both profiles unless a row says otherwise.</summary>
public sealed class RelayRuleTests
{
    private static string Dialogue(string rules, bool original, string client, string from, string? to = null, bool blank = false, bool authenticated = false)
    {
        var t = Snapshot(rules, original, ("auth.sender_trust", "1")).Begin(Client(client, authenticated));
        var mail = t.Mail(From(from), blank);
        return !mail.Accepted || to is null ? Answer(mail) : Answer(t.Recipient(To(to)));
    }

    private static void Both(string rules, string client, string from, string? to, string answer, bool authenticated = false)
    {
        Assert.Equal(answer, Dialogue(rules, true, client, from, to, authenticated: authenticated));
        Assert.Equal(answer, Dialogue(rules, false, client, from, to, authenticated: authenticated));
    }

    private static readonly string[] Senders = ["taro@example.jp", "nobody@example.jp", "x@example.net"];
    private static readonly string[] Recipients = ["hanako@example.jp", "none@example.jp", "y@example.org"];

    /// <summary>Tables I to V as chapter 02 C prints them; the cell of RELAY-60 is marked e: yes in the original, no in the safe profile.</summary>
    public static TheoryData<string, string, string, string, bool, bool> Cells()
    {
        (string Table, string Rules, string Client, string Cells)[] tables =
        [
            ("I", "", ClientB, "yne nnn ynn"), ("I", "192.168.0.* default", ClientA, "yny nnn ynn"),
            ("II", "192.168.0.*", ClientA, "yny yny yny"), ("II", "192.168.0.*", ClientB, "yne nnn ynn"),
            ("III", "192.168.0.* false", ClientA, "nnn nnn nnn"), ("III", "192.168.0.* false", ClientB, "yne nnn ynn"),
            ("IV", "192.168.0.* norelay", ClientA, "ynn nnn ynn"), ("IV", "192.168.0.* norelay", ClientB, "yne nnn ynn"),
            ("V", "192.168.0.* only", ClientA, "yny nnn ynn"), ("V", "192.168.0.* only", ClientB, "nnn nnn ynn"),
        ];
        var cells = new TheoryData<string, string, string, string, bool, bool>();
        foreach (var (table, rules, client, rows) in tables)
            foreach (var original in (bool[])[true, false])
                for (var row = 0; row < 3; row++)
                    for (var column = 0; column < 3; column++)
                        cells.Add($"{rules}|{client}", Senders[row], Recipients[column], table, original, rows[row * 4 + column] is 'y' || (rows[row * 4 + column] is 'e' && original));
        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void RELAY_64_each_cell_of_tables_I_to_V_in_both_profiles(string rulesAndClient, string from, string to, string table, bool original, bool accepted)
    {
        var (rules, client) = (rulesAndClient.Split('|')[0], rulesAndClient.Split('|')[1]);
        Assert.True(accepted == (Dialogue(rules, original, client, from, to) == SenderOk), $"Table {table}, {(original ? "original" : "safe")}: {from} to {to}");
    }

    [Fact]
    public void RELAY_5_an_empty_list_is_table_I()
    {
        foreach (var original in (bool[])[true, false])
            foreach (var from in Senders)
                foreach (var to in Recipients)
                    Assert.Equal(Dialogue("192.0.2.1 false", original, ClientB, from, to), Dialogue("", original, ClientB, from, to));
    }

    [Theory]
    [InlineData("*@example.net false", "x@example.net", InvalidSender)]
    [InlineData("*.example.net false", "x@sub.example.net", InvalidSender)]
    [InlineData("*.example.net false", "x@example.net", SenderOk)]
    [InlineData("news*@*.example false", "newsletter@shop.example", InvalidSender)]
    [InlineData("* false", "x@example.net", InvalidSender)]
    public void RELAY_9_a_star_is_allowed_in_sender_patterns(string rules, string from, string answer) => Both(rules, ClientB, from, null, answer);

    [Theory]
    [InlineData("2001:db8::/32 false", "2001:db8::1", InvalidSender)]
    [InlineData("2001:db8::1 false", "2001:db8::2", SenderOk)]
    [InlineData("2001:db8::1 false", "2001:db8::1", InvalidSender)]
    [InlineData("203.0.113.0/24 false", "::ffff:203.0.113.9", InvalidSender)]
    public void RELAY_10_IPv6_addresses_and_prefixes_are_patterns_too(string rules, string client, string answer) => Both(rules, client, "x@example.net", null, answer);

    [Fact]
    public void RELAY_12_CONTRA_12_blank_catches_nothing_at_all_and_the_null_path_when_no_line_did_so_before()
    {
        foreach (var original in (bool[])[true, false])
        {
            Assert.Equal(InvalidSender, Dialogue("#blank false", original, ClientB, "", blank: true));
            Assert.Equal(InvalidSender, Dialogue("#blank false", original, ClientB, ""));
            Assert.Equal(SenderOk, Dialogue("#<> default\n#blank false", original, ClientB, ""));
            Assert.Equal(InvalidSender, Dialogue("#blank false\n#<> default", original, ClientB, ""));
        }
    }

    [Fact]
    public void RELAY_13_the_null_pattern_is_the_null_path_alone()
    {
        Assert.Equal(InvalidSender, Dialogue("#<> false", false, ClientB, ""));
        Assert.Equal(SenderOk, Dialogue("#<> false", false, ClientB, "", blank: true));
        Both("#<> false", ClientB, "x@example.net", null, SenderOk);
    }

    [Theory]
    [InlineData("u@192.0.2.1", InvalidSender)]
    [InlineData("u@[192.0.2.1]", InvalidSender)]
    [InlineData("u@example.net", SenderOk)]
    [InlineData("u@192.example.net", SenderOk)]
    public void RELAY_14_number_is_an_address_for_a_domain(string from, string answer) => Both("#number false", ClientB, from, null, answer);

    [Theory]
    [InlineData("u", InvalidSender)]
    [InlineData("u@mailhost", SenderOk)]
    public void RELAY_15_nodomain_is_no_domain_at_all(string from, string answer) => Both("#nodomain false", ClientB, from, null, answer);

    [Theory]
    [InlineData("u@mailhost", InvalidSender)]
    [InlineData("u", SenderOk)]
    [InlineData("u@mailhost.example", SenderOk)]
    public void RELAY_16_host_is_a_name_without_a_dot(string from, string answer) => Both("#host false", ClientB, from, null, answer);

    [Fact]
    public void RELAY_17_CONTRA_11_the_shipped_lines_let_error_mails_to_local_users_and_refuse_an_empty_MAIL()
    {
        var shipped = Catalogue.Get("relay.rules").Default;
        Both(shipped, ClientB, "", "taro@example.jp", SenderOk);
        Both(shipped, ClientB, "", "y@example.org", NoRelay);
        Assert.Equal(InvalidSender, Dialogue(shipped, false, ClientB, "", blank: true));
        Both("#blank false", ClientB, "", null, InvalidSender);
    }

    [Theory]
    [InlineData("#host true")]
    [InlineData("#host default")]
    [InlineData("#host norelay,2")]
    [InlineData("#host only")]
    [InlineData("#host")]
    public void RELAY_18_any_action_may_follow_a_special_pattern(string rules) => Assert.DoesNotContain(RelayList.Parse(rules, RelaySwitches.Original).Errors, error => !error.IsWarning);

    [Theory]
    [InlineData("nobody@example.jp", "y@example.org", SenderOk)]
    [InlineData("x@example.net", "y@example.org", SenderOk)]
    [InlineData("x@example.net", "none@example.jp", "550 5.1.1 <none@example.jp>... User unknown.")]
    public void RELAY_21_true_accepts_all_but_a_missing_local_recipient(string from, string to, string answer) => Both("192.168.0.* true", ClientA, from, to, answer);

    [Fact]
    public void RELAY_22_false_refuses_everything_AUTH_does_not_help_and_an_IP_line_closes()
    {
        Both("192.168.0.* false", ClientA, "taro@example.jp", null, InvalidSender, authenticated: true);
        Assert.True(Snapshot("192.168.0.* false", false).Begin(Client(ClientA)).Mail(From("taro@example.jp"), false).Close);
        Assert.False(Snapshot("example.net false", false).Begin(Client(ClientA)).Mail(From("x@example.net"), false).Close);
    }

    [Fact]
    public void RELAY_23_norelay_takes_mail_for_local_accounts_and_relays_after_AUTH_only()
    {
        Both("192.168.0.* norelay", ClientA, "x@example.net", "taro@example.jp", SenderOk);
        Both("192.168.0.* norelay", ClientA, "taro@example.jp", "y@example.org", NoRelay);
        Both("192.168.0.* norelay", ClientA, "taro@example.jp", "y@example.org", SenderOk, authenticated: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RELAY_24_CONTRA_9_norelay_2_waives_AUTH_for_local_recipients_and_EX_RELAY_8_shows_it_with_AUTH_on(bool original)
    {
        PolicySnapshot With(string rules) => Snapshot(rules, original, ("auth.methods", "PLAIN"), ("auth.security_level", "per-account"));
        var t = With("*.*.*.* norelay,2").Begin(Client(ClientB));
        Assert.Equal(SenderOk, Answer(t.Mail(From("taro@example.jp"), false)));
        Assert.Equal(SenderOk, Answer(t.Recipient(To("taro@example.jp"))));
        Assert.Equal(NoRelay, Answer(t.Recipient(To("y@example.org"))));
        Assert.Equal("503 5.0.0 Need EHLO before AUTH", Answer(With("*.*.*.* norelay").Begin(Client(ClientB)).Mail(From("taro@example.jp"), false)));
        var authenticated = With("*.*.*.* norelay,2").Begin(Client(ClientB, authenticated: true));
        Assert.True(authenticated.Mail(From("taro@example.jp"), false).Accepted);
        Assert.Equal(SenderOk, Answer(authenticated.Recipient(To("y@example.org"))));
    }

    [Fact]
    public void RELAY_27_only_is_the_end_and_the_default_for_everybody_else()
    {
        Both("192.168.0.* only\n*.*.*.* false", ClientA, "taro@example.jp", "y@example.org", SenderOk);
        Both("192.168.0.* only\n*.*.*.* false", ClientB, "x@example.net", "taro@example.jp", SenderOk);
        Both("192.168.0.* only\n*.*.*.* true", ClientB, "taro@example.jp", null, InvalidSender);
    }

    [Fact]
    public void RELAY_28_an_only_nobody_matches_gives_all_others_the_lower_half()
    {
        Both("192.168.0.* default\n0.0.0.0 only", ClientA, "taro@example.jp", "y@example.org", SenderOk);
        Both("192.168.0.* default\n0.0.0.0 only", ClientB, "taro@example.jp", null, InvalidSender);
        Both("192.168.0.* default\n0.0.0.0 only", ClientB, "x@example.net", "taro@example.jp", SenderOk);
    }

    [Fact]
    public void RELAY_29_norelay_for_everybody_as_the_last_line()
    {
        Both("192.168.0.* default\n*.*.*.* norelay", ClientA, "taro@example.jp", "y@example.org", SenderOk);
        Both("192.168.0.* default\n*.*.*.* norelay", ClientB, "taro@example.jp", "y@example.org", NoRelay);
        Both("192.168.0.* default\n*.*.*.* norelay", ClientB, "taro@example.jp", "y@example.org", SenderOk, authenticated: true);
    }

    [Fact]
    public void RELAY_30_a_row_of_no_ends_at_MAIL_and_a_single_no_at_RCPT()
    {
        Both("0.0.0.0 only", ClientB, "taro@example.jp", null, InvalidSender);
        Both("", ClientB, "nobody@example.jp", null, "550 5.1.1 <nobody@example.jp>... User unknown.");
        Both("", ClientB, "x@example.net", "none@example.jp", "550 5.1.1 <none@example.jp>... User unknown.");
        Both("", ClientB, "x@example.net", "y@example.org", NoRelay);
    }

    [Fact]
    public void RELAY_37_an_address_no_alias_takes_is_outside_and_a_wildcard_alias_takes_them_all()
    {
        PolicySnapshot With(params string[] aliases)
        {
            var index = new AliasIndex();
            foreach (var alias in aliases)
                index.Put(new Alias(To(alias), To(alias), AliasMode.ByDomain));
            return PolicySnapshot.Create(new SettingSet(1, new Dictionary<string, string> { ["auth.methods"] = "NO", ["relay.rules"] = "" }), new AccountIndex(), index);
        }

        string Rcpt(PolicySnapshot snapshot, string to)
        {
            var t = snapshot.Begin(Client(ClientB));
            Assert.True(t.Mail(From("x@example.net"), false).Accepted);
            return Answer(t.Recipient(To(to)));
        }

        Assert.Equal((SenderOk, NoRelay), (Rcpt(With("a@example.jp"), "a@example.jp"), Rcpt(With("a@example.jp"), "c@example.jp")));
        Assert.Equal(SenderOk, Rcpt(With("*@example.jp"), "c@example.jp"));
    }

    [Fact]
    public void RELAY_62_a_wide_range_must_be_confirmed_and_everybody_is_refused()
    {
        SettingError Of(string rules, RelaySwitches switches = default) => Assert.Single(RelayList.Parse("#<> default\n" + rules, switches).Errors);
        Assert.True(Of("192.168.0.0/23 true") is { Line: 2, Rule: "RELAY-62", IsWarning: true, NeedsConfirmation: true });
        Assert.True(Of("*.*.*.* true") is { Line: 2, Rule: "RELAY-62", IsWarning: false });
        Assert.True(Of("0.0.0.0/0") is { Line: 2, Rule: "RELAY-62", IsWarning: false });
        Assert.True(Of("192.168.0.0/23 true", RelaySwitches.Original) is { IsWarning: true, NeedsConfirmation: false });
        Assert.Empty(RelayList.Parse("#<> default\n192.168.0.0/24 true", default).Errors);
    }

    [Fact]
    public void AUTH_2_the_level_means_nothing_while_AUTH_is_off()
    {
        foreach (var level in (string[])["open", "all", "per-account"])
            Assert.Equal(SenderOk, Answer(Snapshot("", true, ("auth.security_level", level)).Begin(Client(ClientB)).Mail(From("taro@example.jp"), false)));
    }

    [Fact]
    public void PIPE_10_comes_before_PIPE_11_and_PIPE_12_after_it()
    {
        var accounts = People(new Account { Id = 1, Address = To("taro@example.jp"), Destinations = "*@example.net", RelayRules = "* false" });
        var t = PolicySnapshot.Create(new SettingSet(1, new Dictionary<string, string> { ["domain.table"] = "example.jp local", ["auth.methods"] = "NO" }), accounts)
            .Begin(new ClientFacts(IPAddress.Parse(ClientB)));
        Assert.True(t.Mail(From("taro@example.jp"), false).Accepted);
        Assert.Equal("DEST-4 account taro@example.jp", t.Recipient(To("none@example.jp")).Rule);
        Assert.Equal("RELAY-60", t.Recipient(To("u@example.net")).Rule);
        Assert.True(t.Mail(From("x@example.net"), false).Accepted);
        Assert.Equal("RELAY-40 line 1", t.Recipient(To("taro@example.jp")).Rule);
    }

    [Fact]
    public void PIPE_4_to_PIPE_8_are_asked_in_their_order()
    {
        var steps = new List<PolicyStep>();
        Snapshot("", false).Begin(new ClientFacts(IPAddress.Parse(ClientB)), steps).Mail(From("x@example.net"), false);
        Assert.Equal(["PIPE-3", "PIPE-6", "PIPE-4", "PIPE-5", "PIPE-6", "PIPE-7", "PIPE-8"], steps.Select(step => step.Check.Split(' ')[0]));
    }
}
