using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>Deadlines (APPROVE-59 to APPROVE-62) as functions of a clock.</summary>
public class DeadlineTests
{
    private static readonly Deadlines Every = new(BusinessCalendar.Always);

    private static HeldState Held(HoldStatus status = HoldStatus.Held) =>
        new() { Id = new HoldId(1), Status = status, Version = 1, Stages = [new HeldStage([new CurrentApprover(To(Bucho))], 1)], Requester = To(User2), Barred = [] };

    private static GroupTiming Timing(string options)
    {
        var line = ApprovalTable.Parse($"*:1::bucho@corp.example;{options}").Table.Rules[0];
        return TimingRules.Of([new Catch(To(User2), new PolicyPlace(LevelKind.Account, User2, 1, 1), line, [])], On with { Timing = LineTiming.Default });
    }

    [Fact]
    public void EX_APPR_13_reminder_escalation_expiry()
    {
        var timing = Timing("remind=1h;escalate=4h;to=jomu@corp.example;expire=8h");
        (DeadlineKind, double)? Next(HoldStatus status, DateTimeOffset? reminded) =>
            Every.Next(Held(status), Now, reminded, timing) is var (kind, at) ? (kind, (at - Now).TotalHours) : null;
        Assert.Equal((DeadlineKind.Reminder, 1), Next(HoldStatus.Held, null));
        Assert.Equal((DeadlineKind.Reminder, 2), Next(HoldStatus.Held, Now.AddHours(1)));
        Assert.Equal((DeadlineKind.Escalation, 4), Next(HoldStatus.Held, Now.AddHours(3)));
        Assert.Equal((DeadlineKind.Reminder, 5), Next(HoldStatus.Escalated, Now.AddHours(4)));
        Assert.Equal((DeadlineKind.Expiry, 8), Next(HoldStatus.Escalated, Now.AddHours(7)));
        Assert.Null(Next(HoldStatus.Expired, null));
        Assert.Equal([To("jomu@corp.example")], timing.EscalateTo);
    }

    [Fact]
    public void APPROVE_59_keep_never_expires_and_nothing_set_never_happens()
    {
        Assert.Null(Every.Next(Held(), Now, null, Timing("")));
        Assert.Null(Every.Expiry(Now, Timing("expire=1h;onexpire=keep")));
    }

    [Theory]
    [InlineData(-1, 30)]
    [InlineData(-1000, 30)]
    [InlineData(0, 0)]
    [InlineData(10, 10)]
    public void APPROVE_62_what_fell_due_while_everything_stood_still_waits_thirty_minutes(int minutes, int expected) =>
        Assert.Equal(Now.AddMinutes(expected), Deadlines.Effective(Now.AddMinutes(minutes), Now));

    private const string Office = "zone Asia/Tokyo\nmon-fri 09:00-12:00 13:00-18:00\n2026-12-29 to 2027-01-03 closed\n2026-11-28 09:00-12:00\n";

    // 24 November 2026 is a Tuesday.
    [Theory]
    [InlineData("2026-11-24T10:00", 1, "2026-11-24T11:00")]
    [InlineData("2026-11-24T11:30", 1, "2026-11-24T13:30")]
    [InlineData("2026-11-24T17:30", 1, "2026-11-25T09:30")]
    [InlineData("2026-11-24T03:00", 8, "2026-11-24T18:00")]
    [InlineData("2026-11-27T17:00", 3, "2026-11-28T11:00")]
    [InlineData("2026-11-27T17:00", 4, "2026-11-28T12:00")]
    [InlineData("2026-11-27T17:00", 5, "2026-11-30T10:00")]
    [InlineData("2026-12-28T17:00", 2, "2027-01-04T10:00")]
    [InlineData("2026-11-24T09:00", 40, "2026-11-30T15:00")]
    public void APPROVE_61_with_a_calendar_only_business_hours_count(string start, int hours, string end)
    {
        var (calendar, errors) = BusinessCalendar.Parse(Office);
        Assert.Empty(errors);
        var tokyo = TimeSpan.FromHours(9);
        DateTimeOffset At(string text) => new(DateTime.ParseExact(text, "yyyy-MM-ddTHH:mm", System.Globalization.CultureInfo.InvariantCulture), tokyo);
        Assert.Equal(At(end), calendar.Add(At(start), TimeSpan.FromHours(hours)));
        Assert.Equal(At(end), calendar.Add(At(start).ToUniversalTime(), TimeSpan.FromHours(hours)));
    }

    [Fact]
    public void APPROVE_61_summer_time_neither_loses_nor_gains_an_hour()
    {
        var calendar = BusinessCalendar.Parse("zone Europe/Berlin\nsun 00:00-24:00\n").Calendar;
        // 29 March 2026 has 23 hours there, 25 October 25.
        Assert.Equal(new DateTimeOffset(2026, 3, 28, 23, 0, 0, TimeSpan.Zero).AddHours(23), calendar.Add(new DateTimeOffset(2026, 3, 28, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromHours(23)));
        Assert.Equal(new DateTimeOffset(2026, 10, 24, 22, 0, 0, TimeSpan.Zero).AddHours(25), calendar.Add(new DateTimeOffset(2026, 10, 24, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromHours(25)));
    }

    [Fact]
    public void APPROVE_61_a_calendar_without_business_hours_left_lets_the_deadline_come_all_the_same()
    {
        var calendar = BusinessCalendar.Parse("zone Asia/Tokyo\n2020-01-06 09:00-18:00\n").Calendar;
        Assert.Equal(Now.AddHours(8), calendar.Add(Now, TimeSpan.FromHours(8)));
        Assert.Equal(Now.AddDays(3000), BusinessCalendar.Parse("zone Asia/Tokyo\nmon 09:00-09:01\n").Calendar.Add(Now, TimeSpan.FromDays(3000)));
        Assert.Equal(Now.AddHours(8), BusinessCalendar.Parse("zone Asia/Tokyo\n").Calendar.Add(Now, TimeSpan.FromHours(8)));
    }

    [Theory]
    [InlineData("zone Mars/Olympus")]
    [InlineData("mon-fri")]
    [InlineData("mon-fri 18:00-09:00")]
    [InlineData("mon-fri 09:00-12:00 11:00-18:00")]
    [InlineData("mon-xyz 09:00-18:00")]
    [InlineData("2026-02-30 closed")]
    [InlineData("2026-12-29 to 2026-12-28 closed")]
    [InlineData("2026-12-29 to 2099-12-28 closed")]
    [InlineData("2026-12-29 maybe")]
    public void APPROVE_61_a_line_that_cannot_be_read_is_told_by_its_number(string line) =>
        Assert.Equal((2, "APPROVE-61"), Assert.Single(BusinessCalendar.Parse($"zone Asia/Tokyo\n{line}").Errors) is var error ? (error.Line, error.Rule) : default);
}
