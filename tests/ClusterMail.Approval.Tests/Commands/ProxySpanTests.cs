using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Pages;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests.Commands;

/// <summary>A proxy's time as the page gives it: with hours, in the zone of the domain.</summary>
public class ProxySpanTests
{
    private static readonly TimeZoneInfo Tokyo = TimeZoneInfo.FindSystemTimeZoneById("Asia/Tokyo");

    private static ProxyAnswer Judge(DateTimeOffset? from, DateTimeOffset? until, int maxDays = 0) => ProxyRules.Judge(new ProxyWish
    {
        Approver = To(Bucho),
        IsApprover = true,
        Command = new ApprovalCommand.SetProxy(To(Kacho), null),
        Span = new ProxySpan(from, until),
        ProxyAccount = To(Kacho),
        Now = Now,
        Zone = Tokyo,
        MaxDays = maxDays,
    });

    [Fact]
    public void APPROVE_209_a_window_with_hours_is_taken_as_it_is_and_one_that_has_begun_begins_now()
    {
        Assert.Equal(new ProxyTerm(Now.AddHours(1), Now.AddHours(2)), Assert.IsType<ProxyAnswer.Granted>(Judge(Now.AddHours(1), Now.AddHours(2))).Term);
        Assert.Equal(new ProxyTerm(Now, Now.AddHours(2)), Assert.IsType<ProxyAnswer.Granted>(Judge(Now.AddHours(-1), Now.AddHours(2))).Term);
        Assert.Equal(new ProxyTerm(Now, null), Assert.IsType<ProxyAnswer.Granted>(Judge(null, null)).Term);
        Assert.Equal(ProxyRefusal.Past, Assert.IsType<ProxyAnswer.Refused>(Judge(null, Now)).Why);
        Assert.Equal(ProxyRefusal.Past, Assert.IsType<ProxyAnswer.Refused>(Judge(Now.AddDays(2), Now.AddDays(1))).Why);
    }

    [Fact]
    public void APPROVE_209_the_longest_window_counts_to_the_minute_and_needs_an_end()
    {
        Assert.IsType<ProxyAnswer.Granted>(Judge(Now.AddDays(1), Now.AddDays(11), maxDays: 10));
        Assert.Equal(ProxyRefusal.TooLong, Assert.IsType<ProxyAnswer.Refused>(Judge(Now.AddDays(1), Now.AddDays(11).AddMinutes(1), maxDays: 10)).Why);
        Assert.Equal(ProxyRefusal.TooLong, Assert.IsType<ProxyAnswer.Refused>(Judge(Now.AddDays(1), null, maxDays: 10)).Why);
    }

    [Theory]
    [InlineData("2026-12-01T09:30", "Asia/Tokyo", "2026-12-01T00:30:00Z")]
    [InlineData(" 2026-12-01T09:30:15 ", "Asia/Tokyo", "2026-12-01T00:30:15Z")]
    [InlineData("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:00:00Z")]
    public void APPROVE_209_a_time_without_zone_is_that_of_the_domain_and_one_the_clock_jumps_over_is_the_first_behind(string text, string zone, string expected)
    {
        Assert.True(ProxyPage.TryRead(text, TimeZoneInfo.FindSystemTimeZoneById(zone), out var time));
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), time);
    }

    [Theory]
    [InlineData("2026-12-01")]
    [InlineData("2026-13-01T00:00")]
    [InlineData("9999-12-31T23:59")]
    [InlineData("tomorrow")]
    public void APPROVE_209_what_is_no_time_is_not_taken(string text) => Assert.False(ProxyPage.TryRead(text, Tokyo, out _));

    [Fact]
    public void APPROVE_209_an_empty_time_is_none() => Assert.True(ProxyPage.TryRead(" ", Tokyo, out var time) && time is null);
}
