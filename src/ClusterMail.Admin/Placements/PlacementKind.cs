using ClusterMail.Admin.Contract;

namespace ClusterMail.Admin.Placements;

/// <summary>The four placements of the approval server (chapter 24).</summary>
internal enum PlacementKind
{
    /// <summary>T1: before a server of the company that has the mailboxes.</summary>
    Front,

    /// <summary>T2: before a provider; each user's login there.</summary>
    Hosted,

    /// <summary>T3: the mailboxes are here.</summary>
    Local,

    /// <summary>T4: before Exchange, decisions through a sub-domain.</summary>
    Exchange,
}

internal static class PlacementKinds
{
    public static bool TryParse(string word, out PlacementKind kind) => Enum.TryParse(word, ignoreCase: true, out kind) && Enum.IsDefined(kind) && !char.IsAsciiDigit(word[0]);

    public static PresetEntry Entry(this PlacementKind kind) => kind switch
    {
        PlacementKind.Front => new("front", "既存メールサーバの前段", "The mailboxes are on a server of yours; clients send through this farm, which passes everything on to it.",
            "メールボックスは既存のサーバーにあります。クライアントはこのファームを送信サーバーとし、ファームはすべてを既存サーバーへ渡します。"),
        PlacementKind.Hosted => new("hosted", "ホスティング業者の前段", "The mailboxes are at a provider; this farm passes everything on to it, logged in as each user.",
            "メールボックスはホスティング業者にあります。ファームは利用者ごとにログインして、すべてを業者のサーバーへ渡します。"),
        PlacementKind.Local => new("local", "同一サーバ", "The mailboxes are in this farm; only policies are added. Recommended for the first trial.",
            "メールボックスはこのファームにあり、ポリシーだけを追加します。最初の試験に推奨します。"),
        _ => new("exchange", "Exchange の前段", "The mailboxes are on Exchange, which sends all outside mail through this farm; decisions come through a sub-domain.",
            "メールボックスは Exchange にあり、外部宛てはすべてこのファームを経由します。承認・却下のメールはサブドメイン宛てに届きます。"),
    };
}
