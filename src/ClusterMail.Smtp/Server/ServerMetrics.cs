using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ClusterMail.Smtp.Server;

/// <summary>What the receiver counts.</summary>
public static class ServerMetrics
{
    private static readonly Meter Meter = new("ClusterMail.Smtp");

    public static readonly UpDownCounter<long> Sessions = Meter.CreateUpDownCounter<long>("clustermail.smtp.sessions", "{session}", "Sessions open now.");
    public static readonly Counter<long> Accepted = Meter.CreateCounter<long>("clustermail.smtp.connections", "{connection}", "Connections taken.");
    public static readonly Counter<long> Turned = Meter.CreateCounter<long>("clustermail.smtp.connections_refused", "{connection}", "Connections closed before the greeting, by rule.");
    public static readonly Counter<long> Refusals = Meter.CreateCounter<long>("clustermail.smtp.refusals", "{reply}", "Negative replies, by rule.");
    public static readonly Counter<long> BytesReceived = Meter.CreateCounter<long>("clustermail.smtp.bytes_received", "By", "Octets of content received.");
    public static readonly Counter<long> TlsHandshakes = Meter.CreateCounter<long>("clustermail.smtp.tls_handshakes", "{handshake}", "TLS handshakes, by outcome.");
    public static readonly Counter<long> Authentications = Meter.CreateCounter<long>("clustermail.smtp.authentications", "{authentication}", "SMTP AUTH, by result.");
    public static readonly Histogram<double> AnswerTime = Meter.CreateHistogram(
        "clustermail.smtp.answer_time", "ms", "Of an accepted mail, from the end of its content to its 250, by step: check, store.", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] });
    public static readonly UpDownCounter<long> SpoolBytes = Meter.CreateUpDownCounter<long>("clustermail.smtp.spool_bytes", "By", "Octets in the spool folder.");

    /// <summary>Only the rule itself is a label: a table's line numbers would make one series each.</summary>
    internal static void Refused(string rule)
    {
        var space = rule.IndexOf(' ', StringComparison.Ordinal);
        Refusals.Add(1, new KeyValuePair<string, object?>("rule", space < 0 ? rule : rule[..space]));
    }

    internal static void TurnedAway(string rule) => Turned.Add(1, new KeyValuePair<string, object?>("rule", rule));

    /// <param name="ended">When the content had come, as <see cref="Stopwatch.GetTimestamp"/> has it.</param>
    /// <param name="judged">When nothing was left to do but to store it.</param>
    internal static void Answered(long ended, long judged)
    {
        AnswerTime.Record(Stopwatch.GetElapsedTime(ended, judged).TotalMilliseconds, new KeyValuePair<string, object?>("step", "check"));
        AnswerTime.Record(Stopwatch.GetElapsedTime(judged).TotalMilliseconds, new KeyValuePair<string, object?>("step", "store"));
    }

    internal static void Handshake(bool good) => TlsHandshakes.Add(1, new KeyValuePair<string, object?>("outcome", good ? "done" : "failed"));
}
