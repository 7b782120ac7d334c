using System.Collections.Immutable;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>Who is asked (section 5 of chapter 20, and proxies).</summary>
public class ApproverTests
{
    private static ResolvedApprovers Resolve(ApproverResolver resolver, string line, string requester = User2) =>
        resolver.Resolve(Assert.IsType<Judgement.Hold>(Policy(line).Judge(Customer, WithAttachment("a"))).Catches, [To(requester)]);

    /// <summary><c>a,b/1 > c/1</c>: approvers of each stage and the votes needed; a proxy as <c>kacho for bucho</c>.</summary>
    private static string Asked(ApproverResolver resolver, string line, string requester = User2) => Resolve(resolver, line, requester) switch
    {
        ResolvedApprovers.Asked asked => string.Join(" > ", asked.Stages.Select(stage => $"{string.Join(',', stage.Approvers.Select(Shown))}/{stage.Needed}")),
        var other => other.GetType().Name,
    };

    private static string Shown(CurrentApprover approver) => approver.Principal is { } principal ? $"{approver.Address.LocalPart} for {principal.LocalPart}" : approver.Address.ToString().Replace("@corp.example", "", StringComparison.Ordinal);

    [Theory]
    [InlineData("*:1::bucho@corp.example,kacho@corp.example", "bucho,kacho/1")]
    [InlineData("*:1::bucho@corp.example,kacho@corp.example;all", "bucho,kacho/2")]
    [InlineData("*:1::bucho@corp.example,kacho@corp.example,jomu@corp.example;n=2", "bucho,kacho,jomu/2")]
    [InlineData("*:1::bucho@corp.example>kacho@corp.example,jomu@corp.example;all", "bucho/1 > kacho,jomu/2")]
    public void APPROVE_44_votes_needed_are_any_all_or_a_number(string line, string asked) => Assert.Equal(asked, Asked(Resolver(), line));

    [Theory]
    [InlineData("*:1::x@elsewhere.example", false, "Nobody")]
    [InlineData("*:1::x@elsewhere.example", true, "x@elsewhere.example/1")]
    [InlineData("*:1::x@branch.example", false, "x@branch.example/1")]
    public void APPROVE_46_approvers_are_ours_with_or_without_a_mailbox_unless_the_setting_allows_others(string line, bool allowed, string asked) =>
        Assert.Equal(asked, Asked(Resolver(On with { AllowExternalApprover = allowed }), line));

    [Fact]
    public void APPROVE_47_aliases_are_resolved_duplicates_removed_and_the_order_kept() =>
        Assert.Equal("kacho,bucho/1", Asked(Resolver(), "*:1::kacho@corp.example,eigyo@corp.example,BUCHO@corp.example"));

    [Fact]
    public void APPROVE_48_a_group_counts_with_its_members_when_the_mail_is_held()
    {
        var register = new ApproverRegister([new("heads", [To(Bucho), To(Kacho)])], [new(To(User2), To("jomu@corp.example"))], []);
        Assert.Equal("bucho,kacho/1 > jomu/1", Asked(Resolver(register: register), "*:1::@heads>@manager"));
        Assert.Equal("Nobody", Asked(Resolver(register: register), "*:1::@nobody"));
    }

    [Theory]
    [InlineData("*:1::user2@corp.example,bucho@corp.example", "bucho/1")]
    [InlineData("*:1::second@corp.example,bucho@corp.example;all", "bucho/1")]
    public void APPROVE_49_the_sender_is_no_approver_of_his_own_mail(string line, string asked) => Assert.Equal(asked, Asked(Resolver(), line));

    [Fact]
    public void APPROVE_49_a_subordinate_set_as_proxy_does_not_get_his_own_mail() =>
        Assert.Equal("bucho/1", Asked(Resolver(register: Proxies((Bucho, User2))), "*:1::bucho@corp.example"));

    [Fact]
    public void APPROVE_49_a_proxy_whom_the_sender_has_chosen_does_not_get_the_senders_seat()
    {
        var register = Proxies((Bucho, "jomu@corp.example"));
        Assert.Equal("kacho/1", Asked(Resolver(register: register), "*:1::bucho@corp.example,kacho@corp.example", requester: Bucho));
        Assert.Equal("kanri/1", Asked(Resolver(On with { Admins = [To("kanri@corp.example")] }, register), "*:1::bucho@corp.example", requester: Bucho));
        Assert.Equal("jomu for bucho/1", Asked(Resolver(register: register), "*:1::bucho@corp.example"));
    }

    [Theory]
    [InlineData(OnlySender.Fallback, "", "", "Nobody")]
    [InlineData(OnlySender.Fallback, "", "kanri@corp.example", "kanri/1")]
    [InlineData(OnlySender.Fallback, "jomu@corp.example", "kanri@corp.example", "jomu/1")]
    [InlineData(OnlySender.Fallback, "user2@corp.example", "kanri@corp.example", "kanri/1")]
    [InlineData(OnlySender.Release, "jomu@corp.example", "", "ReleasedAtOnce")]
    [InlineData(OnlySender.Refuse, "jomu@corp.example", "", "Nobody")]
    public void APPROVE_50_when_only_the_sender_is_left(OnlySender setting, string fallback, string admins, string asked)
    {
        ImmutableArray<Mailbox> List(string text) => text.Length == 0 ? [] : [To(text)];
        Assert.Equal(asked, Asked(Resolver(On with { OnlySenderIsApprover = setting, Fallback = List(fallback), Admins = List(admins) }), "*:1::user2@corp.example"));
    }

    [Fact]
    public void APPROVE_50_the_fallback_of_the_domain_comes_before_that_of_the_server()
    {
        var options = On with { Fallback = [To("jomu@corp.example")], Domains = ApprovalDomains.Parse("corp.example fallback=kacho@corp.example").Domains };
        Assert.Equal("kacho/1", Asked(Resolver(options), "*:1::user2@corp.example"));
    }

    [Fact]
    public void APPROVE_50_release_asks_the_other_stages_all_the_same()
    {
        var options = On with { OnlySenderIsApprover = OnlySender.Release };
        Assert.Equal("jomu/1", Asked(Resolver(options), "*:1::user2@corp.example>jomu@corp.example"));
    }

    [Fact]
    public void APPROVE_51_who_is_suspended_or_deleted_is_skipped_and_when_nobody_is_left_the_fallback_is_asked()
    {
        var options = On with { Fallback = [To("jomu@corp.example")] };
        Assert.Equal("bucho/1", Asked(Resolver(options), "*:1::yasumi@corp.example,gone@corp.example,bucho@corp.example"));
        Assert.Equal("jomu/1", Asked(Resolver(options), "*:1::yasumi@corp.example,gone@corp.example"));
        // Release is for the sender's own mail, not for whoever lost all his approvers.
        Assert.Equal("jomu/1", Asked(Resolver(options with { OnlySenderIsApprover = OnlySender.Release }), "*:1::yasumi@corp.example"));
    }

    [Fact]
    public void APPROVE_44_one_vote_never_counts_for_two_when_approvers_are_missing()
    {
        const string line = "*:1::bucho@corp.example,yasumi@corp.example;n=2";
        Assert.Equal("bucho,jomu/2", Asked(Resolver(On with { Fallback = [To("jomu@corp.example")] }), line));
    }

    [Fact]
    public void APPROVE_13_a_line_without_approvers_asks_the_administrators() =>
        Assert.Equal("kanri/1", Asked(Resolver(On with { Admins = [To("kanri@corp.example")] }), "*:7"));

    [Fact]
    public void APPROVE_52_a_proxy_is_asked_instead_of_the_approver()
    {
        Assert.Equal("kacho for bucho/1", Asked(Resolver(register: Proxies((Bucho, Kacho))), "*:1::bucho@corp.example"));
        Assert.Equal("kacho for bucho,jomu/1", Asked(Resolver(register: Proxies((Bucho, Kacho))), "*:1::bucho@corp.example,jomu@corp.example"));
    }

    [Fact]
    public void APPROVE_208_a_proxy_of_the_proxy_is_not_asked_and_the_last_assignment_counts()
    {
        Assert.Equal("kacho for bucho/1", Asked(Resolver(register: Proxies((Bucho, Kacho), (Kacho, "jomu@corp.example"))), "*:1::bucho@corp.example"));
        Assert.Equal("jomu for bucho/1", Asked(Resolver(register: Proxies((Bucho, Kacho), (Bucho, "jomu@corp.example"))), "*:1::bucho@corp.example"));
    }

    [Theory]
    [InlineData(-1, 1, "kacho for bucho/1")]
    [InlineData(0, 1, "kacho for bucho/1")]
    [InlineData(1, 2, "bucho/1")]
    [InlineData(-2, 0, "bucho/1")]
    public void APPROVE_209_a_proxy_stands_in_within_its_window_only(int from, int until, string asked)
    {
        var register = new ApproverRegister([], [], [new ProxyAssignment(To(Bucho), To(Kacho), Now.AddDays(from), Now.AddDays(until))]);
        Assert.Equal(asked, Asked(Resolver(register: register), "*:1::bucho@corp.example"));
    }

    [Fact]
    public void APPROVE_207_a_proxy_that_is_suspended_is_no_proxy() => Assert.Equal("bucho/1", Asked(Resolver(register: Proxies((Bucho, "yasumi@corp.example"))), "*:1::bucho@corp.example"));

    [Fact]
    public void APPROVE_210_the_sender_is_no_proxy_for_his_own_mail()
    {
        Assert.Equal("bucho/1", Asked(Resolver(register: Proxies((Bucho, Kacho))), "*:1::bucho@corp.example", requester: Kacho));
        Assert.Equal("jomu/1", Asked(Resolver(On with { Fallback = [To("jomu@corp.example")] }, Proxies((Kacho, Kacho))), "*:1::kacho@corp.example", requester: Kacho));
    }

    [Theory]
    [InlineData("*:1::bucho@corp.example,kacho@corp.example", "kacho/1")]
    [InlineData("*:1::bucho@corp.example,kacho@corp.example;all", "bucho,kacho/2")]
    public void APPROVE_211_a_proxy_who_is_an_approver_himself_counts_once(string line, string asked) => Assert.Equal(asked, Asked(Resolver(register: Proxies((Bucho, Kacho))), line));

    [Fact]
    public void APPROVE_211_a_proxy_of_two_counts_once() =>
        Assert.Equal("jomu for bucho,kacho/2", Asked(Resolver(register: Proxies((Bucho, "jomu@corp.example"), (Kacho, "jomu@corp.example"))), "*:1::bucho@corp.example,kacho@corp.example;all"));

    [Fact]
    public void EX_APPR_7_proxy()
    {
        var register = Proxies((Bucho, Kacho));
        Assert.Equal("kacho for bucho/1", Asked(Resolver(register: register), "*:1::bucho@corp.example"));
        Assert.Equal("bucho/1", Asked(Resolver(register: register), "*:1::bucho@corp.example", requester: Kacho));
        Assert.Equal("bucho/1", Asked(Resolver(), "*:1::bucho@corp.example"));
    }

    [Fact]
    public void APPROVE_206_a_proxy_may_decide_what_waited_before_he_was_one()
    {
        var register = new ApproverRegister([], [], [new ProxyAssignment(To(Bucho), To(Kacho), Now.AddHours(-1)), new ProxyAssignment(To("jomu@corp.example"), To(Kacho), null, Now)]);
        Assert.Equal([To(Bucho)], register.PrincipalsOf(To(Kacho), Now));
    }
}
