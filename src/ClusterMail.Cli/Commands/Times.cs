using System.Globalization;

namespace ClusterMail.Cli.Commands;

/// <summary>Times on the command line: <c>30s</c>, <c>15m</c>, <c>2h</c>, <c>3d</c> before now, or a point in time.</summary>
internal static class Times
{
    /// <returns>ISO 8601 in UTC; null for null.</returns>
    public static string? Ago(string? text)
    {
        if (text is null)
            return null;
        if (Span(text) is { } span)
            return (DateTimeOffset.UtcNow - span).ToString("O", CultureInfo.InvariantCulture);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time.ToString("O", CultureInfo.InvariantCulture)
            : throw new CommandFailure(Exit.Usage, $"'{text}' is no time: write 30m, 2h, 3d or 2026-01-31T08:00");
    }

    /// <returns>Whole seconds as text; null for null.</returns>
    public static string? Seconds(string? text) => text is null ? null
        : Span(text) is { } span ? ((long)span.TotalSeconds).ToString(CultureInfo.InvariantCulture)
        : throw new CommandFailure(Exit.Usage, $"'{text}' is no length of time: write 30s, 15m, 2h or 3d");

    private static TimeSpan? Span(string text)
    {
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' when number < 100_000 => TimeSpan.FromDays(number),
            _ => null,
        };
    }
}
