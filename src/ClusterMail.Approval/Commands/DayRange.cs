using System.Globalization;

namespace ClusterMail.Approval.Commands;

/// <summary>Days of the domain's calendar, both included.</summary>
public sealed record DayRange(DateOnly First, DateOnly Last)
{
    public int Days => Last.DayNumber - First.DayNumber + 1;

    /// <summary>As commands write it: <c>20261201-20261210</c>.</summary>
    public override string ToString() =>
        First == Last ? Text(First) : $"{Text(First)}-{Text(Last)}";

    /// <summary>The first instant of the first day and the first instant after the last, where clocks of the zone show midnight (APPROVE-209).</summary>
    public (DateTimeOffset From, DateTimeOffset Until) In(TimeZoneInfo zone) => (Midnight(First, zone), Midnight(Last.AddDays(1), zone));

    private static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        // Where the clock jumps over midnight the day begins with the first minute there is.
        while (zone.IsInvalidTime(midnight))
            midnight = midnight.AddMinutes(1);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight));
    }

    private static string Text(DateOnly day) => day.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
}
