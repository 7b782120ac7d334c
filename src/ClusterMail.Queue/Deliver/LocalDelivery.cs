using ClusterMail.Protocol;
using ClusterMail.Queue.Outcome;
using ClusterMail.Queue.Schedule;

namespace ClusterMail.Queue.Deliver;

/// <summary>
/// Delivery into the mailboxes of this cluster (DELIV-10). There is nobody to talk to: the outcome is the delivery. Only where a mailbox has a limit is its usage
/// looked at first, because error mails pass the check at RCPT (QUOTA-4, QUOTA-6).
/// </summary>
public sealed class LocalDelivery(Quota quota, OutcomeRecorder recorder)
{
    /// <summary>Questions to the database at once; the works behind them wait in the window (P6).</summary>
    private readonly SemaphoreSlim _asking = new(4);

    public void Deliver(Work work)
    {
        for (var i = 0; i < work.Recipients.Length; i++)
        {
            if (quota.LimitOf(work.Way(i).Account!) > 0)
            {
                _ = CheckAndKeepAsync(work);
                return;
            }
        }
        recorder.Keep(work, new Reply?[work.Recipients.Length]);
    }

    private async Task CheckAndKeepAsync(Work work)
    {
        await _asking.WaitAsync().ConfigureAwait(false);
        try
        {
            var refusals = new Reply?[work.Recipients.Length];
            for (var i = 0; i < refusals.Length; i++)
                refusals[i] = await quota.AtDeliveryAsync(work.Way(i).Account!, work.Mail, work.Lease.Running).ConfigureAwait(false);
            recorder.Keep(work, refusals);
        }
        catch (Exception trouble)
        {
            recorder.GiveBack(work, trouble);
        }
        finally
        {
            _asking.Release();
        }
    }
}
