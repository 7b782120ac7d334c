using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>Kinds of mails that approval writes (column "Mails sent" of APPROVE-64). The numbers are stored in the database: never change them.</summary>
public enum HoldMailKind : byte
{
    /// <summary>保留通知, to the sender: one for the submission (APPROVE-57).</summary>
    HoldNotice = 1,

    /// <summary>承認依頼, to each current approver.</summary>
    Request = 2,

    /// <summary>承認通知</summary>
    ApprovalNotice = 3,

    /// <summary>却下通知</summary>
    RejectionNotice = 4,

    /// <summary>期限切れ通知</summary>
    ExpiryNotice = 5,

    /// <summary>To the sender: somebody else is asked now (T5).</summary>
    EscalationNotice = 6,

    /// <summary>To the approvers: the sender took it back (T10).</summary>
    WithdrawalNotice = 7,

    /// <summary>督促: the waiting list, to approvers who have not voted (APPROVE-59).</summary>
    Reminder = 8,

    /// <summary>送信ディレイ通知, to the sender: leaves after a while, or waits for his word (APPROVE-510, APPROVE-511).</summary>
    DelayNotice = 17,
}

/// <summary>One mail a transition wants written.</summary>
/// <param name="To">Main address.</param>
public sealed record HoldMail(HoldMailKind Kind, Mailbox To);
