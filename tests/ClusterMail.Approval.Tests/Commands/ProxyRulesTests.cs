using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Tests.Tokens;

namespace ClusterMail.Approval.Tests.Commands;

public class ProxyRulesTests
{
    private static readonly TimeZoneInfo Tokyo = TimeZoneInfo.CreateCustomTimeZone("+09", TimeSpan.FromHours(9), "+09", "+09");
    private static readonly DayRange TenDays = new(new DateOnly(2026, 12, 1), new DateOnly(2026, 12, 10));

    private static ProxyWish Wish(DayRange? days = null) => new()
    {
        Approver = Vectors.Bucho,
        IsApprover = true,
        Command = new ApprovalCommand.SetProxy(Vectors.Kacho, days),
        ProxyAccount = Vectors.Kacho,
        Now = Vectors.Now,
        Zone = Tokyo,
    };

    private static ProxyRefusal Refused(ProxyWish wish) => Assert.IsType<ProxyAnswer.Refused>(ProxyRules.Judge(wish)).Why;

    private static ProxyAnswer.Granted Granted(ProxyWish wish) => Assert.IsType<ProxyAnswer.Granted>(ProxyRules.Judge(wish));

    [Fact]
    public void EX_APPR_7_kacho_is_proxy_from_now_until_cleared()
    {
        var granted = Granted(Wish());
        Assert.Equal((Vectors.Bucho, Vectors.Kacho, new ProxyTerm(Vectors.Now, null)), (granted.Approver, granted.Proxy, granted.Term));
        Assert.True(granted.Term.IsInForce(Vectors.Now.AddYears(1)));
        Assert.Null(granted.Term.NoticeAt);
    }

    [Fact]
    public void EX_APPR_7_who_is_no_approver_has_no_proxy() => Assert.Equal(ProxyRefusal.NotAnApprover, Refused(Wish() with { IsApprover = false }));

    [Fact]
    public void APPROVE_446_an_address_of_the_sub_domain_is_refused_although_an_alias_leads_to_an_account() =>
        Assert.Equal(ProxyRefusal.InSubDomain, Refused(Wish() with { IsInSubDomain = true }));

    [Fact]
    public void EX_APPR_7_an_unknown_account_is_refused() => Assert.Equal(ProxyRefusal.NoSuchAccount, Refused(Wish() with { ProxyAccount = null }));

    [Fact]
    public void APPROVE_207_a_suspended_account_and_oneself_are_refused()
    {
        Assert.Equal(ProxyRefusal.Suspended, Refused(Wish() with { IsProxySuspended = true }));
        Assert.Equal(ProxyRefusal.Oneself, Refused(Wish() with { ProxyAccount = Sample.Box("BUCHO@corp.example") }));
    }

    [Fact]
    public void APPROVE_207_an_alias_is_resolved_to_its_account() =>
        Assert.Equal(Vectors.Kacho, Granted(Wish() with { Command = new ApprovalCommand.SetProxy(Sample.Box("k@corp.example"), null) }).Proxy);

    [Fact]
    public void APPROVE_208_a_new_proxy_replaces_the_old_one_and_is_not_followed_further()
    {
        var granted = Granted(Wish(TenDays) with { Before = Vectors.ShoninA, ProxyOfProxy = Vectors.ShoninB });
        Assert.Equal(Vectors.ShoninA, granted.Replaces);
        Assert.Equal([ProxyWarning.IsNotFollowedFurther], granted.Warnings);
    }

    [Fact]
    public void APPROVE_209_the_window_has_the_days_of_the_domain_with_the_last_one_included()
    {
        var term = Granted(Wish(TenDays)).Term;
        Assert.Equal(new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.FromHours(9)), term.From);
        Assert.Equal(new DateTimeOffset(2026, 12, 11, 0, 0, 0, TimeSpan.FromHours(9)), term.Until);
        Assert.False(term.IsInForce(term.From.AddSeconds(-1)));
        Assert.True(term.IsInForce(new DateTimeOffset(2026, 12, 10, 23, 59, 59, TimeSpan.FromHours(9))));
        Assert.False(term.IsInForce(term.Until!.Value));
        Assert.Equal(new DateTimeOffset(2026, 12, 10, 0, 0, 0, TimeSpan.FromHours(9)), term.NoticeAt);
    }

    [Fact]
    public void APPROVE_209_a_window_that_has_begun_runs_from_now_and_one_that_is_over_is_refused()
    {
        var today = DateOnly.FromDateTime(Vectors.Now.DateTime);
        Assert.Equal(Vectors.Now, Granted(Wish(new DayRange(today.AddDays(-1), today))).Term.From);
        Assert.Equal(ProxyRefusal.Past, Refused(Wish(new DayRange(today.AddDays(-2), today.AddDays(-1)))));
    }

    [Fact]
    public void APPROVE_209_the_limit_of_days_cannot_be_got_around_by_leaving_them_out()
    {
        Assert.Equal(ProxyRefusal.TooLong, Refused(Wish() with { MaxDays = 30 }));
        Assert.Equal(ProxyRefusal.TooLong, Refused(Wish(TenDays) with { MaxDays = 9 }));
        Granted(Wish(TenDays) with { MaxDays = 10 });
    }

    [Fact]
    public void APPROVE_25_more_than_30_days_or_no_end_is_warned_about()
    {
        Assert.Equal([ProxyWarning.IsLong], Granted(Wish()).Warnings);
        Assert.Equal([ProxyWarning.IsLong], Granted(Wish(new DayRange(new DateOnly(2026, 12, 1), new DateOnly(2026, 12, 31)))).Warnings);
        Assert.Empty(Granted(Wish(TenDays)).Warnings);
    }

    [Fact]
    public void APPROVE_218_one_list_a_minute()
    {
        Assert.Null(WaitingListPace.TooSoonAfter(null, Vectors.Now));
        Assert.Equal(Vectors.Now, WaitingListPace.TooSoonAfter(Vectors.Now, Vectors.Now.AddSeconds(59)));
        Assert.Null(WaitingListPace.TooSoonAfter(Vectors.Now, Vectors.Now.AddSeconds(60)));
    }
}
