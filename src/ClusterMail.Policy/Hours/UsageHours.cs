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

    /// <summary>A wrong file (a picture, a log) must not cost a report of a million lines.</summary>
    private const int MaxErrors = 100;
    private static readonly string[] English = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    private const string Kanji = "日月火水木金土";

    private readonly bool[] _open = new bool[7 * StepsOfDay];
    private readonly int[] _lines = new int[7];

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
            if (hours.Take(number, Word.In(line.ToString()), seen) is { } fault && errors.Count < MaxErrors)
                errors.Add(new SettingError(Setting, number, fault.Column, fault.Rule, fault.Message));
        }
        return (seen.Count == 0 || errors.Count > 0 ? null : hours, errors);
    }

    /// <summary>Whether <paramref name="now"/>, as clocks in <paramref name="zone"/> show it, lies within the hours.</summary>
    public bool Allow(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone);
        return _open[(int)local.DayOfWeek * StepsOfDay + (int)(local.TimeOfDay.TotalMinutes / 30)];
    }

    /// <summary>The line about the weekday <paramref name="now"/> is in <paramref name="zone"/>; 0: the weekday has none, and is closed.</summary>
    public int Line(DateTimeOffset now, TimeZoneInfo zone) => _lines[(int)TimeZoneInfo.ConvertTime(now, zone).DayOfWeek];

    private (int Column, string Rule, string Message)? Take(int number, IReadOnlyList<Word> words, HashSet<int> seen)
    {
        if (words.Count == 0)
            return (1, "UTIME-3", "no weekday stands here");
        var day = Weekday(words[0].Text);
        if (day < 0)
            return (words[0].Column, "UTIME-3", $"'{words[0].Text}' is no weekday: write mon, tue, wed, thu, fri, sat or sun");
        if (!seen.Add(day))
            return (words[0].Column, "UTIME-3", $"{English[day]} stands above already");
        _lines[day] = number;
        var enabled = words.Count > 1 ? words[1].Text : "";
        if (enabled is "0" or "off" or "no")
            return null;
        if (enabled is not ("1" or "on" or "yes") || words.Count != 4)
            return (words.Count > 1 ? words[1].Column : words[0].Column, "UTIME-3", "must read: weekday 1 start end, for example mon 1 09:00 18:00; or: weekday 0");
        if (Step(words[2].Text) is not { } start || Step(words[3].Text) is not { } end || start == StepsOfDay || start == end)
            return (words[2].Column, "UTIME-1", $"'{words[2].Text} {words[3].Text}': two different times in steps of 30 minutes, 24:00 at the end only");
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

    /// <param name="Column">From 1.</param>
    private readonly record struct Word(int Column, string Text)
    {
        private static readonly System.Buffers.SearchValues<char> Separators = System.Buffers.SearchValues.Create(" \t,-");

        public static List<Word> In(string line)
        {
            var words = new List<Word>();
            for (var at = 0; at < line.Length;)
            {
                var length = line.AsSpan(at).IndexOfAny(Separators) is var end && end < 0 ? line.Length - at : end;
                if (length > 0)
                    words.Add(new Word(at + 1, line.Substring(at, length)));
                at += length + 1;
            }
            return words;
        }
    }
}
