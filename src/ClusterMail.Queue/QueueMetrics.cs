using System.Diagnostics.Metrics;

namespace ClusterMail.Queue;

/// <summary>What the queue counts. Names without unit suffix are counts; Prometheus sees them as <c>clustermail_queue_…</c>.</summary>
public static class QueueMetrics
{
    private static readonly Meter Meter = new("ClusterMail.Queue");

    public static readonly Counter<long> Accepted = Meter.CreateCounter<long>("clustermail.queue.accepted", "mails", "Mails committed and answered 250.");
    public static readonly Counter<long> Delivered = Meter.CreateCounter<long>("clustermail.queue.delivered", "recipients", "Recipients delivered.");
    public static readonly Counter<long> Deferred = Meter.CreateCounter<long>("clustermail.queue.deferred", "recipients", "Attempts that ended in waiting.");
    public static readonly Counter<long> Bounced = Meter.CreateCounter<long>("clustermail.queue.bounced", "recipients", "Recipients that finally failed.");
    public static readonly Counter<long> Late = Meter.CreateCounter<long>("clustermail.queue.late", "recipients", "Outcomes that changed nothing, because the recipient was no longer owned.");
    public static readonly Counter<long> PossibleDuplicates = Meter.CreateCounter<long>("clustermail.queue.possible_duplicates", "recipients", "Deliveries whose outcome could not be recorded (P4).");
    public static readonly Counter<long> Commits = Meter.CreateCounter<long>("clustermail.queue.commits", "commits", "Group commits, by kind: accept, outcome.");
    public static readonly Histogram<int> CommitBatch = Meter.CreateHistogram(
        "clustermail.queue.commit_batch", "rows", "Mails or outcomes in one group commit.", tags: null,
        new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000] });
    public static readonly Histogram<double> CommitTime = Meter.CreateHistogram(
        "clustermail.queue.commit_time", "ms", "Time of one group commit.", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] });
    public static readonly Histogram<double> CommitWait = Meter.CreateHistogram(
        "clustermail.queue.commit_wait", "ms", "How long a mail that was just received waited for its group commit to begin.", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] });
    public static readonly Counter<long> Claimed = Meter.CreateCounter<long>("clustermail.queue.claimed", "recipients", "Recipients claimed from the database.");
    public static readonly Counter<long> LeaseLosses = Meter.CreateCounter<long>("clustermail.queue.lease_losses", "times", "How often this node's lease lapsed or was fenced.");

    public static readonly Counter<long> SenderChecks = Meter.CreateCounter<long>("clustermail.queue.sender_checks", "checks", "SPF, DKIM and DMARC of mail from outside, by method and result (CONF-19).");
    public static readonly Counter<long> SenderChecksDropped = Meter.CreateCounter<long>("clustermail.queue.sender_checks_dropped", "mails", "Accepted mails whose sender was not checked, because too many waited for it.");

    /// <summary>Shows every count from the start, as 0: a rate over a count that appears with its first event misses that event.</summary>
    public static void Begin()
    {
        foreach (var count in new[] { Accepted, Delivered, Deferred, Bounced, Late, PossibleDuplicates, Claimed, LeaseLosses, SenderChecksDropped })
            count.Add(0);
    }

    /// <summary>Gauges over live objects; called once for each object at start.</summary>
    public static void Observe(string name, string unit, string description, Func<long> value) =>
        Meter.CreateObservableGauge(name, value, unit, description);

    /// <summary>A gauge with one value for each tag, for example per destination.</summary>
    public static void Observe(string name, string unit, string description, Func<IEnumerable<Measurement<double>>> values) =>
        Meter.CreateObservableGauge(name, values, unit, description);
}
