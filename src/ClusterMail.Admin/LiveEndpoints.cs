using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Queue.Logs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace ClusterMail.Admin;

/// <summary><c>trace --live</c>: checks and dialogues as they happen, from all nodes, without stopping anything (ADMIN-42).</summary>
internal static class LiveEndpoints
{
    private const string LinesType = "application/x-ndjson";

    /// <summary>ADMIN-42: ends by itself.</summary>
    private const int MostMinutes = 30;

    /// <summary>Lines of all nodes that wait for the reader; the nodes' own buffers come before it.</summary>
    private const int MaxWaiting = 1000;

    public static void MapLive(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("trace");
        api.MapGet(Routes.TraceLive, AllAsync).Needs(Right.ReadLogs, "trace.live").WithSummary("Live trace of all nodes, one JSON line each; ends after 30 minutes").Produces<LiveEntry>(contentType: LinesType);
        api.MapGet(Routes.TraceLiveHere, HereAsync).Needs(Right.ReadLogs, "trace.live").WithSummary("Live trace of this node alone").Produces<LiveEntry>(contentType: LinesType);
    }

    private static async Task<IResult> AllAsync(
        LiveTrace live, LivePeers peers, IClusterControl control, IHostApplicationLifetime life, HttpContext context, string? ip, string? address, string? domain, string? id, string? node, int? minutes, CancellationToken cancel)
    {
        if (Filter(ip, address, domain, id, minutes, out var filter, out var limit) is { } refusal)
            return refusal;
        var known = await peers.ListAsync(cancel);
        if (node is not null && node != control.NodeName && !known.Any(peer => peer.Name == node))
            return Answers.NotFound($"There is no node '{Requests.Printable(node, 64)}' in force.", $"Nodes: {string.Join(", ", known.Select(peer => peer.Name))}.");
        LiveWatch? here = null;
        if ((node is null || node == control.NodeName) && (here = live.Begin(filter)) is null)
            return TooMany();
        var query = context.Request.QueryString.Value ?? "";
        var authorization = context.Request.Headers.Authorization.ToString();
        var names = node ?? string.Join(", ", known.Select(peer => peer.Name).Append(control.NodeName).Distinct().Order(StringComparer.Ordinal));
        return Results.Stream(body => MergeAsync(body, limit, $"watching {names} for {limit.TotalMinutes:0.##} minutes", control.NodeName, (lines, stop) =>
        [
            .. here is null ? (IEnumerable<Task>)[] : [PassAsync(Here(here, control.NodeName, stop), lines, stop)],
            .. known.Where(peer => peer.Name != control.NodeName && (node is null || peer.Name == node))
                .Select(peer => PassAsync(peers.WatchAsync(peer.Name, peer.Admin, query, authorization, stop), lines, stop)),
        ], life.ApplicationStopping, cancel), LinesType);
    }

    private static IResult HereAsync(
        LiveTrace live, IClusterControl control, IHostApplicationLifetime life, string? ip, string? address, string? domain, string? id, int? minutes, CancellationToken cancel)
    {
        if (Filter(ip, address, domain, id, minutes, out var filter, out var limit) is { } refusal)
            return refusal;
        return live.Begin(filter) is { } watch
            ? Results.Stream(body => MergeAsync(body, limit, null, control.NodeName, (lines, stop) => [PassAsync(Here(watch, control.NodeName, stop), lines, stop)], life.ApplicationStopping, cancel), LinesType)
            : TooMany();
    }

    private static IResult TooMany() =>
        Answers.Problem(StatusCodes.Status429TooManyRequests, $"{LiveTrace.MaxWatches} live traces run on this node already.", rule: "ADMIN-42", hint: "End one of them; each ends by itself after 30 minutes.");

    private static IResult? Filter(string? ip, string? address, string? domain, string? id, int? minutes, out LiveFilter filter, out TimeSpan limit)
    {
        limit = TimeSpan.FromMinutes(Math.Clamp(minutes ?? MostMinutes, 1, MostMinutes));
        filter = new LiveFilter(null, address, domain?.TrimStart('@'), null);
        if (ip is not null && !IPAddress.TryParse(ip, out _))
            return Answers.Wrong($"'{Requests.Printable(ip, 60)}' is no IP address.", "ADMIN-42");
        if (id is not null && !MessageId.TryParse(id, out _))
            return Answers.Wrong($"'{Requests.Printable(id, 40)}' is no mail number.", "MSGID-1");
        if (minutes is < 1 or > MostMinutes)
            return Answers.Wrong($"minutes must be from 1 to {MostMinutes}.", "ADMIN-42");
        filter = filter with { Client = ip is null ? null : IPAddress.Parse(ip), Mail = id is null ? null : MessageId.TryParse(id, out var number) ? number.ToString() : null };
        return null;
    }

    private static async IAsyncEnumerable<LiveEntry> Here(LiveWatch watch, string node, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        using (watch)
        {
            await foreach (var line in watch.Lines.ReadAllAsync(stop))
            {
                yield return new LiveEntry(line.At, node, line.Id, line.Client, LogText.Line(line.Text));
                if (watch.TakeLeftOut() is var count and > 0)
                    yield return new LiveEntry(DateTimeOffset.UtcNow, node, "", null, $"{count} lines left out: more came than could be passed on");
            }
        }
    }

    private static async Task PassAsync(IAsyncEnumerable<LiveEntry> from, ChannelWriter<LiveEntry> to, CancellationToken stop)
    {
        try
        {
            await foreach (var entry in from.WithCancellation(stop))
                await to.WriteAsync(entry, stop);
        }
        catch (OperationCanceledException)
        {
            // Time is up, or the reader has gone.
        }
    }

    private static async Task MergeAsync(
        Stream body, TimeSpan limit, string? first, string node, Func<ChannelWriter<LiveEntry>, CancellationToken, IReadOnlyList<Task>> begin, CancellationToken stopping, CancellationToken cancel)
    {
        // A node that stops does not wait for those who watch.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, stopping);
        stop.CancelAfter(limit);
        var lines = Channel.CreateBounded<LiveEntry>(MaxWaiting);
        var sources = Task.WhenAll(begin(lines.Writer, stop.Token));
        _ = sources.ContinueWith(_ => lines.Writer.TryComplete(), TaskScheduler.Default);
        try
        {
            if (first is not null)
                await WriteAsync(body, new LiveEntry(DateTimeOffset.UtcNow, node, "", null, first), cancel);
            // The headers must go out, or whoever asked waits for the first line to know that he is heard.
            await body.FlushAsync(cancel);
            while (await lines.Reader.WaitToReadAsync(cancel))
            {
                while (lines.Reader.TryRead(out var entry))
                    await WriteAsync(body, entry, cancel);
                await body.FlushAsync(cancel);
            }
            if (first is not null)
                await WriteAsync(body, new LiveEntry(DateTimeOffset.UtcNow, node, "", null, "the trace has ended"), cancel);
        }
        finally
        {
            await stop.CancelAsync();
            await sources.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task WriteAsync(Stream body, LiveEntry entry, CancellationToken cancel)
    {
        await body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(entry, AdminJson.Default.LiveEntry), cancel);
        await body.WriteAsync("\n"u8.ToArray(), cancel);
    }
}
