namespace ClusterMail.Settings;

/// <summary>Where mail goes (chapter 04).</summary>
internal static class RouteSettings
{
    internal static SettingDefinition[] All { get; } =
    [
        Define.Text("route.gateway", "", "CONF-2, GW-1", "SMTPゲートウェイ",
            "Host name or address that gets all outside mail no line of route.table takes. Empty: MX."),
        Define.Text("route.gateway_credential", "", "CONF-37, OUT-3, OUT-6", "ESMTPで送信, USER ID",
            "Login at route.gateway: a name in route.credentials, per-user (each account's upstream login), oauth or own, with ;auth= and ;tls= behind it. Empty: none."),
        Define.Table("route.table", "", "CONF-3, GWT-1 to GWT-11", "テーブル編集 (gateway.dat)",
            "Gateways by recipient domain, one a line: target[|sender],host[;host][,port[*]][,login]. Login: none, a name in route.credentials, per-user, oauth or own."),
        Define.Switch("route.forward_all", false, "CONF-4, FALL-1 to FALL-7", "全受信メールをSMTPゲートウェイへ転送",
            "Mail for operated domains is passed on too; nothing is stored here."),
        Define.Table("route.credentials", "", "CONF-37, OUT-3, GWT-9", "USER ID, PASSWORD",
            "Credentials for gateways, one a line: name user password.", secret: true),
        Define.Text("upstream.postmaster", "", "APPROVE-425, APPROVE-426", "", "Account whose upstream login is used where nobody else's fits. Empty: admin.address."),
        Define.Integer("upstream.max_rcpt", 0, 1, 10_000, "", "APPROVE-406, APPROVE-427", "", "Recipients of one transaction at a gateway with a login of each account. 0: all of the mail.", zero: true),
        Define.Integer("upstream.max_per_hour", 0, 1, 100_000, "", "APPROVE-427", "", "Transactions of one account's upstream login within any hour, counted over the farm. 0: no limit.", zero: true),
        Define.List("dns.servers", "CONF-8, DELIV-21", "DNSサーバー",
            "Up to three DNS servers, address or address:port. Empty: the system's own resolver configuration."),
        Define.Table("dns.static_hosts", "", "DELIV-25", "hosts", "Fixed host addresses, one host a line: name address [address …]."),
        Define.Integer("delivery.port", 25, 1, 65_535, "", "CONF-31, DELIV-3", "ポート (SMTP送信)", "Port of MX targets and of route.gateway."),
        Define.Integer("delivery.mx_cache_seconds", 3600, 1, 864_000, "seconds", "CONF-38, MXC-1, MXC-4", "MXキャッシュの更新間隔",
            "Longest time an MX result is kept. 0: no cache.", zero: true, original: 864_000),
        Define.Switch("delivery.mx_cache_ignore_ttl", false, "CONF-38, MXC-4", "",
            "Keep MX results for delivery.mx_cache_seconds whatever their TTL says.", original: true),
        Define.Switch("compat.delivery.address_after_mx", false, "DELIV-23", "",
            "Try the domain's own address after all MX hosts failed, which RFC 5321 forbids.", original: true),
    ];
}
