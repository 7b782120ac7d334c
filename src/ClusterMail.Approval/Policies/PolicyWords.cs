using System.Globalization;

namespace ClusterMail.Approval.Policies;

/// <summary>Policy lines and findings as a person reads them, in English and Japanese.</summary>
/// <param name="japanese">日本語で。</param>
public sealed class PolicyWords(bool japanese)
{
    public static PolicyWords English { get; } = new(false);
    public static PolicyWords Japanese { get; } = new(true);

    /// <summary><c>*@corp.example: sent at once</c></summary>
    public string Line(ApprovalLine line)
    {
        var what = line.Mode switch
        {
            ApprovalMode.Refuse => japanese ? "送信禁止" : "refused",
            ApprovalMode.Send => japanese ? "承認不要" : "sent at once",
            ApprovalMode.Always => line.Condition.IsEmpty ? japanese ? "無条件承認" : "always needs approval" : japanese ? "条件付き承認" : "needs approval",
            ApprovalMode.Delay => line.Options.Confirm
                ? japanese ? "自己承認 (送信者の確認後に送信)" : "sent when its sender has confirmed it"
                : japanese ? $"送信ディレイ ({LineTiming.Written(line.Options.Delay ?? default)} 後に送信)" : $"sent after {LineTiming.Written(line.Options.Delay ?? default)}",
            ApprovalMode.Attachments => japanese ? "添付ファイル承認" : "needs approval with an attachment",
            _ => japanese ? $"読み取れない行: {line.Fault}" : $"cannot be read: {line.Fault}",
        };
        var conditions = string.Join(japanese ? "、かつ" : " and ", line.Condition.Terms.Where(term => term is not Condition.SearchIn).Select(term => Term(term, line.Condition.Places)));
        var approvers = line.Approvers.IsEmpty ? "" : japanese ? $"、承認者 {Approvers(line)}" : $", approved by {Approvers(line)}";
        return $"{line.Pattern}: {what}{(conditions.Length == 0 ? "" : japanese ? $"、{conditions}" : $" when {conditions}")}{approvers}{Additions(line)}";
    }

    private string Additions(ApprovalLine line)
    {
        var (options, text) = (line.Options, "");
        if (options.Delay is { } delay && line.Mode is ApprovalMode.Always or ApprovalMode.Attachments)
            text += japanese ? $"、依頼は {LineTiming.Written(delay)} 後" : $", asked after {LineTiming.Written(delay)}";
        if (options.Bcc is { } copy)
            text += japanese ? $"、写し {copy}{(options.BccSilent ? " (送信者に通知しない)" : "")}" : $", copy to {copy}{(options.BccSilent ? " (the sender is not told)" : "")}";
        return text;
    }

    /// <summary>Why a mail was caught: <c>keyword 見積</c>.</summary>
    public string Reason(CatchReason reason) => reason.Kind switch
    {
        CatchKind.Destination => japanese ? "送信先" : "destination",
        CatchKind.Keyword => japanese ? $"キーワード「{reason.Found}」" : $"keyword {reason.Found}",
        CatchKind.Attachment => japanese ? $"添付ファイル「{reason.Found}」" : $"attachment {reason.Found}",
        CatchKind.Size => japanese ? $"サイズ {reason.Found} バイト" : $"size {reason.Found} octets",
        CatchKind.Recipients => japanese ? $"社外の宛先 {reason.Found} 件" : $"{reason.Found} outside recipients",
        CatchKind.Extension => japanese ? $"添付ファイルの拡張子「{reason.Found}」" : $"attachment {reason.Found}",
        _ => japanese ? $"確認できない内容: {reason.Found}" : $"cannot be checked: {reason.Found}",
    };

    /// <summary>What becomes of a recipient.</summary>
    public string Judged(Judgement judgement) => judgement switch
    {
        Judgement.Send => japanese ? "すぐに送信" : "sent at once",
        Judgement.Open => japanese ? "本文・添付ファイルの内容による" : "depends on the content",
        Judgement.Hold { IsDelay: true } hold => Delayed(hold),
        Judgement.Hold hold => japanese
            ? $"承認待ち ({string.Join('、', hold.Catches.SelectMany(one => one.Reasons).Select(Reason).Distinct())})"
            : $"held for approval ({string.Join(", ", hold.Catches.SelectMany(one => one.Reasons).Select(Reason).Distinct())})",
        Judgement.Refuse refuse => japanese ? $"送信禁止: {refuse.Reply}" : $"refused: {refuse.Reply}",
        Judgement.Trouble trouble => japanese ? $"判定不能: {trouble.Cause}" : $"cannot be judged: {trouble.Cause}",
        _ => judgement.Rule,
    };

    private string Delayed(Judgement.Hold hold) => hold.Catches.Any(caught => caught.Line.Options.Confirm)
        ? japanese ? "送信者の確認後に送信" : "held until its sender confirms it"
        : LineTiming.Written(hold.Catches.Max(caught => caught.Line.Options.Delay) ?? default) is var delay && japanese ? $"{delay} 後に送信" : $"sent after {delay}";

    /// <summary><c>a, b (one is enough), then c</c></summary>
    private string Approvers(ApprovalLine line)
    {
        var stages = line.Approvers.Stages.Select(stage =>
            $"{string.Join(japanese ? "、" : ", ", stage.Approvers)}{(stage.Approvers.Length == 1 && stage.Approvers[0] is ApproverList.Named ? "" : $" ({Votes(line.Options.Votes)})")}");
        return string.Join(japanese ? "、次に " : ", then ", stages);
    }

    private string Votes(VotesNeeded votes) => votes.Count switch
    {
        1 => japanese ? "いずれか 1 名" : "one is enough",
        -1 => japanese ? "全員" : "all of them",
        var count => japanese ? $"{count} 名" : $"{count} of them",
    };

    private string Term(Condition.Term term, SearchPlaces places) => term switch
    {
        Condition.KeywordFile file => Keywords(file.Name, places),
        Condition.KeywordList list => Keywords(list.Name, places),
        Condition.LargerThan larger => japanese ? string.Create(CultureInfo.InvariantCulture, $"{larger.Octets} バイトを超える") : string.Create(CultureInfo.InvariantCulture, $"larger than {larger.Octets} octets"),
        Condition.MoreRecipientsThan more => japanese ? string.Create(CultureInfo.InvariantCulture, $"社外の宛先が {more.Count} 件を超える") : string.Create(CultureInfo.InvariantCulture, $"more than {more.Count} outside recipients"),
        Condition.Extension extension => japanese ? $"添付ファイルの拡張子が {string.Join('、', extension.Names)}" : $"an attachment ends in {string.Join(", ", extension.Names)}",
        _ => japanese ? "添付ファイルがある" : "something is attached",
    };

    private string Keywords(string name, SearchPlaces places)
    {
        (SearchPlaces Place, string English, string Japanese)[] words = [(SearchPlaces.Subject, "subject", "件名"), (SearchPlaces.Body, "body", "本文"), (SearchPlaces.Name, "attachment names", "添付ファイル名")];
        var where = words.Where(word => places.HasFlag(word.Place));
        return japanese ? $"{string.Join('、', where.Select(word => word.Japanese))}に {name} の語がある" : $"{string.Join(" or ", where.Select(word => word.English))} has a word of {name}";
    }
}
