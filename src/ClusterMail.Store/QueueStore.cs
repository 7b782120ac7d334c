using ClusterMail.Protocol;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>The queue: accept, claim, conclude. Every write of a node carries its epoch; a fenced epoch changes nothing (design §3).</summary>
public sealed class QueueStore(NpgsqlDataSource dataSource)
{
    /// <summary>A block of <paramref name="count"/> fresh mail numbers; the first of them (MSGID-4: gaps allowed, repeats not).</summary>
    public Task<long> AllotNumbersAsync(int count, CancellationToken cancel) => throw new NotImplementedException(dataSource.ToString());

    /// <summary>
    /// Commits all mails in one transaction and one round trip: after it returns they are on disk (P1). All or none.
    /// Only mails with content in memory; one spooled goes through <see cref="AcceptLargeAsync"/>.
    /// </summary>
    /// <exception cref="EpochFencedException">Nothing was written.</exception>
    /// <exception cref="NpgsqlException">Unknown whether written; ask <see cref="WhichExistAsync"/>.</exception>
    public Task AcceptAsync(long epoch, IReadOnlyList<NewMail> mails, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>The same for one mail whose content is streamed in chunks of 256 KiB; memory does not grow with its size.</summary>
    public Task AcceptLargeAsync(long epoch, NewMail mail, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Of these numbers, the ones that are in the queue or in the history: settles a commit whose answer was lost.</summary>
    public Task<IReadOnlySet<long>> WhichExistAsync(IReadOnlyCollection<long> mails, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Content for a claimed mail: in memory up to <paramref name="inMemory"/> octets, else a stream that reads chunk by chunk from the database. Null when the mail is gone.</summary>
    public Task<MailContent?> ReadContentAsync(long mail, int inMemory, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>
    /// Takes up to <paramref name="limit"/> due recipients for this epoch, oldest due first, at most <paramref name="perDestination"/> of one
    /// destination (CLU-35), none of a destination that is down, skipping rows other nodes are just taking. All due recipients of a mail with the same
    /// destination are taken together (OUT-1).
    /// </summary>
    public Task<IReadOnlyList<ClaimedRecipient>> ClaimAsync(long epoch, int limit, int perDestination, IReadOnlyCollection<string> fullDestinations, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>Takes recipients whose destination is down and whose period (RETRY-3) has ended, to be failed without another attempt.</summary>
    public Task<IReadOnlyList<ClaimedRecipient>> ClaimExpiredAsync(long epoch, int limit, TimeSpan period, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Writes how recipients ended, with the notices that report them, in one transaction and one round trip (P2).</summary>
    /// <exception cref="EpochFencedException">Nothing was written.</exception>
    public Task<RecordResult> RecordAsync(long epoch, IReadOnlyList<Conclusion> conclusions, IReadOnlyList<Notice> notices, CancellationToken cancel) =>
        throw new NotImplementedException();
}
