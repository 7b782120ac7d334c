using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Queue.Outcome;
using ClusterMail.Queue.Schedule;
using ClusterMail.Queue.Senders;
using ClusterMail.Store;

namespace ClusterMail.Queue.Deliver;

/// <summary>
/// Mail of a shard for mailboxes of this cluster, which are in the main database: an error mail to one of our senders, or a route that changed while the mail waited. First the
/// mailbox, where a mail goes in once however often this is done (it carries its own number), then the outcome in the shard. Broken off between the two, both are done again
/// and the first does nothing (P2, P4).
/// </summary>
public sealed class ShardMailboxes(MailboxImport boxes, Quota quota, OutcomeRecorder recorder)
{
    private const string Inbox = "INBOX";

    /// <summary>A larger content is streamed from one database into the other.</summary>
    private const int InMemory = 1024 * 1024;

    /// <summary>Mails carried at once; the works behind them wait in the window (P6).</summary>
    private readonly SemaphoreSlim _carrying = new(4);

    public void Deliver(Work work) => _ = DeliverAsync(work);

    private async Task DeliverAsync(Work work)
    {
        MailContent? read = null;
        await _carrying.WaitAsync().ConfigureAwait(false);
        try
        {
            var content = work.Content.Content ?? (read = await work.Lease.Store.ReadContentAsync(work.Mail.Id.Number, InMemory, work.Lease.Running).ConfigureAwait(false));
            if (content is null || !work.Lease.IsValid)
            {
                recorder.GiveBack(work, TimeSpan.Zero);
                return;
            }
            recorder.Keep(work, await CarryAsync(work, content).ConfigureAwait(false), carried: true);
        }
        catch (Exception trouble)
        {
            recorder.GiveBack(work, trouble);
        }
        finally
        {
            read?.Dispose();
            _carrying.Release();
        }
    }

    /// <returns>A refusal for each recipient; null: it is in the mailbox.</returns>
    private async Task<Reply?[]> CarryAsync(Work work, MailContent content)
    {
        var refusals = new Reply?[work.Recipients.Length];
        var same = work.Deliveries();
        var top = Encoding.UTF8.GetBytes($"Return-Path: {ReversePath.FromStored(work.Mail.ReversePath)}\r\n");
        for (var i = 0; i < refusals.Length; i++)
        {
            if (same[i] != i)
                continue;
            var account = work.Way(i).Account!;
            refusals[i] = await quota.AtDeliveryAsync(account, work.Mail, work.Lease.Running).ConfigureAwait(false);
            if (refusals[i] is not null)
                continue;
            await using var octets = new RetoppedContent(top, content, 0).OpenRead();
            var file = new ImportedFile(Inbox, DateTimeOffset.UtcNow, MessageFlags.None, work.Mail.ReversePath, work.Way(i).Envelope?.ToString() ?? work.Recipients[i].ForwardPath);
            await boxes.ImportAsync(account.Id, file, octets, work.Lease.Running).ConfigureAwait(false);
        }
        return refusals;
    }
}
