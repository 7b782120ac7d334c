namespace ClusterMail.Approval.Commands;

/// <summary>Begin and end to the minute.</summary>
/// <param name="From">Null: at once.</param>
/// <param name="Until">Null: until it is cleared.</param>
public sealed record ProxySpan(DateTimeOffset? From, DateTimeOffset? Until);
