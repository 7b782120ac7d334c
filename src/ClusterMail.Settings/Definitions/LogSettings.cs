namespace ClusterMail.Settings;

/// <summary>What is logged of mail, how it is printed, and how long it is kept (chapter 08).</summary>
internal static class LogSettings
{
    internal static SettingDefinition[] All { get; } =
    [
        Define.Switch("log.acceptlog", true, "CONF-49, LOG-1, LOG-18", "接続マシンログ", "Every client that connects, and how each of its transactions ended."),
        Define.Switch("log.inlog", true, "CONF-49, LOG-2, LOG-18", "SMTP受信ログ", "Each mail accepted."),
        Define.Choice("log.receivelog", "refusals", ["off", "refusals", "on"], "CONF-49, LOG-3, LOG-18", "SMTP受信詳細ログ",
            "Dialogues with clients: none, of what was refused or broken off, or of every mail. Kept only while log.acceptlog is on."),
        Define.Switch("log.outlog", true, "CONF-49, LOG-4, LOG-18", "SMTP送信ログ", "Each delivery to an outside domain."),
        Define.Switch("log.outlocallog", true, "LOG-5, LOG-18", "SMTPローカル送信ログ", "Each local delivery."),
        Define.Choice("log.senderlog", "short", ["off", "short", "long"], "CONF-49, LOG-6, LOG-18", "配送時の詳細ログ",
            "Detail kept of outbound sessions: none, the result, or every command and reply."),
        Define.Switch("log.faillog", true, "CONF-49, LOG-7, LOG-18", "配送失敗ログ", "Each final failure."),
        Define.Text("log.time_zone", "", "LOG-12", "", "Zone whose local time the logs print and whose midnight begins a day, such as Asia/Tokyo. Empty: that of the node that answers."),
        Define.Integer("log.retention_days", 90, 1, 36_500, "days", "LOG-17", "", "Days the mail logs are kept."),
    ];
}
