namespace ClusterMail.Admin.Contract;

/// <summary>The table of <see cref="JapaneseAnswers"/>: titles, hints and faults an administrator meets most. Words follow the original's manuals.</summary>
internal static class JapaneseProblems
{
    public static IReadOnlyDictionary<string, string> Texts { get; } = new Dictionary<string, string>
    {
        // Any request
        ["The request cannot be read."] = "要求を読み取れません。",
        ["This request failed; the program log has the reason."] = "要求の処理に失敗しました。原因はプログラムのログにあります。",
        ["The cluster did not answer in time."] = "クラスタが時間内に応答しませんでした。",
        ["Try again, or ask another node."] = "もう一度実行するか、別のノードに接続してください。",
        ["The database cannot be reached now."] = "現在データベースに接続できません。",
        ["Look at clustermail db status, and try again."] = "clustermail db status を確認し、もう一度実行してください。",
        ["limit must be from 1 to {0}."] = "limit は 1 から {0} までです。",
        ["A copy that the sender is not told of (bcc-silent) is set by an auditor only."] = "送信者に知らせない写し (bcc-silent) を設定できるのは監査担当者だけです。",
        ["Leave bcc-silent out, so that the hold notice names the copy, or have somebody with the role auditor save it as well."] = "bcc-silent を外す (写しの送付先が保留通知に表示されます) か、監査担当者の役割も持つ管理者が保存してください。",
        ["Did you mean {0}?"] = "{0} ではありませんか?",

        // Several databases
        ["Shard {0} does not answer: what is there is not shown."] = "シャード {0} が応答しません。その中のメールは表示していません。",
        ["Shards {0} do not answer: what is there is not shown."] = "シャード {0} が応答しません。その中のメールは表示していません。",
        ["Shard {0} does not answer: the log would lack its lines."] = "シャード {0} が応答しません。ログにその行が欠けるため出力しません。",
        ["Shards {0} do not answer: the log would lack its lines."] = "シャード {0} が応答しません。ログにその行が欠けるため出力しません。",
        ["Shard {0} does not answer: which keys its contents need is not known."] = "シャード {0} が応答しません。その内容に必要な鍵がわかりません。",
        ["Shards {0} do not answer: which keys its contents need is not known."] = "シャード {0} が応答しません。その内容に必要な鍵がわかりません。",
        ["Shard {0} does not answer, and {1} is in no other database of the queue."] = "シャード {0} が応答しません。{1} はキューの他のデータベースにはありません。",
        ["Shards {0} do not answer, and {1} is in no other database of the queue."] = "シャード {0} が応答しません。{1} はキューの他のデータベースにはありません。",
        ["shard {0} does not answer: its mail waits, and new mail goes into the others"] = "シャード {0} が応答しません。その中のメールは待機し、新しいメールは他のデータベースに入ります",
        ["shard {0} takes no mail from this node at the moment, and new mail goes into the others"] = "シャード {0} は現在このノードからのメールを受け取りません。新しいメールは他のデータベースに入ります",
        ["Look at clustermail cluster status, and try again when its database is back."] = "clustermail cluster status を確認し、データベースの復旧後にもう一度実行してください。",

        // Placements
        ["mail for {0} would go to {1}, which is this farm itself, and run in a circle: name the server that has the mailboxes"] = "{0} 宛ての配送先が {1} (このファーム自身) になり、メールが循環します。メールボックスのあるサーバーを指定してください",
        ["There is no placement '{0}'."] = "配置 '{0}' はありません。",
        ["{0} settings are in the way; nothing was saved."] = "{0} 個の設定が競合するため、保存していません。",
        ["Change them by hand, or apply with --replace to overwrite them; clustermail settings rollback brings them back."] = "手で変更するか、--replace で上書きしてください。clustermail settings rollback で元に戻せます。",
        ["Which domain? Its name is missing."] = "ドメイン名が指定されていません。",
        ["Write it like --domain corp.example."] = "--domain corp.example のように指定してください。",
        ["Where is the server behind? Its address is missing."] = "後段のサーバーが指定されていません。",
        ["Write it like --next 192.0.2.5:25."] = "--next 192.0.2.5:25 のように指定してください。",
        ["'{0}' is no server with a port."] = "'{0}' はサーバーとポートの形式ではありません。",
        ["Without AUTH only listed networks may submit, and they are missing or no networks."] = "認証なしの場合、送信を許可するネットワークの指定が必要です。",
        ["Write them like --networks 192.0.2.0/24,198.51.100.7."] = "--networks 192.0.2.0/24,198.51.100.7 のように指定してください。",
        ["Which addresses does Exchange send from? They are missing or no addresses."] = "Exchange の送信元アドレスが指定されていないか、アドレスではありません。",
        ["there is a smart host already: {0}"] = "スマートホストがすでにあります: {0}",
        ["there is a line for {0} already: {1}"] = "{0} の行がすでにあります: {1}",
        ["it has lines; a routing table and a smart host together send mail for inside out and back"] = "行があります。経路表とスマートホストを併用すると、内部宛てが外へ出て戻ってきます",
        ["there is a smart host: {0}; with a routing table it must be empty, or mail for inside goes there and comes back"] = "スマートホスト {0} があります。経路表を使う場合は空にしないと、内部宛てがそこへ出て戻ってきます",
        ["Names must resolve on the nodes: look at dns.servers and dns.static_hosts, and at the name itself."] = "名前をノードで解決できる必要があります。dns.servers、dns.static_hosts と名前そのものを確認してください。",
        ["Look at host and port, whether the server runs, and whether a firewall or the provider blocks the port (587 instead of 25)."] =
            "ホストとポート、サーバーの稼働、ファイアウォールやプロバイダーによるポートの遮断 (25 の代わりに 587) を確認してください。",
        ["The server must take mail of the nodes of this farm to this recipient: allow their addresses to relay there."] = "後段のサーバーで、このファームのノードからこの宛先への中継を許可してください。",
        ["Look at route.gateway, route.table and domain.table: clustermail explain shows which line decides."] = "route.gateway、route.table、domain.table を確認してください。clustermail explain で判定した行がわかります。",

        // Contents at rest
        ["store.encrypt_at_rest needs a key, and this node has none."] = "store.encrypt_at_rest には鍵が必要ですが、このノードにはありません。",
        ["Name a key file, the same on all nodes, as clustermail.password-key-file in each node's file and start them again. Keep a copy of it apart from the database: without it the mail is lost."] =
            "全ノードに同じ鍵ファイルを用意し、各ノードのファイルの clustermail.password-key-file に指定して再起動してください。鍵の写しをデータベースとは別に保管してください。失うとメールも失われます。",

        // Upstream logins
        ["{0} has no upstream login."] = "{0} に上位ログインはありません。",
        ["A file sets 1 to {0} logins."] = "1 つのファイルで設定できるログインは 1 から {0} までです。",
        ["One a line: address,name,password"] = "1 行に 1 つ: アドレス,名前,パスワード",
        ["a line is: address,name,password"] = "1 行は アドレス,名前,パスワード です",
        ["a name has 1 to {0} characters, and no control characters"] = "名前は 1 から {0} 文字で、制御文字は使えません",
        ["a secret has 1 to {0} characters, and no control characters"] = "パスワードまたはトークンは 1 から {0} 文字で、制御文字は使えません",
        ["{0} stands in line {1} already"] = "{0} はすでに {1} 行目にあります",
        ["there is no account {0}"] = "アカウント {0} はありません",
        ["Upstream logins are kept encrypted, and this node has no key for them."] = "上位ログインは暗号化して保存されますが、このノードには鍵がありません。",
        ["Name a key file, the same on all nodes, as clustermail.password-key-file in each node's file and start them again. It is made with: openssl rand -base64 32, mode 0600."] =
            "全ノードに同じ鍵ファイルを用意し、各ノードのファイルの clustermail.password-key-file に指定して再起動してください。作り方: openssl rand -base64 32、モード 0600。",
        ["the login is none, per-user, oauth, own, or the name of an entry of route.credentials"] = "ログインは none、per-user、oauth、own、または route.credentials の名前です",
        ["login own needs compat.auth.recoverable_store: without it no password can be sent on; per-user needs no such thing"] =
            "ログイン own には compat.auth.recoverable_store が必要です。なければパスワードを送れません。per-user には不要です",

        // Directory
        ["Look at name and port in ldap.servers, and whether a firewall lets this node through."] = "ldap.servers の名前とポート、このノードからの通信をファイアウォールが許しているかを確認してください。",
        ["ldap.ca_file must hold the authority of the server's certificate, and the certificate the name in ldap.servers."] =
            "ldap.ca_file にサーバー証明書の認証局があり、証明書に ldap.servers の名前があることを確認してください。",
        ["Look at ldap.bind_dn and ldap.bind_password."] = "ldap.bind_dn と ldap.bind_password を確認してください。",
        ["Look at ldap.base, ldap.filter and ldap.address_attribute, and whether ldap.bind_dn may read the entry."] =
            "ldap.base、ldap.filter、ldap.address_attribute と、ldap.bind_dn にエントリを読む権限があるかを確認してください。",
        ["Put the account into the group, or look at ldap.group: empty lets nobody in, * everybody."] =
            "アカウントをグループに加えるか、ldap.group を確認してください。空なら誰も許さず、* なら全員を許します。",
        ["The directory says no: a wrong password, or an account that is locked or has expired there."] =
            "ディレクトリが拒否しました。パスワードの誤り、またはアカウントのロックか期限切れです。",
        ["{0}: connected"] = "{0}: 接続しました",
        ["{0}: TLS, certificate verified"] = "{0}: TLS、証明書を確認しました",
        ["{0}: no TLS: passwords cross the network in clear text"] = "{0}: TLS なし: パスワードが平文でネットワークを流れます",
        ["{0}: bound as nobody (ldap.bind_dn is empty)"] = "{0}: 匿名でバインドしました (ldap.bind_dn が空です)",
        ["{0}: bound as {1}"] = "{0}: {1} としてバインドしました",
        ["{0}: found {1}"] = "{0}: {1} が見つかりました",
        ["{0}: nothing below {1} fits {2}"] = "{0}: {1} の下に {2} に合うものがありません",
        ["{0}: more than one entry below {1} fits {2}"] = "{0}: {1} の下に {2} に合うものが複数あります",
        ["{0}: {1} has no {2} of {3}"] = "{0}: {1} の {2} に {3} がありません",
        ["{0}: {1} is a member of {2}"] = "{0}: {1} は {2} のメンバーです",
        ["{0}: {1} is no member of {2}"] = "{0}: {1} は {2} のメンバーではありません",
        ["{0}: ldap.group is empty: nobody receives or logs in"] = "{0}: ldap.group が空です: 誰も受信もログインもできません",
        ["{0}: ldap.group is *: everybody found is a member"] = "{0}: ldap.group は * です: 見つかった全員がメンバーです",
        ["{0}: the password is right"] = "{0}: パスワードは正しいものです",
        ["{0}: StartTLS is refused ({1})"] = "{0}: StartTLS が拒否されました ({1})",
        ["{0}: it refuses ldap.bind_dn ({1})"] = "{0}: ldap.bind_dn が拒否されました ({1})",
        ["is empty, but {0} has login=ldap: nobody there could log in or receive"] = "が空ですが {0} は login=ldap です。誰もログインも受信もできなくなります",
        ["{0} has login=ldap, but ldap.servers is empty: set it first, or both at once"] = "{0} は login=ldap ですが ldap.servers が空です。先に設定するか、同時に設定してください",
        ["'{0}' is no directory server: ldap://HOST[:PORT] or ldaps://HOST[:PORT]"] = "'{0}' はディレクトリサーバーではありません: ldap://HOST[:PORT] または ldaps://HOST[:PORT]",
        ["needs ldap.bind_password"] = "には ldap.bind_password が必要です",

        // Settings
        ["There is no setting '{0}'."] = "設定 '{0}' はありません。",
        ["clustermail settings list shows them all."] = "clustermail settings list で一覧を表示します。",
        ["There is no version {0} of the settings."] = "設定の版 {0} はありません。",
        ["The last {0} are kept: clustermail settings history."] = "保存されるのは最新の {0} 版です: clustermail settings history",
        ["Settings were changed since by {0}: version {1} of {2}."] = "設定は {0} によって変更されています: 版 {1} ({2})。",
        ["Your changes were made on version {0}; nothing was overwritten."] = "あなたの変更は版 {0} を元にしています。何も上書きしていません。",
        ["See them with: clustermail settings diff {0} {1}"] = "差分の表示: clustermail settings diff {0} {1}",
        ["At most {0} changes at once."] = "一度に変更できるのは {0} 件までです。",
        ["{0} cannot be set to ***."] = "{0} に *** は設定できません。",
        ["Leave it out to keep the secret as it is."] = "秘密の値を変えない場合は指定しないでください。",
        ["This must be confirmed; nothing was saved."] = "確認が必要です。何も保存していません。",
        ["Save it with --yes (\"confirm\": true) if it is meant so."] = "意図したとおりであれば --yes (\"confirm\": true) を付けて保存してください。",
        ["{0} faults; nothing was saved."] = "誤りが {0} 件あります。何も保存していません。",
        ["A pass phrase has at least {0} characters."] = "パスフレーズは {0} 文字以上必要です。",
        ["Whoever has the file may guess as often as he likes."] = "ファイルを手に入れた人は何度でも試せるためです。",
        ["The pass phrase does not open the archive's secrets."] = "パスフレーズが違うか、アーカイブが変更されています。",
        ["Or the archive was changed. Nothing was imported."] = "何も取り込んでいません。",
        ["This is no settings archive: archive.format is missing."] = "設定のアーカイブではありません (archive.format がありません)。",
        ["Take a file that 'clustermail settings export' wrote."] = "'clustermail settings export' が書き出したファイルを指定してください。",
        ["the archive's secrets were left alone: no pass phrase was given"] = "パスフレーズの指定がないため、アーカイブの秘密の値は取り込みません",
        ["{0} would have more accounts than it may."] = "{0} のアカウント数が登録許可数を超えます。",
        ["Nothing was imported."] = "何も取り込んでいません。",
        ["is no setting"] = "という設定はありません",
        ["is no setting; did you mean {0}?"] = "という設定はありません。{0} ではありませんか?",
        ["must be a whole number from {0} to {1}"] = "{0} から {1} までの整数を指定してください",
        ["must be from {0} to {1}"] = "{0} から {1} までの値を指定してください",
        ["must be from {0} to {1}, or 0"] = "{0} から {1} までの値、または 0 を指定してください",
        ["must be true or false"] = "true または false を指定してください",
        ["must be one of {0}"] = "次のいずれかを指定してください: {0}",
        ["holds a control character"] = "制御文字が含まれています",
        ["is longer than {0} characters"] = "{0} 文字を超えています",
        ["is the same on all nodes and cannot be set for {0} alone"] = "は全ノード共通で、{0} だけに設定することはできません",
        ["must be a host name such as mx.example.jp"] = "mx.example.jp のようなホスト名を指定してください",
        ["needs a domain, such as postmaster@example.jp"] = "postmaster@example.jp のようにドメインが必要です",
        ["must be one address without brackets, such as postmaster@example.jp"] = "postmaster@example.jp のように、かっこのない 1 つのアドレスを指定してください",
        ["must be one host name or address, without a port (the port is delivery.port)"] = "ホスト名またはアドレスを 1 つ指定してください (ポートは delivery.port)",
        ["'{0}' is no address"] = "'{0}' はアドレスではありません",
        ["'{0}' is no address or network (a.b.c.d/n)"] = "'{0}' はアドレスでもネットワーク (a.b.c.d/n) でもありません",
        ["'{0}' is no address or address:port"] = "'{0}' はアドレスでも アドレス:ポート でもありません",
        ["may name three servers at most"] = "指定できるサーバーは 3 つまでです",
        ["must be the name of a time zone such as Asia/Tokyo or UTC"] = "Asia/Tokyo や UTC のようなタイムゾーン名を指定してください",
        ["needs admin.address: there is nobody to copy to"] = "admin.address が必要です (写しの宛先がありません)",
        ["needs an address and a port"] = "アドレスとポートが必要です",
        ["'{0}' is no address; write * for every local one"] = "'{0}' はアドレスではありません。すべてのローカルアドレスは * と書きます",
        ["this address and port stand above already"] = "このアドレスとポートは上の行にあります",
        ["stands in this file twice"] = "がこのファイルに 2 回あります",
        ["must be a text, a whole number, true, false or a list of texts"] = "文字列、整数、true、false、文字列のリストのいずれかを指定してください",

        // Cluster
        ["There is no node '{0}'."] = "ノード '{0}' はありません。",
        ["Nodes: {0}."] = "ノード: {0}。",
        ["Say what to switch: receive, deliver, or both."] = "切り替える対象を指定してください: receive、deliver、または両方。",
        ["{0} for the whole cluster; nodes follow within 3 s."] = "クラスタ全体: {0}。各ノードは 3 秒以内に従います。",
        ["{0} for {1}; nodes follow within 3 s."] = "{1}: {0}。ノードは 3 秒以内に従います。",

        ["{0} still works by settings version {1} of {2} (ADMIN-26): clustermail cluster events --kind settings"] =
            "{0} は設定の版 {1} のままです (最新 {2}、ADMIN-26): clustermail cluster events --kind settings",
        ["no synchronous standby is configured: synchronous_standby_names is empty on the primary (database.require_synchronous_standby={0}). See clustermail db status"] =
            "同期スタンバイが設定されていません。プライマリの synchronous_standby_names が空です (database.require_synchronous_standby={0})。clustermail db status で確認してください",
        ["commits do not wait for the synchronous standby: synchronous_commit is neither on nor remote_apply (database.require_synchronous_standby={0}). See clustermail db status"] =
            "コミットが同期スタンバイを待ちません。synchronous_commit が on でも remote_apply でもありません (database.require_synchronous_standby={0})。clustermail db status で確認してください",
        ["no synchronous standby is connected (database.require_synchronous_standby={0}). See clustermail db status"] =
            "同期スタンバイが 1 台も接続していません (database.require_synchronous_standby={0})。clustermail db status で確認してください",
        ["the database role may not see whether a synchronous standby is connected: GRANT pg_monitor to it (database.require_synchronous_standby={0}). See clustermail db status"] =
            "データベースのロールに同期スタンバイの状態を見る権限がありません。pg_monitor を GRANT してください (database.require_synchronous_standby={0})。clustermail db status で確認してください",
        ["it is not known whether a synchronous standby is connected (database.require_synchronous_standby={0}). See clustermail db status"] =
            "同期スタンバイが接続しているかどうか分かりません (database.require_synchronous_standby={0})。clustermail db status で確認してください",
        ["{0} runs {1} and {2} {3}: more than one release apart, which is not made to work together (CLU-34). Upgrade {4} first"] =
            "{0} は {1}、{2} は {3} です。2 リリース以上離れた組み合わせは保証されません (CLU-34)。先に {4} を更新してください",

        // Domains, accounts, aliases
        ["{0} is no operated domain."] = "{0} は運用ドメインではありません。",
        ["clustermail domain list shows them."] = "clustermail domain list で一覧を表示します。",
        ["clustermail domain add {0} --local makes it one."] = "clustermail domain add {0} --local で追加できます。",
        ["{0} is an operated domain already."] = "{0} はすでに運用ドメインです。",
        ["clustermail domain set changes its options."] = "変更は clustermail domain set で行います。",
        ["'{0}' is no domain name."] = "'{0}' はドメイン名ではありません。",
        ["{0} is passed on and keeps no accounts."] = "{0} は転送専用で、アカウントを持ちません。",
        ["clustermail domain set {0} --local lets it keep them."] = "clustermail domain set {0} --local でアカウントを持てるようになります。",
        ["{0} has {1} accounts."] = "{0} には {1} 件のアカウントがあります。",
        ["Without it they would be out of reach; nothing was saved."] = "ドメインがないとアカウントを利用できなくなります。何も保存していません。",
        ["{0} has {1} accounts, as many as it may have."] = "{0} のアカウントは {1} 件で、登録許可数に達しています。",
        ["clustermail domain set {0} --max-accounts N allows more."] = "clustermail domain set {0} --max-accounts N で増やせます。",
        ["{0} exists already."] = "{0} はすでにあります。",
        ["clustermail account set changes it."] = "変更は clustermail account set で行います。",
        ["There is no account {0}."] = "アカウント {0} はありません。",
        ["clustermail account list shows them."] = "clustermail account list で一覧を表示します。",
        ["clustermail account list shows them; --removed those that can be restored."] = "clustermail account list で一覧を、--removed で復元できるものを表示します。",
        ["'{0}' is no address with a domain."] = "'{0}' はドメイン付きのアドレスではありません。",
        ["Write it like taro@example.jp."] = "taro@example.jp のように指定してください。",
        ["The size limit is negative."] = "サイズ制限が負の値です。",
        ["Octets; 0 for none."] = "バイト数を指定してください (0 は無制限)。",
        ["There is no alias {0}."] = "エイリアス {0} はありません。",
        ["clustermail alias list shows them."] = "clustermail alias list で一覧を表示します。",
        ["{0} leads to {1} already, and an alias has one target."] = "{0} はすでに {1} を指しています。エイリアスの実アドレスは 1 つです。",
        ["Give --replace to change it, or use a list or a forward for several."] = "変更するには --replace を指定してください。複数の宛先には転送やメーリングリストを使います。",
        ["The aliases were changed since by {0}."] = "エイリアスは {0} によって変更されています。",
        ["Nothing was overwritten."] = "何も上書きしていません。",

        // Queue, trace, lock-out, logs
        ["'{0}' is no mail number."] = "'{0}' はメール番号ではありません。",
        ["Write it as logs show it: B0000000012."] = "ログにあるとおり B0000000012 のように指定してください。",
        ["{0} is not in the queue."] = "{0} はキューにありません。",
        ["It may have ended: clustermail trace {0}"] = "配送が終わっている可能性があります: clustermail trace {0}",
        ["This selects nothing in particular."] = "対象が指定されていません。",
        ["Give mail numbers, --destination, --sender or --recipient, or say --all."] = "メール番号、--destination、--sender、--recipient、または --all を指定してください。",
        ["Give names and addresses of at most {0} characters."] = "名前とアドレスは {0} 文字以内で指定してください。",
        ["'{0}' is no IP address."] = "'{0}' は IP アドレスではありません。",
        ["{0} is neither locked out nor denied."] = "{0} はロックアウトも拒否もされていません。",
        ["clustermail lockout list shows who is."] = "clustermail lockout list で一覧を表示します。",
        ["There is no log '{0}'."] = "ログ '{0}' はありません。",
        ["Logs: {0}."] = "ログ: {0}。",
    };
}
