using System.Collections.Immutable;
using ClusterMail.Protocol;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Schedule;
using ClusterMail.Routing;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using ClusterMail.Store.Content;

namespace ClusterMail.Queue.Accept;

/// <summary>Envelope + content → one committed transaction → 250 (PIPE-19, PIPE-20). What fits the window is owned by this node at once and never read back.</summary>
public sealed class MailAcceptor(
    AcceptJournal journal, NumberBlocks numbers, LeaseKeeper lease, Window window, BlockedDestinations blocked,
    Func<ReversePath, Mailbox, Route> route, Action<IReadOnlyList<Work>> dispatch, Func<ImmutableArray<Mailbox>>? copies = null, ApprovalDoor? approval = null,
    ContentKeys? keys = null, StandbyWatch? standby = null, ShardChoice? shards = null) : IAcceptMail
{
    private readonly AcceptPlace _main = new(journal, window);

    private static readonly Reply NoStore = new(451, new EnhancedStatus(4, 3, 0), "Requested action aborted: error in processing.");
    private static readonly Reply NoRoom = new(452, new EnhancedStatus(4, 3, 1), "Too much mail is waiting to be stored, try again later.");

    public Reply? Unavailable => !lease.IsValid || keys?.IsLacking == true || standby?.Refuses == true ? NoStore : journal.IsFull && shards?.HasRoom != true ? NoRoom : null;

    public bool TryAllot(out MessageId id) => numbers.TryTake(out id);

    public async ValueTask<Reply> AcceptAsync(ReceivedMail received, CancellationToken cancel)
    {
        // The standby may have gone since MAIL.
        if (standby?.Refuses == true)
        {
            received.Content.Dispose();
            return NoStore;
        }
        var admission = approval is null ? Admission.Ordinary(received) : await approval.AdmitAsync(received, cancel).ConfigureAwait(false);
        if (admission.Answer is { } answer)
        {
            received.Content.Dispose();
            return answer;
        }
        var mail = WithCopies(received, admission.SendNow);
        var groups = Group(mail);
        var stored = default(Stored);
        try
        {
            stored = await StoreAsync(mail, admission, groups, cancel).ConfigureAwait(false);
        }
        finally
        {
            if (!stored.KeepsContent)
                mail.Content.Dispose();
        }
        if (stored.Owner is null)
            return NoStore;
        QueueMetrics.Accepted.Add(1);
        approval?.Committed(admission.Held);
        if (stored.Owned)
            dispatch(ToWorks(mail, groups, stored));
        // 250 after commit: everything above this line has happened on disk; nothing below it may fail the mail (P1, PIPE-20, RFC 5321 §6.1).
        return Accepted;
    }

    /// <param name="Owner">Null: it is not stored.</param>
    /// <param name="Owned">It goes on in this node's window.</param>
    private readonly record struct Stored(EpochLease? Owner, bool Owned, NewMail Row, Window Window, long Bytes)
    {
        public bool KeepsContent => Owner is not null && Owned && Row.Content.Memory is not null;
    }

    /// <summary>Into one database wholly. Into another one only when the first surely does not have it.</summary>
    private async Task<Stored> StoreAsync(ReceivedMail mail, Admission admission, List<RouteGroup> groups, CancellationToken cancel)
    {
        // What is held, and what goes into mailboxes of this cluster, is of one transaction with them, and they are in the main database.
        var choices = shards is null || admission.Held is not null || groups.Exists(group => group.Route.Kind == RouteKind.Mailbox) ? [_main] : shards.Next();
        foreach (var place in choices)
        {
            var (stored, surelyNot) = await StoreAsync(place, mail, admission, groups, cancel).ConfigureAwait(false);
            if (stored.Owner is not null || !surelyNot)
                return stored;
        }
        return default;
    }

    private static async Task<(Stored Stored, bool SurelyNot)> StoreAsync(AcceptPlace place, ReceivedMail mail, Admission admission, List<RouteGroup> groups, CancellationToken cancel)
    {
        var bytes = mail.Content.Memory is null ? 0 : mail.Content.Length;
        var alive = groups.Where(group => !group.Blocked).Sum(group => group.Recipients.Count);
        var owned = alive > 0 && place.Window.TryReserve(alive, bytes);
        var row = ToRow(mail, admission.SendNow.Length, groups, owned) with { Held = admission.Held };
        var result = default(CommitResult);
        try
        {
            result = await place.Journal.CommitAsync(row, cancel).ConfigureAwait(false);
        }
        finally
        {
            if (result.Owner is null && owned)
                place.Window.Return(alive, bytes);
        }
        return (new Stored(result.Owner, owned, row, place.Window, bytes), result.SurelyNot);
    }

    /// <summary>COPY-1: each listed address gets it too, after all checks. NOTIFY=NEVER: whatever becomes of a copy is not the sender's business (COPY-2).</summary>
    /// <param name="sendNow">Of its recipients those that are not held; the copy is written now, whatever becomes of the others (APPROVE-73).</param>
    private ReceivedMail WithCopies(ReceivedMail mail, ImmutableArray<ForwardPath> sendNow)
    {
        if (copies?.Invoke() is not { IsEmpty: false } addresses)
            return mail with { Envelope = mail.Envelope with { ForwardPaths = sendNow } };
        var paths = mail.Envelope.ForwardPaths;
        var added = addresses.Where(address => !paths.Any(path => path.Mailbox.SameAs(address))).Select(address => new ForwardPath(address) { Notify = Notify.Never });
        return mail with { Envelope = mail.Envelope with { ForwardPaths = [.. sendNow, .. added] } };
    }

    private static readonly Reply Accepted = new(250, new EnhancedStatus(2, 0, 0), "Message received ok.");

    /// <param name="Blocked">Down or full when the mail came: it goes straight into the queue and takes no room from the others.</param>
    private sealed record RouteGroup(string Key, Route Route, bool Blocked, List<short> Recipients, List<Route> Ways);

    private List<RouteGroup> Group(ReceivedMail mail)
    {
        var groups = new List<RouteGroup>(1);
        for (short i = 0; i < mail.Envelope.ForwardPaths.Length; i++)
        {
            var way = route(mail.Envelope.ReversePath, mail.Envelope.ForwardPaths[i].Mailbox);
            var group = groups.Find(g => g.Key == way.Destination);
            if (group is null)
                groups.Add(group = new RouteGroup(way.Destination, way, blocked.Contains(way.Destination), [], []));
            group.Recipients.Add(i);
            group.Ways.Add(way);
        }
        return groups;
    }

    private static NewMail ToRow(ReceivedMail mail, int named, List<RouteGroup> groups, bool owned)
    {
        var recipients = new NewRecipient[mail.Envelope.ForwardPaths.Length];
        foreach (var group in groups)
        {
            foreach (var i in group.Recipients)
            {
                var path = mail.Envelope.ForwardPaths[i];
                var ordinal = i < named ? i : (short)(RecipientKey.FirstCopy + i - named);
                recipients[i] = new NewRecipient(ordinal, path.Mailbox.ToString(), group.Key, owned && !group.Blocked)
                {
                    Notify = path.Notify,
                    OriginalRecipient = path.OriginalRecipient,
                };
            }
        }
        return new NewMail
        {
            Id = mail.Id,
            ReversePath = mail.Envelope.ReversePath.Stored,
            Content = mail.Content,
            Body = mail.Envelope.Body,
            SmtpUtf8 = mail.Envelope.SmtpUtf8,
            Has8Bit = mail.Facts.Has8Bit,
            Ret = mail.Envelope.Ret,
            EnvelopeId = mail.Envelope.EnvelopeId,
            ClientAddress = mail.Client.Remote.Address.ToString(),
            LocalPort = mail.Client.Local.Port,
            Helo = mail.Client.Helo,
            TlsVersion = mail.Client.TlsVersion,
            AuthenticatedAs = mail.Client.AuthenticatedAs,
            ReceivedCount = mail.Facts.ReceivedCount,
            Recipients = ImmutableArray.Create(recipients),
        };
    }

    private static List<Work> ToWorks(ReceivedMail mail, List<RouteGroup> groups, Stored stored)
    {
        var row = stored.Row;
        var queued = new QueuedMail
        {
            Id = mail.Id,
            ReversePath = row.ReversePath,
            Size = mail.Content.Length,
            Body = row.Body,
            SmtpUtf8 = row.SmtpUtf8,
            Has8Bit = row.Has8Bit,
            Ret = row.Ret,
            EnvelopeId = row.EnvelopeId,
            AcceptedAt = DateTimeOffset.UtcNow,
        };
        var mine = groups.FindAll(group => !group.Blocked);
        var share = new ContentShare(stored.Bytes > 0 ? mail.Content : null, stored.Bytes, mine.Count, stored.Window);
        return mine.ConvertAll(group => new Work
        {
            Mail = queued,
            Route = group.Route,
            Ways = [.. group.Ways],
            Lease = stored.Owner!,
            Content = share,
            Recipients = [.. group.Recipients.Select(i => ToClaimed(row.Recipients[i], queued))],
        });
    }

    private static ClaimedRecipient ToClaimed(NewRecipient recipient, QueuedMail mail) => new()
    {
        Key = new RecipientKey(mail.Id.Number, recipient.Ordinal),
        ForwardPath = recipient.ForwardPath,
        Destination = recipient.Destination,
        Notify = recipient.Notify,
        OriginalRecipient = recipient.OriginalRecipient,
        Mail = mail,
    };
}
