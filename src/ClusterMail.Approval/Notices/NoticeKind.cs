using ClusterMail.Approval.Holds;

namespace ClusterMail.Approval.Notices;

/// <summary>
/// Mails that approval writes (chapter 21). The first eight are those of <see cref="HoldMailKind"/>, under the same numbers; the others answer people.
/// The numbers are stored in the database: never change them.
/// </summary>
public enum NoticeKind : byte
{
    HoldNotice = 1,
    Request = 2,
    ApprovalNotice = 3,
    RejectionNotice = 4,
    ExpiryNotice = 5,
    EscalationNotice = 6,
    WithdrawalNotice = 7,
    Reminder = 8,
    NoAction = 9,
    WaitingList = 10,

    /// <summary>代理承認者設定: answer to the approver who set or cleared a proxy.</summary>
    ProxyChanged = 11,

    /// <summary>To the proxy, so that nobody is proxy without knowing (APPROVE-212).</summary>
    ProxyInformation = 12,

    /// <summary>To the approver, a day before a proxy's window ends (APPROVE-209).</summary>
    ProxyEnding = 13,
    History = 14,

    /// <summary>Answer to a command that changed nothing.</summary>
    CommandRefused = 15,

    /// <summary>The request to an escalation target.</summary>
    EscalatedRequest = 16,

    /// <summary>送信ディレイ通知: to the sender, whose mail leaves after a while or waits for his own word (APPROVE-510, APPROVE-511).</summary>
    DelayNotice = 17,
}

public static class NoticeKinds
{
    public static NoticeKind Of(HoldMailKind kind) => (NoticeKind)(byte)kind;

    /// <summary>In <c>X-ClusterMail-Approval:</c>, Message-IDs and template names.</summary>
    public static string Word(this NoticeKind kind) => kind switch
    {
        NoticeKind.HoldNotice => "hold-notice",
        NoticeKind.Request => "request",
        NoticeKind.ApprovalNotice => "approval-notice",
        NoticeKind.RejectionNotice => "rejection-notice",
        NoticeKind.ExpiryNotice => "expiry-notice",
        NoticeKind.EscalationNotice => "escalation-notice",
        NoticeKind.WithdrawalNotice => "withdrawal-notice",
        NoticeKind.Reminder => "reminder",
        NoticeKind.NoAction => "no-action",
        NoticeKind.WaitingList => "waiting-list",
        NoticeKind.ProxyChanged => "proxy-changed",
        NoticeKind.ProxyInformation => "proxy-information",
        NoticeKind.ProxyEnding => "proxy-ending",
        NoticeKind.History => "history",
        NoticeKind.CommandRefused => "command-refused",
        NoticeKind.DelayNotice => "delay-notice",
        _ => "escalated-request",
    };
}
