using System.Collections.Immutable;
using System.Globalization;
using ClusterMail.Accounts;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Dsn;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Schedule;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;

namespace ClusterMail.Queue.Bounce;

/// <summary>How one recipient ended an attempt, as far as reports need it.</summary>
/// <param name="Tried">Attempts so far, this one included.</param>
/// <param name="HostReports">The host took over the duty to report success.</param>
public sealed record Report(ClaimedRecipient Recipient, RecipientState State, FailureClass Class, Reply Reply, string Reason, string? Host, int Tried, bool HostReports);

/// <summary>
/// Reports to senders (BOUNCE-1 to BOUNCE-9, RFC 3461): one error mail per mail and attempt, listing every recipient that failed in it, and a copy to the
/// administrator where wanted. What it makes is committed together with the outcomes it reports (P2).
/// </summary>
public sealed class NoticeWriter(Func<NodeView> view, NumberBlocks numbers)
{
    /// <summary>Octets of a content read back to quote it (BOUNCE-8: whole up to 64 KiB, up to 1 MiB with RET=FULL).</summary>
    public const int QuoteLimit = DsnWriter.FullLimitOnRequest;

    private enum Kind
    {
        None,
        Failure,
        Delay,
        Success,
    }

    /// <summary>Whether <see cref="WriteAsync"/> would write anything; most attempts need no report and stay on the fast path.</summary>
    public bool IsNeeded(Work work, IReadOnlyList<Report> reports)
    {
        foreach (var report in reports)
            if (KindOf(work, report) != Kind.None || ToAdmin(work, report) is not null)
                return true;
        return false;
    }

    /// <summary>Recipients whose sender is told of the delay by this attempt (BOUNCE-9).</summary>
    public bool TellsDelay(Work work, Report report) => KindOf(work, report) == Kind.Delay;

    /// <exception cref="InvalidOperationException">No mail number can be had: try again later.</exception>
    public async Task<ImmutableArray<Notice>> WriteAsync(Work work, IReadOnlyList<Report> reports, MailContent content)
    {
        var notices = ImmutableArray.CreateBuilder<Notice>();
        var sender = ReversePath.FromStored(work.Mail.ReversePath);
        foreach (var group in reports.GroupBy(report => KindOf(work, report)).Where(group => group.Key != Kind.None))
            notices.Add(await ToNoticeAsync(work, [.. group], group.Key, sender.Mailbox!, "E", content));
        if (reports.Where(report => ToAdmin(work, report) is not null).ToArray() is { Length: > 0 } failed)
            notices.Add(await ToNoticeAsync(work, failed, Kind.Failure, ToAdmin(work, failed[0])!, "EP", content));
        return notices.ToImmutable();
    }

    /// <summary>
    /// The administrator, when he wants a copy (BOUNCE-3), or when it is a copy for the record that failed, of which nobody else is told (COPY-2). Not of what
    /// could not be brought to himself: that one would come back for ever (BOUNCE-5).
    /// </summary>
    private Mailbox? ToAdmin(Work work, Report report)
    {
        var settings = view().Settings;
        var isCopy = report.Recipient.Key.IsCopy;
        if (report.State != RecipientState.Failed || settings.Text("admin.address") is not { Length: > 0 } address)
            return null;
        // BOUNCE-4: nobody to return it to, so the administrator gets it, whether he wants copies or not; COPY-2: a copy's failure is his alone.
        if (!isCopy && !settings.Switch("bounce.copy_to_admin") && !(IsGone(work) && DsnRules.ReportsFailure(ReversePath.FromStored(work.Mail.ReversePath), report.Recipient.Notify)))
            return null;
        var admin = Mailbox.FromStored(address);
        return (isCopy || work.Mail.ReversePath.Length == 0) && Mailbox.FromStored(report.Recipient.ForwardPath).SameAs(admin) ? null : admin;
    }

    /// <summary>BOUNCE-4: the sender is of a domain of ours, but there is no such account, alias or list.</summary>
    private bool IsGone(Work work)
    {
        var router = view().Router;
        return work.Mail.ReversePath.Length > 0 && !router.ForwardAll && router.Directory.Classify(Mailbox.FromStored(work.Mail.ReversePath)) == AddressClass.LocalMissing;
    }

    private Kind KindOf(Work work, Report report)
    {
        var sender = ReversePath.FromStored(work.Mail.ReversePath);
        var notify = report.Recipient.Notify;
        switch (report.State)
        {
            case RecipientState.Failed:
                return DsnRules.ReportsFailure(sender, notify) && !IsGone(work) ? Kind.Failure : Kind.None;
            case RecipientState.Delivered:
                return DsnRules.AfterDelivery(sender, notify, work.Route.IsFinal && !report.HostReports, report.HostReports) is null ? Kind.None : Kind.Success;
            default:
                var hours = view().Settings.Integer("bounce.delay_notice_hours");
                // A sender who asks for DELAY where the operator set no time is told after 4 h (BOUNCE-9).
                var after = TimeSpan.FromHours(hours > 0 ? hours : 4);
                return !report.Recipient.DelayNotified && report.Recipient.Age + work.HeldFor >= after && DsnRules.ReportsDelay(sender, notify, hours > 0) ? Kind.Delay : Kind.None;
        }
    }

    private async Task<Notice> ToNoticeAsync(Work work, IReadOnlyList<Report> reports, Kind kind, Mailbox to, string suffix, MailContent content)
    {
        if (!numbers.TryTake(out var number))
            throw new InvalidOperationException("No mail number can be had from the database now.");
        var now = view();
        var name = new MessageId(work.Mail.Id.Number, NameSuffix(work.Mail, reports[0].Tried, suffix));
        var mail = await DsnWriter.WriteAsync(new DsnReport
        {
            HostName = now.HostName,
            To = to,
            Id = name,
            OriginalId = work.Mail.Id,
            Now = DateTimeOffset.Now,
            ArrivedAt = work.Mail.AcceptedAt,
            EnvelopeId = work.Mail.EnvelopeId,
            Ret = work.Mail.Ret,
            Recipients = [.. reports.Select(report => ToRecipient(now, work, report, kind))],
            Original = content,
        }).ConfigureAwait(false);
        return new Notice(
            new NewMail
            {
                Id = number,
                Name = name.ToString(),
                ReversePath = "",
                Content = new MemoryContent(mail.Content),
                Body = mail.Has8Bit ? BodyType.EightBitMime : BodyType.SevenBit,
                Has8Bit = mail.Has8Bit,
                SmtpUtf8 = mail.NeedsSmtpUtf8,
                // An error mail is itself never reported on: RFC 3461 §5.2.1, BOUNCE-2.
                Recipients = [new NewRecipient(0, to.ToString(), now.Router.Decide(ReversePath.Null, to).Destination, Owned: false) { Notify = Notify.Never }],
            },
            [.. reports.Select(report => report.Recipient.Key)]);
    }

    /// <summary>BOUNCE-7: <c>-E001</c> behind the failing message's own name, its retry counter included.</summary>
    private static string NameSuffix(QueuedMail mail, int tried, string suffix)
    {
        var own = MessageId.TryParse(mail.PrintedName, out var printed) ? printed.Suffix : "";
        var retry = tried > 1 ? string.Create(CultureInfo.InvariantCulture, $"-R{tried - 1:D4}") : "";
        return $"{own}{retry}-{suffix}001";
    }

    private static DsnRecipient ToRecipient(NodeView view, Work work, Report report, Kind kind) => new(
        Mailbox.FromStored(report.Recipient.ForwardPath),
        kind switch { Kind.Failure => DsnAction.Failed, Kind.Delay => DsnAction.Delayed, _ => work.Route.IsFinal ? DsnAction.Delivered : DsnAction.Relayed },
        StatusOf(report, kind),
        kind == Kind.Success ? "" : report.Reason)
    {
        OriginalRecipient = report.Recipient.OriginalRecipient,
        RemoteHost = report.Host,
        LastAttempt = DateTimeOffset.Now,
        RetriesUntil = kind == Kind.Delay ? work.Mail.AcceptedAt + (report.Class == FailureClass.NoAnswer ? view.Retry.NoAnswerPeriod : view.Retry.LineErrorPeriod) : null,
    };

    // What failed for good is a permanent failure to the sender, whatever class the last temporary answer had (RFC 3464 §2.3.4 with 3463 §3.5: X.4.7 expired).
    private static EnhancedStatus StatusOf(Report report, Kind kind)
    {
        var status = DsnRecipient.StatusOf(report.Class == FailureClass.NoAnswer ? null : report.Reply);
        return kind == Kind.Failure && status.Class == 4 ? status with { Class = 5 } : status;
    }
}
