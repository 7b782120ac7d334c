namespace ClusterMail.Settings;

/// <summary>A line of the original's debug dump (chapter 11 E), for people who compare.</summary>
/// <param name="Part">EPSTRS: receiver; EPSTDS: delivery.</param>
/// <param name="Label">As printed, slips of the pen included.</param>
/// <param name="Seen">The value in the vendor's own trace.</param>
/// <param name="Settings">Names of ours, or <c>word.*</c> for all of a room; none: <paramref name="Instead"/> says what there is.</param>
public sealed record OriginalLabel(string Part, string Label, string Seen, string Rule, IReadOnlyList<string> Settings, string Instead = "")
{
    private const string Receiver = "EPSTRS";
    private const string Delivery = "EPSTDS";

    public static IReadOnlyList<OriginalLabel> All { get; } =
    [
        new(Receiver, "Accept limit", "0 (unlimited)", "RECV-8", ["receive.max_sessions"]),
        new(Receiver, "Timer, Recv/Send Data Timer", "300 (s)", "RECV-9", ["receive.idle_seconds"]),
        new(Receiver, "Mail Approval", "off", "chapter 20", ["approval.enabled"]),
        new(Receiver, "Confirm revers DNS", "off", "HDR-1, CONF-18", ["receive.reverse_dns"]),
        new(Receiver, "Mail Filter", "off", "FILT-1", ["filter.*"]),
        new(Receiver, "VirusMailSize", "less than 1024000 bytes", "FILT-9", ["av.*"]),
        new(Receiver, "Vrfy/Expn", "disable", "VRFY-1", ["compat.smtp.vrfy"]),
        new(Receiver, "Domain AUTH SPF", "disable", "CONF-19", ["receive.spf"]),
        new(Receiver, "SMTP AUTH Mode", "PLAIN LOGIN CRAM-MD5", "AUTH-1", ["auth.methods"]),
        new(Receiver, "SMTP AUTH Sec Level", "AUTH file", "AUTH-5", ["auth.security_level"]),
        new(Receiver, "FROM Addr Sec Level", "2", "TRUST-1, TRUST-2, TRUST-3", ["auth.sender_trust"]),
        new(Receiver, "Smtp IP / Smtp Port", "all permit / 20025", "RECV-1, RECV-2", ["listen", "listen.deny"]),
        new(Receiver, "MailInMaxSize", "unlimited", "LIMIT-1", ["receive.max_bytes"]),
        new(Receiver, "MailInBoxSize", "unlimited", "QUOTA-1", ["mailbox.max_bytes"]),
        new(Receiver, "RCPTMaximum", "unlimited", "LIMIT-3", ["receive.max_rcpt"]),
        new(Receiver, "ReceivedHeader", "20", "LIMIT-5", ["receive.max_received"]),
        new(Receiver, "LastMsgId", "0000000096", "MSGID-2", [], "clustermail queue number"),
        new(Receiver, "Clustering", "on", "CLU-3", [], "always on"),
        new(Delivery, "MX Chash live time", "864000 (s)", "MXC-1", ["delivery.mx_cache_seconds"]),
        new(Delivery, "Send/Recv Data Timer", "600 (s)", "OUT-4", ["delivery.idle_seconds"]),
        new(Delivery, "ESMTP", "off", "OUT-3", [], "always on"),
        new(Delivery, "SMTP AUTH, ID, PASS", "No, none, none", "OUT-3", ["route.gateway_credential", "route.credentials"]),
        new(Delivery, "Resending interval", "120 (s)", "RETRY-7", ["delivery.retry_seconds"]),
        new(Delivery, "Resending rule", "multiple", "RETRY-8", ["delivery.retry_fixed"]),
        new(Delivery, "Resending refusal", "1 (times)", "RETRY-1, RETRY-4", ["delivery.refusal_retries"]),
        new(Delivery, "Resending abnormal", "8 (h)", "RETRY-2", ["delivery.line_error_hours"]),
        new(Delivery, "Resending non-res", "24 (h)", "RETRY-3", ["delivery.no_answer_hours"]),
        new(Delivery, "SMTP Gateway", "192.168.0.100", "GW-1", ["route.gateway"]),
        new(Delivery, "Fowarding all mail to SMTP Gateway", "off", "FALL-1", ["route.forward_all"]),
        new(Delivery, "Postmaster", "administrator@test.jp", "BOUNCE-5", ["admin.address"]),
        new(Delivery, "Fail reports", "(unreadable)", "BOUNCE-3", ["bounce.copy_to_admin"]),
        new(Delivery, "Thread Type", "multi=30", "DELIV-1", ["delivery.workers_per_node"]),
        new(Delivery, "Inbox MSG Encode", "Plain", "DELIV-11", ["store.encrypt_at_rest"]),
        new(Delivery, "ML max of divide", "domain, 2", "ML-22", ["list.*"]),
        new(Delivery, "OutLog", "(unreadable)", "LOG-4", ["log.outlog"]),
        new(Delivery, "OutLocalLog", "off", "LOG-5", ["log.outlocallog"]),
        new(Delivery, "FailLog", "on", "LOG-7", ["log.faillog"]),
        new(Delivery, "SenderLog", "off", "LOG-6", ["log.senderlog"]),
    ];

    /// <summary>The settings of this release that stand for it; empty: none yet, or none at all.</summary>
    public IEnumerable<SettingDefinition> Definitions() => Settings.SelectMany(name => name.EndsWith(".*", StringComparison.Ordinal)
        ? Catalogue.All.Where(d => d.Name.StartsWith(name[..^1], StringComparison.Ordinal))
        : Catalogue.All.Where(d => d.Name == name));
}
