using System.Diagnostics.Metrics;

namespace ClusterMail.Policy;

/// <summary>What policy counts.</summary>
public static class PolicyMetrics
{
    public const string MeterName = "ClusterMail.Policy";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>(
        "clustermail.policy.refusals", "refusals", "Commands refused by policy, by stage and deciding rule.");

    /// <summary>The line number is cut off: a tag must have few values.</summary>
    internal static void Refused(string stage, string rule)
    {
        var space = rule.IndexOf(' ', StringComparison.Ordinal);
        Refusals.Add(1, new KeyValuePair<string, object?>("stage", stage), new KeyValuePair<string, object?>("rule", space < 0 ? rule : rule[..space]));
    }
}
