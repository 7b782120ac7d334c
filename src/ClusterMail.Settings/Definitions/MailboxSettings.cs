namespace ClusterMail.Settings;

/// <summary>Mailboxes (05 D).</summary>
internal static class MailboxSettings
{
    internal static SettingDefinition[] All { get; } =
    [
        Define.Integer("mailbox.max_bytes", 0, 1, 1L << 50, "octets", "CONF-44, QUOTA-1", "メールボックスの保管サイズ制限",
            "Largest mailbox. An account's own limit takes its place. 0: unlimited.", zero: true),
        Define.Switch("store.encrypt_at_rest", false, "CONF-7, DELIV-11", "Plain / Encode",
            "Contents of queue and mailboxes are stored encrypted from now on; older ones stay as they are, and all are read. Needs the same password-key-file on every node: without it the mail is lost."),
    ];
}
