namespace ClusterMail.Cli.Output;

/// <summary>The Japanese texts of <c>approval preset</c> and of the kinds of domains it uses, by the English ones.</summary>
internal static class JapanesePlacement
{
    /// <summary>What verbs and options say of themselves; part of <see cref="JapaneseHelp.Texts"/>.</summary>
    public static IReadOnlyDictionary<string, string> Help { get; } = new Dictionary<string, string>
    {
        ["The four placements of the approval server: what they set, and a guided check."] = "承認サーバーの 4 つの配置: 設定内容と段階的な確認。",
        ["The placements."] = "配置の一覧を表示します。",
        ["What a placement sets, what it has now, and what is left to people. Without options with examples."] = "配置で設定する値、現在の値、手作業で行うことを表示します。オプションがなければ例を使います。",
        ["Set up a placement: shows the difference, asks, and saves one version of the settings. Nothing else is changed."] = "配置を設定します。差分を表示して確認し、設定を 1 つの版として保存します。ほかは変更しません。",
        ["Try a placement step by step: the next hop, approval alone, forwarding alone, both. Says at which step it fails and what to do; leaves nothing in policies, held mail and queue."] =
            "配置を段階的に確認します: 次の配送先、承認のみ、転送のみ、両方。失敗した段階と対処を示し、ポリシー・保留メール・キューには何も残しません。",
        ["front (既存メールサーバの前段), hosted (ホスティング業者の前段), local (同一サーバ) or exchange (Exchange の前段)."] =
            "front (既存メールサーバの前段)、hosted (ホスティング業者の前段)、local (同一サーバ)、exchange (Exchange の前段)。",
        ["The domain whose accounts send through this farm."] = "このファームを通して送信するアカウントのドメイン。",
        ["The server behind: existing server, provider (port 587, or 465*), Exchange, or with local a smart host."] = "後段のサーバー: 既存サーバー、業者 (ポート 587 または 465*)、Exchange、local ではスマートホスト。",
        ["AUTH toward clients: required (default), or off with --networks, where the existing server uses none."] = "クライアントの認証: required (既定)、または既存サーバーが認証を使わない場合は off と --networks。",
        ["Networks that may submit where AUTH is off, separated by commas."] = "認証なしで送信を許可するネットワーク (コンマ区切り)。",
        ["Label of the sub-domain for decisions (exchange). Default: sub."] = "承認・却下用サブドメインのラベル (exchange)。省略時は sub。",
        ["Addresses Exchange sends from, separated by commas. Default: the address in --next."] = "Exchange の送信元アドレス (コンマ区切り)。省略時は --next のアドレス。",
        ["Overwrite settings that are in the way."] = "競合する設定を上書きします。",
        ["Show the difference, save nothing."] = "差分を表示するだけで保存しません。",
        ["Three test accounts in this order: who sends, who approves, who receives inside. Their mailboxes get a few mails."] = "試験用アカウントを送信者、承認者、内部の受信者の順に 3 つ指定します。数通のメールが届きます。",
        ["A mailbox of yours outside, for forwarding. Default: the third account."] = "転送の確認に使う外部の宛先。省略時は 3 番目のアカウント。",
        ["Address of this machine from which the way past approval is tried (front)."] = "承認を迂回できるかを試すときに使う、このマシンのアドレス (front)。",
        ["Seconds one thing may take."] = "1 つの処理を待つ秒数。",
        ["Keep accounts without mailboxes: all mail is passed on by route, for addresses without account too."] = "メールボックスのないアカウントを持ちます。アカウントのないアドレスも含め、すべて経路に従って転送します。",
        ["Keep accounts, with mailboxes here unless they have --delivery route; mail for other addresses is passed on by route."] =
            "アカウントを持ち、--delivery route でなければメールボックスはここにあります。ほかのアドレス宛ては経路に従って転送します。",
    };

    /// <summary>What the verbs print; part of the texts of <see cref="Japanese"/>.</summary>
    public static IReadOnlyDictionary<string, string> Texts { get; } = new Dictionary<string, string>
    {
        ["in the way"] = "競合",
        ["left to you"] = "手作業で行うこと",
        ["now: {0} ({1})"] = "現在: {0} ({1})",
        ["(empty)"] = "(空)",
        ["Save this?"] = "保存しますか?",
        ["warning"] = "注意",
        ["{0} settings are in the way; nothing was saved. Change them by hand, or apply with --replace to overwrite them"] = "{0} 個の設定が競合するため、保存していません。手で変更するか、--replace で上書きしてください",
        ["the way to the next hop"] = "次の配送先への経路",
        ["step 1: approval alone"] = "段階 1: 承認のみ",
        ["step 2: forwarding without approval"] = "段階 2: 承認なしの転送",
        ["step 3: approval and forwarding"] = "段階 3: 承認と転送",
        ["the placement works"] = "配置は正常に動作しています",
        ["it failed at step {0}: {1}"] = "段階 {0} で失敗しました: {1}",
        ["the check needs three different accounts: --account SENDER --account APPROVER --account RECEIVER"] = "異なるアカウントが 3 つ必要です: --account 送信者 --account 承認者 --account 受信者",
        ["clustermail settings set approval.enabled=true, or apply the preset."] = "clustermail settings set approval.enabled=true を実行するか、配置を適用してください。",
        ["On the Exchange server {0} must resolve to this farm: a line of its hosts file, or DNS. Without it no decision arrives."] = "Exchange サーバー上で {0} がこのファームに解決できる必要があります (hosts ファイルまたは DNS)。できなければ承認・却下が届きません。",
        ["from here {0}:{1} cannot be reached: no way past approval"] = "ここから {0}:{1} には接続できません。承認の迂回はできません",
        ["the way past approval was not tried: this machine has the address of a node, which may relay through {0}:{1}"] = "承認の迂回は試していません。このマシンは {0}:{1} 経由の中継を許可されたノードと同じアドレスです",
        ["Run the check on a client's machine, or name another address of this one with --client-address."] = "クライアントのマシンで実行するか、--client-address で別のアドレスを指定してください。",
        ["approval can be bypassed: {0}:{1} takes mail for {2} directly from here ({3})"] = "承認を迂回できます: {0}:{1} は {2} 宛てのメールをここから直接受け付けます ({3})",
        ["Let the existing server relay to the outside for the nodes of this farm only, not for clients (Postfix: mynetworks; Exchange: the receive connector)."] =
            "既存サーバーの外部への中継は、クライアントではなくこのファームのノードにだけ許可してください (Postfix: mynetworks、Exchange: 受信コネクタ)。",
        ["{0}:{1} refuses outside mail of clients: {2}"] = "{0}:{1} はクライアントからの外部宛てを拒否しました: {2}",
        ["the mail to {0} was refused: {1}"] = "{0} 宛てのメールが拒否されました: {1}",
        ["clustermail explain shows which rule decides."] = "clustermail explain で判定した規則を確認できます。",
        ["the mail was held although the account needs no approval: {0}"] = "承認不要のはずのメールが保留されました: {0}",
        ["Look at the policies of the domain and of the system."] = "ドメインとシステムのポリシーを確認してください。",
        ["{0} was not held: it has gone without approval"] = "{0} は保留されず、承認なしで送信されました",
        ["Look at the policies of the domain and of the system, and whether approval.enabled is in force on every node."] = "ドメインとシステムのポリシー、および approval.enabled が全ノードで有効かを確認してください。",
        ["{0} is held, but no request was written to {1}"] = "{0} は保留されましたが、{1} への承認依頼が作成されていません",
        ["clustermail approval show tells who is asked."] = "clustermail approval show で承認者を確認できます。",
        ["{0} is held, {1} is asked"] = "{0} は保留され、{1} に承認依頼を送りました",
        ["{0} could not approve {1}: {2}. {3}"] = "{0} は {1} を承認できませんでした: {2}。{3}",
        ["{0} is approved, but was not handed to the queue"] = "{0} は承認されましたが、キューに渡されていません",
        ["clustermail approval status shows what is left to do, the program log why."] = "clustermail approval status で残りの処理を、プログラムのログで原因を確認できます。",
        ["{0} is approved and released"] = "{0} は承認され、送信されました",
        ["{0} to {1} did not arrive: {2}"] = "{0} ({1} 宛て) は届きませんでした: {2}",
        ["The reply is that of the next server; clustermail trace shows the whole dialogue."] = "応答は次のサーバーのものです。clustermail trace で通信の全体を確認できます。",
        ["{0} to {1} was delivered"] = "{0} は {1} に配送されました",
    };
}
