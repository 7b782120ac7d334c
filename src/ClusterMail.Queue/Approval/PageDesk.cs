using System.Collections.Immutable;
using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>What the page of approval shows and does for one person whose identity is proven (APPROVE-160 to APPROVE-164). Every act goes the way of all others.</summary>
public sealed class PageDesk(
    IHoldActs acts, HoldDesk desk, HoldReader reader, HoldStore store, LinkStore links, HeldCases cases, Func<ApprovalLists> lists, string node, Action done, TimeProvider time)
{
    /// <summary>Mails of one page of a waiting list.</summary>
    public const int PageLength = 50;

    /// <summary>Keys that sign what forms and cookies carry; null: approval was never switched on, and there is no page.</summary>
    public TokenKeyRing? Keys => lists().Keys;

    /// <summary>Whom a link was made for, and the group it leads to. Null: unknown, mistyped, of another mail, or over.</summary>
    public async Task<(Mailbox Approver, HoldRow Row)?> OpenAsync(WebLink link, CancellationToken cancel) =>
        await links.FindAsync(link.Hash(), link.IsOwn, cancel).ConfigureAwait(false) is { } found && found.Hold == link.Hold.Number && await FindAsync(link.Hold, cancel).ConfigureAwait(false) is { } row
            ? (Mailbox.FromStored(found.Approver), row)
            : null;

    /// <summary>Null: there is no such group.</summary>
    public async Task<HoldRow?> FindAsync(HoldId hold, CancellationToken cancel) => await reader.FindAsync(hold.Number, cancel).ConfigureAwait(false) is { Free: false } row ? row : null;

    /// <summary>An attempt that led nowhere: audited, counted, and nothing else (APPROVE-85).</summary>
    public Task RefuseAsync(HoldId hold, HoldRow? row, Actor actor, ResultCode code, string why, CancellationToken cancel) =>
        desk.RefuseAsync(hold, row, "ATTEMPT", Channel.Web, actor, code, why, cancel);

    /// <summary>Something to be kept that counts against nobody: a page that was opened by the wrong person, a login that failed.</summary>
    /// <param name="row">Null: it is about no held mail.</param>
    public async Task NoteAsync(string type, HoldRow? row, Actor actor, ResultCode code, string why, CancellationToken cancel)
    {
        var record = (row is null ? new ApprovalRecord(type) { Node = node } : ApprovalRecord.Of(type, node, row)) with
        {
            Approver = actor.Claims,
            Channel = Channel.Web,
            Client = actor.Client,
            Auth = actor.Auth,
            Reason = why,
            Result = code,
        };
        await store.AuditAsync([record.Line()], cancel).ConfigureAwait(false);
        done();
    }

    /// <summary>Why this person is not shown the mail; null: he may decide, or could until it was decided (APPROVE-49, APPROVE-506).</summary>
    public ResultCode? Bar(HoldRow row, Mailbox person) =>
        HeldStates.Of(row).Bars(person) ? ResultCode.SelfApproval
        : DecisionCheck.JudgeWeb(Verb.Approve, person, Decidable(row), isLocked: false).Failure is { } code and (ResultCode.NotApprover or ResultCode.SelfApproval) ? code
        : null;

    /// <summary>A held mail for somebody's eyes; that it was shown, and with which hash, is on record before (APPROVE-70, APPROVE-71).</summary>
    /// <exception cref="IntegrityException">Its content is not what was held.</exception>
    public async Task<HeldCase> ShowAsync(HoldRow row, Mailbox person, Actor actor, CancellationToken cancel)
    {
        await RecordAsync("CONTENT_SHOWN", row, person, actor, null, cancel).ConfigureAwait(false);
        return await cases.OfAsync(row, await reader.SiblingsAsync(row.Id, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
    }

    /// <summary>A held mail as a result page names it; its content is not shown with it.</summary>
    public Task<HeldCase> NameAsync(HoldRow row, CancellationToken cancel) => cases.OfAsync(row, [], cancel);

    /// <summary>The octets of the held mail, on record before the first of them goes out.</summary>
    public async Task<MailContent> DownloadAsync(HoldRow row, Mailbox person, Actor actor, CancellationToken cancel)
    {
        await RecordAsync("CONTENT_SHOWN", row, person, actor, "downloaded", cancel).ConfigureAwait(false);
        return reader.Content(row.Mail);
    }

    /// <summary>Whether it is this person's own mail.</summary>
    public static bool IsOwner(HoldRow row, Mailbox person) => HeldStates.Of(row).Bars(person);

    /// <summary>How it ended; null: it is open.</summary>
    public static Decision? DecisionOf(HoldRow row) => HeldStates.Of(row).Decision;

    public static HoldStatus StatusOf(HoldRow row) => HeldStates.StatusOf(row.State);

    /// <summary>In whose place he decides: of a request to him as proxy, or of a mail that waits for his principal (APPROVE-206). Null: for himself.</summary>
    public Mailbox? PrincipalOf(HeldCase held, Mailbox person)
    {
        if (held.Approvers.FirstOrDefault(approver => approver.Address.SameAs(person)) is { } seat)
            return seat.Principal;
        return lists().Register.PrincipalsOf(person, time.GetUtcNow()).FirstOrDefault(principal => held.Approvers.Any(approver => approver.Address.SameAs(principal)));
    }

    /// <summary>Steps 6 and 9 to 12 of APPROVE-150, for a person the page has proven (APPROVE-164).</summary>
    public async Task<HoldAnswer> DecideAsync(HoldRow row, Mailbox person, Verb verb, string comment, Actor actor, CancellationToken cancel)
    {
        var isLocked = await store.IsLockedAsync([("client", actor.Client ?? ""), ("approver", person.ToString().ToLowerInvariant())], cancel).ConfigureAwait(false);
        var verdict = DecisionCheck.JudgeWeb(verb, person, Decidable(row), isLocked);
        if (verdict.Failure is { } code and not (ResultCode.Late or ResultCode.Duplicate))
            return await desk.RefuseAsync(new HoldId(row.Id), row, "ATTEMPT", Channel.Web, actor with { Claims = person.ToString() }, code, $"{verb.Word()} on the page", cancel).ConfigureAwait(false);
        // What is decided already is told by the same transition that finds it out when two come at once.
        var act = new HoldAct(new HoldId(row.Id).ToString(), verb == Verb.Approve ? HoldActKind.Approve : HoldActKind.Reject, person.ToString(), null, comment, Channel.Web, actor);
        return await acts.ActAsync(act, cancel).ConfigureAwait(false);
    }

    /// <summary>The waiting list of one person (APPROVE-216), a page of it.</summary>
    public async Task<(ImmutableArray<WaitingEntry> Entries, int Total)> WaitingAsync(Mailbox person, int skip, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var proxyFor = lists().Register.PrincipalsOf(person, now);
        var (rows, total) = await reader.WaitingAsync(person.ToString(), [.. proxyFor.Select(one => one.ToString())], skip, PageLength, cancel).ConfigureAwait(false);
        var entries = ImmutableArray.CreateBuilder<WaitingEntry>(rows.Count);
        foreach (var row in rows.Where(row => Bar(row, person) is null))
        {
            var held = await cases.OfAsync(row, [], cancel).ConfigureAwait(false);
            entries.Add(new WaitingEntry(held, null, null, PrincipalOf(held, person), now - row.Mail.ReceivedAt));
        }
        return (entries.ToImmutable(), total);
    }

    /// <summary>The open groups of the submission this number belongs to, when it is this person's own mail. Empty: there is nothing he could take back.</summary>
    public async Task<ImmutableArray<HoldRow>> OwnAsync(HoldId hold, Mailbox person, CancellationToken cancel) =>
        [.. (await reader.SiblingsAsync(hold.Number, cancel).ConfigureAwait(false)).Where(row => row is { Free: false, IsOpen: true } && HeldStates.Of(row).Bars(person))];

    /// <summary>APPROVE-64 T10.</summary>
    public Task<HoldAnswer> WithdrawAsync(HoldRow row, Mailbox person, Actor actor, CancellationToken cancel) =>
        acts.ActAsync(new HoldAct(new HoldId(row.Id).ToString(), HoldActKind.Withdraw, person.ToString(), null, "", Channel.Web, actor), cancel);

    /// <summary>The sender lets his own mail of mode 3 go (APPROVE-510, APPROVE-511).</summary>
    public Task<HoldAnswer> SendNowAsync(HoldRow row, Mailbox person, Actor actor, CancellationToken cancel) =>
        acts.ActAsync(new HoldAct(new HoldId(row.Id).ToString(), HoldActKind.SendNow, person.ToString(), null, "", Channel.Web, actor), cancel);

    /// <summary>What the sender tells the approvers of one group (APPROVE-502).</summary>
    /// <returns>False: nobody decides on it any more.</returns>
    public async Task<bool> TellAsync(HoldRow row, Mailbox person, string note, Actor actor, CancellationToken cancel)
    {
        var record = ApprovalRecord.Of("SENDER_NOTE", node, row) with { Approver = person.ToString(), Channel = Channel.Web, Client = actor.Client, Auth = actor.Auth, Reason = note, Result = ResultCode.Ok };
        if (!await store.NoteAsync(row.Id, note, record.Line(), cancel).ConfigureAwait(false))
            return false;
        done();
        return true;
    }

    private DecidableHold Decidable(HoldRow row) => DecidableHolds.Of(row, lists().Register, time.GetUtcNow());

    private async Task RecordAsync(string type, HoldRow row, Mailbox person, Actor actor, string? why, CancellationToken cancel)
    {
        var record = ApprovalRecord.Of(type, node, row) with { Approver = person.ToString(), Channel = Channel.Web, Client = actor.Client, Auth = actor.Auth, Reason = why, Result = ResultCode.Ok };
        await store.AuditAsync([record.Line()], cancel).ConfigureAwait(false);
        done();
    }
}
