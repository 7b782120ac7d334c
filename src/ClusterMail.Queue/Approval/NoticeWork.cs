using System.Collections.Immutable;
using System.Net;
using System.Text;
using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using Notice = ClusterMail.Approval.Notices.Notice;

namespace ClusterMail.Queue.Approval;

/// <summary>Makes of a job of the outbox the mail it stands for (chapter 21).</summary>
/// <param name="answers">Those that answer commands.</param>
public sealed class NoticeWork(HoldReader reader, HeldCases cases, WaitingLists waiting, CommandAnswers answers, PageLinks pages, NumberBlocks numbers, Func<ApprovalLists> lists, Func<NodeView> view, TimeProvider time)
{
    private const int InMemory = 1_048_576;

    /// <summary>Null: there is nothing to be said any more.</summary>
    public async Task<NewMail?> MakeAsync(HoldJob job, HoldRow? row, CancellationToken cancel)
    {
        var to = Mailbox.FromStored(job.Addressee);
        var notice = NoticeJobs.Kind(job.Kind) switch
        {
            NoticeKind.Reminder => await waiting.ReminderAsync(to, cancel).ConfigureAwait(false),
            { } kind when row is not null => await AboutAsync(kind, job, row, to, cancel).ConfigureAwait(false),
            { } kind => await answers.OfAsync(kind, job, to, cancel).ConfigureAwait(false),
            null => null,
        };
        if (notice is null)
            return null;
        var settings = view();
        var originals = await OriginalsAsync(notice, to, row, NoticeJobs.Part(job.Kind, 2) == NoticeJobs.Full, cancel).ConfigureAwait(false);
        try
        {
            var written = await NoticeWriter.WriteAsync(
                notice with { Serial = NoticeJobs.Part(job.Kind, 1) }, to, Languages.Choose(null, settings.Settings.Choice("approval.notice_language")), Options(settings, notice, to), originals, time.GetUtcNow(), cancel).ConfigureAwait(false);
            return ToMail(written, job, row, settings);
        }
        finally
        {
            foreach (var original in originals)
                original.Dispose();
        }
    }

    /// <summary>What is attached octet by octet: the held mail, or those of a full list (APPROVE-217).</summary>
    private async Task<ImmutableArray<MailContent>> OriginalsAsync(Notice notice, Mailbox to, HoldRow? row, bool isFull, CancellationToken cancel)
    {
        if (Carries(notice, to, row))
            return [await reader.Content(row!.Mail).LoadAsync(InMemory, cancel).ConfigureAwait(false)];
        if (!isFull || notice is not Notice.Waiting list)
            return [];
        var contents = ImmutableArray.CreateBuilder<MailContent>();
        foreach (var entry in list.Entries.Take(WaitingEntry.AttachedLimit))
            // One that was decided this moment is left out, and everything behind it: a name must not stand over another mail.
            if (await reader.FindAsync(entry.Held.Hold.Number, cancel).ConfigureAwait(false) is { Mail.DroppedAt: null } held)
                contents.Add(await reader.Content(held.Mail).LoadAsync(InMemory, cancel).ConfigureAwait(false));
            else
                break;
        return contents.ToImmutable();
    }

    private async Task<Notice?> AboutAsync(NoticeKind kind, HoldJob job, HoldRow row, Mailbox to, CancellationToken cancel)
    {
        var siblings = await reader.SiblingsAsync(row.Id, cancel).ConfigureAwait(false);
        var held = await cases.OfAsync(row, siblings, cancel).ConfigureAwait(false);
        var decision = HeldStates.Of(row).Decision;
        return kind switch
        {
            NoticeKind.HoldNotice => await HoldNoticeAsync(siblings, cancel).ConfigureAwait(false),
            NoticeKind.DelayNotice => row.IsOpen ? new Notice.Delay(held, HeldStates.Of(row).IsConfirmed, await pages.MakeOwnAsync(held.Hold, held.Requester, cancel).ConfigureAwait(false)) : null,
            NoticeKind.Request => row.IsOpen ? await RequestAsync(held, row, to, cancel).ConfigureAwait(false) : null,
            NoticeKind.EscalationNotice => new Notice.Escalation(held, [.. held.Approvers.Skip(1).Select(approver => approver.Address)], EscalationCause.Deadline, time.GetUtcNow()),
            NoticeKind.NoAction => new Notice.NoAction(
                Enum.Parse<NoActionReason>(NoticeJobs.Part(job.Kind, 1)), Enum.TryParse<Verb>(NoticeJobs.Part(job.Kind, 2), out var tried) ? tried : null, held)
            { Decision = decision },
            _ when decision is not null => new Notice.Result(held, decision, to.SameAs(Mailbox.FromStored(row.Requester))),
            _ => null,
        };
    }

    /// <summary>APPROVE-57: one for the submission, with all its groups.</summary>
    private async Task<Notice> HoldNoticeAsync(IReadOnlyList<HoldRow> siblings, CancellationToken cancel)
    {
        var groups = ImmutableArray.CreateBuilder<HeldCase>();
        foreach (var row in siblings.Where(row => row is { Free: false, IsOwn: false }))
            groups.Add(await cases.OfAsync(row, siblings, cancel).ConfigureAwait(false));
        var mayWithdraw = view().Settings.Switch("approval.allow_withdraw") || groups.All(group => group.AskedAt is not null);
        return new Notice.Hold(groups.ToImmutable(), [.. siblings[0].Mail.SentTo.Select(Mailbox.FromStored)], mayWithdraw)
        {
            NoteUrl = await pages.MakeOwnAsync(groups[0].Hold, groups[0].Requester, cancel).ConfigureAwait(false),
            WithdrawUrl = pages.Withdraw(new HoldId(siblings[0].Id)),
            IsFromInside = IsFromInside(siblings[0], view()),
        };
    }

    /// <summary>Without a login, from a server of ours, and the mailboxes of the sender's colleagues are there and not here (APPROVE-451).</summary>
    private static bool IsFromInside(HoldRow row, NodeView settings) =>
        row.Mail.AuthenticatedAs is null && IPAddress.TryParse(row.Mail.ClientAddress, out var client) && settings.Policy.Internal.Contains(client)
        && (settings.Policy.Directory.Account(Mailbox.FromStored(row.Requester)) is not { } account || !settings.Router.KeepsHere(account));

    private async Task<Notice> RequestAsync(HeldCase held, HoldRow row, Mailbox to, CancellationToken cancel)
    {
        // A proxy who is asked about a mail that waited before he was one has no seat in it, and texts with a list of his own (APPROVE-137, APPROVE-206).
        var principal = held.Approvers.Any(approver => approver.Address.SameAs(to)) ? null
            : lists().Register.PrincipalsOf(to, time.GetUtcNow()).FirstOrDefault(one => held.Approvers.Any(approver => approver.Address.SameAs(one)));
        var seat = held.Approvers.FirstOrDefault(approver => approver.Address.SameAs(to)) ?? new CurrentApprover(to, principal);
        var page = (await pages.MakeAsync([held.Hold], seat.Address, cancel).ConfigureAwait(false))[0];
        var texts = principal is null ? Texts(held, seat.Address, page) : await waiting.TextsAsync(held, to, principal, row, page, cancel).ConfigureAwait(false);
        return new Notice.Request(held, seat, texts, page) { IsEscalated = row.State == HoldState.Escalated && row.EscalateTo.Any(target => Mailbox.FromStored(target).SameAs(to)) };
    }

    /// <summary>His own two texts; null: there is no key, and nobody can decide by mail; or he has no account here, and decides on the page only (APPROVE-46).</summary>
    private DecisionTexts? Texts(HeldCase held, Mailbox approver, string? page) =>
        lists().Keys is { } keys && (page is null || view().Policy.Directory.Account(approver) is not null)
            ? DecisionTexts.Issue(held.Hold, [.. held.Approvers.Select(one => one.Address)], approver, held.Mail.ContentSha256, keys.Current)
            : null;

    private static bool Carries(Notice notice, Mailbox to, HoldRow? row) => row is { Mail.DroppedAt: null } && notice switch
    {
        Notice.Request => true,
        Notice.Result result => result.ToRequester && result.Kind is NoticeKind.RejectionNotice or NoticeKind.ExpiryNotice,
        _ => false,
    };

    private static NoticeOptions Options(NodeView view, Notice notice, Mailbox to) => new()
    {
        HostName = view.HostName,
        Zone = view.ZoneOf(notice.Case?.Requester ?? to),
        SystemAddress = new Mailbox("approval", (notice.Case?.Requester ?? to).Domain),
        HasNullEnvelope = view.Settings.Choice("approval.notice_envelope") == "null",
        PrefersIso2022Jp = view.Settings.Choice("approval.notice_charset") == "iso-2022-jp",
        MailtoCharset = view.Settings.Choice("approval.mailto_charset") == "shift_jis" ? Encoding.GetEncoding("shift_jis") : Encoding.UTF8,
        AttachOriginalMax = view.Settings.Integer("approval.attach_original_max"),
        Rules = ApprovalRules.Of(view),
    };

    /// <summary>Under the HoldId until it is decided, then under the new number (APPROVE-312, APPROVE-313), with the suffix of the detailed log (APPROVE-317).</summary>
    private NewMail ToMail(NoticeMail written, HoldJob job, HoldRow? row, NodeView view)
    {
        if (!numbers.TryTake(out var id))
            throw new InvalidOperationException("No mail number can be had from the database now.");
        var isResult = written.Kind is NoticeKind.ApprovalNotice or NoticeKind.RejectionNotice or NoticeKind.ExpiryNotice or NoticeKind.WithdrawalNotice;
        // The command and its answer carry the same number (APPROVE-204).
        var number = isResult && row?.Decision is { } decision ? decision.ResultId : row?.Id ?? CommandAnswers.NumberOf(job);
        var suffix = written.Kind switch { NoticeKind.HoldNotice or NoticeKind.DelayNotice => "-S0001", NoticeKind.Request or NoticeKind.EscalatedRequest => "-A0001", _ => "-N0001" };
        return new NewMail
        {
            Id = id,
            Name = number is { } about ? new MessageId(about, suffix).ToString() : null,
            ReversePath = written.From.Stored,
            Content = new MemoryContent(written.Content),
            Body = written.Has8Bit ? BodyType.EightBitMime : BodyType.SevenBit,
            Has8Bit = written.Has8Bit,
            SmtpUtf8 = written.NeedsSmtpUtf8,
            Recipients = [new NewRecipient(0, written.To.ToString(), view.Router.Decide(written.From, written.To, isSystemMail: true).Destination, Owned: false) { Notify = Notify.Never }],
        };
    }
}
