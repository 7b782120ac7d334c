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

    private static readonly Counter<long> ForbiddenRequests =
        Meter.CreateCounter<long>("clustermail.admin.forbidden", "{request}", "Requests of console accounts without the right to them");

    private static readonly Counter<long> FailedLogins =
        Meter.CreateCounter<long>("clustermail.console.login_failures", "{login}", "Logins to the admin API that failed, for whatever reason");

    private static readonly Counter<long> LockedAccounts =
        Meter.CreateCounter<long>("clustermail.console.locked", "{account}", "Console accounts locked after five failed logins");

    internal static void Forbidden() => ForbiddenRequests.Add(1);

    internal static void LoginFailed() => FailedLogins.Add(1);

    internal static void Locked() => LockedAccounts.Add(1);

    internal static void Refused() => RefusedRequests.Add(1);

    internal static void NoDatabase() => DatabaseAway.Add(1);
}
