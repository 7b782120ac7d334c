using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>Recipients that need approval together with recipients that do not (section 6 of chapter 20).</summary>
public class SubmissionTests
{
    private const string Three = "*@corp.example:0\n*@partner.example:1::kacho@corp.example\n*:1::bucho@corp.example";

    private static SubmissionPlan Plan(string own, ApprovalOptions options, params string[] to)
    {
        var policy = Policy(own, options: options);
        return SubmissionPlan.Of(Mail(), [.. to.Select(one => (To(one), policy.Judge(one)))], Resolver(options), options);
    }

    private static string Shown(HoldGroup group) => $"{string.Join(',', group.Recipients)}; {string.Join(',', group.Stages.SelectMany(stage => stage.Approvers).Select(one => one.Address.LocalPart))}";

    [Fact]
    public void EX_APPR_3_one_mail_three_kinds_of_recipients()
    {
        var plan = Assert.IsType<SubmissionPlan.Held>(Plan(Three, On, "user1@corp.example", "tanto@partner.example", Customer, "himitsu@client.example"));
        Assert.Equal([To("user1@corp.example")], plan.SendNow);
        Assert.Equal(["tanto@partner.example; kacho", "okyaku@client.example,himitsu@client.example; bucho"], plan.Groups.Select(Shown));
        Assert.Equal(To(Kacho), plan.Groups[0].FirstApprover.Address);
        Assert.False(plan.WholeMail);
        Assert.Equal(User2, plan.Groups[0].Requester.ToString());
    }

    [Fact]
    public void APPROVE_54_recipients_of_the_same_line_are_one_group_of_another_line_another()
    {
        var plan = Assert.IsType<SubmissionPlan.Held>(Plan("*@a.example:1::bucho@corp.example\n*@b.example:1::bucho@corp.example", On, "x@a.example", "x@b.example", "y@a.example"));
        Assert.Equal(["x@a.example,y@a.example; bucho", "x@b.example; bucho"], plan.Groups.Select(Shown));
        Assert.Equal([1, 2], plan.Groups.Select(group => group.Places[0].Line));
    }

    [Theory]
    [InlineData("*@corp.example:0\n*:1::bucho@corp.example", false, true)]
    [InlineData("*@corp.example:0\n*:1::bucho@corp.example;split=yes", false, false)]
    [InlineData("*@corp.example:0\n*:1::bucho@corp.example;split=no", true, true)]
    public void APPROVE_55_without_split_nothing_leaves_before_the_last_decision(string own, bool setting, bool whole)
    {
        var plan = Assert.IsType<SubmissionPlan.Held>(Plan(own, On with { Split = setting }, "user1@corp.example", Customer));
        Assert.Equal((whole, 1), (plan.WholeMail, plan.SendNow.Length));
    }

    [Fact]
    public void APPROVE_55_one_line_without_split_keeps_all_groups_together()
    {
        var plan = Assert.IsType<SubmissionPlan.Held>(Plan("*@a.example:1::bucho@corp.example;split=no\n*:1::kacho@corp.example", On, "x@a.example", "x@b.example"));
        Assert.True(plan.Groups.All(group => group.WholeMail));
    }

    [Fact]
    public void APPROVE_58_when_all_are_sent_nothing_is_visible() => Assert.IsType<SubmissionPlan.Unheld>(Plan(Three, On, "user1@corp.example", "bucho@corp.example"));

    [Fact]
    public void APPROVE_50_nobody_to_ask_refuses_the_whole_mail_at_the_end_of_DATA()
    {
        var refused = Assert.IsType<SubmissionPlan.Refused>(Plan("*@corp.example:0\n*:1::user2@corp.example", On, "user1@corp.example", Customer));
        Assert.Equal((550, "APPROVE-50"), (refused.Reply.Code, refused.Rule));
    }

    [Fact]
    public void APPROVE_50_released_at_once_is_sent_with_the_others() =>
        Assert.IsType<SubmissionPlan.Unheld>(Plan("*:1::user2@corp.example", On with { OnlySenderIsApprover = OnlySender.Release }, "user1@corp.example", Customer));

    [Fact]
    public void APPROVE_53_what_a_group_knows_is_fixed_when_it_is_held()
    {
        var options = On with { Timing = new LineTiming { Remind = TimeSpan.FromHours(24), Expire = TimeSpan.FromDays(7) } };
        var group = Assert.IsType<SubmissionPlan.Held>(Plan("*:1::bucho@corp.example>jomu@corp.example;remind=1h;note=年末", options, Customer)).Groups[0];
        Assert.Equal(new PolicyPlace(LevelKind.Account, User2, 3, 1), Assert.Single(group.Places));
        Assert.Equal(CatchKind.Destination, Assert.Single(group.Reasons).Kind);
        Assert.Equal((TimeSpan.FromHours(1), null, TimeSpan.FromDays(7), ExpiryAction.Reject, "年末"), (group.Timing.Remind, group.Timing.Escalate, group.Timing.Expire, group.Timing.OnExpire, group.Note));
        Assert.Equal(2, group.Stages.Length);
        Assert.Equal([To(User2)], group.Barred);
    }

    [Theory]
    [InlineData("*:1::bucho@corp.example", "", 24, null, 168, ExpiryAction.Reject)]
    [InlineData("*:1::bucho@corp.example;expire=2d", "corp.example expire=3d remind=12h onexpire=release", 12, null, 48, ExpiryAction.Release)]
    [InlineData("*:1::bucho@corp.example;to=jomu@corp.example", "", 24, 48, 168, ExpiryAction.Reject)]
    [InlineData("*:1::bucho@corp.example;to=jomu@corp.example;escalate=4h", "", 24, 4, 168, ExpiryAction.Reject)]
    [InlineData("*:1::bucho@corp.example;onexpire=keep", "", 24, null, null, ExpiryAction.Keep)]
    public void APPROVE_59_line_before_domain_before_server(string line, string domains, int remind, int? escalate, int? expire, ExpiryAction action)
    {
        var options = On with
        {
            Timing = new LineTiming { Remind = TimeSpan.FromHours(24), Expire = TimeSpan.FromHours(168), OnExpire = ExpiryAction.Reject },
            Domains = ApprovalDomains.Parse(domains).Domains,
            ReleasesOnExpiry = true,
        };
        var timing = Assert.IsType<SubmissionPlan.Held>(Plan(line, options, Customer)).Groups[0].Timing;
        Assert.Equal((remind, escalate, expire, action), ((int?)timing.Remind?.TotalHours, (int?)timing.Escalate?.TotalHours, (int?)timing.Expire?.TotalHours, timing.OnExpire));
    }

    [Theory]
    [InlineData("*:1::bucho@corp.example;onexpire=release", "")]
    [InlineData("*:1::bucho@corp.example", "corp.example onexpire=release")]
    public void APPROVE_60_release_on_expiry_means_reject_until_two_have_agreed(string line, string domains)
    {
        var options = On with { Domains = ApprovalDomains.Parse(domains).Domains };
        ExpiryAction Action(ApprovalOptions with) => Assert.IsType<SubmissionPlan.Held>(Plan(line, with, Customer)).Groups[0].Timing.OnExpire;
        Assert.Equal((ExpiryAction.Reject, ExpiryAction.Release), (Action(options), Action(options with { ReleasesOnExpiry = true })));
    }

    [Fact]
    public void APPROVE_59_the_defaults_are_those_of_the_settings()
    {
        var timing = ApprovalOptions.Default.Timing;
        Assert.Equal((24, null, 168, ExpiryAction.Reject), ((int?)timing.Remind?.TotalHours, timing.Escalate, (int?)timing.Expire?.TotalHours, timing.OnExpire));
    }

    [Fact]
    public void APPROVE_59_of_two_policies_the_earlier_deadline_and_the_milder_action_count()
    {
        ApprovalLine Line(string text) => ApprovalTable.Parse(text).Table.Rules[0];
        Catch Caught(string text) => new(To(User2), new PolicyPlace(LevelKind.Account, User2, 1, 1), Line(text), []);
        var timing = TimingRules.Of([Caught("*:1::a@corp.example;expire=2d;onexpire=release"), Caught("*:1::b@corp.example;expire=3d;remind=1h;onexpire=reject")], On with { Timing = LineTiming.Default });
        Assert.Equal((TimeSpan.FromDays(2), TimeSpan.FromHours(1), ExpiryAction.Reject), (timing.Expire, timing.Remind, timing.OnExpire));
    }

    [Theory]
    [InlineData("x y", 1, 1)]
    [InlineData("\ncorp.example onexpire=maybe", 2, 14)]
    [InlineData("corp.example fallback=nobody", 1, 14)]
    [InlineData("corp.example all", 1, 0)]
    [InlineData("corp.example\nCORP.example.", 2, 1)]
    public void APPROVE_59_an_error_in_the_table_of_domains_names_line_and_column(string text, int line, int column) =>
        Assert.Contains(ApprovalDomains.Parse(text).Errors, error => (error.Line, error.Column, error.Name) == (line, column, "approval.domains"));
}
