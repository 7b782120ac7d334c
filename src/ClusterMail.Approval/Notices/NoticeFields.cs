using System.Collections.Immutable;

namespace ClusterMail.Approval.Notices;

/// <summary>A field a kind of mail has.</summary>
public sealed record NoticeFieldRule(string Name, Phrase Label, bool IsRequired);

/// <summary>The tables of chapter 21 section 2 and chapter 22: which fields each mail has, their labels, and which may not be missing.</summary>
public static class NoticeFields
{
    private static readonly NoticeFieldRule Status = Required("status", "状態", "Status");
    private static readonly NoticeFieldRule Subject = Required("subject", "件名", "Subject");
    private static readonly NoticeFieldRule Reference = Required("reference", "管理番号", "Reference");
    private static readonly NoticeFieldRule Deadline = Required("deadline", "期限", "Deadline");
    private static readonly NoticeFieldRule Reason = Required("reason", "理由", "Reason");
    private static readonly NoticeFieldRule Action = Required("action", "必要な操作", "What to do");
    private static readonly NoticeFieldRule Approver = Required("approver", "承認者", "Approver");
    private static readonly NoticeFieldRule Valid = Required("valid", "期間", "Valid");
    private static readonly NoticeFieldRule OpenMails = Required("open_mails", "承認待ちのメール", "Mails waiting now");

    private static readonly NoticeFieldRule Copies = Optional("copies", "写しの送付先", "A copy goes to");

    private static readonly ImmutableArray<NoticeFieldRule> Delay =
    [
        Status, Subject, Required("received", "受付日時", "Received"), Required("recipients", "送信先アドレス", "Recipients"), Copies, Required("leaves", "送信予定", "Leaves"),
        Required("send", "[今すぐ送信]", "[Send now]"), Required("discard", "[破棄]", "[Discard]"), Reason, Reference,
    ];

    private static readonly ImmutableArray<NoticeFieldRule> Hold =
    [
        Status, Subject, Required("received", "受付日時", "Received"), Required("recipients", "承認待ちの宛先", "Recipients waiting"),
        Optional("sent", "送信済みの宛先", "Already sent to"), Required("approvers", "承認者", "Approvers"), Reason, Deadline, Reference,
        Optional("withdraw", "取消", "Withdraw"), Copies, Optional("asked", "承認依頼の送付", "Approvers are asked"), Optional("note", "承認者への連絡", "Tell the approvers something"),
    ];

    private static readonly ImmutableArray<NoticeFieldRule> Request =
    [
        Required("question", "依頼内容", "What is asked"), Required("approve", "[承認]", "[Approve]"), Required("reject", "[却下]", "[Reject]"),
        Optional("page", "承認ページ", "Approval page"), Required("recipients", "[送信先アドレス]", "[Recipients]"), Required("requester", "依頼者", "Requester"),
        Required("mail", "件名 / 日時 / サイズ", "Subject / Date / Size"), Required("attachments", "添付ファイル", "Attachments"), Reason, Deadline, Reference,
        Optional("others", "他の承認者", "Other approvers"), Optional("proxy", "代理", "Proxy"), Optional("warnings", "注意", "Warnings"), Optional("note", "備考", "Note"), Optional("sender_note", "依頼者からの連絡", "From the requester"), Copies,
        Required("excerpt", "本文 (先頭部分)", "Text (beginning)"), Required("copy", "リンクが使えないとき", "If the links do not work"),
        Required("original", "(添付) 元のメール", "(attached) original mail"),
    ];

    private static readonly ImmutableArray<NoticeFieldRule> Approved =
    [
        Status, Required("decided_by", "決定した人", "Decided by"), Required("decided_at", "決定日時", "Decided"), Subject,
        Required("recipients", "送信される宛先", "Recipients that now receive it"), Reference, Optional("comment", "コメント", "Comment"), Optional("action", "必要な操作", "What to do"),
    ];

    private static readonly ImmutableArray<NoticeFieldRule> Rejected =
    [
        Status, Required("decided_by", "決定した人", "Decided by"), Required("decided_at", "決定日時", "Decided"), Reason, Subject,
        Required("recipients", "送信されない宛先", "Recipients that do not receive it"), Reference, Optional("action", "必要な操作", "What to do"),
        Optional("original", "(添付) 元のメール", "(attached) original mail"),
    ];

    private static readonly ImmutableArray<NoticeFieldRule> Expired =
    [
        Status, Required("approvers", "依頼した承認者", "Approvers who were asked"), Required("decided_at", "期限", "Deadline"), Subject,
        Required("recipients", "送信されない宛先", "Recipients that do not receive it"), Reference, Optional("action", "必要な操作", "What to do"),
        Optional("original", "(添付) 元のメール", "(attached) original mail"),
    ];

    private static readonly ImmutableArray<NoticeFieldRule> Escalated =
    [
        Status, Required("targets", "現在の依頼先", "Asked now"), Required("since", "依頼日時", "Since"), Reason, Subject, Required("recipients", "承認待ちの宛先", "Recipients waiting"), Deadline, Reference,
    ];

    private static readonly ImmutableArray<NoticeFieldRule> Withdrawn =
    [
        Status, Required("requester", "依頼者", "Requester"), Required("decided_at", "取消日時", "Withdrawn"), Subject, Required("recipients", "送信されない宛先", "Recipients that do not receive it"), Reference, Action,
    ];

    private static readonly ImmutableArray<NoticeFieldRule> NoAction =
    [
        Status, Optional("reference", "管理番号", "Reference"), Optional("subject", "件名", "Subject"), Required("tried", "操作", "What was tried"), Reason, Action,
    ];

    private static readonly ImmutableArray<NoticeFieldRule> Waiting =
        [Status, Required("entries", "承認待ちのメール", "Mails waiting"), Optional("page", "承認ページ", "Approval page")];

    private static readonly ImmutableArray<NoticeFieldRule> ProxyChanged =
    [
        Approver, Required("old_proxy", "これまでの代理承認者", "Proxy until now"), Required("new_proxy", "新しい代理承認者", "New proxy"), Valid, OpenMails,
        Optional("warnings", "注意", "Warnings"), Required("clear", "解除の方法", "How to clear"),
    ];

    /// <summary>The fields of a kind, in the order in which its own text has them.</summary>
    public static ImmutableArray<NoticeFieldRule> Of(NoticeKind kind) => kind switch
    {
        NoticeKind.HoldNotice => Hold,
        NoticeKind.DelayNotice => Delay,
        NoticeKind.Request or NoticeKind.EscalatedRequest => Request,
        NoticeKind.ApprovalNotice => Approved,
        NoticeKind.RejectionNotice => Rejected,
        NoticeKind.ExpiryNotice => Expired,
        NoticeKind.EscalationNotice => Escalated,
        NoticeKind.WithdrawalNotice => Withdrawn,
        NoticeKind.NoAction => NoAction,
        NoticeKind.WaitingList or NoticeKind.Reminder => Waiting,
        NoticeKind.ProxyChanged => ProxyChanged,
        NoticeKind.ProxyInformation => [Status, Approver, Valid, OpenMails],
        NoticeKind.ProxyEnding => [Status, Required("proxy", "代理承認者", "Proxy"), Valid, Action],
        NoticeKind.History => [Status, Required("days", "期間", "Days"), Optional("files", "添付ファイル", "Attachments"), Optional("page", "ダウンロード", "Download")],
        _ => [Status, Required("tried", "操作", "What was tried"), Reason, Action],
    };

    private static NoticeFieldRule Required(string name, string japanese, string english) => new(name, new Phrase(japanese, english), true);

    private static NoticeFieldRule Optional(string name, string japanese, string english) => new(name, new Phrase(japanese, english), false);
}
