using System.Collections.Concurrent;
using ClusterMail.Protocol;

namespace ClusterMail.Accounts;

/// <summary>All accounts of the cluster by address, in the memory of one node. Written by whoever follows the database, read by every session at once.</summary>
public sealed class AccountIndex
{
    private readonly ConcurrentDictionary<string, Account> _byAddress = new(StringComparer.Ordinal);

    public int Count => _byAddress.Count;

    /// <summary>The account of exactly this address, aliases and shared domains not considered; null: none.</summary>
    public Account? Find(string localPart, string domain) => _byAddress.GetValueOrDefault(Key(localPart, domain));

    public void Put(Account account) => _byAddress[Key(account.Address.LocalPart, account.Address.Domain)] = account;

    public void Remove(Mailbox address) => _byAddress.TryRemove(Key(address.LocalPart, address.Domain), out _);

    /// <summary>The form in which addresses are compared: local part without case, domain as <see cref="DomainName.Normalize"/> writes it.</summary>
    public static string Key(string localPart, string domain) => $"{localPart.ToLowerInvariant()}@{DomainName.Normalize(domain)}";
}
