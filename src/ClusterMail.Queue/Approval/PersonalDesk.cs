using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Settings;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>What somebody who has logged in on the pages sees and does for himself, beside deciding: his held mails, his decisions, handing over (APPROVE-206, APPROVE-232, APPROVE-233).</summary>
public sealed class PersonalDesk(PersonalParts parts)
{
    /// <summary>Mails or decisions on one page.</summary>
    public const int PageLength = 50;

    /// <summary>APPROVE-233.</summary>
    public static readonly TimeSpan ReminderPause = TimeSpan.FromHours(1);

    public PersonalReader Reader => parts.Own;

    /// <summary>Groups of his mail, the newest first; one more than a page has when there is another page.</summary>
    public async Task<IReadOnlyList<HoldRow>> SentAsync(Mailbox person, int skip, CancellationToken cancel) =>
        await parts.Reader.LoadAsync(await parts.Own.SentAsync(person.ToString(), skip, PageLength + 1, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);

    /// <summary>The approvers of his mail are reminded, at most once an hour. False: it is not his, is decided, or the hour is not over.</summary>
    public async Task<bool> RemindAsync(HoldRow row, Mailbox person, Actor actor, CancellationToken cancel)
    {
        if (!row.IsOpen || !HeldStates.Of(row).Bars(person) || await parts.Own.RemindAsync(row.Id, NoticeKind.Reminder.Word(), ReminderPause, cancel).ConfigureAwait(false) == 0)
            return false;
        await parts.Holds.AuditAsync([(ApprovalRecord.Of("REMINDED", parts.Node, row) with { Channel = Channel.Web, Client = actor.Client, Auth = actor.Auth, Result = ResultCode.Ok }).Line()], cancel).ConfigureAwait(false);
        parts.Done();
        return true;
    }

    /// <summary>Another approver in his place, for one mail that waits for him.</summary>
    /// <param name="to">As he has written it: an account here, or an alias of one.</param>
    /// <returns>Null: that is nobody who can be asked; nothing was tried.</returns>
    public async Task<HoldAnswer?> HandOverAsync(HoldRow row, Mailbox person, Mailbox to, NodeView view, Actor actor, CancellationToken cancel) =>
        view.Policy.Directory.Resolve(to).Account is { Suspended: false } account && !account.Address.SameAs(person)
            ? await parts.Acts.ActAsync(new HoldAct(new HoldId(row.Id).ToString(), HoldActKind.Reassign, person.ToString(), account.Address.ToString(), "", Channel.Web, actor), cancel).ConfigureAwait(false)
            : null;

    /// <summary>His proxy gets a request for each mail that waits for him already (APPROVE-206), unless he had one or it is his own mail. How many mails that concerns; null: he has no proxy now.</summary>
    public async Task<int?> AskProxyAsync(Mailbox person, Actor actor, CancellationToken cancel)
    {
        if (parts.Lists().Register.ProxyOf(person, parts.Time.GetUtcNow())?.Proxy is not { } proxy)
            return null;
        var (skip, asked) = (0, 0);
        IReadOnlyList<HoldRow> rows;
        do
        {
            rows = (await parts.Reader.WaitingAsync(person.ToString(), [], skip, PageLength, cancel).ConfigureAwait(false)).Rows;
            foreach (var row in rows.Where(row => IsHis(row, person) && !HeldStates.Of(row).Bars(proxy)))
            {
                await parts.Jobs.AddAsync(row.Id, [new NewJob(NoticeJobs.Word(HoldMailKind.Request), proxy.ToString())], cancel).ConfigureAwait(false);
                asked++;
            }
            skip += PageLength;
        }
        while (rows.Count == PageLength);
        var record = Record(person, actor) with { Type = "PROXY_ASKED", Reason = FormattableString.Invariant($"{person} -> {proxy}: {asked}"), Result = ResultCode.Ok };
        await parts.Holds.AuditAsync([record.Line()], cancel).ConfigureAwait(false);
        parts.Done();
        return asked;
    }

    /// <summary>He sits there himself: what waits for his proxy by its own request needs no second one.</summary>
    public static bool IsHis(HoldRow row, Mailbox person) => row.Approvers.Any(approver => approver.Waits && Mailbox.FromStored(approver.Address).SameAs(person));

    /// <summary>A change of his proxy, told under a number of its own.</summary>
    /// <exception cref="InvalidOperationException">No mail number can be had now: nothing was changed.</exception>
    public ProxyOrder Order(Mailbox person, NodeView view, Actor actor) => parts.Numbers.TryTake(out var number)
        ? new ProxyOrder(person, view, number, Record(person, actor), "on the page")
        : throw new InvalidOperationException("No mail number can be had from the database now.");

    /// <summary>The outbox has something to do.</summary>
    public void Wake() => parts.Done();

    /// <summary>Something he has done for himself, kept in the audit.</summary>
    public Task NoteAsync(string type, Mailbox person, string what, ResultCode code, Actor actor, CancellationToken cancel) =>
        parts.Holds.AuditAsync([(Record(person, actor) with { Type = type, Reason = what, Result = code }).Line()], cancel);

    private ApprovalRecord Record(Mailbox person, Actor actor) => new("") { Node = parts.Node, Approver = person.ToString(), Channel = Channel.Web, Client = actor.Client, Auth = actor.Auth };
}

/// <summary>What it works with.</summary>
public sealed record PersonalParts
{
    public required string Node { get; init; }
    public required IHoldActs Acts { get; init; }
    public required HoldReader Reader { get; init; }
    public required PersonalReader Own { get; init; }
    public required HoldStore Holds { get; init; }
    public required HoldJobs Jobs { get; init; }
    public required NumberBlocks Numbers { get; init; }
    public required Func<ApprovalLists> Lists { get; init; }

    /// <summary>The outbox has something to do.</summary>
    public required Action Done { get; init; }
    public required TimeProvider Time { get; init; }
}
