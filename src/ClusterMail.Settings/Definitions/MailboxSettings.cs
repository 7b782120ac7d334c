namespace ClusterMail.Settings;

/// <summary>Mailboxes (05 D).</summary>
internal static class MailboxSettings
{
    internal static SettingDefinition[] All { get; } =
    [
        Define.Integer("mailbox.max_bytes", 0, 1, 1L << 50, "octets", "CONF-44, QUOTA-1", "メールボックスの保管サイズ制限",
            "Largest mailbox. An account's own limit takes its place. 0: unlimited.", zero: true),
    ];
}
