namespace ClusterMail.Settings;

/// <summary>Names, listeners and certificates: what the service is towards the outside.</summary>
internal static class ServiceSettings
{
    internal static SettingDefinition[] All { get; } =
    [
        Define.Text("net.host_name", "", "CONF-12, RECV-23", "ホスト名",
            "Name of the service in greeting, EHLO and Received:, the same on all nodes. Empty: the machine's own name."),
        Define.Choice("net.ip_version", "v4/6", ["v4", "v4/6", "v6"], "CONF-11, RECV-7", "IP Version",
            "Address families used for listening and for delivery.", original: "v4"),
        Define.Text("admin.address", "", "CONF-14, BOUNCE-5", "管理者アカウント",
            "Address of the administrator, with its domain; gets copies of error mails and the node's alarms. Empty: nobody."),
        Define.List("admin.event_mail", "CLU-33", "",
            "Kinds of events mailed to admin.address as they happen: leader, node-fenced, node-up, node-down, node-unreachable, possible-duplicate, certificate, drain and so on. Empty: none."),
        Define.Table("listen", "", "CONF-23, RECV-3, RECV-4", "一覧のアドレスに応答する",
            "Listeners, one a line: address port[*] [relay|submission] [proxy]. Address * is every local one, port* is TLS from the first byte. "
            + "587 and 465 are submission when not said. Empty: as the node's own file says, and where that names none: * 25, * 587, * 465*.", perNode: true),
        Define.List("listen.deny", "CONF-57, RECV-10, CLU-24", "hiddensmtpip.dat",
            "Local addresses on which SMTP gets no answer.", perNode: true),
        Define.Text("tls.certificate", "", "CONF-9, RECV-5", "証明書ファイル",
            "PEM file of the certificate and its chain, on each node. Empty: no STARTTLS and no TLS port.", perNode: true),
        Define.Text("tls.key", "", "CONF-9, RECV-5", "秘密鍵ファイル",
            "PEM file of the private key that belongs to tls.certificate. The file's path, never the key.", perNode: true),
        Define.Choice("tls.min_version", "1.2", ["1.2", "1.3"], "CONF-10", "",
            "Lowest TLS version spoken, inbound and outbound."),
    ];
}
