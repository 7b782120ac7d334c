namespace ClusterMail.Settings;

/// <summary>Who must prove who he is, and what is done about those who guess (chapter 01 D, E, I, J; 05 F, G).</summary>
internal static class AuthSettings
{
    internal static SettingDefinition[] All { get; } = [.. Authentication(), .. Restrictions(), .. Lockout()];

    private static SettingDefinition[] Authentication() =>
    [
        Define.List("auth.methods", "CONF-21, AUTH-1", "SMTP 認証方法",
            "SMTP AUTH methods in the order offered: PLAIN, LOGIN, SCRAM-SHA-256, CRAM-MD5. NO: SMTP AUTH is off.",
            value: "PLAIN LOGIN SCRAM-SHA-256", original: "PLAIN LOGIN CRAM-MD5"),
        Define.Choice("auth.security_level", "per-account", ["open", "all", "per-account"], "CONF-22, AUTH-2 to AUTH-6", "セキュリティレベル",
            "Whose MAIL needs SMTP AUTH: nobody's (非認証有効), everybody's (認証専用), that of senders whose account has the flag (認証ファイル).", original: "open"),
        Define.Choice("auth.sender_trust", "2", ["1", "2", "3"], "CONF-26, TRUST-1 to TRUST-6", "送信者の信頼度",
            "What must be the authenticated address: 1 nothing more, 2 MAIL FROM, 3 MAIL FROM and the From: header.", original: "1"),
        Define.List("auth.required_senders", "AUTH-8, AUTH-15", "apop.dat",
            "Senders that must authenticate whatever their domain: address, domain, or postmaster@* and the like."),
        Define.Switch("compat.auth.allow_clear", false, "AUTH-1", "", "SMTP AUTH is offered without TLS too: passwords cross the network in clear text.", original: true),
        Define.Switch("compat.auth.cram_md5", false, "AUTH-1", "CRAM-MD5", "CRAM-MD5 may be offered; needs compat.auth.recoverable_store.", original: true),
        Define.Switch("compat.smtp.vrfy", false, "CONF-20, VRFY-1", "VRFY,EXPNコマンドに応答", "VRFY and EXPN are answered: strangers may ask who exists.", original: true),
    ];

    private static SettingDefinition[] Restrictions() =>
    [
        Define.Table("destination.rules", "", "DEST-1 to DEST-10", "送信先制限 (sender.dat)",
            "Destinations our senders may mail to, one a line: pattern,0 allows, pattern,-1 forbids. Empty: all. The account's own table is asked after it."),
        Define.Switch("compat.dest.reject_whole_transaction", false, "DEST-9", "", "One forbidden destination makes the whole mail fail.", original: true),
        Define.Switch("compat.usetime.receive", false, "UTIME-5", "", "Outside a recipient's usage hours mail for it is answered 450.", original: true),
        Define.Integer("relay.dynamic_deny_hours", 24, 1, 87_600, "hours", "RELAY-50, RELAY-51", "",
            "How long a client stays denied that a filter has added to the relay list. 0: for ever.", zero: true, original: 0),
    ];

    private static SettingDefinition[] Lockout() =>
    [
        Define.Integer("lockout.connections", 60, 1, 1_000_000, "connections", "CONF-54, LOCK-1, LOCK-3", "IPLockOut",
            "More connections than this from one address within lockout.connection_seconds, over all nodes, lock it out. 0: off.", zero: true),
        Define.Integer("lockout.connection_seconds", 60, 10, 3600, "seconds", "CONF-54, LOCK-1, LOCK-3", "IPLockOutSPTime", "Time over which connections are counted."),
        Define.Integer("lockout.connection_block_seconds", 600, 10, 604_800, "seconds", "CONF-54, LOCK-1, LOCK-3", "IPLockOutTime", "How long an address stays locked out for its connections."),
        Define.Integer("lockout.auth_failures", 10, 1, 1_000_000, "failures", "CONF-54, LOCK-2, LOCK-3", "AuthLockOut",
            "So many failed SMTP AUTH from one address within lockout.auth_block_seconds, over all nodes, lock it out. 0: off.", zero: true),
        Define.Integer("lockout.auth_block_seconds", 600, 10, 604_800, "seconds", "CONF-54, LOCK-2, LOCK-3", "AuthLockOutTime", "How long an address stays locked out for failed SMTP AUTH."),
        Define.List("lockout.exempt", "LOCK-2", "", "Addresses or networks never locked out. Balancers, and clients a line of relay.rules names as true or default, never are.",
            value: "127.0.0.0/8 ::1"),
    ];
}
