using ClusterMail.Accounts;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>Who is asked for <c>@manager</c>: the superior an account names.</summary>
public class SuperiorTests
{
    private const string Jomu = "jomu@corp.example";
    private const string Kanri = "kanri@corp.example";

    private static Account Below(string account, string superior, long id = 2) => new() { Id = id, Address = To(account), Superior = superior };

    private static string Asked(ApprovalOptions options, params Account[] accounts) =>
        Resolver(options, null, accounts).Resolve(Assert.IsType<Judgement.Hold>(Policy("*:1::@manager").Judge(Customer)).Catches, [To(User2)]) switch
        {
            ResolvedApprovers.Asked asked => string.Join(" > ", asked.Stages.Select(stage => string.Join(',', stage.Approvers.Select(approver => approver.Address)))),
            var other => other.GetType().Name,
        };

    [Theory]
    [InlineData("bucho@corp.example")]
    [InlineData("BUCHO@Corp.Example")]
    [InlineData("eigyo@corp.example")]
    public void APPROVE_20_manager_is_the_superior_whom_the_account_names_an_alias_being_the_account_behind_it(string superior) =>
        Assert.Equal(Bucho, Asked(On, Below(User2, superior)));

    [Fact]
    public void APPROVE_20_only_the_superior_himself_is_asked_and_not_who_stands_above_him() =>
        Assert.Equal(Bucho, Asked(On, Below(User2, Bucho), Below(Bucho, Jomu, 3), Below(Jomu, Kanri, 7)));

    /// <summary>A missing superior lets nothing out: it is as if all approvers of the line were gone.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("nobody@corp.example")]
    [InlineData("x@elsewhere.example")]
    [InlineData("yasumi@corp.example")]
    [InlineData("user2@corp.example")]
    [InlineData("second@corp.example")]
    public void APPROVE_51_without_a_superior_who_can_be_asked_those_asked_last_are_asked_and_nothing_leaves(string superior)
    {
        Assert.Equal(Kanri, Asked(On with { Admins = [To(Kanri)] }, Below(User2, superior)));
        Assert.Equal(Kanri, Asked(On with { Admins = [To(Kanri)], OnlySenderIsApprover = OnlySender.Release }, Below(User2, superior)));
        Assert.Equal("Nobody", Asked(On, Below(User2, superior)));
        Assert.Equal("Nobody", Asked(On with { Admins = [To(Kanri)], OnlySenderIsApprover = OnlySender.Refuse }, Below(User2, superior)));
    }

    [Fact]
    public void APPROVE_13_a_ring_of_superiors_is_as_good_as_none()
    {
        var admins = On with { Admins = [To(Kanri)] };
        Assert.Equal(Kanri, Asked(admins, Below(User2, Bucho), Below(Bucho, User2, 3)));
        Assert.Equal(Kanri, Asked(admins, Below(User2, Bucho), Below(Bucho, Jomu, 3), Below(Jomu, "second@corp.example", 7)));
        // A ring that the requester is not in has no end either.
        Assert.Equal(Kanri, Asked(admins, Below(User2, Bucho), Below(Bucho, Jomu, 3), Below(Jomu, Bucho, 7)));
    }

    [Fact]
    public void APPROVE_20_what_a_directory_outside_says_is_for_this_requester_alone_and_the_rest_of_the_register_stays()
    {
        var before = new ApproverRegister([new("heads", [To(Kacho)])], [], [new ProxyAssignment(To(Jomu), To(Kanri))]);
        var register = before.With(To("USER2@corp.example"), To(Bucho));
        Assert.Equal((To(Bucho), null), (register.SuperiorOf(To(User2)), register.SuperiorOf(To(Kacho))));
        Assert.Equal((To(Kacho), To(Kanri)), (register.Group("heads").Single(), register.ProxyOf(To(Jomu), Now)!.Proxy));
        Assert.Null(before.SuperiorOf(To(User2)));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("user2@corp.example", 1)]
    [InlineData("bucho@corp.example", 0)]
    public void APPROVE_25_the_check_names_an_account_that_has_no_superior(string superior, int errors)
    {
        var directory = Directory(Below(User2, superior));
        var context = new PolicyContext(Level(LevelKind.Account, User2, "*:1::@manager"), [], To(User2), directory, ApproverRegister.Empty, ClusterMail.Approval.Content.KeywordShelf.Empty, On, Now);
        Assert.Equal(errors, PolicyCheck.Of("*:1::@manager", context, "policy").Errors.Count(error => !error.IsWarning && error.Message.Contains("--manager", StringComparison.Ordinal)));
    }
}
