using System.Net;
using ClusterMail.Accounts;
using ClusterMail.Approval.Policies;
using ClusterMail.Policy.Hours;
using ClusterMail.Policy.Personal;
using ClusterMail.Settings;
using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

/// <summary>Chapter 05 F and G: usage hours and destination restriction.</summary>
public sealed class RestrictionTests
{
    private const string WorkingDays = "mon 1 09:00 18:00\ntue 1 09:00 18:00\nwed 1 09:00 18:00\nthu 1 09:00 18:00\nfri 1 09:00 18:00";
    private static readonly DateTimeOffset Saturday = new(2026, 11, 21, 12, 0, 0, TimeSpan.FromHours(9));
    private static readonly DateTimeOffset Monday = new(2026, 11, 23, 12, 0, 0, TimeSpan.FromHours(9));

    private static PolicySnapshot With(Account taro, params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string> { ["domain.table"] = "example.jp local zone=Asia/Tokyo", ["auth.methods"] = "PLAIN" };
        foreach (var (name, value) in settings)
            values[name] = value;
        return PolicySnapshot.Create(new SettingSet(1, values), People(taro), Aliases());
    }

    private static Account Taro(string hours = "", string destinations = "", string relay = "") =>
        new() { Id = 1, Address = To("taro@example.jp"), Hours = hours, Destinations = destinations, RelayRules = relay };

    private static ClientFacts AtTime(DateTimeOffset at, string? identity = "taro@example.jp") =>
        new(IPAddress.Parse(ClientB), AuthenticatedAs: identity is null ? null : To(identity)) { At = at };

    [Fact]
    public void EX_UTIME_1_on_Saturday_he_sends_nothing_and_gets_everything()
    {
        var snapshot = With(Taro(WorkingDays));
        var verdict = snapshot.Begin(AtTime(Saturday)).Mail(From("taro@example.jp"), false);
        Assert.Equal(("550 5.7.1 <taro@example.jp>... Out of service hours.", "UTIME-4"), (Answer(verdict), verdict.Rule));
        Assert.Equal(SenderOk, Answer(snapshot.Begin(AtTime(Monday)).Mail(From("taro@example.jp"), false)));
        var t = snapshot.Begin(AtTime(Saturday, identity: null));
        Assert.True(t.Mail(From("x@example.net"), false).Accepted);
        Assert.Equal(SenderOk, Answer(t.Recipient(To("taro@example.jp"))));
        Assert.Equal(SenderOk, Answer(t.Data()));
    }

    [Fact]
    public void UTIME_4_hours_come_before_the_demand_for_AUTH_and_hold_for_the_account_behind_an_alias()
    {
        Assert.Equal("UTIME-4", With(Taro(WorkingDays)).Begin(AtTime(Saturday, identity: null)).Mail(From("taro@example.jp"), false).Rule);
        Assert.Equal("550 5.7.1 <info@example.jp>... Out of service hours.", Answer(With(Taro(WorkingDays)).Begin(AtTime(Saturday)).Mail(From("info@example.jp"), false)));
    }

    [Fact]
    public void UTIME_4_anothers_name_in_MAIL_FROM_opens_no_door()
    {
        var snapshot = With(Taro(WorkingDays), ("auth.sender_trust", "1"));
        Assert.Equal("UTIME-4", snapshot.Begin(AtTime(Saturday)).Mail(From("hanako@example.jp"), false).Rule);
    }

    [Theory]
    [InlineData("' saturday\nmon 1 09:00 18:00\nsat 0", "UTIME-4 line 3")]
    [InlineData("sat 1 09:00 11:00", "UTIME-4 line 1")]
    [InlineData("mon 1 09:00 18:00", "UTIME-4")]
    public async Task ADMIN_44_the_dry_run_names_the_account_and_the_line_that_closes_it(string hours, string rule)
    {
        var request = new ExplainRequest(IPAddress.Parse(ClientB), "", From("taro@example.jp"), [To("hanako@example.jp")], AuthenticatedAs: To("taro@example.jp")) { At = Saturday };
        var said = await Explanation.OfAsync(With(Taro(hours)), request, TestContext.Current.CancellationToken);
        Assert.Equal(rule, said.Mail.Rule);
        Assert.Contains(said.Steps, step => step.Check == "PIPE-5 usage hours of taro@example.jp" && step.Rule == rule);
    }

    [Fact]
    public async Task ADMIN_44_the_dry_run_names_whose_table_decided_and_its_line()
    {
        var request = new ExplainRequest(IPAddress.Parse(ClientB), "", From("taro@example.jp"), [To("x@b.example"), To("hanako@example.jp")], AuthenticatedAs: To("taro@example.jp"));
        var snapshot = PolicySnapshot.Create(
            new SettingSet(1, new Dictionary<string, string> { ["domain.table"] = "example.jp local", ["auth.methods"] = "PLAIN", ["destination.rules"] = "' all\n*,0" }),
            People(Taro(destinations: "*@example.jp\n*@b.example,-1"), new Account { Id = 2, Address = To("hanako@example.jp"), RelayRules = "' friends only\n* false" }), Aliases());
        var said = await Explanation.OfAsync(snapshot, request, TestContext.Current.CancellationToken);
        Assert.Contains(said.Recipients[0].Steps, step => (step.Check, step.Rule) == ("PIPE-10 destination restriction", "DEST-5 account taro@example.jp line 2"));
        Assert.Contains(said.Recipients[1].Steps, step => (step.Check, step.Rule) == ("PIPE-12 relay list of hanako@example.jp", "RELAY-40 line 2"));
    }

    [Fact]
    public void UTIME_5_PIPE_14_with_the_switch_DATA_is_answered_450_outside_a_recipients_hours()
    {
        var snapshot = With(Taro(WorkingDays), ("compat.usetime.receive", "true"));
        foreach (var (at, answer) in new[] { (Saturday, "450 4.7.1 <taro@example.jp>... Out of service hours."), (Monday, SenderOk) })
        {
            var t = snapshot.Begin(AtTime(at, identity: null));
            Assert.True(t.Mail(From("x@example.net"), false).Accepted);
            Assert.True(t.Recipient(To("hanako@example.jp")).Accepted);
            Assert.True(t.Recipient(To("taro@example.jp")).Accepted);
            Assert.Equal(answer, Answer(t.Data()));
        }
    }

    [Fact]
    public void UTIME_2_no_text_is_no_restriction() => Assert.Null(UsageHours.Parse("' nothing here\n").Hours);

    [Theory]
    [InlineData("mon 1 09:00 18:00", "2026-11-23T08:59", false)]
    [InlineData("mon 1 09:00 18:00", "2026-11-23T09:00", true)]
    [InlineData("mon 1 09:00 18:00", "2026-11-23T17:59", true)]
    [InlineData("mon 1 09:00 18:00", "2026-11-23T18:00", false)]
    [InlineData("mon 1 09:00 18:00", "2026-11-24T12:00", false)]
    [InlineData("mon 0 09:00 18:00", "2026-11-23T12:00", false)]
    [InlineData("mon 1 09:30 24:00", "2026-11-23T23:59", true)]
    [InlineData("mon 1 09:30 24:00", "2026-11-24T00:00", false)]
    [InlineData("mon 1 22:00 06:00", "2026-11-23T23:00", true)]
    [InlineData("mon 1 22:00 06:00", "2026-11-24T05:59", true)]
    [InlineData("mon 1 22:00 06:00", "2026-11-24T06:00", false)]
    [InlineData("mon 1 22:00 06:00", "2026-11-23T05:00", false)]
    [InlineData("sat 1 22:00 06:00", "2026-11-22T05:00", true)]
    [InlineData("月 1 09:00 18:00", "2026-11-23T12:00", true)]
    [InlineData("Monday on 09:00-18:00", "2026-11-23T12:00", true)]
    public void UTIME_3_start_after_end_means_over_midnight_and_24_00_is_allowed(string text, string local, bool open)
    {
        var at = DateTimeOffset.Parse(local + ":00+09:00", System.Globalization.CultureInfo.InvariantCulture);
        var (hours, errors) = UsageHours.Parse(text);
        Assert.Empty(errors);
        Assert.Equal(open, hours!.Allow(at.ToUniversalTime(), TimeZoneInfo.FindSystemTimeZoneById("Asia/Tokyo")));
    }

    [Theory]
    [InlineData("mon 1 09:15 18:00", "UTIME-1")]
    [InlineData("mon 1 9 18", "UTIME-1")]
    [InlineData("mon 1 09:00 24:30", "UTIME-1")]
    [InlineData("mon 1 24:00 09:00", "UTIME-1")]
    [InlineData("mon 1 09:00 09:00", "UTIME-1")]
    [InlineData("xyz 1 09:00 18:00", "UTIME-3")]
    [InlineData("mon 2 09:00 18:00", "UTIME-3")]
    [InlineData("mon", "UTIME-3")]
    [InlineData("mon 1 09:00", "UTIME-3")]
    [InlineData("mon 0\nmon 0", "UTIME-3")]
    public void UTIME_1_GAP_2_steps_are_30_minutes_and_a_bad_line_is_told_with_its_number(string text, string rule)
    {
        var (hours, errors) = UsageHours.Parse("tue 1 09:00 18:00\n" + text);
        Assert.Null(hours);
        Assert.Equal((rule, 2 + text.Count(c => c == '\n')), (Assert.Single(errors).Rule, errors[0].Line));
    }

    private static string[] Ask(PolicySnapshot snapshot, string from, string[] to, string? identity = "taro@example.jp")
    {
        var t = snapshot.Begin(AtTime(Monday, identity));
        Assert.Equal(SenderOk, Answer(t.Mail(From(from), false)));
        return [.. to.Select(one => Answer(t.Recipient(To(one)))), Answer(t.Data())];
    }

    [Fact]
    public void EX_DEST_1_CONTRA_32_only_what_the_table_names() => Assert.Equal(
        [SenderOk, NoRelay, SenderOk], Ask(With(Taro(destinations: "*@example.net")), "taro@example.jp", ["u@example.net", "u@example.org"]));

    [Theory]
    [InlineData(false, SenderOk)]
    [InlineData(true, NoRelay)]
    public void EX_DEST_2_one_forbidden_domain_and_DEST_9_what_becomes_of_the_rest(bool compat, string data)
    {
        var snapshot = With(Taro(destinations: "*@b.example,-1\n*,0"), ("compat.dest.reject_whole_transaction", compat ? "true" : "false"));
        Assert.Equal([SenderOk, NoRelay, SenderOk, data], Ask(snapshot, "taro@example.jp", ["x@a.example", "x@b.example", "x@c.example"]));
    }

    [Fact]
    public void EX_DEST_3_CONTRA_14_a_forbidding_line_alone_forbids_the_rest_too_and_comments_alone_forbid_nothing()
    {
        Assert.Equal([NoRelay, NoRelay, SenderOk], Ask(With(Taro(destinations: "*@b.example,-1")), "taro@example.jp", ["x@b.example", "x@c.example"]));
        Assert.Equal([SenderOk, SenderOk, SenderOk], Ask(With(Taro(destinations: "' nothing\n\n# here")), "taro@example.jp", ["x@b.example", "x@c.example"]));
        Assert.Contains(ApprovalTable.Parse("*@b.example,-1").Errors, error => error is { Rule: "DEST-5", IsWarning: true });
        Assert.Empty(ApprovalTable.Parse("*@b.example,-1\n*,0").Errors);
    }

    [Theory]
    [InlineData("", "", SenderOk)]
    [InlineData("*@example.net", "", SenderOk)]
    [InlineData("*@example.net", "*@example.org", NoRelay)]
    [InlineData("*@example.org", "*@example.net", NoRelay)]
    [InlineData("*@example.net,-1\n*,0", "*@example.net", NoRelay)]
    [InlineData("*@example.net", "*@example.net", SenderOk)]
    public void DEST_2_both_tables_must_allow(string server, string own, string answer) =>
        Assert.Equal(answer, Ask(With(Taro(destinations: own), ("destination.rules", server)), "taro@example.jp", ["u@example.net"])[0]);

    [Fact]
    public void DEST_7_an_alias_of_the_account_is_held_by_its_table_and_outside_senders_by_none()
    {
        var snapshot = With(Taro(destinations: "*@example.net"), ("destination.rules", "*@nowhere.example"));
        Assert.Equal(NoRelay, Ask(With(Taro(destinations: "*@example.net")), "info@example.jp", ["u@example.org"])[0]);
        Assert.Equal(SenderOk, Ask(snapshot, "x@example.net", ["hanako@example.jp"], identity: null)[0]);
        Assert.Equal(NoRelay, Ask(With(Taro(destinations: "*@example.net"), ("auth.sender_trust", "1")), "hanako@example.jp", ["u@example.org"])[0]);
    }

    [Fact]
    public void DEST_7_an_alias_that_leads_outside_is_no_hole() =>
        Assert.Equal([NoRelay, SenderOk, SenderOk], Ask(With(Taro(destinations: "*@b.example,-1\n*,0")), "taro@example.jp", ["partner@example.jp", "info@example.jp"]));

    [Fact]
    public void DEST_8_the_refusal_has_the_short_text_and_names_the_line()
    {
        var t = With(Taro(destinations: "' internal only\n*@b.example,-1\n*,0")).Begin(AtTime(Monday));
        t.Mail(From("taro@example.jp"), false);
        var verdict = t.Recipient(To("x@b.example"));
        Assert.Equal(("550 5.1.1 Please mail to a valid e-mail address.", "DEST-5 account taro@example.jp line 2"), (Answer(verdict), verdict.Rule));
    }

    [Theory]
    [InlineData("*@partner.example:1::bucho@company.jp")]
    [InlineData("*:2::bucho@company.jp,kacho@company.jp")]
    [InlineData(@"*:1:file=C:\mail\inbox\company.jp\info\keyword.txt:bucho@company.jp")]
    [InlineData("*:1:size>5M&attach:a@x.jp>b@x.jp;all;expire=3d")]
    [InlineData("*:1:bucho@company.jp")]
    public void DEST_10_lines_of_the_approval_act_like_0_while_it_is_off(string line) =>
        Assert.Equal([SenderOk, SenderOk], Ask(With(Taro(destinations: line)), "taro@example.jp", ["u@partner.example"]));

    [Theory]
    [InlineData("*@a.example\n*@b.example,5", 2, "APPROVE-25")]
    [InlineData("*:1::", 1, "APPROVE-25")]
    [InlineData("*:2:attach:", 1, "APPROVE-25")]
    [InlineData("a@b@c,0", 1, "DEST-1")]
    [InlineData(",0", 1, "DEST-1")]
    [InlineData("a b@example.jp", 1, "DEST-1")]
    public void DEST_10_a_line_that_cannot_be_read_is_told_and_lets_nothing_pass(string text, int line, string rule)
    {
        var (table, errors) = ApprovalTable.Parse(text);
        Assert.Contains(errors, error => error.Line == line && error.Rule == rule && !error.IsWarning);
        Assert.Contains(table.Rules, one => one.Mode == ApprovalMode.Unreadable);
        var unreadable = With(Taro(destinations: text.Split('\n')[^1]));
        Assert.Equal("451 4.3.0 Requested action aborted: error in processing.", Ask(unreadable, "taro@example.jp", ["x@b.example"])[0]);
    }

    [Fact]
    public void PERS_2_the_three_texts_of_an_account_are_checked_together()
    {
        var errors = PersonalRules.Check("*.*.*.* norelay\n", "*@x,9", "mon 1 9 10");
        Assert.Equal(["RELAY-43", "APPROVE-25", "UTIME-1"], errors.Select(error => error.Rule));
        Assert.True(errors[0].IsWarning);
    }
}
