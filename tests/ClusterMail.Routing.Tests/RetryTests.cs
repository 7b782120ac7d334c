using ClusterMail.Protocol;

namespace ClusterMail.Routing.Tests;

public class RetryTests
{
    private static readonly RetryRules Rules = new() { Jitter = false };

    /// <summary>Minutes at which attempts run when each fails at once in the same class, and the last decision.</summary>
    private static (List<double> Minutes, FailureDecision Last) Attempts(FailureClass failure, RetryRules rules)
    {
        var minutes = new List<double>();
        var now = TimeSpan.Zero;
        while (true)
        {
            minutes.Add(now.TotalMinutes);
            var decision = FailurePolicy.Decide(new FailedAttempt(failure, failure == FailureClass.Refused ? minutes.Count : 0, now), rules, random: 0.5);
            if (decision.Bounced)
                return (minutes, decision);
            Assert.True(decision.RetryAfter > now);
            now = decision.RetryAfter;
        }
    }

    [Fact]
    public void RETRY_8_RETRY_10_CONTRA_4_GAP_7_the_slots_are_these_minutes() =>
        Assert.Equal([2, 6, 12, 30, 60, 120, 180, 240, 300], Enumerable.Range(1, 9).Select(n => RetrySchedule.Slot(n, TimeSpan.FromSeconds(120)).TotalMinutes));

    [Fact]
    public void EX_DELIV_3_RETRY_4_RETRY_6_a_refusal_is_retried_nine_times_in_the_original_and_never_in_the_safe_profile()
    {
        Assert.Equal([0, 2, 6, 12, 30, 60, 120, 180, 240, 300], Attempts(FailureClass.Refused, Rules with { RefusalRetries = 9 }).Minutes);
        Assert.Equal([0], Attempts(FailureClass.Refused, Rules).Minutes);
        Assert.Equal("[550 5.1.1 User unknown]", $"[{FailurePolicy.FinalReason(FailureClass.Refused, new Reply(550, new EnhancedStatus(5, 1, 1), "User unknown"))}]");
    }

    [Fact]
    public void EX_SCN_E2_a_refused_login_is_retried_for_8_hours_however_many_refusals_are_allowed()
    {
        FailureDecision Decide(double hours) => FailurePolicy.Decide(new FailedAttempt(FailureClass.Refused, 1, TimeSpan.FromHours(hours), AuthRefused: true), Rules, 0);
        Assert.False(Decide(0).Bounced);
        Assert.False(Decide(6.9).Bounced);
        Assert.True(Decide(7.5).Bounced);
    }

    [Fact]
    public void EX_DELIV_4_a_line_error_of_30_minutes_is_over_at_the_30_minute_slot() =>
        Assert.Equal([0, 2, 6, 12, 30], Attempts(FailureClass.LineError, Rules).Minutes.TakeWhile(m => m <= 30));

    [Fact]
    public void RETRY_2_a_line_error_ends_with_the_last_slot_before_eight_hours()
    {
        var (minutes, last) = Attempts(FailureClass.LineError, Rules);
        Assert.Equal(7 * 60, minutes[^1]);
        Assert.Equal("RETRY-2", last.Rule);
    }

    [Fact]
    public void EX_DELIV_5_no_answer_ends_with_the_last_slot_before_24_hours_and_RETRY_14_gives_the_reason()
    {
        var (minutes, last) = Attempts(FailureClass.NoAnswer, Rules);
        Assert.Equal(23 * 60, minutes[^1]);
        Assert.Equal("RETRY-3", last.Rule);
        Assert.Equal("Unable to deliver to destination domain", FailurePolicy.FinalReason(FailureClass.NoAnswer, new Reply(451, null, "anything")));
    }

    [Fact]
    public void EX_DELIV_6_RETRY_9_CONTRA_5_a_fixed_interval_retries_every_two_minutes() =>
        Assert.Equal([0, 2, 4, 6, 8], Attempts(FailureClass.LineError, Rules with { Fixed = true }).Minutes.Take(5));

    [Theory]
    [InlineData(0, 2)]
    [InlineData(119, 2)]
    [InlineData(120, 6)]
    [InlineData(35 * 60, 60)]
    [InlineData(61 * 60, 120)]
    [InlineData(1000 * 60, 1020)]
    public void RETRY_11_a_slot_that_ran_late_is_followed_by_the_next_in_time(int elapsedSeconds, int nextMinutes) =>
        Assert.Equal(nextMinutes, RetrySchedule.NextSlot(TimeSpan.FromSeconds(elapsedSeconds), Rules).TotalMinutes);

    [Fact]
    public void RETRY_12_the_class_of_the_latest_attempt_decides_and_counters_are_kept()
    {
        var rules = Rules with { RefusalRetries = 2 };
        // Two refusals before and a line error now: the refusal limit says nothing, the 8 hours decide.
        Assert.False(FailurePolicy.Decide(new FailedAttempt(FailureClass.LineError, 2, TimeSpan.FromHours(1)), rules, 0).Bounced);
        // After ten hours without an answer a third refusal ends it at once.
        Assert.True(FailurePolicy.Decide(new FailedAttempt(FailureClass.Refused, 3, TimeSpan.FromHours(10)), rules, 0).Bounced);
        Assert.False(FailurePolicy.Decide(new FailedAttempt(FailureClass.Refused, 2, TimeSpan.FromHours(10)), rules, 0).Bounced);
    }

    [Fact]
    public void RETRY_13_jitter_adds_up_to_a_tenth_of_the_interval()
    {
        var first = new FailedAttempt(FailureClass.LineError, 0, TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(120), FailurePolicy.Decide(first, new RetryRules(), 0).RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(132), FailurePolicy.Decide(first, new RetryRules(), 1).RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(120), FailurePolicy.Decide(first, Rules, 1).RetryAfter);
    }

    [Fact]
    public void RETRY_15_CONTRA_20_a_reply_outranks_a_lost_session_which_outranks_no_answer()
    {
        (FailureClass, Reply) refused = (FailureClass.Refused, new Reply(550, null, "User unknown"));
        (FailureClass, Reply) busy = (FailureClass.LineError, new Reply(450, null, "Busy"));
        (FailureClass, Reply) lost = (FailureClass.LineError, new Reply(451, null, "Requested action aborted: error in processing. (code=2/10060)"));
        (FailureClass, Reply) silent = (FailureClass.NoAnswer, new Reply(451, null, "Unable to deliver to destination domain"));
        (FailureClass, Reply)[] ranked = [refused, busy, lost, silent];
        for (var i = 0; i < ranked.Length; i++)
            for (var j = i + 1; j < ranked.Length; j++)
            {
                Assert.Equal(ranked[i], FailurePolicy.MostSpecific(ranked[i], ranked[j]));
                Assert.Equal(ranked[i], FailurePolicy.MostSpecific(ranked[j], ranked[i]));
            }
    }

    [Theory]
    [InlineData(FailureClass.NoAnswer, true, false, true)]
    [InlineData(FailureClass.LineError, true, false, true)]
    [InlineData(FailureClass.LineError, false, false, true)]
    [InlineData(FailureClass.LineError, false, true, false)]
    [InlineData(FailureClass.Refused, true, false, true)]
    [InlineData(FailureClass.Refused, false, false, false)]
    [InlineData(FailureClass.None, false, false, false)]
    public void DELIV_24_another_host_is_tried_only_where_it_can_help_and_cannot_make_a_second_copy(FailureClass failure, bool opening, bool dotSent, bool next) =>
        Assert.Equal(next, FailurePolicy.TriesNextHost(failure, opening, dotSent));
}
