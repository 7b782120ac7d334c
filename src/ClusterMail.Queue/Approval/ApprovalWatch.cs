using System.Collections.Frozen;
using System.Collections.Immutable;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// The node's memory of policies of domains, keyword lists, groups and proxies, replaced whole when a renewal tells of a newer version: a change is in force
/// everywhere within 5 s (APPROVE-23).
/// </summary>
public sealed class ApprovalWatch(ApprovalStore store)
{
    private readonly SemaphoreSlim _loading = new(1);
    private volatile ApprovalLists _current = ApprovalLists.Empty;

    /// <summary>Never null: before the first load, empty.</summary>
    public ApprovalLists Current => _current;

    /// <summary>Loads <paramref name="version"/> or newer, unless it is there already.</summary>
    public async Task FollowAsync(long version, CancellationToken cancel)
    {
        if (version == _current.Version || !await _loading.WaitAsync(0, cancel).ConfigureAwait(false))
            return;
        try
        {
            _current = new ApprovalLists(await store.LoadAsync(cancel).ConfigureAwait(false));
        }
        finally
        {
            _loading.Release();
        }
    }
}

/// <summary>One version of what <see cref="ApprovalWatch"/> keeps; never changed.</summary>
public sealed class ApprovalLists
{
    private readonly FrozenDictionary<string, PolicyLevel> _domains;
    private readonly FrozenDictionary<string, ProxyRow> _proxies;

    internal ApprovalLists(ApprovalData data)
    {
        Version = data.Version;
        _domains = data.Domains.Where(policy => policy.Text.Length > 0)
            .ToFrozenDictionary(policy => policy.Domain, policy => new PolicyLevel(LevelKind.Domain, policy.Domain, policy.Version, ApprovalTable.Parse(policy.Text).Table));
        _proxies = data.Proxies.ToFrozenDictionary(proxy => proxy.Approver, StringComparer.OrdinalIgnoreCase);
        Keywords = data.Keywords.ToFrozenDictionary(list => (list.Owner, list.Name), list => list.Text);
        Groups = data.Groups.ToFrozenDictionary(group => group.Name, group => group.Members.Select(Mailbox.FromStored).ToImmutableArray());
    }

    public static ApprovalLists Empty { get; } = new(ApprovalData.Empty);

    public long Version { get; }

    /// <summary>Texts by owner (empty: the whole system) and name, both lower case.</summary>
    public FrozenDictionary<(string Owner, string Name), string> Keywords { get; }

    /// <summary>Members by name, lower case, without the <c>@</c>.</summary>
    public FrozenDictionary<string, ImmutableArray<Mailbox>> Groups { get; }

    /// <summary>Null: the domain has no policy of its own.</summary>
    public PolicyLevel? Domain(string domain) => _domains.GetValueOrDefault(domain);

    /// <summary>Who is asked in place of an approver at this moment; null: he himself.</summary>
    public Mailbox? ProxyOf(Mailbox approver, DateTimeOffset now) =>
        _proxies.GetValueOrDefault(approver.ToString()) is { } proxy && proxy.IsInForce(now) ? Mailbox.FromStored(proxy.Proxy) : null;

    /// <summary>Approvers whose proxy this person is at this moment.</summary>
    public ImmutableArray<Mailbox> ProxyFor(Mailbox person, DateTimeOffset now) =>
        [.. _proxies.Values.Where(proxy => proxy.IsInForce(now) && Mailbox.FromStored(proxy.Proxy).SameAs(person)).Select(proxy => Mailbox.FromStored(proxy.Approver))];

    public IEnumerable<ProxyRow> Proxies => _proxies.Values;
}
