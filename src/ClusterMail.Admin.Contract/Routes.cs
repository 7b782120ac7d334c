namespace ClusterMail.Admin.Contract;

/// <summary>
/// Paths of the admin API. Those with a part in braces are templates; <see cref="Fill"/> puts escaped values in. Every path below <see cref="Root"/> but
/// <see cref="Login"/>, and <see cref="OpenApi"/>, demands a bearer token: the farm's own, a session's, or one of a console account. The health paths do not.
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

    public const string Addresses = Root + "/addresses";
    public const string AddressMove = Root + "/addresses/move";

    public const string Queue = Root + "/queue";
    public const string QueueSummary = Root + "/queue/summary";
    public const string QueueRetry = Root + "/queue/retry";
    public const string QueueHold = Root + "/queue/hold";
    public const string QueueRelease = Root + "/queue/release";
    public const string QueueBounce = Root + "/queue/bounce";
    public const string QueueDelete = Root + "/queue/delete";
    public const string QueueImport = Root + "/queue/import";

    /// <summary>Answers <see cref="ImportedAnswer"/> to an <see cref="ImportedQuestion"/>.</summary>
    public const string QueueImported = Root + "/queue/import/known";

    /// <summary>GET shows the counter of mail numbers, POST <see cref="NumberRaise"/> raises it (MSGID-3).</summary>
    public const string QueueNumber = Root + "/queue/number";
    public const string QueueMail = Root + "/queue/mails/{id}";
    public const string QueueWhy = Root + "/queue/mails/{id}/why";
    public const string QueueExport = Root + "/queue/mails/{id}/export";

    public const string Trace = Root + "/trace";

    /// <summary>
    /// Live, from all nodes, one <see cref="LiveEntry"/> as JSON a line. Query: <c>ip=</c>, <c>address=</c>, <c>domain=</c>, <c>id=</c>, <c>node=</c>, <c>minutes=</c>
    /// (default and most 30, ADMIN-42).
    /// </summary>
    public const string TraceLive = Root + "/trace/live";

    /// <summary>The same of the answering node alone.</summary>
    public const string TraceLiveHere = Root + "/trace/live/here";
    public const string Explain = Root + "/explain";
    public const string ExplainSpf = Root + "/explain/spf";

    /// <summary>POST of an <see cref="Contract.LdapTest"/> answers an <see cref="LdapTestResult"/> (STORE-2).</summary>
    public const string LdapTest = Root + "/ldap/test";

    public const string Settings = Root + "/settings";
    public const string SettingsEffective = Root + "/settings/effective";
    public const string SettingsOriginal = Root + "/settings/original";
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
    public const string DomainImport = Root + "/domains/{name}/import";

    public const string Accounts = Root + "/accounts";

    /// <summary>Query: <c>domain=</c>, <c>columns=</c> (8 or 10), <c>passwords=true</c>.</summary>
    public const string AccountExport = Root + "/accounts/export";
    public const string Account = Root + "/accounts/{address}";
    public const string AccountPassword = Root + "/accounts/{address}/password";
    public const string AccountUpstream = Root + "/accounts/{address}/upstream";
    public const string UpstreamImport = Root + "/upstream/import";
    public const string AccountRestore = Root + "/accounts/{address}/restore";

    /// <summary><c>{table}</c>: a word of <see cref="AccountTableNames"/>.</summary>
    public const string AccountTable = Root + "/accounts/{address}/tables/{table}";
    public const string AccountTableCheck = Root + "/accounts/{address}/tables/{table}/check";

    public const string Aliases = Root + "/aliases";
    public const string AliasText = Root + "/aliases/text";
    public const string AliasCheck = Root + "/aliases/check";
    public const string Alias = Root + "/aliases/{name}";

    /// <summary>
    /// <c>{log}</c>: a word of <see cref="LogNames"/>. Query: <c>day=YYYY-MM-DD</c> (default today), or <c>from=</c> and <c>to=</c>, days or times; <c>node=</c> (default all,
    /// merged by time); <c>follow=true</c>: goes on as the log grows.
    /// </summary>
    public const string Log = Root + "/logs/{log}";

    /// <summary>The same query; answers <see cref="LogFiles"/>.</summary>
    public const string LogFiles = Root + "/logs/{log}/files";

    public const string Lockouts = Root + "/lockouts";
    public const string Lockout = Root + "/lockouts/{address}";

    /// <summary>GET <see cref="AccountMessages"/> without query; POST puts a message in, see <see cref="MessageImported"/>. The answer of GET is a sequence of <see cref="ExportedMessage"/>, each followed by its octets.</summary>
    public const string AccountMailbox = Root + "/accounts/{address}/mailbox";
    public const string AccountMessages = Root + "/accounts/{address}/mailbox/messages";

    /// <summary>Answers <see cref="ImportedAnswer"/> to an <see cref="ImportedQuestion"/>.</summary>
    public const string AccountMessagesImported = Root + "/accounts/{address}/mailbox/messages/known";

    public const string ApprovalStatus = Root + "/approval/status";

    /// <summary>Query: <c>waiting=</c>, approvers with at least so many undecided mails.</summary>
    public const string ApprovalOverview = Root + "/approval/overview";

    /// <summary>CSV. Query: <c>day=</c>, or <c>from=</c> and <c>to=</c>.</summary>
    public const string ApprovalExport = Root + "/approval/export";
    public const string Held = Root + "/approval/held";
    public const string HeldMail = Root + "/approval/held/{id}";
    public const string HeldContent = Root + "/approval/held/{id}/content";

    /// <summary><c>{act}</c>: approve, reject, release, discard, withdraw, reassign.</summary>
    public const string HeldAct = Root + "/approval/held/{id}/{act}";
    public const string ApprovalProxies = Root + "/approval/proxies";
    public const string ApprovalProxy = Root + "/approval/proxies/{approver}";
    public const string ApprovalPolicies = Root + "/approval/policies";

    /// <summary><c>{owner}</c>: an account's address or a domain.</summary>
    public const string ApprovalPolicy = Root + "/approval/policies/{owner}";
    public const string ApprovalPolicyCheck = Root + "/approval/policies/{owner}/check";
    public const string AccountCodes = Root + "/accounts/{address}/codes";
    public const string ApprovalPolicyWhatIf = Root + "/approval/policies/{owner}/whatif";
    public const string ApprovalPolicyHistory = Root + "/approval/policies/{owner}/history";
    public const string ApprovalKeywords = Root + "/approval/keywords";
    public const string ApprovalGroups = Root + "/approval/groups";

    /// <summary>The chain as text, one record a line: hash, blank, JSON. Query: <c>after=</c> a number.</summary>
    public const string ApprovalAudit = Root + "/approval/audit";

    /// <summary>Query: <c>seq=</c> and <c>hash=</c> of a record noted outside.</summary>
    public const string ApprovalAuditCheck = Root + "/approval/audit/check";

    public const string Presets = Root + "/approval/presets";

    /// <summary>POST of a <see cref="PresetOrder"/> applies it, answered with <see cref="PresetApplied"/>.</summary>
    public const string Preset = Root + "/approval/presets/{preset}";

    /// <summary>POST of a <see cref="PresetOrder"/>, complete or not, answers the <see cref="PresetPlan"/>.</summary>
    public const string PresetPlan = Root + "/approval/presets/{preset}/plan";
    public const string TrialHop = Root + "/approval/trial/hop";
    public const string TrialMail = Root + "/approval/trial/mail";

    public const string RouteCacheDrop = Root + "/route/cache/drop";

    public const string Db = Root + "/db";
    public const string DbKeys = Root + "/db/keys";

    /// <summary>The one path below <see cref="Root"/> that needs no token: <see cref="LogIn"/> is answered with <see cref="LoggedIn"/>.</summary>
    public const string Login = Root + "/login";

    /// <summary>GET shows <see cref="WhoAmI"/>, DELETE ends the session.</summary>
    public const string Session = Root + "/session";

    public const string ConsoleAccounts = Root + "/console/accounts";
    public const string ConsoleAccount = Root + "/console/accounts/{name}";
    public const string ConsolePassword = Root + "/console/accounts/{name}/password";
    public const string ConsoleUnlock = Root + "/console/accounts/{name}/unlock";
    public const string ConsoleTokens = Root + "/console/accounts/{name}/tokens";
    public const string ConsoleToken = Root + "/console/accounts/{name}/tokens/{token}";

    /// <summary>POST begins, PUT confirms with a code, DELETE takes away.</summary>
    public const string SecondFactor = Root + "/console/accounts/{name}/totp";

    public const string Audit = Root + "/audit";

    /// <summary>The same query as <see cref="Audit"/>, without pages: all that match as CSV.</summary>
    public const string AuditExport = Root + "/audit/export";

    public const string OpenApi = "/openapi/v1.json";
    public const string Live = "/health/live";
    public const string Ready = "/health/ready";

    /// <summary>As <see cref="Ready"/>, but not ready is 404, which HAProxy takes for "nobody new, and leave those it has" (<c>http-check disable-on-404</c>).</summary>
    public const string Balancer = "/health/balancer";

    /// <summary>
    /// Request header with the name of the person who uses the farm's own token; it goes into the history of settings and the events. At most 64 characters; absent: <c>admin</c>.
    /// For console accounts it says nothing: who they are is known.
    /// </summary>
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
