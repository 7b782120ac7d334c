using System.Diagnostics.Metrics;

namespace ClusterMail.Admin;

/// <summary>Counts of the admin API; durations are counted by the web server itself.</summary>
public static class AdminMetrics
{
    public const string MeterName = "ClusterMail.Admin";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> RefusedRequests =
        Meter.CreateCounter<long>("clustermail.admin.refused", "{request}", "Requests without a token or with a wrong one");

    private static readonly Counter<long> DatabaseAway =
        Meter.CreateCounter<long>("clustermail.admin.database_away", "{request}", "Requests answered 503 because the database could not be reached");

    internal static void Refused() => RefusedRequests.Add(1);

    internal static void NoDatabase() => DatabaseAway.Add(1);
}
