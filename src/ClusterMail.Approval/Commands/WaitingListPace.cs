namespace ClusterMail.Approval.Commands;

/// <summary>One waiting list a minute for each approver (APPROVE-218).</summary>
public static class WaitingListPace
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Null: send it. Otherwise the time of the last list, which the short answer names.</summary>
    public static DateTimeOffset? TooSoonAfter(DateTimeOffset? last, DateTimeOffset now) => last is { } time && now - time < Interval ? time : null;
}
