using ClusterMail.Accounts;
using ClusterMail.Protocol;
using ClusterMail.Queue.Schedule;
using ClusterMail.Settings;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Queue.Tests;

public sealed class DeliveryHoursTests
{
    private const string Weekdays = "mon 1 09:00 18:00\ntue 1 09:00 18:00\nwed 1 09:00 18:00\nthu 1 09:00 18:00\nfri 1 09:00 18:00";
    private static readonly ReversePath Taro = ReversePath.FromStored("taro@example.jp");
    private static readonly ReversePath Stranger = ReversePath.FromStored("x@example.net");

    /// <summary>taro has hours of his own, 10:00 to 12:00 on Mondays. 2026-02-02 is a Monday.</summary>
    private static DeliveryHours At(string time, int mode)
    {
        var accounts = new AccountIndex();
        accounts.Put(new Account { Id = 1, Address = Mailbox.FromStored("taro@example.jp"), Hours = "mon 1 10:00 12:00" });
        var clock = new FakeTimeProvider(DateTimeOffset.Parse(time + "Z", System.Globalization.CultureInfo.InvariantCulture));
        return new DeliveryHours(
            new SettingSet(1, new Dictionary<string, string> { ["delivery.hours_mode"] = $"{mode}", ["delivery.hours"] = Weekdays }),
            new MailDirectory(OperatedDomains.Parse("example.jp local zone=Etc/UTC").Domains, accounts, new AliasIndex()), clock);
    }

    [Theory]
    [InlineData("2026-02-02T08:59", 0, false)]
    [InlineData("2026-02-02T08:59", 1, true)]
    [InlineData("2026-02-02T09:00", 1, false)]
    [InlineData("2026-02-02T18:00", 1, true)]
    [InlineData("2026-02-07T12:00", 1, true)]
    [InlineData("2026-02-02T08:59", 2, true)]
    public void UDLV_1_the_servers_table_closes_delivery_in_modes_1_and_2(string time, int mode, bool closed) => Assert.Equal(closed, At(time, mode).IsClosed);

    [Theory]
    [InlineData("2026-02-02T09:10", 1, 0)]
    [InlineData("2026-02-02T09:10", 2, 50)]
    [InlineData("2026-02-02T11:59", 2, 0)]
    [InlineData("2026-02-02T12:00", 2, 7 * 24 * 60 - 120)]
    public void UDLV_1_in_mode_2_mail_of_an_account_waits_for_its_own_hours(string time, int mode, int minutes)
    {
        Assert.Equal(TimeSpan.FromMinutes(minutes), At(time, mode).WaitOf(Taro));
        Assert.Equal(TimeSpan.Zero, At(time, mode).WaitOf(Stranger));
        Assert.Equal(TimeSpan.Zero, At(time, mode).WaitOf(ReversePath.Null));
    }

    [Fact]
    public void UDLV_2_time_outside_the_hours_is_told_apart()
    {
        // Tuesday 09:30; the night from 18:00 to 09:00 was closed.
        Assert.Equal(TimeSpan.FromHours(15), At("2026-02-03T09:30", 1).ClosedWithin(TimeSpan.FromHours(16.5), Stranger));
        Assert.Equal(TimeSpan.FromHours(0.5), At("2026-02-03T09:30", 1).ClosedWithin(TimeSpan.FromHours(1), Stranger));
        Assert.Equal(TimeSpan.Zero, At("2026-02-03T09:30", 0).ClosedWithin(TimeSpan.FromHours(16.5), Stranger));
        // taro's own table: of Monday 09:00 to 13:00 only 10:00 to 12:00 was open.
        Assert.Equal(TimeSpan.FromHours(2), At("2026-02-02T13:00", 2).ClosedWithin(TimeSpan.FromHours(4), Taro));
        Assert.Equal(TimeSpan.Zero, At("2026-02-02T13:00", 1).ClosedWithin(TimeSpan.FromHours(4), Taro));
    }

    [Fact]
    public async Task UDLV_2_a_period_does_not_end_over_a_closed_time_and_the_next_try_is_after_it()
    {
        // Closed at all times but for the present half hours: nearly the whole time since the first attempt was outside.
        var now = DateTimeOffset.Now;
        var day = now.DayOfWeek.ToString()[..3].ToLowerInvariant();
        var start = new DateTime(2026, 1, 1).AddMinutes((int)(now.TimeOfDay.TotalMinutes / 30) * 30);
        await using var scene = await QueueScene.StartAsync(("delivery.hours_mode", "1"), ("delivery.hours", $"{day} 1 {start:HH:mm} {start.AddHours(1):HH:mm}"), ("delivery.retry_jitter", "false"));
        var work = await scene.OwnedAsync(change: r => r with { SinceFirstAttempt = TimeSpan.FromHours(30) });
        scene.Recorder.FailUnreached(work, FailureClass.NoAnswer, Outcome.OutcomeRecorder.NoHost, "");
        await scene.ReachesAsync(1, "recipient WHERE state = 'waiting'");
        Assert.Equal(0, await scene.CountAsync("history"));
    }
}
