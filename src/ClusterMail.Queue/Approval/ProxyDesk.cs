using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>Proxies that approvers choose for themselves, by a command or on the page: the same rules, the same mails, the same audit (APPROVE-206 to APPROVE-212).</summary>
public sealed class ProxyDesk(ApprovalStore store, Func<ApprovalLists> lists, TimeProvider time)
{
    /// <summary>The one who stands in now or will; null: none. Also one whose window has not begun.</summary>
    public ProxyAssignment? Of(Mailbox approver) => AtAll(approver, time.GetUtcNow());

    public async Task<ProxyAnswer> SetAsync(ProxyOrder order, ApprovalCommand.SetProxy command, ProxySpan? span, CancellationToken cancel)
    {
        var (register, now, asker) = (lists().Register, time.GetUtcNow(), order.Asker);
        // The stored name of a proxy is the account's, whatever alias was written (APPROVE-207).
        var account = order.View.Policy.Directory.Resolve(command.Proxy).Account;
        var answer = ProxyRules.Judge(new ProxyWish
        {
            Approver = asker,
            IsApprover = await IsApproverAsync(order.View, asker, cancel).ConfigureAwait(false),
            Command = command,
            Span = span,
            ProxyAccount = account?.Address,
            IsInSubDomain = order.View.Policy.Directory.SubDomain.Contains(command.Proxy),
            IsProxySuspended = account is { Suspended: true },
            Before = AtAll(asker, now)?.Proxy,
            ProxyOfProxy = account is null ? null : register.ProxyOf(account.Address, now)?.Proxy,
            Now = now,
            Zone = order.View.ZoneOf(asker),
            MaxDays = (int)order.View.Settings.Integer("approval.proxy_max_days"),
        });
        if (answer is not ProxyAnswer.Granted granted)
            return answer;
        var told = new CommandAnswer { Approver = asker.ToString(), Before = granted.Replaces?.ToString(), Now = granted.Proxy.ToString(), From = granted.Term.From, Until = granted.Term.Until, Warnings = [.. granted.Warnings] };
        var until = granted.Term.Until is { } end ? FormattableString.Invariant($" until {end:yyyy-MM-dd'T'HH:mmzzz}") : "";
        await store.SetProxyAsync(
            new ProxyRow(asker.ToString(), granted.Proxy.ToString(), granted.Term.From, granted.Term.Until, default, asker.ToString(), order.Way),
            [order.Line("PROXY_SET", command.Days is { } days ? $"{asker} -> {granted.Proxy} {days}" : $"{asker} -> {granted.Proxy}{until}")],
            [.. Told(order, told), .. Dismissed(order, granted.Replaces is { } before && !before.SameAs(granted.Proxy) ? before : null)], cancel).ConfigureAwait(false);
        return granted;
    }

    /// <summary>False: he had none, and is no approver who could have.</summary>
    public async Task<bool> ClearAsync(ProxyOrder order, CancellationToken cancel)
    {
        var before = AtAll(order.Asker, time.GetUtcNow())?.Proxy;
        if (before is null && !await IsApproverAsync(order.View, order.Asker, cancel).ConfigureAwait(false))
            return false;
        await store.ClearProxyAsync(order.Asker.ToString(), [order.Line("PROXY_CLEARED", order.Asker.ToString())],
            [.. Told(order, new CommandAnswer { Approver = order.Asker.ToString(), Before = before?.ToString() }), .. Dismissed(order, before)], cancel).ConfigureAwait(false);
        return true;
    }

    /// <summary>Also when his window has not begun: he is told that he is none any more.</summary>
    private ProxyAssignment? AtAll(Mailbox approver, DateTimeOffset now) =>
        lists().Register.Proxies.FirstOrDefault(proxy => proxy.Principal.SameAs(approver) && (proxy.Until is not { } until || until > now));

    /// <summary>Confirmation to the approver, information to the new proxy (APPROVE-212).</summary>
    private static IEnumerable<NewAnswer> Told(ProxyOrder order, CommandAnswer answer)
    {
        yield return new NewAnswer(NoticeJobs.Answer(NoticeKind.ProxyChanged, order.Number), order.Asker.ToString(), answer.Write());
        if (answer.Now is { } proxy)
            yield return new NewAnswer(NoticeJobs.Answer(NoticeKind.ProxyInformation, order.Number), proxy, answer.Write());
    }

    private static IEnumerable<NewAnswer> Dismissed(ProxyOrder order, Mailbox? before) => before is null ? [] :
        [new NewAnswer(NoticeJobs.Answer(NoticeKind.ProxyInformation, order.Number), before.ToString(), new CommandAnswer { Approver = order.Asker.ToString(), Before = before.ToString() }.Write())];

    /// <summary>He is asked now, has a proxy, or stands in a policy, a group, as somebody's superior, or among those who are asked last (APPROVE-205).</summary>
    private async Task<bool> IsApproverAsync(NodeView view, Mailbox person, CancellationToken cancel)
    {
        var directory = view.Policy.Directory;
        bool Is(Mailbox named) => named.SameAs(person) || directory.Resolve(named).Account?.Address.SameAs(person) == true;
        var (options, register) = (view.Policy.Approval.Options, lists().Register);
        bool Names(ApproverList.Approver approver) => approver switch
        {
            ApproverList.Named named => Is(named.Address),
            ApproverList.Group group => register.Group(group.Name) is { IsDefault: false } members && members.Any(Is),
            _ => false,
        };
        bool Stands(ApprovalTable table) => table.Rules.Any(rule => rule.Approvers.Stages.Any(stage => stage.Approvers.Any(Names)) || rule.Options.Timing.EscalateTo is { } target && Is(target));
        if (options.Admins.Any(Is) || options.Fallback.Any(Is) || Stands(view.Policy.Approval.Book.System.Table) || await store.IsAskedAsync(person.ToString(), cancel).ConfigureAwait(false))
            return true;
        return (await store.SuperiorsAsync(cancel).ConfigureAwait(false)).Any(superior => Is(Mailbox.FromStored(superior)))
            || (await store.PolicyTextsAsync(cancel).ConfigureAwait(false)).Any(text => Stands(ApprovalTable.Parse(text).Table));
    }
}

/// <summary>Who wants another proxy, and how he came.</summary>
/// <param name="Asker">Main address.</param>
/// <param name="Number">Under which he and the others are told.</param>
/// <param name="Record">What the audit says of the way; type, reason and result are put in.</param>
/// <param name="Way">For the row: <c>by command</c>.</param>
public sealed record ProxyOrder(Mailbox Asker, NodeView View, MessageId Number, ApprovalRecord Record, string Way)
{
    internal AuditLine Line(string type, string what) => (Record with { Type = type, Reason = what, Result = ClusterMail.Approval.Holds.ResultCode.Ok }).Line();
}
