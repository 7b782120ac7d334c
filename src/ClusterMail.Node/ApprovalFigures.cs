using System.Diagnostics;
using System.Diagnostics.Metrics;
using ClusterMail.Queue;
using ClusterMail.Store;
using ClusterMail.Store.Approval;

namespace ClusterMail.Node;

/// <summary>
/// How much waits for a decision, by age, and how much of the outbox is not done, for <c>/metrics</c> (APPROVE-335). As with <see cref="QueueFigures"/> only the leader asks the
/// database; the others show none.
/// </summary>
public sealed class ApprovalFigures(NodeOptions options, NodeRuntime node, HoldReader holds, HoldJobs jobs) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>Of its time, very many held mails may be counted for one part in so many.</summary>
    private const int Rest = 30;

    private static readonly string[] Ages = ["hour", "day", "week", "longer"];
    private volatile Figures? _now;

    private sealed record Figures(IReadOnlyList<long> Open, int Jobs, TimeSpan Oldest);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        QueueMetrics.Observe("clustermail.approval.open", "mails", "Held mails nobody has decided, by how long they wait: less than an hour, a day, a week, longer. On the leader only.",
            () => _now is { } now ? now.Open.Select((count, age) => new Measurement<double>(count, new KeyValuePair<string, object?>("age", Ages[age]))) : []);
        QueueMetrics.Observe("clustermail.approval.outbox", "jobs", "Releases and notices that are still to be done. On the leader only.", () => _now is { } now ? [new Measurement<double>(now.Jobs)] : []);
        QueueMetrics.Observe("clustermail.approval.outbox_oldest", "s", "Age of the oldest of them.", () => _now is { } now ? [new Measurement<double>(now.Oldest.TotalSeconds)] : []);
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
            _now = node.Duties.Leader == options.Name ? await LookAsync(cancel).ConfigureAwait(false) : null;
        }
        catch (Exception trouble) when (cancel.IsCancellationRequested || Database.IsLost(trouble))
        {
            // Old figures would be wrong ones.
            _now = null;
        }
    }

    private async Task<Figures> LookAsync(CancellationToken cancel)
    {
        var (backlog, oldest) = await jobs.BacklogAsync(cancel).ConfigureAwait(false);
        return new Figures(await holds.AgesAsync(cancel).ConfigureAwait(false), backlog, oldest);
    }
}
