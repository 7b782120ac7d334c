using ClusterMail.Approval.Holds;

namespace ClusterMail.Queue.Approval;

/// <summary>Names of the jobs that write a mail, and the list that stands in decision texts.</summary>
internal static class NoticeJobs
{
    /// <summary>Stored in the outbox: never change one.</summary>
    public static string Word(HoldMailKind kind) => kind switch
    {
        HoldMailKind.HoldNotice => "hold-notice",
        HoldMailKind.Request => "request",
        HoldMailKind.ApprovalNotice => "approval-notice",
        HoldMailKind.RejectionNotice => "rejection-notice",
        HoldMailKind.ExpiryNotice => "expiry-notice",
        HoldMailKind.EscalationNotice => "escalation-notice",
        HoldMailKind.WithdrawalNotice => "withdrawal-notice",
        HoldMailKind.Reminder => "reminder",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    public static HoldMailKind? Kind(string word) => Enum.GetValues<HoldMailKind>().Where(kind => word == Word(kind) || word.StartsWith(Word(kind) + "-2", StringComparison.Ordinal)).Select(kind => (HoldMailKind?)kind).FirstOrDefault();

    /// <summary>The current approvers of the running stage in their order, joined by commas (APPROVE-130).</summary>
    public static string List(HeldState state) => string.Join(',', state.Stages[state.Stage].Approvers.Select(approver => approver.Address.ToString().ToLowerInvariant()));
}
