namespace ClusterMail.Drill.Tests;

/// <summary>A checker that cannot see a loss proves nothing: each kind of fault, made by hand.</summary>
public class HistoryCheckTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static DateTimeOffset At(double seconds) => Noon.AddSeconds(seconds);

    private static Promise Promised(string id, double at = 0, string node = "n1") => new(id, node, At(at));

    private static Arrival Arrived(string id, double at = 1) => new(id, At(at));

    [Fact]
    public void P1_what_was_promised_and_never_arrived_is_lost()
    {
        var check = HistoryCheck.Of(new DrillRecord { Promises = [Promised("a"), Promised("b"), Promised("c")], Arrivals = [Arrived("b")] });
        Assert.Equal(["a", "c"], check.Lost);
        Assert.Equal((3, 1, false), (check.Accepted, check.Delivered, check.Passed));
    }

    [Fact]
    public void P1_what_arrived_without_a_promise_is_no_fault()
    {
        // The client lost the connection after our commit and sent again under another Message-ID (RFC 5321 §4.5.4.1).
        var check = HistoryCheck.Of(new DrillRecord
        { Promises = [Promised("a2")], Arrivals = [Arrived("a1"), Arrived("a2")], Refusals = [new FailedAttempt(FailedAttempt.Lost, "n1", At(0))] });
        Assert.Equal((1, true), (check.Unpromised, check.Passed));
    }

    [Fact]
    public void P4_a_mail_that_arrived_twice_is_a_fault_unless_the_farm_wrote_it_down_under_its_number()
    {
        var seen = new DrillRecord
        {
            Promises = [Promised("a")],
            Arrivals = [Arrived("a"), Arrived("a", 9)],
            Numbers = new Dictionary<string, string> { ["a"] = "B0000000012" },
            PossibleDuplicates = [new PossibleDuplicate("B0000000013", "another mail")],
        };
        var unexplained = Assert.Single(HistoryCheck.Of(seen).Duplicates);
        Assert.Equal(("a", "B0000000012", 2, null), (unexplained.MessageId, unexplained.Number, unexplained.Times, unexplained.Cause));
        Assert.False(HistoryCheck.Of(seen).Passed);

        var explained = HistoryCheck.Of(seen with { PossibleDuplicates = [new PossibleDuplicate("B0000000012", "n2 died")] });
        Assert.Equal("n2 died", Assert.Single(explained.Duplicates).Cause);
        Assert.True(explained.Passed);
    }

    [Fact]
    public void P4_a_doubled_mail_whose_number_nobody_heard_is_never_explained_by_one_without_a_number()
    {
        var check = HistoryCheck.Of(new DrillRecord { Arrivals = [Arrived("a"), Arrived("a")], PossibleDuplicates = [new PossibleDuplicate("", "something")] });
        Assert.Null(Assert.Single(check.Duplicates).Cause);
        Assert.False(check.Passed);
    }

    [Theory]
    [InlineData("451", true)]
    [InlineData("421", true)]
    [InlineData(FailedAttempt.Lost, true)]
    [InlineData(FailedAttempt.Closed, true)]
    [InlineData("550", false)]
    public void CLU_31_trouble_may_cost_temporary_refusals_only(string code, bool passed)
    {
        var check = HistoryCheck.Of(new DrillRecord { Refusals = [new FailedAttempt(code, "n1", At(0)), new FailedAttempt(code, "n2", At(1))] });
        Assert.Equal((2, passed), (check.Refused[code], check.Passed));
    }

    [Fact]
    public void CLU_22_the_gap_is_the_longest_time_between_two_promises_whoever_gave_them()
    {
        var check = HistoryCheck.Of(new DrillRecord { Promises = [Promised("c", 4.5, "n2"), Promised("a", 0), Promised("b", 1, "n3")], Arrivals = [Arrived("a"), Arrived("b"), Arrived("c")] });
        Assert.Equal(3.5, check.LongestGap);
    }

    [Fact]
    public void CLU_22_takeover_lasts_from_the_harm_to_the_last_mail_the_victim_had_promised_before_it()
    {
        var seen = new DrillRecord
        {
            Victim = "n2",
            HarmAt = At(10),
            // Delivered before the harm; open at the harm, the later of which counts; another node's; promised by the victim when it was back.
            Promises = [Promised("done", 5, "n2"), Promised("soon", 9, "n2"), Promised("late", 9.5, "n2"), Promised("other", 9, "n1"), Promised("back", 30, "n2")],
            Arrivals = [Arrived("done", 6), Arrived("soon", 13), Arrived("late", 17.25), Arrived("late", 25), Arrived("other", 20), Arrived("back", 60)],
        };
        Assert.Equal(7.25, HistoryCheck.Of(seen).Takeover);
        Assert.Null(HistoryCheck.Of(seen with { HarmAt = At(8) }).Takeover);
        Assert.Null(HistoryCheck.Of(seen with { Victim = null }).Takeover);
    }

    [Fact]
    public void CLU_22_a_step_counts_what_happened_between_its_two_moments()
    {
        var report = DrillReport.Of("kill", "drill.test", new DrillRecord
        {
            Promises = [Promised("a", 1), Promised("b", 5), Promised("c", 9.999)],
            Arrivals = [Arrived("a", 5.5), Arrived("b", 6), Arrived("c", 10)],
            Refusals = [new FailedAttempt("451", "n1", At(5)), new FailedAttempt("451", "n1", At(6)), new FailedAttempt(FailedAttempt.Lost, "n1", At(7))],
            Steps = [new DrillStep("before", At(0), At(5), "traffic"), new DrillStep("harm", At(5), At(10), "kill n1")],
        });
        Assert.Equal([(1, 0), (2, 2)], report.Steps.Select(step => (step.Accepted, step.Delivered)));
        Assert.Equal(new Dictionary<string, int> { ["451"] = 2, [FailedAttempt.Lost] = 1 }, report.Steps[1].Refused);
        Assert.Equal(10, report.Seconds.Count);
        Assert.Equal([0, 1, 0, 0, 0, 1, 0, 0, 0, 1], report.Seconds.Select(second => second.Accepted));
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 1, 0, 0], report.Seconds.Select(second => second.Refused));
    }
}
