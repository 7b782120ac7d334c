namespace ClusterMail.Admin.Contract;

/// <summary>
/// Paths of the admin API. Those with a part in braces are templates; <see cref="Fill"/> puts escaped values in. Every path below <see cref="Root"/> and
/// <see cref="OpenApi"/> demands the bearer token; the health paths do not.
/// </summary>
public static class Routes
{
    public const string Root = "/api/v1";

    public const string Cluster = Root + "/cluster";
    public const string Switches = Root + "/cluster/switches";
    public const string Leader = Root + "/cluster/leader";
    public const string Events = Root + "/cluster/events";
    public const string NodeDrain = Root + "/cluster/nodes/{node}/drain";
    public const string NodeUndrain = Root + "/cluster/nodes/{node}/undrain";
    public const string NodeLeave = Root + "/cluster/nodes/{node}/leave";
    public const string NodeDown = Root + "/cluster/nodes/{node}/down";

    public const string Queue = Root + "/queue";
    public const string QueueSummary = Root + "/queue/summary";
    public const string QueueRetry = Root + "/queue/retry";
    public const string QueueHold = Root + "/queue/hold";
    public const string QueueRelease = Root + "/queue/release";
    public const string QueueBounce = Root + "/queue/bounce";
    public const string QueueDelete = Root + "/queue/delete";
    public const string QueueImport = Root + "/queue/import";
    public const string QueueMail = Root + "/queue/mails/{id}";
    public const string QueueWhy = Root + "/queue/mails/{id}/why";
    public const string QueueExport = Root + "/queue/mails/{id}/export";

    public const string Trace = Root + "/trace";
    public const string Explain = Root + "/explain";

    public const string Settings = Root + "/settings";
    public const string SettingsCheck = Root + "/settings/check";
    public const string SettingsHistory = Root + "/settings/history";
    public const string SettingsDiff = Root + "/settings/diff";
    public const string SettingsRollback = Root + "/settings/rollback";
    public const string SettingsExport = Root + "/settings/export";
    public const string SettingsImport = Root + "/settings/import";
    public const string Setting = Root + "/settings/values/{name}";

    /// <summary><c>{table}</c>: a word of <see cref="TableNames"/>.</summary>
    public const string Table = Root + "/tables/{table}";
    public const string TableCheck = Root + "/tables/{table}/check";
    public const string Domains = Root + "/domains";
    public const string Domain = Root + "/domains/{name}";

    /// <summary><c>{log}</c>: a word of <see cref="LogNames"/>. Query: <c>day=YYYY-MM-DD</c> (default today), <c>node=</c> (default all, merged by time).</summary>
    public const string Log = Root + "/logs/{log}";

    public const string Db = Root + "/db";

    public const string OpenApi = "/openapi/v1.json";
    public const string Live = "/health/live";
    public const string Ready = "/health/ready";

    /// <summary>Request header with the name of the person at the keyboard; it goes into the history of settings and the events. At most 64 characters; absent: <c>admin</c>.</summary>
    public const string UserHeader = "X-ClusterMail-User";

    /// <summary><c>Fill(Routes.QueueMail, id)</c>: replaces the parts in braces, in order, by escaped values.</summary>
    public static string Fill(string template, params ReadOnlySpan<string> values)
    {
        foreach (var value in values)
        {
            var open = template.IndexOf('{', StringComparison.Ordinal);
            var close = template.IndexOf('}', StringComparison.Ordinal);
            template = string.Concat(template.AsSpan(0, open), Uri.EscapeDataString(value), template.AsSpan(close + 1));
        }
        return template;
    }
}
