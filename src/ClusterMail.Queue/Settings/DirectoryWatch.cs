using ClusterMail.Accounts;
using ClusterMail.Approval.Policies;
using ClusterMail.Policy;
using ClusterMail.Policy.Relay;
using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Queue.Settings;

/// <summary>
/// The node's memory of accounts and aliases: loaded whole once, then what has changed since, whenever a renewal tells of a newer version. So every change is
/// in force everywhere within 5 s (ACCT-5, ALIAS-13).
/// </summary>
public sealed class DirectoryWatch(DirectoryReader reader)
{
    private readonly SemaphoreSlim _loading = new(1);
    private long _version = -1;
    private (long Changed, long Id) _accounts = (-1, 0);
    private (long Changed, long Id) _aliases = (-1, 0);

    public AccountIndex Accounts { get; } = new();
    public AliasIndex Aliases { get; } = new();

    /// <summary>Clients that filters have denied (RELAY-51); followed by the lock-out exchange.</summary>
    public DynamicDenies Denies { get; } = new();

    /// <summary>Whoever keeps mailboxes puts its answer here before the first load (PIPE-13). Default: never full.</summary>
    public IMailboxUsage Usage { get; init; } = IMailboxUsage.Unlimited;

    /// <summary>Whoever knows the directory of domains with <c>login=ldap</c> puts its answer here before the first load (STORE-1). Default: it cannot be told.</summary>
    public IReceivers Receivers { get; init; } = IReceivers.Unknown;

    /// <summary>All levels of the policies of outgoing mail as they are now. Whoever keeps those of domains puts his answer here; null: there are none.</summary>
    public Func<PolicyLevel, PolicyBook>? Book { get; init; }

    /// <summary>The version in force; -1 before the first load.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>Loads up to <paramref name="version"/> or newer, unless it is there already.</summary>
    public async Task FollowAsync(long version, CancellationToken cancel)
    {
        if (version == Version || !await _loading.WaitAsync(0, cancel).ConfigureAwait(false))
            return;
        try
        {
            await FollowAccountsAsync(cancel).ConfigureAwait(false);
            await FollowAliasesAsync(cancel).ConfigureAwait(false);
            Interlocked.Exchange(ref _version, version);
        }
        finally
        {
            _loading.Release();
        }
    }

    private async Task FollowAccountsAsync(CancellationToken cancel)
    {
        IReadOnlyList<AccountChange> changes;
        do
        {
            changes = await reader.AccountsAsync(_accounts.Changed, _accounts.Id, cancel).ConfigureAwait(false);
            foreach (var change in changes)
            {
                Apply(change);
                _accounts = (change.Changed, change.Id);
            }
        }
        while (changes.Count == DirectoryReader.Batch);
    }

    private void Apply(AccountChange row)
    {
        var address = new Mailbox(row.Name, row.Domain);
        if (!row.Removed)
            Accounts.Put(new Account
            {
                Id = row.Id,
                Address = address,
                FullName = row.FullName,
                SmtpAuth = row.SmtpAuth,
                Suspended = row.Suspended,
                SmtpDisabled = row.SmtpDisabled,
                BoxLimit = row.BoxLimit,
                Delivery = row.Delivery,
                Hours = row.Hours,
                Destinations = row.Destinations,
                DestinationsVersion = row.DestinationsVersion,
                RelayRules = row.RelayRules,
                Superior = row.Superior,
            });
        else if (Accounts.Find(row.Name, row.Domain)?.Id == row.Id)
            Accounts.Remove(address);
    }

    private async Task FollowAliasesAsync(CancellationToken cancel)
    {
        IReadOnlyList<AliasChange> changes;
        do
        {
            changes = await reader.AliasesAsync(_aliases.Changed, _aliases.Id, cancel).ConfigureAwait(false);
            foreach (var change in changes)
            {
                var name = new Mailbox(change.Name, change.Domain);
                if (change.Removed)
                    Aliases.Remove(name);
                else
                    Aliases.Put(new Alias(name, Mailbox.FromStored(change.Real), (AliasMode)change.Mode));
                _aliases = (change.Changed, change.Id);
            }
        }
        while (changes.Count == DirectoryReader.Batch);
    }
}
