using System.Collections.Immutable;
using ClusterMail.Protocol;
using ClusterMail.Queue.Bounce;
using ClusterMail.Queue.Deliver;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Logs;
using ClusterMail.Queue.Schedule;
using ClusterMail.Routing;
using ClusterMail.Store;
using ClusterMail.Store.Content;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Outcome;

/// <summary>Turns what hosts answered into outcomes, decided once and written once: delivered, waiting, failed with its error mail, given back.</summary>
/// <param name="retry">The retry rules in force.</param>
/// <param name="hours">The delivery hours in force.</param>
/// <param name="notices">Makes error mails and other reports.</param>
public sealed partial class OutcomeRecorder(Func<RetryRules> retry, Func<DeliveryHours> hours, NoticeWriter notices, ILogger<OutcomeRecorder> log)
{
    /// <summary>Reports made at once: thousands of recipients may fail together, and outcomes need connections to the database too.</summary>
    private readonly SemaphoreSlim _reading = new(4);

    /// <summary>RETRY-14: the reason when no server ever answered.</summary>
    public static Reply NoHost { get; } = new(451, new EnhancedStatus(4, 4, 1), FailurePolicy.NoAnswerReason);

    /// <summary>Where outcomes are written; set once when the node is put together.</summary>
    public OutcomeJournal Journal { get; set; } = null!;

    /// <summary>The same for the shards beside the main database, the first first: one that is away holds up only its own.</summary>
    public IReadOnlyList<OutcomeJournal> Further { get; set; } = [];

    /// <summary>Outcomes of this lease wait for a commit that takes too long: nothing is begun under it now (P4).</summary>
    public bool IsAway(EpochLease lease) => Of(lease).IsAway;

    private OutcomeJournal Of(EpochLease lease) => lease.Shard == 0 ? Journal : Further[lease.Shard - 1];

    /// <summary>Whoever watches deliveries live (ADMIN-42); null: nobody ever does.</summary>
    public LiveTrace? Live { get; init; }

    public static Reply LineError(Exception cause) =>
        new(451, new EnhancedStatus(4, 3, 0), $"Requested action aborted: error in processing. ({cause.GetType().Name})");

    /// <summary>How one recipient fared, before it is known whether it is tried again.</summary>
    private sealed record Fate(ClaimedRecipient Recipient, FailureClass Class, Reply Reply)
    {
        public string? Host { get; init; }
        public string? Address { get; init; }
        public int Port { get; init; }
        public string? Tls { get; init; }
        public bool DotWasSent { get; init; }
        public bool HostReports { get; init; }
        public bool AuthRefused { get; init; }
        public MailboxPlace? IntoMailbox { get; init; }

        /// <summary>Fails now whatever the retry rules say.</summary>
        public bool Final { get; init; }

        /// <summary>Nobody was talked to, so no attempt is counted.</summary>
        public bool WithoutAttempt { get; init; }
    }

    /// <summary>An attempt that came as far as a host.</summary>
    /// <param name="broken">Why we broke it off ourselves (the lease lapsed, the content could not be read); null: we did not.</param>
    public void Record(Attempt attempt, MailContent content, Exception? broken = null)
    {
        var work = attempt.Work;
        var fates = new Fate[work.Recipients.Length];
        for (var i = 0; i < fates.Length; i++)
        {
            var answer = attempt.Answers[i];
            fates[i] = answer is null
                ? new Fate(work.Recipients[i], FailureClass.LineError, NoHost)
                : new Fate(work.Recipients[i], answer.Reply.Class, answer.Reply.Reply)
                {
                    Host = answer.Host,
                    Address = answer.Address,
                    Port = answer.Port,
                    Tls = answer.Tls,
                    DotWasSent = answer.Reply.DotWasSent,
                    HostReports = answer.SupportsDsn,
                };
        }
        // Broken off by ourselves before any host had the mail or refused it: that is not an attempt.
        if ((broken is not null || !work.Lease.IsValid) && fates.All(fate => fate.Class is FailureClass.LineError or FailureClass.NoAnswer && !fate.DotWasSent))
        {
            GiveBack(work, broken);
            return;
        }
        // A streamed content belongs to the worker, which goes on at once: a report reads it again.
        Conclude(work, fates, attempt.Dialogue, content.Memory is null ? null : content, "");
    }

    /// <summary>No session stood: no host, no address, no connection (RETRY-3), or DNS itself refuses.</summary>
    public void FailUnreached(Work work, FailureClass failure, Reply reply, string explanation, OutboundWorker.Failure? at = null) =>
        ConcludeUnread(work, recipient => new Fate(recipient, failure, reply)
        {
            Host = NullIfEmpty(at?.Host),
            Address = NullIfEmpty(at?.Address),
            Port = at?.Port ?? 0,
            AuthRefused = at?.AuthRefused ?? false,
        },
            at?.Dialogue ?? [], explanation);

    /// <summary>
    /// Into mailboxes of this cluster (DELIV-10): the commit that records the outcome is the delivery, so there is nothing that could be done twice (P4).
    /// </summary>
    /// <param name="refusals">One for each recipient; null: it is taken.</param>
    /// <param name="carried">The mail is in the mailboxes already: only the outcome is left to be written.</param>
    public void Keep(Work work, Reply?[] refusals, bool carried = false)
    {
        var prefix = $"Return-Path: {ReversePath.FromStored(work.Mail.ReversePath)}\r\n";
        var same = work.Deliveries();
        var fates = new Fate[work.Recipients.Length];
        for (var i = 0; i < fates.Length; i++)
        {
            var refusal = refusals[same[i]];
            fates[i] = refusal is not null
                ? new Fate(work.Recipients[i], refusal.IsPermanent ? FailureClass.Refused : FailureClass.LineError, refusal) { Final = refusal.IsPermanent }
                : same[i] == i
                ? new Fate(work.Recipients[i], FailureClass.None, Kept) { IntoMailbox = carried ? null : new MailboxPlace(work.Way(i).Account!.Id, prefix, work.Mail.Size) }
                : new Fate(work.Recipients[i], FailureClass.None, KeptOnce);
        }
        Conclude(work, fates, [], work.Content.Content, "");
    }

    private static readonly Reply Kept = new(250, new EnhancedStatus(2, 1, 5), "Delivered to the mailbox");
    private static readonly Reply KeptOnce = new(250, new EnhancedStatus(2, 1, 5), "Delivered to the mailbox, once for all addresses that lead to it (ALIAS-12)");

    /// <summary>There is no way by our own rules (FALL-6, ROUTE-3): fails at once.</summary>
    public void FailLocally(Work work, string reply) =>
        ConcludeUnread(work, recipient => new Fate(recipient, FailureClass.Refused, ParseReply(reply)) { Final = true }, [], "");

    /// <summary>Its period ended while its destination was down (RETRY-3): fails without another attempt, also when there never was one.</summary>
    public void Expire(Work work) =>
        ConcludeUnread(work, recipient => new Fate(recipient, FailureClass.NoAnswer, NoHost) { Final = true, WithoutAttempt = true }, [], "");

    /// <summary>An administrator wants it failed now (QUEUE-6).</summary>
    public void BounceNow(Work work) =>
        ConcludeUnread(work, recipient => new Fate(recipient, FailureClass.Refused, new Reply(550, new EnhancedStatus(5, 7, 1),
            recipient.LastReply is { Length: > 0 } last ? $"Returned by the administrator; last answer: {last}" : "Returned by the administrator"))
        { Final = true, WithoutAttempt = true }, [], "");

    /// <summary>Given back untouched: no attempt was made.</summary>
    public void GiveBack(Work work, TimeSpan notBefore)
    {
        Of(work.Lease).Add(new Ending(work.Lease, work.Recipients.Select(recipient => Untouched(recipient.Key, recipient.Turn, notBefore)).ToArray(), []));
        work.Content.Release();
    }

    /// <summary>A key comes with a restart of the node; until then others may have it.</summary>
    private static readonly TimeSpan KeyPause = TimeSpan.FromMinutes(5);

    /// <summary>Given back because we had to break off ourselves. A bug is logged and not met again at once.</summary>
    public void GiveBack(Work work, Exception? broken)
    {
        if (broken is ContentClosedException { Key: { } key })
        {
            KeyMissing(log, work.Mail.Id.ToString(), key);
            GiveBack(work, KeyPause);
            return;
        }
        var isBug = broken is not (null or OperationCanceledException) && !Database.IsLost(broken) && !work.Lease.HasEnded;
        if (isBug)
            ContentUnreadable(log, work.Mail.Id.ToString(), broken!);
        GiveBack(work, isBug ? TimeSpan.FromMinutes(1) : TimeSpan.Zero);
    }

    public void GiveBack(EpochLease lease, IEnumerable<OwnedRecipient> owned) =>
        Of(lease).Add(new Ending(lease, owned.Select(one => Untouched(one.Key, one.Turn, TimeSpan.Zero)).ToArray(), []));

    private static Conclusion Untouched(RecipientKey key, int? turn, TimeSpan notBefore) => new() { Key = key, Turn = turn, State = RecipientState.Queued, RetryAfter = notBefore };

    /// <summary>For attempts whose content is not at hand: it is read only when a report must quote it.</summary>
    private void ConcludeUnread(Work work, Func<ClaimedRecipient, Fate> fate, ImmutableArray<string> dialogue, string explanation) =>
        Conclude(work, work.Recipients.Select(fate).ToArray(), dialogue, work.Content.Content, explanation);

    private void Conclude(Work work, Fate[] fates, ImmutableArray<string> dialogue, MailContent? content, string explanation)
    {
        var conclusions = new Conclusion[fates.Length];
        var reports = new Report[fates.Length];
        for (var i = 0; i < fates.Length; i++)
        {
            var fate = fates[i];
            var again = fate.Class == FailureClass.None ? null : Decide(work, fate);
            conclusions[i] = ToConclusion(work, work.Way(i), fate, again, dialogue, explanation);
            reports[i] = new Report(
                fate.Recipient, conclusions[i].State, fate.Class, fate.Reply, conclusions[i].Reply, fate.Host,
                fate.Recipient.Attempts + (fate.WithoutAttempt ? 0 : 1), fate.HostReports);
            if (notices.TellsDelay(work, reports[i]))
                conclusions[i] = conclusions[i] with { DelayNotified = true };
        }
        if (notices.IsNeeded(work, reports))
            _ = ReportAndAddAsync(work, conclusions, reports, content);
        else
            Add(work, conclusions, []);
    }

    private void Add(Work work, IReadOnlyList<Conclusion> conclusions, IReadOnlyList<Notice> queued)
    {
        if (Live is { IsWatched: true } live)
            live.Tried(work, conclusions);
        Of(work.Lease).Add(new Ending(work.Lease, conclusions, queued) { Octets = conclusions.Any(c => c.IntoMailbox is not null) ? work.Mail.Size : 0 });
        work.Content.Release();
    }

    private async Task ReportAndAddAsync(Work work, Conclusion[] conclusions, Report[] reports, MailContent? content)
    {
        MailContent? read = null;
        await _reading.WaitAsync().ConfigureAwait(false);
        try
        {
            // A report quotes the content: it is no way for it to be stored as it is.
            work.Lease.Store.RequireKey();
            content ??= read = await work.Lease.Store.ReadContentAsync(work.Mail.Id.Number, NoticeWriter.QuoteLimit, work.Lease.Running).ConfigureAwait(false);
            // Without content the mail is gone already: then nothing was concluded either, and the outcome will find no row.
            var queued = content is null ? [] : await notices.WriteAsync(work, reports, content).ConfigureAwait(false);
            Add(work, conclusions, queued);
        }
        catch (Exception trouble)
        {
            // Without its report a failure must not be written (P2). What was delivered must not be tried again, and what waits anyway is told of the delay later.
            if (trouble is not OperationCanceledException && !Database.IsLost(trouble) && !work.Lease.HasEnded)
                Unreportable(log, work.Mail.Id.ToString(), trouble);
            Add(work, [.. conclusions.Select(conclusion => conclusion.State == RecipientState.Failed
                ? Untouched(conclusion.Key, conclusion.Turn, TimeSpan.FromMinutes(1))
                : conclusion with { DelayNotified = false })], []);
        }
        finally
        {
            _reading.Release();
            read?.Dispose();
        }
    }

    /// <returns>When to try again, counted from the first attempt; null: never.</returns>
    private TimeSpan? Decide(Work work, Fate fate)
    {
        if (fate.Final)
            return null;
        var recipient = fate.Recipient;
        var since = recipient.SinceFirstAttempt is { } first ? first + work.HeldFor : TimeSpan.Zero;
        // UDLV-2: the time outside the delivery hours is taken out of the schedule, and put back in where the database counts from the first attempt.
        var closed = hours().ClosedWithin(since, ReversePath.FromStored(work.Mail.ReversePath));
        var refusals = recipient.Refusals + (fate.Class == FailureClass.Refused && !fate.AuthRefused ? 1 : 0);
        var decision = FailurePolicy.Decide(new FailedAttempt(fate.Class, refusals, since - closed, fate.AuthRefused), retry(), Random.Shared.NextDouble());
        return decision.Bounced ? null : decision.RetryAfter + closed;
    }

    private static Conclusion ToConclusion(Work work, Route way, Fate fate, TimeSpan? again, ImmutableArray<string> dialogue, string explanation) => new()
    {
        Key = fate.Recipient.Key,
        Turn = fate.Recipient.Turn,
        State = fate.Class == FailureClass.None ? RecipientState.Delivered : again is null ? RecipientState.Failed : RecipientState.Waiting,
        Destination = work.Route.Destination,
        IntoMailbox = fate.IntoMailbox,
        ForwardPath = way.Envelope?.ToString(),
        RetryAfter = again ?? TimeSpan.Zero,
        Class = fate.Class,
        Reply = Reason(fate, again),
        RemoteHost = fate.Host,
        RemoteAddress = fate.Address,
        RemotePort = fate.Port,
        TlsVersion = fate.Tls,
        Rule = explanation.Length == 0 ? way.Rule : $"{way.Rule}: {explanation}",
        Dialogue = dialogue,
        WithoutAttempt = fate.WithoutAttempt,
        PossibleDuplicate = fate.DotWasSent && fate.Class == FailureClass.LineError,
    };

    // RETRY-14: a destination that never answered has one reason only when it ends; until then the log shows what was seen.
    private static string Reason(Fate fate, TimeSpan? again) =>
        fate.Class == FailureClass.NoAnswer && again is null ? FailurePolicy.NoAnswerReason : fate.Reply.ToLogText();

    private static Reply ParseReply(string text)
    {
        var rest = text.Length > 4 && int.TryParse(text.AsSpan(0, 3), out _) ? text[4..] : text;
        var code = rest.Length == text.Length ? 550 : int.Parse(text.AsSpan(0, 3), System.Globalization.CultureInfo.InvariantCulture);
        return EnhancedStatus.TryParse(rest, out var status, out var length)
            ? new Reply(code, status, rest[length..].TrimStart())
            : new Reply(code, null, rest);
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    [LoggerMessage(5211, LogLevel.Error, "{Mail}: the content cannot be read; trying again later")]
    private static partial void ContentUnreadable(ILogger log, string mail, Exception cause);

    [LoggerMessage(5212, LogLevel.Warning, "{Mail}: the content is sealed with the key {Key}, which this node does not have; it stays in the queue")]
    private static partial void KeyMissing(ILogger log, string mail, string key);

    [LoggerMessage(5210, LogLevel.Error, "{Mail}: the report to its sender cannot be written; trying again later")]
    private static partial void Unreportable(ILogger log, string mail, Exception cause);
}
