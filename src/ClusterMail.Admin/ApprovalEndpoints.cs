using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Settings;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>approval status</c>, proxies, keyword lists, groups and the audit.</summary>
internal static class ApprovalEndpoints
{
    private const int LargestList = 1_048_576;
    private const int MostMembers = 20;

    public static void MapApproval(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").WithTags("approval");
        group.MapGet(Routes.ApprovalStatus, StatusAsync).Needs(Right.ReadCluster, "approval.status").WithSummary("The switch, what is open, outbox and audit").Produces<ApprovalStatus>();
        group.MapGet(Routes.ApprovalOverview, OverviewAsync).Needs(Right.ReadSettings, "approval.overview").WithSummary("Who is covered, who approves whom, who is missing, who has much to decide").Produces<ApprovalOverview>();
        group.MapGet(Routes.ApprovalExport, CsvAsync).Needs(Right.ReadLogs, "approval.export").WithSummary("Held mails of a span with all that became of them, as CSV; audited").Produces<string>(contentType: "text/csv");
        group.MapGet(Routes.ApprovalProxies, ProxiesAsync).Needs(Right.ReadSettings, "approval.proxy.list").WithSummary("Proxy approvers").Produces<ProxyList>();
        group.MapPut(Routes.ApprovalProxy, SetProxyAsync).Needs(Right.ChangeSettings, "approval.proxy.set").WithSummary("Sets the proxy of an approver").Produces<ApprovalDone>();
        group.MapDelete(Routes.ApprovalProxy, ClearProxyAsync).Needs(Right.ChangeSettings, "approval.proxy.clear").WithSummary("Clears the proxy of an approver").Produces<ApprovalDone>();
        group.MapGet(Routes.ApprovalKeywords, KeywordsAsync).Needs(Right.ReadSettings, "approval.keyword.list").WithSummary("Keyword lists").Produces<KeywordLists>();
        group.MapPut(Routes.ApprovalKeywords, SaveKeywordsAsync).Needs(Right.ChangeSettings, "approval.keyword.save").WithSummary("Saves a keyword list; an empty text removes it").Produces<ApprovalDone>();
        group.MapGet(Routes.ApprovalGroups, GroupsAsync).Needs(Right.ReadSettings, "approval.group.list").WithSummary("Groups of approvers").Produces<ApproverGroups>();
        group.MapPut(Routes.ApprovalGroups, SaveGroupAsync).Needs(Right.ChangeSettings, "approval.group.save").WithSummary("Saves a group of approvers; without members it is removed").Produces<ApprovalDone>();
        group.MapGet(Routes.ApprovalAuditCheck, VerifyAsync).Needs(Right.ReadAudit, "approval.audit.verify").WithSummary("Reads the whole chain of the audit and computes it anew").Produces<AuditCheck>();
        group.MapGet(Routes.ApprovalAudit, ExportAsync).Needs(Right.ReadAudit, "approval.audit.export").WithSummary("The audit, one record a line: hash, blank, JSON").Produces<string>(contentType: "text/plain");
    }

    private static async Task<IResult> StatusAsync(HoldReader reader, HoldJobs jobs, AuditStore audit, SettingsDesk desk, CancellationToken cancel)
    {
        var snapshot = (await desk.LoadAsync(null, cancel))!;
        var (backlog, oldestJob) = await jobs.BacklogAsync(cancel);
        var (entries, oldestEntry) = await audit.WaitingAsync(cancel);
        var head = await audit.HeadAsync(cancel);
        var (states, oldest) = await reader.CountAsync(cancel);
        return Results.Ok(new ApprovalStatus(
            new SettingSet(snapshot.Version, snapshot.Values).Switch("approval.enabled"), states.Where(state => state.Key is HoldState.Held or HoldState.Escalated).Sum(state => state.Value), oldest,
            reader.IsSealing, backlog, oldestJob.TotalSeconds, entries, oldestEntry.TotalSeconds, head?.Seq ?? 0, head?.Hash ?? AuditStore.Origin,
            states.ToDictionary(state => HeldText.Word(state.Key), state => state.Value)));
    }

    private static async Task<IResult> OverviewAsync(int? waiting, OverviewDesk desk, CancellationToken cancel) =>
        waiting is < 1 ? Answers.Wrong("waiting is at least 1.", "APPROVE-93") : Results.Ok(await desk.LookAsync(waiting ?? 10, cancel));

    private static async Task<IResult> CsvAsync(
        string? day, string? from, string? to, ApprovalExportReader reader, HoldStore store, LogDesk logs, SettingsDesk settings, HttpContext context, NodeName node, CancellationToken cancel)
    {
        var zone = await logs.ZoneAsync(cancel);
        var (span, fault) = logs.Span(zone, day, from, to, null);
        if (fault is not null)
            return Answers.Wrong(fault, "APPROVE-334");
        var domains = SettingsDesk.Domains((await settings.LoadAsync(null, cancel))!);
        var csv = new ApprovalCsv(requester => domains.Find(Mailbox.FromStored(requester).Domain) is { TimeZone: { Length: > 0 } name } && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var own) ? own : zone);
        // Before the first line goes out: who has taken it is on record, or nobody takes it.
        await store.AuditAsync([Changed(node, context.User().Name, context, "HISTORY_EXPORTED", $"{span!.From:O} to {span.To:O}")], cancel);
        return Results.Stream(async body =>
        {
            await using var writer = new StreamWriter(body, leaveOpen: true);
            await writer.WriteAsync(ApprovalCsv.ByteOrderMark + ApprovalCsv.Header);
            await foreach (var row in reader.RowsAsync(span, cancel))
                await writer.WriteAsync(csv.Line(row));
        }, "text/csv; charset=utf-8", "approval.csv");
    }

    private static async Task<IResult> ProxiesAsync(ApprovalStore store, TimeProvider time, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        return Results.Ok(new ProxyList([.. (await store.LoadAsync(cancel)).Proxies.OrderBy(proxy => proxy.Approver, StringComparer.Ordinal).Select(proxy => new ProxyEntry(
            proxy.Approver, proxy.Proxy, proxy.From, proxy.Until, proxy.IsInForce(now), proxy.SetAt, proxy.SetBy, proxy.Reason))]));
    }

    private static async Task<IResult> SetProxyAsync(string approver, ProxySet set, ApprovalStore store, AccountStore accounts, HttpContext context, NodeName node, CancellationToken cancel)
    {
        foreach (var address in (string[])[approver, set.Proxy])
            if (await FindAsync(accounts, address, cancel) is not { Suspended: false })
                return Answers.NotFound($"There is no account {Requests.Printable(address, 320)}, or it is suspended.", "A proxy must be an account of this farm (APPROVE-207).");
        if (Mailbox.FromStored(approver).SameAs(Mailbox.FromStored(set.Proxy)))
            return Answers.Wrong("Nobody is his own proxy.", "APPROVE-207");
        if (set is { From: { } from, Until: { } until } && until <= from)
            return Answers.Wrong("The end lies before the beginning.", "APPROVE-209");
        var user = context.User().Name;
        await store.SetProxyAsync(new ProxyRow(approver, set.Proxy, set.From, set.Until, default, user, set.Reason ?? ""),
            [Changed(node, user, context, "PROXY_SET", $"{approver} -> {set.Proxy}{(set.Reason is { Length: > 0 } reason ? $": {reason}" : "")}")], cancel);
        return Results.Ok(new ApprovalDone($"{set.Proxy} is proxy of {approver}."));
    }

    private static async Task<IResult> ClearProxyAsync(string approver, ApprovalStore store, HttpContext context, NodeName node, CancellationToken cancel)
    {
        await store.ClearProxyAsync(approver, [Changed(node, context.User().Name, context, "PROXY_CLEARED", approver)], cancel);
        return Results.Ok(new ApprovalDone($"{approver} has no proxy."));
    }

    private static async Task<IResult> KeywordsAsync(ApprovalStore store, CancellationToken cancel) => Results.Ok(new KeywordLists([.. (await store.LoadAsync(cancel)).Keywords
        .OrderBy(list => list.Owner, StringComparer.Ordinal).ThenBy(list => list.Name, StringComparer.Ordinal).Select(list => new KeywordEntry(list.Name, list.Text, list.Owner.Length > 0 ? list.Owner : null))]));

    private static async Task<IResult> SaveKeywordsAsync(KeywordEntry list, ApprovalStore store, HttpContext context, NodeName node, CancellationToken cancel)
    {
        // The base name of the path, because that is what policy lines look it up by (APPROVE-42).
        var name = list.Name[(list.Name.LastIndexOfAny(['\\', '/']) + 1)..];
        if (name.Length is 0 or > 100 || list.Text.Length > LargestList)
            return Answers.Wrong($"A keyword list has a name of 1 to 100 characters, and a text of at most {LargestList}.", "APPROVE-42");
        var user = context.User().Name;
        await store.SaveKeywordsAsync(new KeywordList(list.Owner ?? "", name, list.Text.Replace('\0', '?')), user,
            [Changed(node, user, context, list.Text.Length > 0 ? "KEYWORDS_SAVED" : "KEYWORDS_REMOVED", $"{list.Owner}/{name}")], cancel);
        return Results.Ok(new ApprovalDone(list.Text.Length > 0 ? $"{name} was saved." : $"{name} was removed; lines that refer to it hold every mail (APPROVE-40)."));
    }

    private static async Task<IResult> GroupsAsync(ApprovalStore store, CancellationToken cancel) =>
        Results.Ok(new ApproverGroups([.. (await store.LoadAsync(cancel)).Groups.OrderBy(group => group.Name, StringComparer.Ordinal).Select(group => new ApproverGroupEntry(group.Name, group.Members))]));

    private static async Task<IResult> SaveGroupAsync(ApproverGroupEntry group, ApprovalStore store, HttpContext context, NodeName node, CancellationToken cancel)
    {
        var name = group.Name.TrimStart('@');
        if (name.Length is 0 or > 100 || name.Equals("manager", StringComparison.OrdinalIgnoreCase) || !name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.'))
            return Answers.Wrong("The name of a group has letters, digits, -, _ and ., and is not manager.", "APPROVE-20");
        if (group.Members.Count > MostMembers)
            return Answers.Wrong($"A group has at most {MostMembers} members.", "APPROVE-48");
        var user = context.User().Name;
        await store.SaveGroupAsync(new ApproverGroup(name, [.. group.Members]), user, [Changed(node, user, context, group.Members.Count > 0 ? "GROUP_SAVED" : "GROUP_REMOVED", $"{name}: {string.Join(", ", group.Members)}")], cancel);
        return Results.Ok(new ApprovalDone(group.Members.Count > 0 ? $"{name} was saved." : $"{name} was removed."));
    }

    private static async Task<IResult> VerifyAsync(long? seq, string? hash, AuditStore audit, CancellationToken cancel)
    {
        if (seq is null != hash is null)
            return Answers.Wrong("A noted record has a number and a hash.", "APPROVE-332", "clustermail approval audit verify --anchor 1234:9f86d0…");
        var verdict = await audit.VerifyAsync(seq is { } number ? (number, hash!) : null, cancel);
        return Results.Ok(new AuditCheck(verdict.Fault is null, verdict.Records, verdict.Hash, verdict.BrokenAt > 0 ? verdict.BrokenAt : null, verdict.Fault));
    }

    private static async Task<IResult> ExportAsync(long? after, AuditStore audit, HoldStore store, HttpContext context, NodeName node, CancellationToken cancel)
    {
        await store.AuditAsync([Changed(node, context.User().Name, context, "AUDIT_EXPORTED", $"after {after ?? 0}")], cancel);
        return Results.Stream(async body =>
        {
            await using var writer = new StreamWriter(body, leaveOpen: true) { NewLine = "\n" };
            await foreach (var row in audit.AllAsync(after ?? 0, cancel))
                await writer.WriteLineAsync($"{row.Hash} {row.Record}");
        }, "text/plain; charset=utf-8");
    }

    internal static Task<AccountRow?> FindAsync(AccountStore accounts, string address, CancellationToken cancel)
    {
        var mailbox = Mailbox.FromStored(address);
        return accounts.FindAsync(DomainName.Normalize(mailbox.Domain), mailbox.LocalPart, cancel);
    }

    internal static AuditLine Changed(NodeName node, string user, HttpContext context, string type, string what) => (new ApprovalRecord(type)
    {
        Node = node.Name,
        Approver = $"admin:{user}",
        Channel = Channel.Admin,
        Client = context.Connection.RemoteIpAddress?.ToString(),
        Auth = $"token:{user}",
        Reason = what,
        Result = ResultCode.Ok,
    }).Line();
}
