namespace ClusterMail.Approval.Commands;

/// <summary>How long a proxy stands in: from, and until; null: until cleared (APPROVE-209).</summary>
public sealed record ProxyTerm(DateTimeOffset From, DateTimeOffset? Until)
{
    /// <summary>The approver hears this long before the end of a window (APPROVE-209).</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(1);

    public bool IsInForce(DateTimeOffset now) => now >= From && (Until is not { } until || now < until);

    /// <summary>When the approver is told that the window ends; null: never. Not before it has begun.</summary>
    public DateTimeOffset? NoticeAt => Until is { } until ? (until - Notice > From ? until - Notice : From) : null;
}
