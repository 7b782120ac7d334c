using System.Collections.Frozen;
using System.Globalization;
using ClusterMail.Settings;

namespace ClusterMail.Approval.Holds;

/// <summary>
/// The hours that count for deadlines (APPROVE-61), the setting <c>approval.business_calendar</c>: a line <c>zone Asia/Tokyo</c>, a line for each weekday on which
/// people work, and lines for single days. A weekday without a line is no business day. Empty: every hour counts.
/// <code>
/// zone Asia/Tokyo
/// mon-fri 09:00-12:00 13:00-18:00
/// 2026-12-29 to 2027-01-03 closed
/// 2026-11-28 09:00-12:00
/// </code>
/// </summary>
public sealed class BusinessCalendar
{
    private const string Setting = "approval.business_calendar";
    private const string Rule = "APPROVE-61";

    /// <summary>Days a closed span may have; a longer one is a slip.</summary>
    private const int LongestSpan = 366;

    /// <summary>Days that are looked at for business hours, ten years: a deadline beyond them is none that anybody means.</summary>
    private const int LongestSearch = 3660;

    private static readonly string[] Weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    private readonly TimeZoneInfo _zone;
    private readonly Hours[][] _week;
    private readonly FrozenDictionary<DateOnly, Hours[]> _days;
    private readonly bool _always;

    private BusinessCalendar(TimeZoneInfo zone, Hours[][] week, IReadOnlyDictionary<DateOnly, Hours[]> days) =>
        (_zone, _week, _days, _always) = (zone, week, days.ToFrozenDictionary(), week.All(day => day.Length == 0) && days.Values.All(day => day.Length == 0));

    /// <summary>Every hour of every day.</summary>
    public static BusinessCalendar Always { get; } = new(TimeZoneInfo.Utc, [[], [], [], [], [], [], []], FrozenDictionary<DateOnly, Hours[]>.Empty);

    /// <summary>The moment at which so many business hours have passed.</summary>
    public DateTimeOffset Add(DateTimeOffset start, TimeSpan duration)
    {
        if (_always)
            return start + duration;
        var (left, day) = (duration, DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(start, _zone).DateTime));
        for (var looked = 0; looked < LongestSearch; looked++, day = day.AddDays(1))
            foreach (var hours in _days.GetValueOrDefault(day) ?? _week[(int)day.DayOfWeek])
            {
                var (opens, closes) = (At(day, hours.Opens), At(day, hours.Closes));
                if (closes <= start || closes <= opens)
                    continue;
                var from = opens > start ? opens : start;
                if (from + left <= closes)
                    return (from + left).ToOffset(start.Offset);
                left -= closes - from;
            }
        // Nobody works enough any more: the deadline must come all the same, or the mail would be held for ever without anybody having said so.
        return start + duration;
    }

    /// <summary>Moments of a day as clocks show them; one that summer time skips is the first after the gap.</summary>
    private DateTimeOffset At(DateOnly day, TimeSpan time)
    {
        var local = day.ToDateTime(TimeOnly.MinValue) + time;
        while (_zone.IsInvalidTime(local))
            local = local.AddMinutes(15);
        return new DateTimeOffset(local, _zone.GetUtcOffset(local));
    }

    /// <summary>Faulty lines are left out and told.</summary>
    public static (BusinessCalendar Calendar, IReadOnlyList<SettingError> Errors) Parse(string text)
    {
        var draft = new Draft();
        var number = 0;
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line) && line.TrimStart()[0] is not ('\'' or '#'))
                draft.Take(number, line);
        }
        return (new BusinessCalendar(draft.Zone, draft.Week, draft.Days), draft.Errors);
    }

    private readonly record struct Hours(TimeSpan Opens, TimeSpan Closes);

    private sealed class Draft
    {
        public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Local;
        public Hours[][] Week { get; } = [[], [], [], [], [], [], []];
        public Dictionary<DateOnly, Hours[]> Days { get; } = [];
        public List<SettingError> Errors { get; } = [];

        public void Take(int number, string line)
        {
            var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            var complaint = words[0].Equals("zone", StringComparison.OrdinalIgnoreCase) ? TakeZone(words)
                : DateOnly.TryParseExact(words[0], "yyyy-MM-dd", out var first) ? TakeDays(first, words)
                : TakeWeekdays(words);
            if (complaint is not null)
                Errors.Add(new SettingError(Setting, number, 0, Rule, complaint));
        }

        private string? TakeZone(string[] words)
        {
            if (words.Length != 2 || !TimeZoneInfo.TryFindSystemTimeZoneById(words[1], out var zone))
                return "must read: zone Asia/Tokyo";
            Zone = zone;
            return null;
        }

        private string? TakeDays(DateOnly first, string[] words)
        {
            var last = first;
            var rest = words.AsSpan(1);
            if (rest is [var to, var end, ..] && to.Equals("to", StringComparison.OrdinalIgnoreCase))
            {
                if (!DateOnly.TryParseExact(end, "yyyy-MM-dd", out last) || last < first || last.DayNumber - first.DayNumber > LongestSpan)
                    return $"'{end}' is no day after {words[0]}, at most a year later: 2026-12-29 to 2027-01-03 closed";
                rest = rest[2..];
            }
            Hours[]? hours = rest is [var closed] && closed.Equals("closed", StringComparison.OrdinalIgnoreCase) ? [] : Read(rest);
            if (hours is null)
                return "must read: 2026-12-29 closed, or 2026-12-29 09:00-12:00";
            for (var day = first; day <= last; day = day.AddDays(1))
                Days[day] = hours;
            return null;
        }

        private string? TakeWeekdays(string[] words)
        {
            var ends = words[0].Split('-');
            var (first, last) = (Weekday(ends[0]), Weekday(ends[^1]));
            if (ends.Length > 2 || first < 0 || last < 0 || Read(words.AsSpan(1)) is not { } hours)
                return "must read: mon-fri 09:00-18:00, or zone, or a day 2026-12-29";
            for (var day = first; ; day = (day + 1) % 7)
            {
                Week[day] = hours;
                if (day == last)
                    return null;
            }
        }

        private static int Weekday(string word) => Array.FindIndex(Weekdays, name => word.Equals(name, StringComparison.OrdinalIgnoreCase));

        /// <summary>Null: no hours, or some that are none, run back, or overlap.</summary>
        private static Hours[]? Read(ReadOnlySpan<string> words)
        {
            var hours = new List<Hours>();
            foreach (var word in words)
            {
                var ends = word.Split('-');
                if (ends.Length != 2 || Time(ends[0]) is not { } opens || Time(ends[1]) is not { } closes || closes <= opens || (hours.Count > 0 && opens < hours[^1].Closes))
                    return null;
                hours.Add(new Hours(opens, closes));
            }
            return hours.Count == 0 ? null : [.. hours];
        }

        private static TimeSpan? Time(string word) =>
            word == "24:00" ? TimeSpan.FromDays(1)
            : TimeOnly.TryParseExact(word, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time.ToTimeSpan()
            : null;
    }
}
