using System.Collections.Immutable;
using System.Globalization;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Approval.Viewing;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Notices;

/// <summary>A held mail in words of one language, the same in mails and on pages.</summary>
public sealed class CaseWords(Language language, TimeZoneInfo zone)
{
    public Language Language => language;

    public string Say(string japanese, string english) => language == Language.Japanese ? japanese : english;

    /// <summary>With the zone: <c>2026/11/24 10:15:02 (+09:00)</c>.</summary>
    public string Time(DateTimeOffset time)
    {
        var local = TimeZoneInfo.ConvertTime(time, zone);
        return local.ToString(Say("yyyy/MM/dd HH:mm:ss '('zzz')'", "yyyy-MM-dd HH:mm:ss '('zzz')'"), CultureInfo.InvariantCulture);
    }

    public string Day(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, zone).ToString(Say("yyyy/MM/dd", "yyyy-MM-dd"), CultureInfo.InvariantCulture);

    /// <summary>The largest two units: <c>2 日 3 時間</c>.</summary>
    public string Duration(TimeSpan time)
    {
        if (time.TotalHours >= 24)
            return string.Create(CultureInfo.InvariantCulture, $"{time.Days}{Say(" 日 ", " d ")}{time.Hours}{Say(" 時間", " h")}");
        if (time.TotalMinutes >= 60)
            return string.Create(CultureInfo.InvariantCulture, $"{time.Hours}{Say(" 時間 ", " h ")}{time.Minutes}{Say(" 分", " min")}");
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, time.Minutes)}{Say(" 分", " min")}");
    }

    /// <summary>Octets as people read them; below 1 KB exact.</summary>
    public static string Size(long octets) => octets switch
    {
        < 1024 => string.Create(CultureInfo.InvariantCulture, $"{octets} B"),
        < 1_048_576 => string.Create(CultureInfo.InvariantCulture, $"{octets / 1024.0:0.#} KB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{octets / 1_048_576.0:0.#} MB"),
    };

    public string Subject(HeldCase held) => NoticeSubject.Original(held.Mail.Subject, language);

    public static string Recipient(HeldCase held, Mailbox recipient) => $"{VisibleText.Line(recipient.ToString())}{(held.IsBcc(recipient) ? " (Bcc)" : "")}";

    public static ImmutableArray<string> Recipients(HeldCase held) => [.. held.Recipients.Select(recipient => Recipient(held, recipient))];

    public static string Requester(HeldCase held) =>
        held.RequesterName.Length > 0 ? $"{VisibleText.Line(held.RequesterName, 100)} <{held.Requester}>" : held.Requester.ToString();

    public string Approver(CurrentApprover approver) =>
        approver.Principal is { } principal ? $"{approver.Address} ({Say($"{principal} の代理", $"proxy for {principal}")})" : approver.Address.ToString();

    public string Votes(HeldCase held) => held switch
    {
        { Approvers.Length: 1 } => "",
        { Needed: 1 } => Say("このうち 1 名の承認で送信されます。", "One of them is enough."),
        _ when held.Needed == held.Approvers.Length => Say("全員の承認が必要です。", "All of them must approve."),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Say($"このうち {held.Needed} 名の承認が必要です。", $"{held.Needed} of them must approve.")}"),
    };

    public ImmutableArray<string> Reasons(HeldCase held) =>
        held.Reasons.IsDefaultOrEmpty ? [Reason(held, new CatchReason(CatchKind.Destination))] : [.. held.Reasons.Select(reason => Reason(held, reason))];

    public string Deadline(HeldCase held) => held.Deadline is { } deadline
        ? $"{Time(deadline)}: {AtDeadline(held.OnExpire)}"
        : Say("期限はありません。決定されるまで保留されます。", "None: held until somebody decides.");

    /// <summary>When a mail of mode 3 leaves.</summary>
    public string Leaves(HeldCase held, bool confirms) => (confirms, held.Deadline) switch
    {
        (false, { } at) => Say($"{Time(at)} に自動的に送信されます。", $"By itself at {Time(at)}."),
        (_, { } until) => Say($"あなたが確認するまで送信されません。{Time(until)} までに確認しなければ破棄されます。", $"Only when you have confirmed it; if you do not until {Time(until)}, it is not sent."),
        _ => Say("あなたが確認するまで送信されません。", "Only when you have confirmed it."),
    };

    public string Reference(HeldCase held) =>
        held.Related.IsDefaultOrEmpty ? held.Hold.ToString() : $"{held.Hold} ({Say("同じ送信の他の管理番号", "same submission")}: {string.Join(", ", held.Related)})";

    /// <summary>Each by name, type and size; and the truth where the list may not be all of them.</summary>
    public ImmutableArray<string> Attachments(HeldCase held)
    {
        var lines = held.Mail.Attachments.Select(one => $"{(one.Name.Length > 0 ? one.Name : Say("(名前なし)", "(no name)"))} ({one.MediaType}, {Size(one.Size)})").ToList();
        if (held.Mail.LacksAttachments)
            lines.Add(Say("(この一覧は完全ではない可能性があります)", "(this list may not be complete)"));
        return lines.Count > 0 ? [.. lines] : [Say("なし", "none")];
    }

    public string Warning(CaseWarning warning)
    {
        var detail = VisibleText.Line(warning.Detail, 200);
        return warning.Kind switch
        {
            CaseWarningKind.NewDomain => Say($"初めて送信するドメインです: {detail}", $"First mail to this domain: {detail}"),
            CaseWarningKind.FreeMail => Say($"フリーメールの宛先です: {detail}", $"Free mail address: {detail}"),
            CaseWarningKind.ManyRecipients => Say($"To・Cc に社外の宛先が多数あります: {detail}", $"Many outside recipients in To and Cc: {detail}"),
            CaseWarningKind.MixedCompanies => Say($"複数の会社が宛先に含まれています: {detail}", $"Recipients of several companies: {detail}"),
            CaseWarningKind.EncryptedAttachment => Say($"暗号化された添付ファイルは中身を確認できません: {detail}", $"Encrypted attachment, which cannot be looked into: {detail}"),
            CaseWarningKind.DoubleExtension => Say($"拡張子が二重の添付ファイルがあります: {detail}", $"Attachment with two extensions: {detail}"),
            CaseWarningKind.Keyword => Say($"キーワードがあります: {detail}", $"Keyword: {detail}"),
            CaseWarningKind.LookAlike => Say($"送信したことのあるドメインと 1 文字違いです: {detail}", $"One character away from a domain written to before: {detail}"),
            _ => Say($"直前と同じメールの可能性があります: {detail}", $"Probable duplicate of {detail}"),
        };
    }

    /// <summary>Who decided, as notices name him: a proxy with his principal, an administrator, or the system.</summary>
    public string Decider(Decision decision) => decision switch
    {
        { By: null } => Say("システム (期限による)", "system (by deadline)"),
        { Outcome: HoldStatus.AdminReleased or HoldStatus.AdminDiscarded } => Say($"{decision.By} (管理者)", $"{decision.By} (by administrator)"),
        { Principal: { } principal } => Say($"{decision.By} ({principal} の代理)", $"{decision.By} (as proxy of {principal})"),
        _ => decision.By.ToString(),
    };

    public string Outcome(HoldStatus status) => status switch
    {
        HoldStatus.Held or HoldStatus.Escalated => Say("保留中 (未送信)", "held, not sent yet"),
        HoldStatus.Approved => Say("承認されました", "approved"),
        HoldStatus.AdminReleased => Say("管理者が送信しました", "approved (by administrator)"),
        HoldStatus.Rejected => Say("却下されました (未送信)", "rejected, not sent"),
        HoldStatus.AdminDiscarded => Say("管理者が破棄しました (未送信)", "rejected (by administrator), not sent"),
        HoldStatus.Sent => Say("送信されました", "sent"),
        HoldStatus.Expired => Say("期限切れ (未送信)", "expired, not sent"),
        _ => Say("送信者が取り消しました (未送信)", "withdrawn by the sender, not sent"),
    };

    private string AtDeadline(ExpiryAction action) => action switch
    {
        ExpiryAction.Reject => Say("それまでに決定されないと送信されません。", "not sent unless somebody decides before."),
        ExpiryAction.Release => Say("それまでに決定されないと送信されます。", "sent if nobody decides before."),
        _ => Say("それ以降も保留されます。", "stays held after that."),
    };

    private string Reason(HeldCase held, CatchReason reason)
    {
        var found = VisibleText.Line(reason.Found, 200);
        return reason.Kind switch
        {
            CatchKind.Keyword => Say($"件名などにキーワードが見つかりました: {found}", $"Keyword found: {found}"),
            CatchKind.Attachment => Say($"添付ファイルがあります{Named(found)}", $"Has an attachment{Named(found)}"),
            CatchKind.Size => Say($"サイズが大きいメールです{Named(found)}", $"Large mail{Named(found)}"),
            CatchKind.Recipients => Say($"社外の宛先が多数あります{Named(found)}", $"Many recipients outside{Named(found)}"),
            CatchKind.Extension => Say($"添付ファイルの種類: {found}", $"Type of attachment: {found}"),
            CatchKind.Unreadable => Say("規則を評価できなかったため、安全のため保留しました。", "A rule could not be evaluated, so the mail is held to be safe."),
            _ when held.IsOwn => Say("送信前に確認する宛先です。", "Mail to this destination waits before it leaves."),
            _ => Say("承認が必要な宛先です。", "The destination needs approval."),
        };
    }

    private static string Named(string found) => found.Length > 0 ? $": {found}" : "";
}
