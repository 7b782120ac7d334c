namespace ClusterMail.Settings;

/// <summary>The delivery part: workers, sessions, retries, error mail (chapter 03).</summary>
internal static class DeliverySettings
{
    internal static SettingDefinition[] All { get; } = [.. Sessions(), .. Retries()];

    private static SettingDefinition[] Sessions() =>
    [
        Define.Integer("delivery.workers_per_node", 20, 1, 500, "sessions", "CONF-30, DELIV-1, DELIV-2", "スレッド数",
            "Outbound sessions at once on each node.", perNode: true),
        Define.Integer("delivery.destination_connections", 10, 1, 10_000, "sessions", "DELIV-2, CLU-35", "",
            "Outbound sessions at once to one destination, over all nodes."),
        Define.Integer("delivery.connection_mails", 100, 1, 1_000_000, "mails", "OUT-1", "", "Mails sent over one outbound session before it is closed."),
        Define.Integer("delivery.connection_seconds", 300, 1, 86_400, "seconds", "OUT-1", "", "Age at which an outbound session takes no further mail."),
        Define.Integer("delivery.window_recipients", 20_000, 100, 10_000_000, "recipients", "DELIV-4", "",
            "Recipients a node owns at once; the rest waits in the database.", perNode: true),
        Define.Integer("delivery.window_bytes", 67_108_864, 1_048_576, 68_719_476_736, "octets", "DELIV-4", "",
            "Content a node keeps in memory for its window; the rest is read again when its turn comes.", perNode: true),
        Define.Integer("delivery.connect_seconds", 30, 1, 300, "seconds", "OUT-4", "", "Longest wait for a TCP connection."),
        Define.Integer("delivery.idle_seconds", 600, 10, 3600, "seconds", "CONF-39, OUT-4", "Send/Recv Data Timer",
            "Longest silence of a host in any phase of an outbound session."),
        Define.Choice("delivery.tls", "opportunistic", ["opportunistic", "required", "verified", "none"], "OUT-6", "",
            "TLS towards hosts: when offered; or not at all without it; or only with a valid certificate; or never."),
    ];

    private static SettingDefinition[] Retries() =>
    [
        Define.Integer("delivery.retry_seconds", 120, 10, 86_400, "seconds", "CONF-32, RETRY-7", "リトライ間隔",
            "Interval from which the retry schedule is built."),
        Define.Switch("delivery.retry_fixed", false, "CONF-33, RETRY-8, RETRY-9", "リトライ間隔のまま", "Retry every interval instead of at growing distances."),
        Define.Switch("delivery.retry_jitter", true, "RETRY-13", "", "Spread retries by up to 10 % of the interval.", original: false),
        Define.Integer("delivery.refusal_retries", 0, 0, 50, "retries", "CONF-34, RETRY-1, RETRY-6", "リトライ回数(受信拒否)",
            "Retries after a 5xx. 0: error mail at the first refusal.", original: 9),
        Define.Integer("delivery.line_error_hours", 8, 1, 240, "hours", "CONF-35, RETRY-2", "リトライ期間(回線異常)",
            "How long to retry after 4xx, silence or a lost session."),
        Define.Integer("delivery.no_answer_hours", 24, 1, 240, "hours", "CONF-36, RETRY-3", "リトライ期間(マシン無応答)",
            "How long to retry a host that cannot be reached or resolved. RFC 5321 advises 96 to 120."),
        Define.Integer("delivery.hours_mode", 0, 0, 2, "", "CONF-40, UDLV-1", "配送時間", "0: delivery at any time; 1: within delivery.hours; 2: also within the usage hours of the sender's account."),
        Define.Table("delivery.hours", "", "UDLV-1, UDLV-2", "配送時間 (usetime.dat)",
            "When mail is delivered, a line for each weekday: mon 1 09:00 18:00, or mon 0. Outside it stays queued. Empty: always."),
        Define.Switch("bounce.copy_to_admin", false, "CONF-15, BOUNCE-3", "管理者にもエラーメールを送信する", "A second error mail goes to admin.address."),
        Define.Integer("bounce.delay_notice_hours", 0, 1, 240, "hours", "BOUNCE-9", "",
            "Tell the sender that his mail is delayed after this time. 0: never.", zero: true),
    ];
}
