using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;

namespace ClusterMail.Approval.Tests.Tokens;

public class LockRuleTests
{
    private static readonly DateTimeOffset Start = Vectors.Now;

    private static List<DateTimeOffset> Failures(int count, int secondsApart) => [.. Enumerable.Range(0, count).Select(index => Start.AddSeconds(index * secondsApart))];

    [Fact]
    public void APPROVE_86_nine_failures_lock_nothing() => Assert.Null(LockRule.LockedUntil(Failures(9, 10), Start.AddMinutes(2)));

    [Fact]
    public void APPROVE_86_the_tenth_within_ten_minutes_locks_for_thirty_minutes()
    {
        var failures = Failures(10, 60);
        Assert.Equal(failures[9].AddMinutes(30), LockRule.LockedUntil(failures, failures[9].AddSeconds(1)));
        Assert.NotNull(LockRule.LockedUntil(failures, failures[9].AddMinutes(30).AddSeconds(-1)));
        Assert.Null(LockRule.LockedUntil(failures, failures[9].AddMinutes(30)));
    }

    [Fact]
    public void APPROVE_86_ten_failures_over_more_than_ten_minutes_lock_nothing() => Assert.Null(LockRule.LockedUntil(Failures(10, 67), Start.AddMinutes(11)));

    [Fact]
    public void APPROVE_86_a_lock_does_not_count_against_itself()
    {
        Assert.False(LockRule.Counts(ResultCode.Locked));
        Assert.False(LockRule.Counts(ResultCode.DbDown));
        Assert.False(LockRule.Counts(ResultCode.Late));
        Assert.False(LockRule.Counts(ResultCode.Ok));
        Assert.All([ResultCode.BadToken, ResultCode.WrongTo, ResultCode.UnknownId, ResultCode.SelfApproval, ResultCode.WrongPath, ResultCode.NotApprover], code => Assert.True(LockRule.Counts(code)));
    }

    [Fact]
    public void APPROVE_86_an_older_burst_still_holds_after_later_single_failures()
    {
        var failures = Failures(10, 1);
        failures.Add(Start.AddMinutes(20));
        Assert.NotNull(LockRule.LockedUntil(failures, Start.AddMinutes(25)));
        Assert.Equal(TimeSpan.FromMinutes(40), LockRule.Memory);
    }
}
