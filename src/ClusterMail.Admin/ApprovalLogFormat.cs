using System.Globalization;
using System.Text;
using ClusterMail.Approval;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Admin;

/// <summary>Lines of the approval log (上長承認記録ログ), character by character as chapter 23 prints them. Pure.</summary>
/// <param name="zone">Zone whose local time the stamps show (LOG-12).</param>
/// <param name="level"><c>approval.log_level</c>: 0 as the original by default, 1 with client and recipients, 2 with everything (APPROVE-303, APPROVE-306).</param>
public sealed class ApprovalLogFormat(TimeZoneInfo zone, int level)
{
    private const string StampFormat = "'['yyyy'/'MM'/'dd':'HH':'mm':'ss']'";

    /// <summary>Null: a line of another level.</summary>
    public string? Line(ApprovalLine row)
    {
        if (Result(row.State) is not { } result)
            return null;
        var line = new StringBuilder()
            .Append(TimeZoneInfo.ConvertTime(row.At, zone).ToString(StampFormat, CultureInfo.InvariantCulture)).Append(" [").Append(result).Append("] 承認者=").Append(LogText.Column(row.By));
        if (level >= 1 && row.ClientAddress is { } client)
            line.Append(" (").Append(client).Append(')');
        // P, and never the signature (APPROVE-307).
        line.Append(" 承認メール=").Append(new HoldId(row.Hold)).Append('@').Append(ApproverText.Encode(row.List.Split(',').Select(Mailbox.FromStored)));
        if (level >= 1)
            line.Append(" 送信先=").AppendJoin(' ', row.Recipients.Select(LogText.Column));
        if (level >= 2)
            Extend(line, row);
        return line.ToString();
    }

    private static void Extend(StringBuilder line, ApprovalLine row)
    {
        if (row.Principal is { } principal)
            line.Append(" 代理元=").Append(LogText.Column(principal));
        line.Append(" 経路=").Append(row.Channel).Append(" 依頼者=").Append(LogText.Column(row.Requester))
            .Append(" 件名=\"").Append(LogText.Line(row.Subject).Replace('"', '\'')).Append('"').Append(CultureInfo.InvariantCulture, $" 保留={row.SecondsHeld}");
        if (row.ResultId is { } result)
            line.Append(" 結果ID=").Append(new HoldId(result));
    }

    /// <summary>Levels 0 and 1 know two results only, so that existing evaluation programs keep working.</summary>
    private string? Result(HoldState? state) => (state, level >= 2) switch
    {
        (HoldState.Approved, _) or (HoldState.AdminReleased, false) => "承認",
        (HoldState.Rejected, _) or (HoldState.AdminDiscarded, false) or (HoldState.Expired, false) => "却下",
        (HoldState.AdminReleased, true) => "管理者送信",
        (HoldState.AdminDiscarded, true) => "管理者破棄",
        (HoldState.Expired, true) => "期限切れ",
        (HoldState.Withdrawn, true) => "取消",
        // Nobody approved it, so the history of approvals has no line for it below level 2 (APPROVE-512).
        (HoldState.Sent, true) => "送信ディレイ",
        (HoldState.Escalated, true) => "エスカレーション",
        (null, true) => "投票",
        _ => null,
    };
}
