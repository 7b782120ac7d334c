using System.Collections.Frozen;

namespace ClusterMail.Cli.Output;

/// <summary>The Japanese texts, by the English ones. Words follow the original's manuals.</summary>
internal static class Japanese
{
    private static readonly FrozenDictionary<string, string> Texts = new Dictionary<string, string>
    {
        ["no node answered ({0}): is the cluster up? Try 'clustermail up', or name a node with --url"] =
            "応答するノードがありません ({0})。'clustermail up' で起動するか、--url でノードを指定してください",
        ["there is no local cluster in {0}: run 'clustermail up --data {0}', or name a node with --url and --token"] =
            "{0} にローカルクラスタがありません。'clustermail up --data {0}' を実行するか、--url と --token でノードを指定してください",
        ["port {0} on 127.0.0.1 is taken: see 'ss -ltnp sport = :{0}', or choose other ports with --base-port"] =
            "127.0.0.1 のポート {0} は使用中です。'ss -ltnp sport = :{0}' で確認するか、--base-port で別のポートを指定してください",
        ["there is no node {0} in {1}; there are {2}"] = "{1} にノード {0} はありません。あるのは {2} です",
        ["no PostgreSQL server is installed: run 'apt-get install postgresql', or name its folder with --postgres"] =
            "PostgreSQL サーバーがありません。'apt-get install postgresql' を実行するか、--postgres でフォルダを指定してください",
        ["another clustermail command is at work on {0}: wait for it, or choose another folder with --data"] =
            "別の clustermail コマンドが {0} を処理中です。終了を待つか、--data で別のフォルダを指定してください",
        ["the token was not accepted: give the right one with --token, --token-file or CLUSTERMAIL_TOKEN"] =
            "トークンが正しくありません。--token、--token-file または CLUSTERMAIL_TOKEN で指定してください",
        ["{0} was not ready within {1} s. Its last lines ({2}):{3}"] = "{0} は {1} 秒以内に起動しませんでした。ログの最後 ({2}):{3}",
        ["{0} ended while starting. Its last lines ({1}):{2}"] = "{0} は起動中に終了しました。ログの最後 ({1}):{2}",
        ["Examples:"] = "例:",
        ["Try '{0} --help'."] = "'{0} --help' を参照してください。",
        ["Node"] = "ノード",
        ["State"] = "状態",
        ["Age"] = "経過",
        ["Sender"] = "差出人",
        ["Recipient"] = "宛先",
        ["Destination"] = "配送先",
        ["Tries"] = "試行",
        ["Next try"] = "次回",
        ["Last reply"] = "最後の応答",
        ["Waiting"] = "待ち",
        ["Oldest"] = "最古",
        ["Held"] = "保留",
        ["Limit"] = "上限",
        ["Setting"] = "設定",
        ["Value"] = "値",
        ["From"] = "由来",
        ["Version"] = "版",
        ["Saved"] = "保存",
        ["By"] = "保存者",
        ["Comment"] = "コメント",
        ["Changes"] = "変更数",
        ["Time"] = "時刻",
        ["Kind"] = "種類",
        ["Roles"] = "役割",
        ["Lease"] = "リース",
        ["Receive"] = "受信",
        ["Deliver"] = "配送",
        ["Owned"] = "所有",
        ["Domain"] = "ドメイン",
        ["the queue is empty"] = "キューは空です",
        ["nothing found"] = "該当なし",
        ["Try the other address, or a longer time with --since. History is kept for log.retention_days: 'clustermail settings get log.retention_days'."] =
            "もう一方のアドレス、または --since でより長い期間を指定してください。履歴の保存日数は log.retention_days です: 'clustermail settings get log.retention_days'",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static string Of(string english) => Texts.GetValueOrDefault(english, english);
}
