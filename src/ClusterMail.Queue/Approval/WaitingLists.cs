using System.Collections.Immutable;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Store.Approval;
using Notice = ClusterMail.Approval.Notices.Notice;

namespace ClusterMail.Queue.Approval;

/// <summary>Waiting lists as mails (APPROVE-59, APPROVE-215 to APPROVE-217), with what the reader needs to decide each entry.</summary>
public sealed class WaitingLists(HoldReader reader, HoldStore store, HeldCases cases, PageLinks pages, Func<ApprovalLists> lists, Func<NodeView> view, TimeProvider time)
{
    /// <summary>督促. Null: nothing waits any more.</summary>
    public async Task<Notice?> ReminderAsync(Mailbox approver, CancellationToken cancel) =>
        await OfAsync(approver, cancel).ConfigureAwait(false) is { Entries.IsEmpty: false } list ? list with { IsReminder = true } : null;

    /// <summary>Oldest first, at most fifty; empty entries: nothing waits.</summary>
    public async Task<Notice.Waiting> OfAsync(Mailbox approver, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var proxyFor = lists().Register.PrincipalsOf(approver, now);
        var (rows, total) = await reader.WaitingAsync(approver.ToString(), [.. proxyFor.Select(one => one.ToString())], WaitingEntry.MailLimit, cancel).ConfigureAwait(false);
        var links = await pages.MakeAsync([.. rows.Select(row => new ClusterMail.Approval.HoldId(row.Id))], approver, cancel).ConfigureAwait(false);
        var entries = ImmutableArray.CreateBuilder<WaitingEntry>(rows.Count);
        foreach (var (row, link) in rows.Zip(links))
        {
            var held = await cases.OfAsync(row, [], cancel).ConfigureAwait(false);
            var principal = held.Approvers.Any(seat => seat.Address.SameAs(approver)) ? null : proxyFor.FirstOrDefault(one => held.Approvers.Any(seat => seat.Address.SameAs(one)));
            entries.Add(new WaitingEntry(held, await TextsAsync(held, approver, principal, row, link, cancel).ConfigureAwait(false), link, principal, now - row.Mail.ReceivedAt));
        }
        return new Notice.Waiting(approver, entries.ToImmutable(), total, pages.List(approver));
    }

    /// <summary>With the list as this reader must have it, recorded before it goes out (APPROVE-137). Null: he decides on the page only.</summary>
    internal async Task<DecisionTexts?> TextsAsync(HeldCase held, Mailbox approver, Mailbox? principal, HoldRow row, string? link, CancellationToken cancel)
    {
        if (lists().Keys is not { } keys || (link is not null && view().Policy.Directory.Account(approver) is null))
            return null;
        ImmutableArray<Mailbox> recorded = [.. held.Approvers.Select(one => one.Address)];
        var proxy = held.Approvers.FirstOrDefault(seat => seat.Principal?.SameAs(approver) == true)?.Address;
        var list = recorded.Any(approver.SameAs) ? recorded
            : principal is not null ? IssuedList.ForProxy(recorded, principal, approver)
            : proxy is not null ? IssuedList.ForPrincipal(recorded, proxy, approver)
            : recorded;
        var key = ApproverText.Key(list.Select(one => one.ToString()));
        if (!row.Lists.Contains(key))
            await store.AddListAsync(row.Id, key, cancel).ConfigureAwait(false);
        return DecisionTexts.Issue(held.Hold, list, approver, held.Mail.ContentSha256, keys.Current);
    }
}
