using System.Diagnostics.Metrics;
using ClusterMail.Approval.Holds;

namespace ClusterMail.Queue.Approval;

/// <summary>What a node counts of approval (APPROVE-335). Prometheus sees the names as <c>clustermail_approval_…</c>. No label has a person or a mail in it.</summary>
public static class ApprovalMetrics
{
    private static readonly Meter Meter = new("ClusterMail.Queue");

    private static readonly Counter<long> Decisions = Meter.CreateCounter<long>("clustermail.approval.decisions", "mails", "Held mails decided here, by channel and result; expired ones among them.");
    private static readonly Counter<long> Failed = Meter.CreateCounter<long>("clustermail.approval.attempts_failed", "attempts", "Attempts without effect, by result code.");
    private static readonly Histogram<double> Waited = Meter.CreateHistogram(
        "clustermail.approval.time_to_decision", "s", "From the hold of a mail to its decision.", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [60, 300, 900, 3600, 4 * 3600, 8 * 3600, 86400, 2 * 86400, 7 * 86400] });
    private static readonly Histogram<double> Delay = Meter.CreateHistogram(
        "clustermail.approval.release_delay", "s", "From a decision to the queue (APPROVE-67 promises 2 s).", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300] });

    public static void Decided(HoldStatus outcome, Channel channel, TimeSpan after)
    {
        Decisions.Add(1, new("channel", channel.Word()), new("result", outcome.Word().ToLowerInvariant()));
        // A delay is nobody's slowness.
        if (outcome != HoldStatus.Sent)
            Waited.Record(after.TotalSeconds);
    }

    public static void Refused(ResultCode code) => Failed.Add(1, new KeyValuePair<string, object?>("code", code.Word()));

    /// <param name="after">By the database's clock at the decision and this node's now; below zero where they differ.</param>
    public static void Released(TimeSpan after) => Delay.Record(Math.Max(0, after.TotalSeconds));
}
