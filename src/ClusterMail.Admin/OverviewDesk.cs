using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Settings;
using ClusterMail.Store.Approval;

namespace ClusterMail.Admin;

/// <summary>Who is covered, who approves whom, who stands in, who is missing, who has much to decide: the questions of APPROVE-93 on one page.</summary>
internal sealed class OverviewDesk(ApprovalStore store, ApproverStore approvers, SettingsDesk settings, TimeProvider time)
{
    /// <param name="waiting">Approvers with at least so many undecided mails.</param>
    public async Task<ApprovalOverview> LookAsync(int waiting, CancellationToken cancel)
    {
        var snapshot = (await settings.LoadAsync(null, cancel))!;
        var data = await store.LoadAsync(cancel);
        var lists = ApprovalLists.Of(data);
        var domains = SettingsDesk.Domains(snapshot);
        var system = new SettingSet(snapshot.Version, snapshot.Values).Text("destination.rules");
        (string Level, string Owner, long Version, ApprovalTable Table)[] policies =
        [
            .. system.Length > 0 ? [("system", "", snapshot.Version, ApprovalTable.Parse(system).Table)] : Array.Empty<(string, string, long, ApprovalTable)>(),
            .. (await store.OwnersAsync(cancel)).Where(policy => !policy.Draft).Select(policy => (policy.Level, policy.Owner, policy.Version, ApprovalTable.Parse(policy.Text).Table)),
        ];
        var people = policies.SelectMany(policy => Approvers(policy.Table)).SelectMany(approver => Addresses(approver, lists)).DistinctBy(Key).ToArray();
        var known = await approvers.KnownAsync([.. people.Select(one => (Key(one), domains.MailboxDomain(DomainName.Normalize(one.Domain)), one.LocalPart.ToLowerInvariant()))], cancel);
        var now = time.GetUtcNow();
        return new ApprovalOverview(
            [.. policies.Select(policy => Of(policy.Level, policy.Owner, policy.Version, policy.Table, approver => IsThere(approver, lists, known)))],
            [.. data.Proxies.Where(proxy => proxy.IsInForce(now)).OrderBy(proxy => proxy.Approver, StringComparer.Ordinal)
                .Select(proxy => new ProxyEntry(proxy.Approver, proxy.Proxy, proxy.From, proxy.Until, true, proxy.SetAt, proxy.SetBy, proxy.Reason))],
            [.. (await approvers.BusyAsync(waiting, cancel)).Select(one => new BusyApprover(one.Address, one.Waiting, one.Oldest))]);
    }

    private static OverviewPolicy Of(string level, string owner, long version, ApprovalTable table, Func<ApproverList.Approver, bool> isThere)
    {
        var named = Approvers(table).Distinct().ToArray();
        var asking = table.Rules.Where(line => line.Mode is ApprovalMode.Always or ApprovalMode.Attachments).ToArray();
        return new OverviewPolicy(
            level, owner, version, asking.Length, table.Rules.Count(line => line.Mode == ApprovalMode.Refuse), table.Rules.Count(line => line.Mode == ApprovalMode.Send),
            [.. named.Select(approver => approver.ToString()!)], [.. named.Where(approver => !isThere(approver)).Select(approver => approver.ToString()!)],
            [.. asking.Where(line => line.Approvers.IsEmpty || line.Approvers.Stages.Any(stage => !stage.Approvers.Any(isThere))).Select(line => line.Number)]);
    }

    private static bool IsThere(ApproverList.Approver approver, ApprovalLists lists, IReadOnlyCollection<string> known) => Addresses(approver, lists).Any(address => known.Contains(Key(address)));

    private static IEnumerable<ApproverList.Approver> Approvers(ApprovalTable table) => table.Rules.SelectMany(line => line.Approvers.Stages).SelectMany(stage => stage.Approvers);

    private static IEnumerable<Mailbox> Addresses(ApproverList.Approver approver, ApprovalLists lists) => approver switch
    {
        ApproverList.Named named => [named.Address],
        ApproverList.Group group when lists.Register.Group(group.Name) is { IsDefault: false } members => members,
        _ => [],
    };

    private static string Key(Mailbox address) => address.ToString().ToLowerInvariant();
}
