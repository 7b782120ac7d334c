using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Settings;
using ClusterMail.Store;
using ClusterMail.Store.Approval;

namespace ClusterMail.Admin;

/// <summary>The logs as lines: what rows hold, formatted, without the times at which the log was switched off (LOG-15).</summary>
internal sealed class LogDesk(LogReader reader, FarmHistory farm, ApprovalLogReader approval, SettingsDesk desk, TimeProvider time)
{
    /// <summary>The zone logs are printed in (LOG-12).</summary>
    public async Task<TimeZoneInfo> ZoneAsync(CancellationToken cancel) =>
        TimeZoneInfo.TryFindSystemTimeZoneById((await SetAsync(cancel)).Text("log.time_zone"), out var zone) ? zone : time.LocalTimeZone;

    /// <summary>Null: there is no log of this name.</summary>
    public async Task<IAsyncEnumerable<LogEntry>?> ReadAsync(string log, LogSpan span, TimeZoneInfo zone, CancellationToken cancel)
    {
        var set = await SetAsync(cancel);
        var format = new LogFormat(await desk.HostAsync(cancel), zone, set.Integer("delivery.retry_seconds"));
        var lines = log switch
        {
            LogNames.Accept => farm.LogAsync(rows => rows.ConnectionsAsync(span, cancel), row => row.At).Select(row => new LogEntry(row.At, $"{row.Kind} {row.Id} {row.Session}", [format.Acceptlog(row)])),
            LogNames.In => farm.LogAsync(rows => rows.AcceptedAsync(span, cancel), row => row.At).Select(row => new LogEntry(row.At, row.Id, [format.Inlog(row)])),
            LogNames.Receive => reader.DialoguesAsync(span, cancel).Select(row => new LogEntry(row.At, row.Session, [.. format.Receivelog(row)])),
            LogNames.Out => farm.LogAsync(rows => rows.SentAsync(span, cancel), row => row.At).Select(row => new LogEntry(row.At, $"{row.Id} {row.Ordinal}", [format.Outlog(row)])),
            LogNames.OutLocal => farm.LogAsync(rows => rows.KeptAsync(span, cancel), row => row.At).Select(row => new LogEntry(row.At, $"{row.Id} {row.Ordinal}", [format.Outlog(row)])),
            LogNames.Sender => farm.LogAsync(rows => rows.AttemptsAsync(span, cancel), row => row.At).Select(row => new LogEntry(row.At, $"{row.Id} {row.Ordinal}", [.. format.Senderlog(row)])),
            LogNames.Fail => farm.LogAsync(rows => rows.FailedAsync(span, cancel), row => row.At).Select(row => new LogEntry(row.At, $"{row.Id} {row.Ordinal}", [format.Faillog(row)])),
            LogNames.Approval => Approval(span, zone, (int)set.Integer("approval.log_level"), cancel),
            _ => null,
        };
        if (lines is null)
            return null;
        var switched = await SwitchedAsync(log, cancel);
        return switched.All(period => period.On) ? lines : lines.Where(entry => WasOn(switched, entry.At));
    }

    private IAsyncEnumerable<LogEntry> Approval(LogSpan span, TimeZoneInfo zone, int level, CancellationToken cancel)
    {
        var format = new ApprovalLogFormat(zone, level);
        return approval.LinesAsync(span, votes: level >= 2, cancel).Select(row => (row, Line: format.Line(row))).Where(entry => entry.Line is not null)
            .Select(entry => new LogEntry(entry.row.At, $"{entry.row.Hold} {entry.row.State} {entry.row.By}", [entry.Line!]));
    }

    /// <summary>The span a request asks for: a day, from one to another day (both included), or from one moment to another. Default: today.</summary>
    public (LogSpan? Span, string? Fault) Span(TimeZoneInfo zone, string? day, string? from, string? to, string? node)
    {
        if (day is not null && (from ?? to) is not null)
            return (null, "Say either day, or from and to.");
        if ((from ?? to) is null)
            day ??= TimeZoneInfo.ConvertTime(time.GetUtcNow(), zone).ToString(DayFormat, CultureInfo.InvariantCulture);
        var begin = Moment(day ?? from, zone, 0);
        var end = day is null && to is null ? time.GetUtcNow().AddMinutes(1) : Moment(day ?? to, zone, 1);
        return begin is null && (day ?? from) is { } wrong ? (null, Wrong(wrong))
            : end is null ? (null, Wrong((day ?? to)!))
            : begin is null ? (null, "Say from when: from.")
            : begin >= end ? (null, "The end lies before the beginning.")
            : (new LogSpan(begin.Value, end.Value, node), null);
    }

    private const string DayFormat = "yyyy-MM-dd";

    private static string Wrong(string text) => $"'{Requests.Printable(text, 40)}' is no day like 2026-01-31 and no time like 2026-01-31T08:00:00Z.";

    private static DateTimeOffset? Moment(string? text, TimeZoneInfo zone, int daysOn) =>
        DateOnly.TryParseExact(text, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? Midnight(day.AddDays(daysOn), zone)
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at
        : null;

    /// <summary>Midnight to midnight in local time: 23 or 25 hours where the clock is changed.</summary>
    public static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified);
        // Some zones skip midnight itself when summer time begins; the day then starts an hour later.
        if (zone.IsInvalidTime(midnight))
            midnight = midnight.AddHours(1);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight));
    }

    private async Task<SettingSet> SetAsync(CancellationToken cancel)
    {
        var snapshot = (await desk.LoadAsync(null, cancel))!;
        return new SettingSet(snapshot.Version, snapshot.Values);
    }

    private async Task<List<(DateTimeOffset Since, bool On)>> SwitchedAsync(string log, CancellationToken cancel)
    {
        var name = log == LogNames.Approval ? "approval.history" : $"log.{log}";
        var isOn = Catalogue.Get(name).Default;
        return [.. (await reader.SwitchedAsync(name, cancel)).Select(version => (version.Since, (version.Value ?? isOn) is not ("false" or "off" or "no" or "0")))];
    }

    /// <summary>Before the first version the defaults held, and by them every log is on.</summary>
    private static bool WasOn(List<(DateTimeOffset Since, bool On)> versions, DateTimeOffset at)
    {
        var (low, high) = (0, versions.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (versions[middle].Since <= at)
                low = middle + 1;
            else
                high = middle;
        }
        return low == 0 || versions[low - 1].On;
    }
}

/// <summary>What one event prints into a log.</summary>
/// <param name="Key">With the time, tells it from all others.</param>
internal sealed record LogEntry(DateTimeOffset At, string Key, IReadOnlyList<string> Lines);
