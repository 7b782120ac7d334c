using System.Text;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace ClusterMail.Admin;

/// <summary><c>log</c>: export in the original formats (LOG-16), streamed.</summary>
internal static class LogEndpoints
{
    private const string TextType = "text/plain; charset=utf-8";
    private const int FlushAt = 32 * 1024;

    /// <summary>Rows are written a moment after their time: what is younger than this may still get a neighbour.</summary>
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan FollowEvery = TimeSpan.FromSeconds(1);

    public static void MapLogs(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("log");
        api.MapGet(Routes.Log, ExportAsync).Needs(Right.ReadLogs, "log.export").WithSummary("A log in the original format: of a day or a span, of one node or all merged by time; with follow as it grows")
            .Produces<string>(contentType: "text/plain");
        api.MapGet(Routes.LogFiles, FilesAsync).Needs(Right.ReadLogs, "log.files").WithSummary("The nodes and days a span covers, one file each (LOG-10, LOG-11)").Produces<LogFiles>();
    }

    private static async Task<IResult> ExportAsync(
        string log, LogDesk logs, LogReader reader, FarmHistory farm, TimeProvider time, IHostApplicationLifetime life,
        string? day, string? from, string? to, string? node, bool? follow, CancellationToken cancel)
    {
        var zone = await logs.ZoneAsync(cancel);
        if (follow == true && (day ?? from ?? to) is null)
            from = (time.GetUtcNow() - Lag).ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        var (span, fault) = logs.Span(zone, day, from, to, node);
        if (fault is not null)
            return Answers.Wrong(fault, "LOG-16");
        if (node is not null && !await reader.KnowsAsync(span!, cancel))
            return Answers.NotFound($"There is and was no node '{Requests.Printable(node, 60)}'.", "clustermail cluster status shows those there are.");
        if (await logs.ReadAsync(log, span!, zone, cancel) is not { } entries)
            return NoSuchLog(log);
        // A log with a gap looks like a whole one.
        if (await farm.MissingAsync(cancel) is { Count: > 0 } missing)
            return Answers.Problem(StatusCodes.Status503ServiceUnavailable, $"{ShardWords.Missing(missing)}: the log would lack its lines.", hint: ShardWords.Hint);
        var name = $"{TimeZoneInfo.ConvertTime(span!.From, zone):yyMMdd}{Ending(log)}";
        return follow == true
            ? Results.Stream(body => FollowAsync(logs, log, span, zone, time, body, life.ApplicationStopping, cancel), TextType, name)
            : Results.Stream(body => WriteAsync(entries.SelectMany(entry => entry.Lines), body, cancel), TextType, name);
    }

    private static async Task<IResult> FilesAsync(
        string log, LogDesk logs, LogReader reader, string? day, string? from, string? to, string? node, CancellationToken cancel)
    {
        if (!LogNames.All.Contains(log))
            return NoSuchLog(log);
        var zone = await logs.ZoneAsync(cancel);
        var (span, fault) = logs.Span(zone, day, from, to, node);
        if (fault is not null)
            return Answers.Wrong(fault, "LOG-16");
        var nodes = await reader.NodesAsync(cancel);
        var first = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(span!.From, zone).DateTime);
        var last = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(span.To.AddTicks(-1), zone).DateTime);
        var files = new List<LogFile>();
        for (var each = first; each <= last; each = each.AddDays(1))
            files.AddRange(nodes.Where(name => node is null || name == node)
                .Select(name => new LogFile(name, each.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), $"{log}/{name}/{each:yyMMdd}{Ending(log)}")));
        return Results.Ok(new LogFiles(files));
    }

    /// <summary>As the original has them (APPROVE-301).</summary>
    private static string Ending(string log) => log == LogNames.Approval ? ".txt" : ".log";

    private static IResult NoSuchLog(string log) =>
        Answers.NotFound($"There is no log '{Requests.Printable(log, 40)}'.", $"Logs: {string.Join(", ", LogNames.All)}.");

    /// <summary>Looks again every second at what is young, and prints what it has not printed: rows of several nodes do not come in the order of their time.</summary>
    private static async Task FollowAsync(
        LogDesk logs, string log, LogSpan span, TimeZoneInfo zone, TimeProvider time, Stream body, CancellationToken stopping, CancellationToken cancel)
    {
        var printed = new Dictionary<(DateTimeOffset, string), bool>();
        var from = span.From;
        // A node that stops does not wait for those who follow.
        while (!cancel.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            var now = time.GetUtcNow();
            var began = time.GetTimestamp();
            var fresh = new List<LogEntry>();
            await foreach (var entry in (await logs.ReadAsync(log, span with { From = from, To = now.AddMinutes(1) }, zone, cancel))!)
                if (printed.TryAdd((entry.At, entry.Key), true))
                    fresh.Add(entry);
            await WriteAsync(fresh.SelectMany(entry => entry.Lines).ToAsyncEnumerable(), body, cancel);
            await body.FlushAsync(cancel);
            from = from > now - Lag ? from : now - Lag;
            foreach (var old in printed.Keys.Where(key => key.Item1 < from).ToList())
                printed.Remove(old);
            // A look that takes long (a million mails wait) is not repeated at once.
            var pause = time.GetElapsedTime(began) * 4;
            await Task.Delay(pause > FollowEvery ? pause : FollowEvery, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

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
