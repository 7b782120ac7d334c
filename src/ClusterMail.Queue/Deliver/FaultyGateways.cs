using System.Collections.Concurrent;
using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Deliver;

/// <summary>Next hops that refuse our credential, as events for the console and the administrator's mail (EX-SCN-E2): once an hour each, not once a retry.</summary>
public sealed partial class FaultyGateways(EventStore events, string node, TimeProvider time, ILogger<FaultyGateways> log)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromHours(1);

    /// <summary>A route table has far fewer gateways with credentials; beyond it all are told again (P6).</summary>
    private const int MostKept = 1000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _told = new(StringComparer.Ordinal);

    public void Tell(string nextHop, string reply)
    {
        var now = time.GetUtcNow();
        if (_told.TryGetValue(nextHop, out var last) && now - last < Quiet)
            return;
        if (_told.Count >= MostKept)
            _told.Clear();
        _told[nextHop] = now;
        Refuses(log, nextHop, reply);
        _ = WriteAsync(nextHop, reply);
    }

    private async Task WriteAsync(string nextHop, string reply)
    {
        try
        {
            await events.WriteAsync(
                node, "gateway-faulty", $"{nextHop} refuses our credential ({reply}); its mail waits and bounces after delivery.line_error_hours: correct route.credentials",
                new Dictionary<string, string> { ["destination"] = nextHop }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The line in the program log stands; the next hour tells it again.
            _told.TryRemove(nextHop, out _);
        }
    }

    [LoggerMessage(5220, LogLevel.Warning, "{NextHop} refuses our credential: {Reply}")]
    private static partial void Refuses(ILogger log, string nextHop, string reply);
}
