using ClusterMail.Accounts;

namespace ClusterMail.Policy;

/// <summary>Which accounts of domains with <c>login=ldap</c> may receive (STORE-1); asked at RCPT for those alone, after the relay table. Answered by whoever knows the directory.</summary>
public interface IReceivers
{
    /// <summary>The answer where nobody knows a directory: it cannot be told.</summary>
    static IReceivers Unknown { get; } = new Nobody();

    /// <returns>Null: it cannot be told now (451).</returns>
    ValueTask<bool?> MayReceiveAsync(Account account, CancellationToken cancel);

    private sealed class Nobody : IReceivers
    {
        public ValueTask<bool?> MayReceiveAsync(Account account, CancellationToken cancel) => ValueTask.FromResult<bool?>(null);
    }
}
