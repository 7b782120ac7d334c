using System.Globalization;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Admin.Placements;

/// <summary>What a placement leaves to people: in clients, at the provider, on Exchange, with the values of this farm (APPROVE-402, APPROVE-410, APPROVE-414, APPROVE-445).</summary>
/// <param name="host">Name under which this farm is reached.</param>
internal sealed class PlacementSteps(PlacementTerms terms, string host)
{
    private string Domain => terms.Domain;
    private string Next => $"{terms.HostText}:{terms.PortText}";

    public IReadOnlyList<PresetStep> All => [.. terms.Kind switch
    {
        PlacementKind.Front => Front(),
        PlacementKind.Hosted => Hosted(),
        PlacementKind.Local => Local(),
        _ => Exchange(),
    }, .. Common()];

    private IEnumerable<PresetStep> Front()
    {
        yield return Accounts;
        yield return Clients(terms.AuthOff ? 25 : 587);
        yield return new(
            $"On the existing server {Next}: allow the addresses of all nodes of this farm to relay to the outside, and refuse direct outside mail of clients, or approval can be bypassed. It must not send outside mail back to this farm.",
            $"既存サーバー {Next}: このファームの全ノードのアドレスに外部への中継を許可し、クライアントから直接の外部宛ては拒否してください。拒否しないと承認を迂回できます。外部宛てをこのファームへ戻す設定にはしないでください。");
        if (terms.AuthOff)
            yield return new(
                $"The decision page asks for a login. Let it ask the directory of the existing server: clustermail domain set {Domain} --login ldap, and the settings ldap.* (clustermail ldap test).",
                $"決裁ページはログインを求めます。既存サーバーのディレクトリで確認するには、clustermail domain set {Domain} --login ldap と ldap.* の設定を行ってください (clustermail ldap test で確認)。");
    }

    private IEnumerable<PresetStep> Hosted()
    {
        yield return Accounts;
        yield return new(
            $"Store each user's login at {Next}: clustermail account upstream set ADDRESS, or import FILE with lines address,name,password. The nodes need a password-key-file.",
            $"{Next} への各利用者のログイン情報を登録してください: clustermail account upstream set ADDRESS、または import FILE (行の形式: アドレス,名前,パスワード)。各ノードに password-key-file が必要です。");
        yield return new(
            "Name the account whose login is used where nobody else's fits: clustermail settings set upstream.postmaster=ADDRESS",
            "該当するログインがないときに使うアカウントを指定してください: clustermail settings set upstream.postmaster=ADDRESS");
        yield return Clients(587);
    }

    private IEnumerable<PresetStep> Local()
    {
        yield return new("Nothing changes in the clients.", "クライアントの設定は変わりません。");
        if (terms.Host.Length > 0)
            yield return new($"The smart host {Next} must accept mail of all nodes of this farm.", $"スマートホスト {Next} で、このファームの全ノードからのメールを受け付けてください。");
    }

    private IEnumerable<PresetStep> Exchange()
    {
        var sub = $"{terms.Label}.{Domain}";
        yield return new(
            $"On Exchange, a send connector for the Internet with address space * and this farm as smart host: New-SendConnector -Name Approval -AddressSpaces '*' -SmartHosts {host} -DNSRoutingEnabled $false",
            $"Exchange に、アドレス空間 * でこのファームをスマートホストとする送信コネクタを作成してください: New-SendConnector -Name Approval -AddressSpaces '*' -SmartHosts {host} -DNSRoutingEnabled $false");
        yield return new(
            "On Exchange, the receive connector takes anonymous mail from the addresses of all nodes of this farm: New-ReceiveConnector … -RemoteIPRanges NODES -PermissionGroups AnonymousUsers",
            "Exchange の受信コネクタで、このファームの全ノードのアドレスからの匿名接続を許可してください: New-ReceiveConnector … -RemoteIPRanges ノード -PermissionGroups AnonymousUsers");
        yield return new(
            $"{sub} must resolve to this farm ({host}) on the Exchange server: a line of its hosts file, or DNS.",
            $"Exchange サーバー上で {sub} がこのファーム ({host}) に解決できるようにしてください (hosts ファイルまたは DNS)。");
        yield return new(
            $"Exchange sends from {string.Join(", ", terms.Servers)}; only these may submit for {Domain} without AUTH. Register or import the accounts with the real domain: clustermail account import FILE --domain {Domain}",
            $"Exchange の送信元は {string.Join(", ", terms.Servers)} です。認証なしで {Domain} のメールを渡せるのはこのアドレスだけです。実ドメインのアカウントを登録してください: clustermail account import FILE --domain {Domain}");
    }

    private IEnumerable<PresetStep> Common()
    {
        yield return new(
            "Set a policy on the accounts to be checked, and on no others: clustermail approval policy edit ADDRESS",
            "承認の対象とするアカウントにだけポリシーを設定してください: clustermail approval policy edit ADDRESS");
        yield return new(
            $"For use from outside, {host} needs a fixed public address: submission on 587 or 465 with TLS and AUTH only, and the decision page over HTTPS.",
            $"社外から使う場合、{host} に固定のグローバルアドレスが必要です。送信は TLS と認証付きの 587 または 465 のみ、決裁ページは HTTPS としてください。");
        yield return new(
            $"Try it step by step: clustermail approval preset check {terms.Kind.Entry().Name} --account A --account B --account C --recipient OUTSIDE",
            $"段階的に確認してください: clustermail approval preset check {terms.Kind.Entry().Name} --account A --account B --account C --recipient 外部アドレス");
    }

    private PresetStep Accounts => new(
        $"Register all accounts of {Domain}, without mailboxes: clustermail account import FILE --domain {Domain}",
        $"{Domain} の全アカウントを (メールボックスなしで) 登録してください: clustermail account import FILE --domain {Domain}");

    private PresetStep Clients(int port) => new(
        string.Create(CultureInfo.InvariantCulture, $"In the clients only the server for outgoing mail changes: {host}, port {port}{(port == 25 ? "" : " with STARTTLS and login, or 465 with TLS")}. POP3 and IMAP4 stay as they are."),
        string.Create(CultureInfo.InvariantCulture, $"クライアントは送信サーバー (SMTP) だけを変更します: {host}、ポート {port}{(port == 25 ? "" : " (STARTTLS と認証)、または 465 (TLS)")}。POP3 と IMAP4 はそのままです。"));
}
