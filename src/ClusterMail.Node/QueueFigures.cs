using System.Diagnostics;
using System.Diagnostics.Metrics;
using ClusterMail.Queue;
using ClusterMail.Store;

namespace ClusterMail.Node;

/// <summary>
/// Age and number of what waits, per destination, for <c>/metrics</c>. Only the leader asks the database, so that a farm does not read its queue once
/// for each node and scrape; the others show none. The labels are bounded: the <see cref="Shown"/> destinations that have waited longest.
/// </summary>
public sealed class QueueFigures(NodeOptions options, NodeRuntime node, Shards databases) : BackgroundService
{
    private const int Shown = 20;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>Of its time, a very long queue may be read for one part in so many.</summary>
    private const int Rest = 100;

    private volatile IReadOnlyList<DestinationAge> _oldest = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        QueueMetrics.Observe("clustermail.queue.destination_oldest", "s", "Age of the oldest mail waiting for a destination; the 20 oldest, on the leader only.",
            () => Measure(row => row.Oldest.TotalSeconds));
        QueueMetrics.Observe("clustermail.queue.destination_waiting", "recipients", "Recipients in the queue and not held, for the same destinations.",
            () => Measure(row => row.Recipients));
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            await ReadAsync(stoppingToken).ConfigureAwait(false);
            var pause = Stopwatch.GetElapsedTime(started) * Rest;
            await Task.Delay(pause > Interval ? pause : Interval, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        try
        {
            _oldest = node.Duties.Leader == options.Name ? Merge(await databases.AskAsync((shard, stop) => new QueueReader(shard.Source).OldestAsync(Shown, stop), cancel).ConfigureAwait(false)) : [];
        }
        catch (Exception trouble) when (cancel.IsCancellationRequested || Database.IsLost(trouble))
        {
            // Old figures would be wrong ones.
            _oldest = [];
        }
    }

    /// <summary>What a shard that is away has is not counted; clustermail_queue_shard_open says so.</summary>
    private static IReadOnlyList<DestinationAge> Merge(ShardAnswers<IReadOnlyList<DestinationAge>> answers) =>
    [
        .. answers.Values.SelectMany(rows => rows).GroupBy(row => row.Destination, StringComparer.Ordinal)
            .Select(rows => new DestinationAge(rows.Key, rows.Sum(row => row.Recipients), rows.Max(row => row.Oldest))).OrderByDescending(row => row.Oldest).Take(Shown),
    ];

    private IEnumerable<Measurement<double>> Measure(Func<DestinationAge, double> value) =>
        _oldest.Select(row => new Measurement<double>(value(row), new KeyValuePair<string, object?>("destination", row.Destination)));
}
