using System.Globalization;

namespace ClusterMail.Cli.Output;

/// <summary>Times as people say them.</summary>
public static class Ages
{
    /// <summary>Two units at most: <c>45s</c>, <c>12m</c>, <c>3h05m</c>, <c>2d04h</c>. Less than a second, and what clocks disagree about, is <c>0s</c>.</summary>
    public static string Of(TimeSpan age) => age switch
    {
        { TotalSeconds: < 1 } => "0s",
        { TotalMinutes: < 1 } => Format($"{age.Seconds}s"),
        { TotalMinutes: < 10 } => Format($"{age.Minutes}m{age.Seconds:00}s"),
        { TotalHours: < 1 } => Format($"{age.Minutes}m"),
        { TotalDays: < 1 } => Format($"{age.Hours}h{age.Minutes:00}m"),
        _ => Format($"{(int)age.TotalDays}d{age.Hours:00}h"),
    };

    public static string Since(DateTimeOffset? time, DateTimeOffset now) => time is { } t ? Of(now - t) : "-";

    /// <summary><c>in 12m</c>, <c>now</c>, or <c>-</c>.</summary>
    public static string Until(DateTimeOffset? time, DateTimeOffset now) => time switch
    {
        null => "-",
        { } t when t <= now => "now",
        { } t => "in " + Of(t - now),
    };

    /// <summary>Local time to the second.</summary>
    public static string Clock(DateTimeOffset? time) => time?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "-";

    /// <summary><c>812 B</c>, <c>4.1 KB</c>, <c>25 MB</c>.</summary>
    public static string Size(long octets)
    {
        string[] units = ["B", "KB", "MB", "GB", "TB"];
        double value = octets;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
            (value, unit) = (value / 1024, unit + 1);
        return unit == 0 || value >= 10 ? Format($"{value:0} {units[unit]}") : Format($"{value:0.0} {units[unit]}");
    }

    private static string Format(FormattableString text) => FormattableString.Invariant(text);
}
