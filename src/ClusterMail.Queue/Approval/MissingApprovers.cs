using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// Escalates held mail whose approvers are gone, suspended or cannot be reached (APPROVE-51, APPROVE-63): as soon as those who are left cannot bring the votes
/// together that are needed. Run by the singleton of the deadlines, once a minute; twice does no harm.
/// </summary>
public sealed class MissingApprovers(ApproverStore store, HoldReader reader, HoldDesk desk, Func<ApproverResolver> resolver)
{
    private const int Page = 200;

    /// <summary>What failed while no singleton ran is looked for at its start.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromDays(1);
    private static readonly TimeSpan EachLook = TimeSpan.FromMinutes(5);

    private TimeSpan _past = FirstLook;

    public async Task LookAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var people = resolver();
        foreach (var hold in await store.MarkUndeliverableAsync(_past, cancel).ConfigureAwait(false))
            await EscalateAsync(hold, EscalationCause.RequestUndeliverable, people, now, cancel).ConfigureAwait(false);
        _past = EachLook;
        string[] gone = [.. (await store.WaitedForAsync(cancel).ConfigureAwait(false)).Where(address => !people.IsAvailable(Mailbox.FromStored(address)))];
        if (gone.Length == 0)
            return;
        IReadOnlyList<long> page = [];
        do
        {
            page = await store.WaitingAsync(gone, page.LastOrDefault(), Page, cancel).ConfigureAwait(false);
            foreach (var hold in page)
                await EscalateAsync(hold, EscalationCause.ApproverNotAvailable, people, now, cancel).ConfigureAwait(false);
        }
        while (page.Count == Page);
    }

    private async Task EscalateAsync(long hold, EscalationCause cause, ApproverResolver people, DateTimeOffset now, CancellationToken cancel)
    {
        if (await reader.FindAsync(hold, cancel).ConfigureAwait(false) is not { State: HoldState.Held } row || CanStillBeDecided(row, people))
            return;
        var targets = row.EscalateTo.IsEmpty
            ? people.Fallback(Mailbox.FromStored(row.Requester), [.. row.Barred.Select(Mailbox.FromStored)])
            : [.. row.EscalateTo.Select(Mailbox.FromStored)];
        // Nobody new to ask would be nothing but the same again a minute later.
        if (targets.Any(target => people.IsAvailable(target) && !row.Approvers.Any(approver => Mailbox.FromStored(approver.Address).SameAs(target))))
            await desk.ActAsync(new HoldId(hold), _ => new Trigger.Escalate(cause, targets, now), new Actor(), cancel).ConfigureAwait(false);
    }

    private static bool CanStillBeDecided(HoldRow row, ApproverResolver people)
    {
        var approved = row.Votes.Count(vote => vote.Stage == row.Stage && vote.Approves);
        var left = row.Approvers.Count(approver => approver is { Waits: true, FailedAt: null } && people.IsAvailable(Mailbox.FromStored(approver.Address)));
        return approved + left >= row.Needed[row.Stage];
    }
}
