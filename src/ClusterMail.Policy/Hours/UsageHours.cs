using System.Globalization;
using ClusterMail.Settings;

namespace ClusterMail.Policy.Hours;

/// <summary>
/// When an account may send (利用時間設定, 05 F): a line for each weekday, <c>weekday enabled start end</c>, in steps of 30 minutes; <c>'</c> in front makes a
/// comment. A weekday without a line, or not enabled, is closed. A start after the end means over midnight into the next day.
/// <code>
/// mon 1 09:00 18:00
/// sat 0
/// </code>
/// </summary>
public sealed class UsageHours
{
    private const string Setting = "usetime.dat";
    private const int StepsOfDay = 48;
    private static readonly string[] English = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    private const string Kanji = "日月火水木金土";

    private readonly bool[] _open = new bool[7 * StepsOfDay];

    /// <summary>Null hours: no restriction (UTIME-2); also with an error in the text (GAP-2), which nobody could have saved.</summary>
    public static (UsageHours? Hours, IReadOnlyList<SettingError> Errors) Parse(string text)
    {
        var hours = new UsageHours();
        var errors = new List<SettingError>();
        var seen = new HashSet<int>();
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.IsWhiteSpace() || line.TrimStart()[0] == '\'')
                continue;
            if (hours.Take(line.ToString(), seen) is { } complaint)
                errors.Add(new SettingError(Setting, number, 0, complaint.Rule, complaint.Message));
        }
        return (seen.Count == 0 || errors.Count > 0 ? null : hours, errors);
    }

    /// <summary>Whether <paramref name="now"/>, as clocks in <paramref name="zone"/> show it, lies within the hours.</summary>
    public bool Allow(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone);
        return _open[(int)local.DayOfWeek * StepsOfDay + (int)(local.TimeOfDay.TotalMinutes / 30)];
    }

    private (string Rule, string Message)? Take(string line, HashSet<int> seen)
    {
        var words = line.Split([' ', '\t', ',', '-'], StringSplitOptions.RemoveEmptyEntries);
        var day = Weekday(words[0]);
        if (day < 0)
            return ("UTIME-3", $"'{words[0]}' is no weekday: write mon, tue, wed, thu, fri, sat or sun");
        if (!seen.Add(day))
            return ("UTIME-3", $"{English[day]} stands above already");
        var enabled = words.Length > 1 ? words[1] : "";
        if (enabled is "0" or "off" or "no")
            return null;
        if (enabled is not ("1" or "on" or "yes") || words.Length != 4)
            return ("UTIME-3", "must read: weekday 1 start end, for example mon 1 09:00 18:00; or: weekday 0");
        if (Step(words[2]) is not { } start || Step(words[3]) is not { } end || start == StepsOfDay || start == end)
            return ("UTIME-1", $"'{words[2]} {words[3]}': two different times in steps of 30 minutes, 24:00 at the end only");
        // Over midnight: the rest belongs to the next day.
        for (var step = start; step < (end > start ? end : end + StepsOfDay); step++)
            _open[(day * StepsOfDay + step) % _open.Length] = true;
        return null;
    }

    private static int Weekday(string word)
    {
        if (word.Length is 1 or 2 or 3 && Kanji.IndexOf(word[0], StringComparison.Ordinal) is var kanji and >= 0)
            return kanji;
        return word.Length < 3 ? -1 : Array.FindIndex(English, name => word.StartsWith(name, StringComparison.OrdinalIgnoreCase));
    }

    private static int? Step(string word)
    {
        var parts = word.Split(':');
        return parts.Length == 2 && parts[1].Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var hour)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minute)
            && minute is 0 or 30 && (hour < 24 || (hour == 24 && minute == 0))
                ? hour * 2 + minute / 30
                : null;
    }
}
