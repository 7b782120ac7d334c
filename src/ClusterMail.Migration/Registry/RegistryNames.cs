namespace ClusterMail.Migration.Registry;

/// <summary>
/// Which value of the original is which setting here. The names are the labels of the receiver's and the delivery's own print of their settings (chapter 11 E), those chapters
/// 01, 09 and 20 give, and those its predecessor, the EMWAC mail services, documented. Compared without case, blanks and signs. What is not here is told, not guessed (CONF-60).
/// </summary>
internal static class RegistryNames
{
    private const RegistryService Any = RegistryService.Common, Receiver = RegistryService.Receiver, Delivery = RegistryService.Delivery, Watcher = RegistryService.Watcher;

    private static readonly (RegistryService Service, string Name, ValueMeaning Meaning)[] All =
    [
        (Receiver, "Accept limit", new ValueMeaning.Number("receive.max_sessions")),
        (Receiver, "Recv/Send Data Timer", new ValueMeaning.Number("receive.idle_seconds")),
        (Receiver, "Timer", new ValueMeaning.Number("receive.idle_seconds")),
        (Receiver, "Confirm revers DNS", new ValueMeaning.Switch("receive.reverse_dns")),
        (Receiver, "Vrfy/Expn", new ValueMeaning.Switch("compat.smtp.vrfy")),
        (Receiver, "SMTP AUTH Mode", new ValueMeaning.Words("auth.methods")),
        (Receiver, "SMTP AUTH Sec Level", new ValueMeaning.SecurityLevel()),
        (Receiver, "FROM Addr Sec Level", new ValueMeaning.Unclear(
            "the original prints its level as a number, and no document says whether it counts from 0 or from 1: set auth.sender_trust (送信者の信頼度) to 1, 2 or 3 by hand", "CONTRA-27")),
        (Receiver, "Smtp Port", new ValueMeaning.Unclear("listeners are each node's own: set listen by hand, for example '* 25', when the farm takes over the port", "RECV-1")),
        (Receiver, "Smtp IP", new ValueMeaning.Unclear("listeners are each node's own, and the new nodes have other addresses: set listen by hand", "RECV-2")),
        (Any, "MailInMaxSize", new ValueMeaning.Number("receive.max_bytes")),
        (Any, "MailInBoxSize", new ValueMeaning.Number("mailbox.max_bytes")),
        (Any, "RCPTMaximum", new ValueMeaning.Number("receive.max_rcpt")),
        (Receiver, "ReceivedHeader", new ValueMeaning.Number("receive.max_received")),
        (Receiver, "Received", new ValueMeaning.Number("receive.max_received")),
        (Any, "LastMsgId", new ValueMeaning.LastNumber()),
        (Any, "IPLockOut", new ValueMeaning.Number("lockout.connections")),
        (Any, "IPLockOutSPTime", new ValueMeaning.Number("lockout.connection_seconds")),
        (Any, "IPLockOutTime", new ValueMeaning.Number("lockout.connection_block_seconds")),
        (Any, "AuthLockOut", new ValueMeaning.Number("lockout.auth_failures")),
        (Any, "AuthLockOutTime", new ValueMeaning.Number("lockout.auth_block_seconds")),
        (Receiver, "Mail Filter", new ValueMeaning.Later("the content filter", "FILT-1")),
        (Receiver, "VirusMailSize", new ValueMeaning.Later("the content filter", "FILT-9")),
        (Receiver, "Domain AUTH SPF", new ValueMeaning.Unclear("what it does is documented nowhere", "CONF-19")),
        (Any, "Mail Approval", new ValueMeaning.Switch("approval.enabled")),
        (Any, "MailApproval", new ValueMeaning.Switch("approval.enabled")),
        (Any, "MailApprovalLog", new ValueMeaning.Switch("approval.history")),
        (Any, "MailApprovalLogLevel", new ValueMeaning.Number("approval.log_level")),
        (Any, "MailApprovalManager", new ValueMeaning.Plain("approval.admins")),
        (Any, "MailApprovalDomain", new ValueMeaning.Plain("approval.sub_domain_label")),
        (Delivery, "MX Chash live time", new ValueMeaning.Number("delivery.mx_cache_seconds")),
        (Delivery, "Send/Recv Data Timer", new ValueMeaning.Number("delivery.idle_seconds")),
        (Delivery, "ESMTP", new ValueMeaning.Login(LoginPart.On)),
        (Delivery, "SMTP AUTH", new ValueMeaning.Login(LoginPart.Method)),
        (Delivery, "ID", new ValueMeaning.Login(LoginPart.User)),
        (Delivery, "PASS", new ValueMeaning.Login(LoginPart.Password)),
        (Delivery, "Resending interval", new ValueMeaning.Number("delivery.retry_seconds")),
        (Delivery, "Resending rule", new ValueMeaning.ResendingRule()),
        (Delivery, "Resending refusal", new ValueMeaning.Refusals()),
        (Delivery, "Resending abnormal", new ValueMeaning.Number("delivery.line_error_hours")),
        (Delivery, "Resending non-res", new ValueMeaning.Number("delivery.no_answer_hours")),
        (Any, "SMTP Gateway", new ValueMeaning.Plain("route.gateway")),
        (Any, "GatewayName", new ValueMeaning.Plain("route.gateway")),
        (Any, "Fowarding all mail to SMTP Gateway", new ValueMeaning.Switch("route.forward_all")),
        (Any, "Postmaster", new ValueMeaning.Plain("admin.address")),
        (Any, "Fail reports", new ValueMeaning.Switch("bounce.copy_to_admin")),
        (Any, "LocalFailuresToPostmaster", new ValueMeaning.Switch("bounce.copy_to_admin")),
        (Any, "DomainNamesAreLocal", new ValueMeaning.Domains()),
        (Delivery, "Thread Type", new ValueMeaning.Threads()),
        (Any, "Inbox MSG Encode", new ValueMeaning.Gone("mailboxes are in the database, whose disk is encrypted where that is wanted", "DELIV-11")),
        (Delivery, "ML max of divide", new ValueMeaning.Later("mailing lists", "ML-22")),
        (Any, "OutLog", new ValueMeaning.Switch("log.outlog")),
        (Any, "OutLocalLog", new ValueMeaning.Switch("log.outlocallog")),
        (Any, "FailLog", new ValueMeaning.Switch("log.faillog")),
        (Any, "SenderLog", new ValueMeaning.Choice("log.senderlog", "off", "short")),
        (Any, "Clustering", new ValueMeaning.Gone("the nodes share the database, not folders", "CLU-3")),
        (Any, "MailSpoolDir", new ValueMeaning.Gone("the queue is in the database", "CLU-1")),
        (Any, "MailInBoxDir", new ValueMeaning.Gone("mailboxes are in the database", "STORE-3")),
        (Any, "AutoCreateInboxDir", new ValueMeaning.Gone("every account has its mailbox from the start", "ACCT-3")),
        (Any, "LogicalIP", new ValueMeaning.LogicalIp()),
        (Watcher, "LogEnabled", new ValueMeaning.Gone("nodes watch each other over the cluster, and write events", "CLU-33")),
        (Watcher, "Interval", new ValueMeaning.Gone("a dead node's work moves within seconds; there is no interval to set", "CLU-22")),
        (Watcher, "Balance", new ValueMeaning.Gone("name the nodes in order in cluster.leader_preference", "CLU-26")),
        (Watcher, "ReleaseTime", new ValueMeaning.Gone("the preferred node gets its role back after 60 s of health", "CLU-26")),
        (Watcher, "PingTimeout", new ValueMeaning.Gone("nodes watch each other over the cluster", "CLU-22")),
    ];

    private static readonly ILookup<string, (RegistryService Service, string Name, ValueMeaning Meaning)> ByName = All.ToLookup(entry => Key(entry.Name), StringComparer.Ordinal);

    /// <summary>Null: nobody says what it means. A name of one service means nothing under the key of another.</summary>
    public static ValueMeaning? Find(string name, RegistryService service) =>
        ByName[Key(name)].FirstOrDefault(entry => entry.Service == Any || service == Any || entry.Service == service).Meaning;

    public static RegistryService ServiceOf(string key)
    {
        var last = key[(key.LastIndexOfAny(['\\', '/']) + 1)..].ToUpperInvariant();
        return last == "IPWCS" ? Watcher
            : last.StartsWith("EPST", StringComparison.Ordinal) && (last.EndsWith("RS", StringComparison.Ordinal) || last.EndsWith("RD", StringComparison.Ordinal)) ? Receiver
            : last.StartsWith("EPST", StringComparison.Ordinal) && (last.EndsWith("DS", StringComparison.Ordinal) || last.EndsWith("DD", StringComparison.Ordinal)) ? Delivery
            : Any;
    }

    /// <summary>What must not stand in a report: passwords, and keys of licences, under whatever name.</summary>
    public static bool IsSecret(string name) => Key(name) is var key && (key.Contains("pass", StringComparison.Ordinal) || key.Contains("pwd", StringComparison.Ordinal)
        || key.Contains("licen", StringComparison.Ordinal) || key.Contains("serial", StringComparison.Ordinal) || key.EndsWith("key", StringComparison.Ordinal));

    private static string Key(string name) => new([.. name.Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant)]);
}
