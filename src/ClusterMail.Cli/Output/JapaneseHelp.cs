using System.CommandLine;

namespace ClusterMail.Cli.Output;

/// <summary>
/// The Japanese help: what nouns, verbs, arguments and options say of themselves, by the English text. A verb needs nothing but its English description; a line here
/// translates it (docs/decisions/0015).
/// </summary>
internal static class JapaneseHelp
{
    private static readonly (string English, string Japanese)[] Captions =
        [("Description:", "説明:"), ("Usage:", "使い方:"), ("Arguments:", "引数:"), ("Options:", "オプション:"), ("Commands:", "コマンド:")];

    /// <summary>Gives every symbol of the tree its Japanese description.</summary>
    public static void Translate(Command command)
    {
        command.Description = Text(command.Description);
        foreach (var option in command.Options)
            option.Description = Text(option.Description);
        foreach (var argument in command.Arguments)
            argument.Description = Text(argument.Description);
        foreach (var sub in command.Subcommands)
            Translate(sub);
    }

    /// <summary>The library's own captions.</summary>
    public static string Headings(string help) => Words.InJapanese
        ? Captions.Aggregate(help, (text, caption) => text.StartsWith(caption.English, StringComparison.Ordinal)
            ? caption.Japanese + text[caption.English.Length..]
            : text.Replace("\n" + caption.English, "\n" + caption.Japanese, StringComparison.Ordinal))
        : help;

    /// <summary>Of one description, in the language chosen.</summary>
    public static string? Text(string? english) => english is null || !Words.InJapanese ? english : Texts.GetValueOrDefault(english, english);

    public static IReadOnlyDictionary<string, string> Texts { get; } = new Dictionary<string, string>(JapanesePlacement.Help.Concat(JapaneseDrill.Help))
    {
        // Tables of an account, and the log of approval
        ["When an account may send (利用時間設定): one weekday a line, 'mon 1 09:00 18:00' or 'sat 0'. No table: always."] =
            "アカウントの利用時間設定。1 行に 1 曜日: 'mon 1 09:00 18:00' または 'sat 0'。表がなければ常に送信できます。",
        ["Where an account may mail to (送信先制限): '*@example.net', '*@b.example,-1', '*,0'. No table: anywhere."] =
            "アカウントの送信先制限: '*@example.net'、'*@b.example,-1'、'*,0'。表がなければ制限はありません。",
        ["Who may mail to an account: '*@partner.example default', then '* false'. No table: everybody."] =
            "アカウントに送信できる相手: '*@partner.example default' の後に '* false'。表がなければ誰でも送信できます。",
        ["Who is covered, who approves whom, who stands in, who is missing, who has much to decide."] = "承認の対象、承認者、代理承認者、不在の承認者、未決裁の多い承認者を一覧します。",
        ["Show approvers with at least so many undecided mails."] = "未決裁がこの件数以上の承認者を表示します。",
        ["Mails held in a span, with all that became of them, as CSV. That you have exported them is audited."] = "期間内に保留されたメールとその結果を CSV で出力します。出力したことは監査に記録されます。",
        ["Beginning: a day, or a time."] = "開始: 日付または日時。",
        ["Decisions about held mail (上長承認記録ログ)."] = "保留メールの決定 (上長承認記録ログ)。",

        // The program and what every verb has
        ["ClusterMail: a farm of mail servers over one PostgreSQL."] = "ClusterMail: 1 つの PostgreSQL を共有するメールサーバー群です。",
        ["Show help and usage information"] = "ヘルプを表示します。",
        ["Show version information"] = "バージョンを表示します。",
        ["en or ja. Default: as LC_ALL, LC_MESSAGES or LANG says."] = "en または ja。省略時は LC_ALL、LC_MESSAGES、LANG に従います。",
        ["Folder of a local cluster (see 'up'). Default: ./data, or CLUSTERMAIL_DATA."] = "ローカルクラスタのフォルダ ('up' を参照)。省略時は ./data または CLUSTERMAIL_DATA。",
        ["Admin URL of a node; may be given several times: the first that answers is used. Default: CLUSTERMAIL_URL."] =
            "ノードの管理 URL。複数指定でき、最初に応答したノードを使います。省略時は CLUSTERMAIL_URL。",
        ["Admin token. Others on this machine can see it: better CLUSTERMAIL_TOKEN or --token-file."] =
            "管理トークン。このマシンの他の利用者に見えるため、CLUSTERMAIL_TOKEN または --token-file を推奨します。",
        ["File with the admin token."] = "管理トークンのファイル。",
        ["Print the answer as JSON."] = "応答を JSON で表示します。",
        ["Do not ask."] = "確認せずに実行します。",
        ["Why; shown in the history."] = "理由。履歴に表示されます。",
        ["At most so many."] = "最大件数。",
        ["File. Default: standard output."] = "ファイル。省略時は標準出力。",
        ["File, readable by its owner only. Default: standard output."] = "ファイル (所有者だけが読めます)。省略時は標準出力。",
        ["Text file; - is standard input."] = "テキストファイル。- は標準入力。",
        ["For this node only."] = "このノードだけを対象にします。",
        ["Only this node. Default: the whole cluster."] = "このノードだけ。省略時はクラスタ全体。",

        // cluster
        ["The nodes: state, switches, drain, events."] = "ノードの状態、受信・配送の切り替え、ドレイン、イベント。",
        ["Nodes, leases, switches and the queue at a glance."] = "ノード、リース、スイッチ、キューの概要を表示します。",
        ["Turn receiving or delivering on or off, for all nodes or for one. It stays so over restarts."] =
            "受信または配送をオン・オフします (全ノードまたは 1 ノード)。再起動後も維持されます。",
        ["receive or deliver."] = "receive (受信) または deliver (配送)。",
        ["on, off, or draining (finish what runs, then off)."] = "on、off、または draining (実行中の処理を終えてから off)。",
        ["Stop taking and starting mail on a node; what runs is finished."] = "ノードの受信と配送の開始を止めます。実行中の処理は最後まで行います。",
        ["Let a drained node work again."] = "ドレインしたノードを復帰させます。",
        ["Let a node leave the cluster in good order and stop."] = "ノードをクラスタから正常に離脱させ、停止します。",
        ["Declare a node dead that cannot be reached any more. What it owned goes on elsewhere."] = "到達できなくなったノードをダウンと宣言します。担当分は他のノードが引き継ぎます。",
        ["The node that holds the leader role."] = "リーダーのノードを表示します。",
        ["What happened in the cluster, oldest first."] = "クラスタのイベントを古い順に表示します。",
        ["Only events of this kind."] = "この種類のイベントだけ。",
        ["Only of this node."] = "このノードだけ。",
        ["Its name, as 'cluster status' shows it."] = "'cluster status' に表示される名前。",

        // address
        ["Service addresses: which node holds which, and moving them."] = "サービスアドレス (仮想 IP): 保持ノードの表示と移動。",
        ["Service addresses with holder, wish, preference, lease and the reason of the last change."] = "サービスアドレスの保持ノード、予定ノード、優先順、リース、最後の変更理由を表示します。",
        ["Let a node hold a service address while it is ready; waits until it does."] = "サービスアドレスを指定のノードに移し、完了を待ちます。そのノードが受信可能な間は維持されます。",
        ["The address without its prefix, as 'address status' shows it."] = "'address status' に表示されるアドレス (プレフィックス長なし)。",
        ["A node's name, or auto: whoever the coordinator chooses, which ends an earlier move."] = "ノード名、または auto (以前の移動を取り消し、コーディネーターが選びます)。",

        // queue, trace, explain
        ["Mail that waits: look, ask why, act."] = "キュー内のメールの表示、理由の確認、操作。",
        ["What waits for each destination, most first."] = "配送先ごとの待ち件数を多い順に表示します。",
        ["Waiting recipients, oldest first."] = "待っている宛先を古い順に表示します。",
        ["One mail and its recipients."] = "1 通のメールとその宛先を表示します。",
        ["Why is it still here? Owner, next try, last reply, limit in force, and what to type next."] =
            "まだ配送されない理由 (担当ノード、次回の試行、最後の応答、上限) と、次に実行するコマンドを表示します。",
        ["Try now, whatever the schedule says."] = "スケジュールに関係なく今すぐ配送を試みます。",
        ["Keep in the queue without trying."] = "配送を試みずにキューに保留します。",
        ["Let held mail go on."] = "保留したメールの配送を再開します。",
        ["Give up now: the sender gets an error mail."] = "配送を打ち切り、差出人にエラーメールを返します。",
        ["Remove from the queue; nobody is told."] = "キューから削除します。誰にも通知しません。",
        ["Write a queued mail as the original's pair of files, ID.MSG and ID.RCP. It stays in the queue."] = "キューのメールを ID.MSG と ID.RCP の 2 ファイルに書き出します。メールはキューに残ります。",
        ["Put a pair of files, ID.MSG and ID.RCP, into the queue as a new mail."] = "ID.MSG と ID.RCP の 2 ファイルを新しいメールとしてキューに入れます。",
        ["The counter of mail numbers (LastMsgId)."] = "メール番号のカウンタ (LastMsgId)。",
        ["Mail number, for example B0000000012."] = "メール番号 (例: B0000000012)。",
        ["Mail numbers."] = "メール番号。",
        ["The whole queue."] = "キュー全体。",
        ["The whole story of a mail, from connect to outcome, over all nodes; or what happens now (デバッグモード)."] =
            "接続から結果まで、全ノードにわたるメールの経過を表示します。--live は現在の動作を表示します (デバッグモード)。",
        ["Dry run of one transaction: replies, route, and the rules that decide. Nothing is sent."] = "1 トランザクションの予行: 応答、経路、判定した規則を表示します。送信はしません。",
        ["How SPF would go for a client, line by line. DNS is asked, nothing is sent."] = "クライアントの SPF 判定を 1 行ずつ表示します。DNS に問い合わせますが、送信はしません。",
        ["Address of the client."] = "クライアントのアドレス。",
        ["MAIL FROM; <> is the null reverse-path."] = "MAIL FROM。<> は空のリバースパス。",
        ["RCPT TO; may be repeated."] = "RCPT TO。複数指定できます。",
        ["Name given with EHLO."] = "EHLO の名前。",
        ["Authenticated as."] = "SMTP 認証 ID。",

        // settings, setup
        ["Set up a new cluster (簡単セットアップウィザード): DNS servers, operated domains, host name, administrator. What is set already stays."] =
            "新しいクラスタの初期設定 (簡単セットアップウィザード): DNS サーバー、運用ドメイン、ホスト名、管理者。設定済みの項目は変わりません。",
        ["Answers from a file instead of questions; - is standard input. --example prints one."] = "質問の代わりにファイルの回答を使います。- は標準入力。--example で例を表示します。",
        ["Print a file of answers to begin with."] = "回答ファイルの例を表示します。",
        ["The cluster's settings: read, change, compare, go back."] = "クラスタの設定の表示、変更、比較、復元。",
        ["One setting: value, where it comes from, range and meaning."] = "1 つの設定の値、由来、範囲、意味を表示します。",
        ["Change settings. All or none of them take effect."] = "設定を変更します。すべて有効になるか、何も変わらないかのどちらかです。",
        ["All settings with their values and where these come from."] = "すべての設定の値と由来を表示します。",
        ["What is in force on each node, and where each value comes from."] = "各ノードで有効な設定と、値の由来を表示します。",
        ["Beside the labels of the original's debug dump (デバッグモード)."] = "元の製品のデバッグ表示 (デバッグモード) の項目名と並べて表示します。",
        ["Only this node. Default: all."] = "このノードだけ。省略時は全ノード。",
        ["Would these values be accepted? Nothing is saved."] = "値が受け付けられるかを確認します。保存はしません。",
        ["The last 100 versions, newest first."] = "最新の 100 版を新しい順に表示します。",
        ["What changed between two versions."] = "2 つの版の差分を表示します。",
        ["Go back to the values of an old version."] = "古い版の値に戻します。",
        ["One or more settings, saved as one version. NAME= sets the empty text."] = "1 つ以上の設定。1 つの版として保存します。NAME= は空文字列を設定します。",
        ["Back to the default (with --node: to the cluster's value). May be repeated."] = "既定値に戻します (--node では クラスタの値に戻します)。複数指定できます。",
        ["Only if this is still the newest version of the settings."] = "この版がまだ最新の場合だけ保存します。",
        ["Dotted name, as 'settings list' shows it."] = "'settings list' に表示される名前。",
        ["Only settings whose name or meaning has this in it."] = "名前または意味にこの語を含む設定だけ。",
        ["Only what differs from the default."] = "既定値と異なるものだけ。",
        ["An old version instead of the newest."] = "最新ではなく指定の版。",
        ["Settings, tables, domains and aliases as one text, without secrets."] = "設定、テーブル、ドメイン、エイリアスを 1 つのテキストに書き出します (秘密の値を除く)。",
        ["With the accounts. Their passwords only together with a pass phrase."] = "アカウントも含めます。パスワードはパスフレーズを指定した場合だけ含めます。",
        ["With the secrets, encrypted under a pass phrase that is asked for."] = "秘密の値も、入力するパスフレーズで暗号化して含めます。",
        ["The same, with the pass phrase from the first line of a file."] = "同上。パスフレーズをファイルの 1 行目から読みます。",
        ["Take over an export: show the difference, ask, and apply it as one version or not at all."] = "書き出したものを取り込みます: 差分を表示し、確認のうえ、1 つの版としてすべて適用するか、何も変えません。",
        ["Take over the archive's secrets too; the pass phrase is asked for."] = "秘密の値も取り込みます (パスフレーズを入力します)。",
        ["Do not ask, and take values that need it as they stand."] = "確認せず、確認の必要な値もそのまま取り込みます。",
        ["Written by 'settings export'; - is standard input."] = "'settings export' が書き出したファイル。- は標準入力。",
        ["Only show what would change."] = "変更内容の表示だけを行います。",

        // tables
        ["The gateway table (gateway.dat): which mail goes to which server."] = "ゲートウェイテーブル (gateway.dat): どのメールをどのサーバーへ送るか。",
        ["The relay list (effect.dat): who may send what through the cluster."] = "マシン毎の中継 (effect.dat): 誰が何を中継できるか。",
        ["The server's destination restriction (sender.dat): where our senders may mail to."] = "サーバーの送信先制限 (sender.dat): 利用者が送信できる宛先。",
        ["Print the table as it was written."] = "テーブルを書かれたとおりに表示します。",
        ["Open the table in $VISUAL or $EDITOR and save it when the editor ends. A fault reopens nothing: your text is kept in a file."] =
            "$VISUAL または $EDITOR でテーブルを開き、終了時に保存します。誤りがあれば編集内容をファイルに残します。",
        ["Open the table in $VISUAL or $EDITOR and save it when the editor ends. After a fault your text is kept in a file."] =
            "$VISUAL または $EDITOR でテーブルを開き、終了時に保存します。誤りがあれば編集内容をファイルに残します。",
        ["Would this text be accepted? Faults are shown with line and column. Nothing is saved."] = "この内容が受け付けられるかを確認します。誤りは行と桁で示します。保存はしません。",
        ["Would this table be accepted? Faults are shown with line and column. Nothing is saved."] = "このテーブルが受け付けられるかを確認します。誤りは行と桁で示します。保存はしません。",
        ["Replace the table by a file."] = "テーブルをファイルの内容に置き換えます。",
        ["Write the table to a file, as it was written."] = "テーブルを書かれたとおりにファイルへ書き出します。",
        ["Lines that need it are meant as they stand: true for a range wider than /24."] = "確認が必要な行 (/24 より広い範囲の true) を意図したものとして保存します。",
        ["What DNS said of destinations (MXキャッシュ)."] = "配送先の DNS 検索結果 (MXキャッシュ)。",
        ["Forget it on all nodes, so that DNS is asked again."] = "全ノードのキャッシュを消去し、DNS に問い合わせ直します。",

        // domain, account, alias
        ["The domains the cluster takes mail for."] = "クラスタがメールを受け付けるドメイン (ドメイン管理)。",
        ["The domains, one per line."] = "ドメインを 1 行に 1 つ表示します。",
        ["One domain, or the table as it was written."] = "1 つのドメイン、または書かれたとおりのテーブルを表示します。",
        ["Take mail for a domain: for accounts kept here (--local), or to pass it on by route."] = "ドメインのメールを受け付けます: アカウント宛 (--local)、または経路に従って転送。",
        ["Change a domain. What is not named stays; an empty value takes an option away."] = "ドメインを変更します。指定しない項目は変わりません。空の値で項目を取り消します。",
        ["Take no more mail for a domain. Its accounts go with it; for 30 days they can be restored."] = "ドメインを削除します。アカウントも削除されますが、30 日間は復元できます。",
        ["Accounts: create, change, remove, import and export."] = "アカウントの作成、変更、削除、インポート、エクスポート。",
        ["Create an account. The password is asked for; it never stands on the command line."] = "アカウントを作成します。パスワードは対話で入力します。",
        ["Superior, whom @manager of a policy asks (上長); '' for nobody."] = "上長。ポリシーの @manager が承認を依頼する相手。'' で解除します。",
        ["What would have become of the mail of the last days under a draft: sent, held, refused, for each approver. Nothing is saved."] = "直近のメールに下書きのポリシーを当てはめ、送信・保留・拒否の件数と承認者ごとの件数を表示します。何も保存されません。",
        ["Whose policy the draft is: an account, a domain, or 'system'."] = "下書きが誰のポリシーか。アカウント、ドメイン、または system。",
        ["The draft, or - for standard input."] = "下書きのファイル。- で標準入力。",
        ["The last so many days."] = "さかのぼる日数。",
        ["Take the one-time codes of an account for the pages of approval away; its owner sets up new ones."] = "承認ページのログインに使う確認コードを解除します。本人が次のログインで設定し直します。",
        ["Change an account. What is not named stays."] = "アカウントを変更します。指定しない項目は変わりません。",
        ["Set a password. It is asked for; it never stands on the command line."] = "パスワードを設定します。対話で入力します。",
        ["An account's login at the next server, for routes with per-user or oauth. Its secret is never shown."] = "アカウントごとの上位サーバーへのログイン (per-user と oauth の経路で使用)。パスワードは表示されません。",
        ["Name at the next server. Default: the address."] = "上位サーバーでの名前。省略時はアドレス。",
        ["Set an account's login at the next server: a password, or a token for routes with oauth. It is asked for; it never stands on the command line."] =
            "上位サーバーへのログインを設定します。パスワード、または oauth の経路ではトークンを対話で入力します。",
        ["An account's login at the next server, and how it fares. The secret is never shown."] = "上位サーバーへのログインとその状態を表示します。パスワードは表示されません。",
        ["Take an account's login at the next server away. Its mail then waits where a route wants one."] = "上位サーバーへのログインを削除します。ログインが必要な経路のメールは待機します。",
        ["Lines address,name,password; an empty name is the address. - is standard input."] = "1 行に アドレス,名前,パスワード。名前が空ならアドレス。- は標準入力。",
        ["Set the logins of many accounts at the next server, all or none. Keep such a file private, and delete it afterwards."] =
            "多数のアカウントの上位サーバーへのログインをまとめて設定します (全部か、誤りがあれば何も設定しない)。ファイルは他人に見せず、使用後は削除してください。",
        ["Let an account neither log in nor send. Mail for it is still kept."] = "アカウントのログインと送信を停止します。アカウント宛のメールは引き続き受け取ります。",
        ["Put a suspended account in force again."] = "停止したアカウントを有効に戻します。",
        ["One account. Passwords are never shown."] = "1 つのアカウントを表示します。パスワードは表示されません。",
        ["Accounts by domain and name."] = "アカウントをドメインと名前の順に表示します。",
        ["Remove an account. For 30 days it can be restored with its mail."] = "アカウントを削除します。30 日間はメールごと復元できます。",
        ["Bring back an account removed in the last 30 days, with its password and its mail."] = "30 日以内に削除したアカウントを、パスワードとメールごと復元します。",
        ["Create accounts from the original's file (アカウントのインポート). Broken off, it is run again: what exists is skipped."] =
            "元の製品のファイルからアカウントを作成します (アカウントのインポート)。中断しても再実行でき、既存のものはスキップします。",
        ["Write accounts in the original's form (アカウントのエクスポート): UTF-8, TAB-separated, * for the password."] =
            "元の製品の形式でアカウントを書き出します (アカウントのエクスポート): UTF-8、TAB 区切り、パスワードは *。",
        ["What an account's mailbox holds: folders, messages, usage."] = "メールボックスの内容 (フォルダ、通数、使用量) を表示します。",
        ["Copy an account's mailbox into a Maildir."] = "メールボックスを Maildir に書き出します。",
        ["Aliases: other names of addresses."] = "エイリアス: アドレスの別名。",
        ["Aliases by domain and name."] = "エイリアスをドメインと名前の順に表示します。",
        ["One alias."] = "1 つのエイリアスを表示します。",
        ["Add an alias."] = "エイリアスを追加します。",
        ["Remove an alias."] = "エイリアスを削除します。",
        ["Write the table, one alias a line."] = "テーブルを 1 行 1 エイリアスで書き出します。",
        ["Replace the table by a file, one alias a line: alias -> real, and ,0 or ,1 behind it if wanted."] =
            "テーブルをファイルの内容に置き換えます。1 行に 1 つ「エイリアス -> 実アドレス」、必要なら後ろに ,0 または ,1。",

        // ldap
        ["The directory that proves passwords of domains with login=ldap."] = "login=ldap のドメインのパスワードを確かめるディレクトリ。",
        ["Try the directory step by step: connection, TLS, bind, search, group, password; and what to do where it ends."] =
            "ディレクトリを段階ごとに確かめます: 接続、TLS、バインド、検索、グループ、パスワード。失敗した段階では対処も表示します。",
        ["An account, to go on with search and group. Default: servers, TLS and bind alone."] = "検索とグループまで確かめるアカウント。省略時はサーバー、TLS、バインドだけ。",
        ["Ask for the account's password and try it too."] = "アカウントのパスワードを尋ね、それも確かめます。",
        ["Who proves its accounts' passwords: database, or ldap (the settings ldap.*)."] = "アカウントのパスワードを確かめる相手: database、または ldap (設定 ldap.*)。",

        // lockout, log, db
        ["The keys that contents at rest are sealed with, and whether the node has them (store.encrypt_at_rest)."] =
            "保存中の内容を暗号化している鍵と、ノードがそれを持っているか (store.encrypt_at_rest)。",
        ["Addresses locked out for too many connections or failed logins, or denied by a filter (rejectsmtpip.dat)."] =
            "接続過多・認証失敗によるロックアウトと、フィルタによる拒否 (rejectsmtpip.dat)。",
        ["Who is locked out now, why, and how long."] = "ロックアウト中のアドレス、理由、期間を表示します。",
        ["Set an address free, on all nodes within two seconds. To keep it free, name it in the setting lockout.exempt."] =
            "ロックアウトを解除します (全ノード、2 秒以内)。以後も対象外にするには設定 lockout.exempt に加えます。",
        ["The logs of mail, in the original formats."] = "メールのログ (元の製品の形式)。",
        ["Clients that connected, and how their transactions ended (接続マシンログ)."] = "接続したクライアントと結果 (接続マシンログ)。",
        ["Mail received (SMTP受信ログ)."] = "受信したメール (SMTP受信ログ)。",
        ["Dialogues with clients: refusals, or all with log.receivelog on (SMTP受信詳細ログ)."] = "クライアントとの通信: 拒否だけ、log.receivelog が on ならすべて (SMTP受信詳細ログ)。",
        ["Mail sent to other servers (SMTP送信ログ)."] = "他のサーバーへ送信したメール (SMTP送信ログ)。",
        ["Mail delivered here (SMTPローカル送信ログ)."] = "ローカル配送したメール (SMTPローカル送信ログ)。",
        ["Dialogues with other servers (配送時の詳細ログ)."] = "他のサーバーとの通信 (配送時の詳細ログ)。",
        ["Mail that could not be delivered (配送失敗ログ)."] = "配送できなかったメール (配送失敗ログ)。",
        ["The database: schema and state. Works without a node."] = "データベースのスキーマと状態。ノードなしで動作します。",
        ["Bring the schema to the version of this program. Safe to repeat, and while nodes run."] = "スキーマをこのプログラムの版に更新します。ノード稼働中でも、繰り返しても安全です。",
        ["After the database was put back from a backup: what waited in it is stopped, because it may have been sent since."] = "データベースをバックアップから復元した後の作業。復元前から待っていたメールは、すでに送信された可能性があるため停止しています。",
        ["Whether a database of the farm is a restored one, how that was noticed, and what is stopped."] = "復元されたデータベースがあるか、どう検出されたか、何が停止しているかを表示します。",
        ["Say that a database was put back from a backup, before its nodes start: nodes that remember nothing of it cannot notice."] = "データベースを復元したことを、ノードを起動する前に登録します。記憶のないノードは復元を検出できません。",
        ["Take out of the queue what logs show as sent after the backup."] = "バックアップ後に送信済みとログに記録されたものをキューから除きます。",
        ["What is still stopped may go: mail is due now, approval goes on. The restore is over."] = "停止中のメールを送信可能にし、承認処理も再開します。復元の作業はこれで終わりです。",
        ["Server, standbys, durability, schema and table sizes."] = "サーバー、スタンバイ、永続性、スキーマ、テーブルの大きさを表示します。",
        ["On a local cluster: end the primary, promote the synchronous standby, and bring the old primary back as the standby. Also when the primary is down already. Linux only."] =
            "ローカルクラスタで、プライマリを終了し、同期スタンバイを昇格させ、旧プライマリをスタンバイとして戻します。プライマリがすでに停止していても使えます。Linux のみ。",

        // the local cluster
        ["A further database of the queue, empty, which you run; may be given several times. It stays part of the cluster."] =
            "キューの追加データベース。空のものを用意してください。複数指定できます。以後もクラスタの一部になります。",
        ["A further database of the queue, as in the nodes' files; may be given several times. Default: those of the local cluster."] =
            "ノードのファイルに書いたキューの追加データベース。複数指定できます。省略時: ローカルクラスタのもの。",
        ["Start a local cluster: a private PostgreSQL and some nodes on 127.0.0.1. Running it again starts what is missing. Linux only."] =
            "ローカルクラスタ (専用の PostgreSQL と 127.0.0.1 上のノード) を起動します。再実行すると不足分を起動します。Linux のみ。",
        ["Stop the local cluster: nodes finish what they are doing, then PostgreSQL stops. Linux only."] = "ローカルクラスタを停止します。ノードは処理を終えてから止まり、最後に PostgreSQL が止まります。Linux のみ。",
        ["Processes of the local cluster. Linux only."] = "ローカルクラスタのプロセス。Linux のみ。",
        ["Processes and addresses of the local cluster."] = "ローカルクラスタのプロセスとアドレスを表示します。",
        ["Add a node and wait until it is ready."] = "ノードを追加し、準備ができるまで待ちます。",
        ["Start a stopped or killed node and wait until it is ready."] = "停止したノードを起動し、準備ができるまで待ちます。",
        ["Stop a node cleanly: it drains, gives back what it owns, and ends."] = "ノードを正常に停止します (ドレインし、担当分を返して終了)。",
        ["Kill a node at once (SIGKILL), as a crash would."] = "ノードを即座に終了させます (SIGKILL)。",
        ["Freeze a node (SIGSTOP), as a stalled machine would."] = "ノードを一時停止します (SIGSTOP)。",
        ["Let a paused node go on (SIGCONT)."] = "一時停止したノードを再開します (SIGCONT)。",
        ["Send a mail through the local cluster to a sink of its own and show its trace."] = "ローカルクラスタを通してメールを 1 通送り、その経過を表示します。",
        ["Print a script that completes commands in your shell."] = "シェルのコマンド補完スクリプトを出力します。",
    };
}
