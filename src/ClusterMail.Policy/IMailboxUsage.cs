using ClusterMail.Accounts;

namespace ClusterMail.Policy;

/// <summary>Whether a mailbox takes more (05 D); asked at RCPT for each account of ours, after everything else (PIPE-13). Answered by whoever keeps mailboxes.</summary>
public interface IMailboxUsage
{
    /// <summary>The answer of a cluster that keeps no mailboxes, and of the dry run without one: never full.</summary>
    static IMailboxUsage Unlimited { get; } = new NeverFull();

    /// <param name="account">Its own limit is <see cref="Account.BoxLimit"/>; 0: the server's.</param>
    /// <param name="size">SIZE= in octets; 0 when not declared (QUOTA-5).</param>
    /// <param name="exempt">An error mail, which a full mailbox takes too (QUOTA-4), up to twice its limit (QUOTA-6).</param>
    /// <returns>True: 450 4.2.2. An implementation that cannot tell answers false.</returns>
    ValueTask<bool> IsFullAsync(Account account, long size, bool exempt, CancellationToken cancel);

    private sealed class NeverFull : IMailboxUsage
    {
        public ValueTask<bool> IsFullAsync(Account account, long size, bool exempt, CancellationToken cancel) => ValueTask.FromResult(false);
    }
}
