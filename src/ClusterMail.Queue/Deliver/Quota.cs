using ClusterMail.Accounts;
using ClusterMail.Policy;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;

namespace ClusterMail.Queue.Deliver;

/// <summary>
/// The size limit of mailboxes (05 D): asked at RCPT, and again at delivery for the hard stop. One row by its key, and only for accounts that have a limit; usage
/// is kept by the deliveries themselves, so it is exact whenever it is read. Accounts whose mail another store keeps have no limit here.
/// </summary>
public sealed class Quota(Func<NodeView> view, MailboxStore boxes) : IMailboxUsage
{
    /// <summary>QUOTA-3, to the letter.</summary>
    public static Reply Full { get; } = new(450, new EnhancedStatus(4, 2, 2), "Sorry. e-mail address box is full.");

    /// <summary>QUOTA-6: the end of what error mails may do.</summary>
    public static Reply FarTooFull { get; } = new(552, new EnhancedStatus(5, 2, 2), "Sorry. e-mail address box is full.");

    /// <summary>QUOTA-1, octets: the account's own limit, else <c>mailbox.max_bytes</c>; 0: none.</summary>
    public long LimitOf(Account account) => account.BoxLimit > 0 ? account.BoxLimit : view().Settings.Integer("mailbox.max_bytes");

    /// <summary>
    /// The question at RCPT (QUOTA-3 to QUOTA-6). False when the database does not answer: the mail then waits for it at DATA (P7), and the hard stop comes at delivery.
    /// </summary>
    public async ValueTask<bool> IsFullAsync(Account account, long size, bool exempt, CancellationToken cancel)
    {
        var limit = LimitOf(account);
        if (limit == 0 || !view().Router.KeepsHere(account))
            return false;
        try
        {
            var usage = await boxes.UsageAsync(account.Id, cancel).ConfigureAwait(false);
            var most = exempt ? 2 * limit : limit;
            return usage.Octets >= most || usage.Octets + size > most;
        }
        catch (Exception trouble) when (Database.IsLost(trouble))
        {
            return false;
        }
    }

    /// <summary>
    /// QUOTA-6: at twice the limit nothing goes in. An error mail fails then; other mail, which was let in while there was room, waits as it would have at RCPT.
    /// </summary>
    public async ValueTask<Reply?> AtDeliveryAsync(Account account, QueuedMail mail, CancellationToken cancel)
    {
        var limit = LimitOf(account);
        if (limit == 0)
            return null;
        var usage = await boxes.UsageAsync(account.Id, cancel).ConfigureAwait(false);
        return usage.Octets < 2 * limit ? null : mail.ReversePath.Length == 0 ? FarTooFull : Full;
    }
}
