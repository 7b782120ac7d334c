using System.Text;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>log</c>: export in the original formats (LOG-16), streamed.</summary>
internal static class LogEndpoints
{
    private const string TextType = "text/plain; charset=utf-8";
    private const int FlushAt = 32 * 1024;

    public static void MapLogs(this IEndpointRouteBuilder api) =>
        api.MapGet(Routes.Log, ExportAsync).WithTags("log").WithSummary("inlog, outlog, senderlog or faillog of one day, one node's or all merged by time")
            .Produces<string>(contentType: "text/plain");

    private static async Task<IResult> ExportAsync(
        string log, LogReader reader, SettingsDesk desk, IClusterControl control, TimeProvider time, DateOnly? day, string? node, CancellationToken cancel)
    {
        var zone = time.LocalTimeZone;
        var format = new LogFormat(await desk.HostAsync(cancel), zone);
        var span = Day(day ?? DateOnly.FromDateTime(time.GetLocalNow().Date), zone, node);
        if (node is not null && !await reader.KnowsAsync(span, cancel))
            return Answers.NotFound($"There is and was no node '{Requests.Printable(node, 60)}'.", "clustermail cluster status shows those there are.");
        var lines = log switch
        {
            LogNames.In => reader.AcceptedAsync(span, cancel).Select(format.Inlog),
            LogNames.Out => reader.EndedAsync(span, delivered: true, cancel).Select(format.Outlog),
            LogNames.Fail => reader.EndedAsync(span, delivered: false, cancel).Select(format.Faillog),
            LogNames.Sender => reader.AttemptsAsync(span, cancel).SelectMany(row => format.Senderlog(row)),
            _ => null,
        };
        return lines is null
            ? Answers.NotFound($"There is no log '{Requests.Printable(log, 40)}'.", $"Logs: {LogNames.In}, {LogNames.Out}, {LogNames.Sender}, {LogNames.Fail}.")
            : Results.Stream(body => WriteAsync(lines, body, cancel), TextType, $"{span.From.LocalDay(zone):yyMMdd}.log");
    }

    /// <summary>Midnight to midnight in local time: 23 or 25 hours where the clock is changed.</summary>
    private static LogSpan Day(DateOnly day, TimeZoneInfo zone, string? node) => new(Midnight(day, zone), Midnight(day.AddDays(1), zone), node);

    private static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified);
        // Some zones skip midnight itself when summer time begins; the day then starts an hour later.
        if (zone.IsInvalidTime(midnight))
            midnight = midnight.AddHours(1);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight));
    }

    private static DateTime LocalDay(this DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).Date;

    private static async Task WriteAsync(IAsyncEnumerable<string> lines, Stream body, CancellationToken cancel)
    {
        var buffer = new StringBuilder(FlushAt + 1024);
        await foreach (var line in lines.WithCancellation(cancel))
        {
            buffer.Append(line).Append('\n');
            if (buffer.Length >= FlushAt)
                await FlushAsync(buffer, body, cancel);
        }
        await FlushAsync(buffer, body, cancel);
    }

    private static async Task FlushAsync(StringBuilder buffer, Stream body, CancellationToken cancel)
    {
        await body.WriteAsync(Encoding.UTF8.GetBytes(buffer.ToString()), cancel);
        buffer.Clear();
    }
}
