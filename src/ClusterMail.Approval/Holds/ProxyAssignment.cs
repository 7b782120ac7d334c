using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>A proxy approver (代理承認者) and the time for which he stands in (APPROVE-206 to APPROVE-209).</summary>
/// <param name="Principal">Main address of the approver who set it.</param>
/// <param name="Proxy">Main address of the account that decides in his place. A proxy of the proxy is not asked (APPROVE-208).</param>
/// <param name="From">Null: from the command on.</param>
/// <param name="Until">First moment at which it does not hold any more; null: until cleared.</param>
public sealed record ProxyAssignment(Mailbox Principal, Mailbox Proxy, DateTimeOffset? From = null, DateTimeOffset? Until = null)
{
    public bool IsActive(DateTimeOffset now) => (From is not { } from || from <= now) && (Until is not { } until || now < until);
}
