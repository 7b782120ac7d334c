using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Notices;

/// <summary>Subjects of the mails (APPROVE-106): a fixed word, an address in brackets where there is one, the original subject.</summary>
public static class NoticeSubject
{
    /// <summary>Characters of the original subject that are repeated (APPROVE-107).</summary>
    public const int OriginalLimit = 200;

    /// <summary>In both languages the Japanese one comes first, then the English word: rules that look for the beginning go on working.</summary>
    public static string For(Notice notice, string to, NoticeLanguage language) => language switch
    {
        NoticeLanguage.Japanese => Japanese(notice, to),
        NoticeLanguage.English => English(notice, to),
        _ => $"{Japanese(notice, to)} / {Word(notice.Kind)}",
    };

    /// <summary>The original subject for people's eyes, or the words for none.</summary>
    public static string Original(string? subject, Language language)
    {
        var shown = VisibleText.Line(subject ?? "", OriginalLimit).Trim();
        return shown.Length > 0 ? shown : new Phrase("(件名なし)", "(no subject)").In(language);
    }

    private static string Japanese(Notice notice, string to)
    {
        var original = Original(notice.Case?.Mail.Subject, Language.Japanese);
        return notice.Kind switch
        {
            NoticeKind.HoldNotice => $"保留通知{original}",
            NoticeKind.DelayNotice => notice is Notice.Delay { Confirms: true } ? $"送信確認依頼{original}" : $"送信ディレイ通知{original}",
            NoticeKind.Request => $"承認依頼({notice.Case!.Requester}){original}",
            NoticeKind.EscalatedRequest => $"承認依頼({notice.Case!.Requester})[代行]{original}",
            NoticeKind.ApprovalNotice => $"承認通知({Decider(notice)}){original}",
            NoticeKind.RejectionNotice => $"却下通知({Decider(notice)}){original}",
            NoticeKind.ExpiryNotice => $"期限切れ通知{original}",
            NoticeKind.EscalationNotice => $"代行依頼通知{original}",
            NoticeKind.WithdrawalNotice => $"取消通知({notice.Case!.Requester}){original}",
            NoticeKind.NoAction => notice.Case is null ? "処理結果" : $"処理結果{original}",
            NoticeKind.WaitingList => $"承認待ち一覧({to})",
            NoticeKind.Reminder => $"督促:承認待ち一覧({to})",
            NoticeKind.ProxyChanged or NoticeKind.ProxyInformation => "代理承認者設定",
            NoticeKind.ProxyEnding => "代理承認者終了予告",
            NoticeKind.History => "承認履歴",
            _ => "処理結果",
        };
    }

    private static string English(Notice notice, string to)
    {
        var original = Original(notice.Case?.Mail.Subject, Language.English);
        return notice.Kind switch
        {
            NoticeKind.Request => $"Approval request ({notice.Case!.Requester}): {original}",
            NoticeKind.EscalatedRequest => $"Approval request (escalated) ({notice.Case!.Requester}): {original}",
            NoticeKind.ApprovalNotice or NoticeKind.RejectionNotice => $"{Word(notice.Kind)} ({Decider(notice)}): {original}",
            NoticeKind.WithdrawalNotice => $"{Word(notice.Kind)} ({notice.Case!.Requester}): {original}",
            NoticeKind.WaitingList => $"{Word(notice.Kind)} ({to})",
            NoticeKind.DelayNotice => notice is Notice.Delay { Confirms: true } ? $"Please confirm: {original}" : $"Delayed: {original}",
            NoticeKind.HoldNotice or NoticeKind.ExpiryNotice or NoticeKind.EscalationNotice => $"{Word(notice.Kind)}: {original}",
            NoticeKind.NoAction when notice.Case is not null => $"{Word(notice.Kind)}: {original}",
            _ => Word(notice.Kind),
        };
    }

    private static string Word(NoticeKind kind) => kind switch
    {
        NoticeKind.HoldNotice => "Held",
        NoticeKind.DelayNotice => "Delayed",
        NoticeKind.Request => "Approval request",
        NoticeKind.EscalatedRequest => "Approval request (escalated)",
        NoticeKind.ApprovalNotice => "Approved",
        NoticeKind.RejectionNotice => "Rejected",
        NoticeKind.ExpiryNotice => "Expired",
        NoticeKind.EscalationNotice => "Escalated",
        NoticeKind.WithdrawalNotice => "Withdrawn",
        NoticeKind.WaitingList => "Waiting for your approval",
        NoticeKind.Reminder => "Reminder: waiting for your approval",
        NoticeKind.ProxyChanged or NoticeKind.ProxyInformation => "Proxy approver changed",
        NoticeKind.ProxyEnding => "Proxy approver ends soon",
        NoticeKind.History => "Approval history",
        _ => "No action taken",
    };

    /// <summary>The system decides only by deadline.</summary>
    private static string Decider(Notice notice) => notice is Notice.Result { Decision.By: { } by } ? by.ToString() : "system";
}
