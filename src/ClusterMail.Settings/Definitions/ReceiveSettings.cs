namespace ClusterMail.Settings;

/// <summary>The receiver: limits, texts, extensions (chapter 01).</summary>
internal static class ReceiveSettings
{
    private const long Gibibyte = 1024L * 1024 * 1024;

    private static readonly string[] SenderModes = ["off", "log", "tag", "enforce"];

    internal static SettingDefinition[] All { get; } = [.. Limits(), .. Resources(), .. Headers(), .. Senders(), .. Extensions()];

    private static SettingDefinition[] Limits() =>
    [
        Define.Integer("receive.max_bytes", 52_428_800, 1, 2 * Gibibyte - 1, "octets", "CONF-43, LIMIT-1, LIMIT-2", "メール受信時のサイズ制限",
            "Largest mail accepted; shown in EHLO as SIZE. 0: unlimited.", zero: true, original: 0),
        Define.Integer("receive.max_rcpt", 1000, 2, 1_000_000, "recipients", "CONF-45, LIMIT-3", "\"CC,BCC\"受領制限",
            "With N, the N-th recipient is refused, so N-1 pass. 0: unlimited.", zero: true, original: 0),
        Define.Choice("receive.rcpt_limit_mode", "reject", ["reject", "extra-deferred"], "CONF-45, LIMIT-4", "",
            "At the recipient limit: refuse the whole transaction, or answer 452 to the surplus and take the first N-1."),
        Define.Integer("receive.max_received", 20, 5, 100, "headers", "CONF-29, LIMIT-5", "Received",
            "Received: headers a mail may arrive with; more is a loop."),
        Define.Integer("receive.max_sessions", 1000, 1, 100_000, "sessions", "CONF-24, RECV-8, RECV-11", "接続セッション数",
            "Sessions at once on each node. 0: unlimited.", zero: true, original: 0, perNode: true),
        Define.Integer("receive.max_sessions_per_address", 100, 1, 100_000, "sessions", "RECV-8, RECV-11", "",
            "Sessions at once from one client address on each node. 0: unlimited.", zero: true, original: 0, perNode: true),
        Define.Integer("receive.idle_seconds", 300, 10, 3600, "seconds", "CONF-28, RECV-9", "Recv/Send Data Timer",
            "Longest silence of a client before its session is closed."),
        Define.Integer("receive.session_seconds", 3600, 60, 86_400, "seconds", "RECV-9", "",
            "Longest life of a session; then 421 at its next command."),
        Define.Integer("receive.min_bytes_per_second", 100, 1, 1_000_000, "octets a second", "RECV-9", "",
            "Slowest average upload over the last minute; a slower client is cut, because a held session costs a slot."),
        Define.Integer("receive.max_command_line", 2048, 512, 65_536, "octets", "RECV-27", "",
            "Longest command line with its CRLF (RFC 5321 asks for 512, extensions for more)."),
        Define.Integer("receive.max_commands", 10_000, 100, 10_000_000, "commands", "RECV-27", "", "Commands a session may send; then 421."),
        Define.Integer("receive.max_errors", 20, 1, 10_000, "commands", "RECV-27", "", "Refused or unknown commands a session may send; then 421."),
    ];

    private static SettingDefinition[] Resources() =>
    [
        Define.Integer("receive.max_content_in_memory", 1_048_576, 4096, 64 * 1024 * 1024, "octets", "PIPE-19", "",
            "Content of one mail held in memory while it arrives; beyond it the mail is spooled to disk."),
        Define.Integer("receive.max_content_memory", 134_217_728, 1_048_576, 64 * Gibibyte, "octets", "PIPE-19", "",
            "Content all sessions of a node together hold in memory; beyond it new mails are spooled at once.", perNode: true),
        Define.Integer("receive.max_spool", 20 * Gibibyte, 1_048_576, 1024 * 1024 * Gibibyte, "octets", "PIPE-19", "",
            "Size of a node's spool folder; beyond it DATA is answered 452.", perNode: true),
        Define.Text("receive.banner_text", "ClusterMail", "RECV-22", "",
            "Software name in greeting and Received:; %VERSION% becomes the product version.", original: "ClusterMail %VERSION%"),
        Define.List("receive.balancers", "CLU-23", "",
            "Addresses or networks of the balancers that may speak the PROXY protocol to listeners marked proxy."),
    ];

    private static SettingDefinition[] Headers() =>
    [
        Define.Table("receive.header_template", "", "CONF-27, HDR-2, HDR-3", "Received:ヘッダの編集 (header.dat)",
            "The Received: header put on top of each mail: a text with %HELO% %IP% %RDNS% %HOST% %SOFT% %PROTO% %ID% %DATE%; lines in front (ip-pattern name) choose "
            + "a template [name] for some clients. Empty: the built-in form."),
        Define.Switch("receive.reverse_dns", false, "CONF-18, HDR-1", "Confirm revers DNS",
            "Look up the client's name; where it is confirmed it stands in place of unverified in Received:. Nothing is refused for it."),
        Define.List("receive.submission_clients", "HDR-4", "",
            "Addresses or networks whose mail gets Message-ID: and Date: where it lacks them, as mail of authenticated users does."),
        Define.List("receive.copy_to", "CONF-50, COPY-1, COPY-2", "受信メールの複写",
            "Addresses that get a copy of every mail accepted. What fails for them is told to admin.address only. Empty: none."),
    ];

    private static SettingDefinition[] Senders() =>
    [
        Define.Choice("receive.spf", "log", SenderModes, "CONF-19", "Domain AUTH SPF",
            "SPF (RFC 7208) of mail from outside: not checked; result written down; also in an Authentication-Results header; a failure refused with 550 5.7.23.", original: "off"),
        Define.Choice("receive.dkim", "log", SenderModes, "CONF-19", "",
            "DKIM signatures (RFC 6376) of mail from outside: as receive.spf. enforce refuses with 550 5.7.20 signed mail without a signature that passes, unless SPF passes.", original: "off"),
        Define.Choice("receive.dmarc", "log", SenderModes, "CONF-19", "",
            "DMARC (RFC 9989) of mail from outside: as receive.spf. enforce refuses with 550 5.7.1 where the domain asks to reject; quarantine is shown in the header only.", original: "off"),
        Define.Integer("receive.sender_check_seconds", 5, 1, 60, "seconds", "CONF-19", "",
            "How long the answer to a mail waits for these checks, with tag and enforce; then their result is temperror."),
        Define.Integer("receive.dkim_max_size", 10_485_760, 4096, 2 * Gibibyte - 1, "octets", "CONF-19", "",
            "Largest mail whose DKIM signatures are checked; a larger one is refused neither by DKIM nor by DMARC."),
    ];

    private static SettingDefinition[] Extensions() =>
    [
        Define.Switch("receive.pipelining", true, "RECV-26", "", "Offer PIPELINING."),
        Define.Switch("receive.8bitmime", true, "RECV-26", "", "Offer 8BITMIME."),
        Define.Switch("receive.smtputf8", true, "RECV-26", "", "Offer SMTPUTF8."),
        Define.Switch("receive.chunking", true, "RECV-26", "", "Offer CHUNKING (BDAT)."),
        Define.Switch("receive.dsn", true, "RECV-26", "", "Offer DSN."),
        Define.Switch("receive.enhanced_status_codes", true, "RECV-26", "",
            "Announce ENHANCEDSTATUSCODES in EHLO. The replies carry them in any case."),
    ];
}
