using System.Collections.Frozen;
using System.Collections.Immutable;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Holds;

/// <summary>Groups of approvers, superiors and proxies as they are at one moment. Immutable.</summary>
public sealed class ApproverRegister
{
    private readonly FrozenDictionary<string, ImmutableArray<Mailbox>> _groups;
    private readonly FrozenDictionary<string, Mailbox> _superiors;
    private readonly FrozenDictionary<string, ProxyAssignment> _byPrincipal;
    private readonly ILookup<string, ProxyAssignment> _byProxy;

    /// <param name="groups">By name without the at sign.</param>
    /// <param name="superiors">Who is asked for <c>@manager</c> whatever the accounts say, by main address of the requester (<see cref="Superiors"/>).</param>
    /// <param name="proxies">One of each principal; of several the last one counts (APPROVE-208).</param>
    public ApproverRegister(
        IEnumerable<KeyValuePair<string, ImmutableArray<Mailbox>>> groups, IEnumerable<KeyValuePair<Mailbox, Mailbox>> superiors, IEnumerable<ProxyAssignment> proxies)
    {
        _groups = groups.ToFrozenDictionary(group => group.Key.ToLowerInvariant(), group => group.Value, StringComparer.Ordinal);
        _superiors = superiors.ToFrozenDictionary(pair => Key(pair.Key), pair => pair.Value, StringComparer.Ordinal);
        ProxyAssignment[] current = [.. proxies.GroupBy(proxy => Key(proxy.Principal), StringComparer.Ordinal).Select(group => group.Last())];
        _byPrincipal = current.ToFrozenDictionary(proxy => Key(proxy.Principal), StringComparer.Ordinal);
        _byProxy = current.ToLookup(proxy => Key(proxy.Proxy), StringComparer.Ordinal);
    }

    private ApproverRegister(ApproverRegister known, FrozenDictionary<string, Mailbox> superiors) =>
        (_groups, _superiors, _byPrincipal, _byProxy) = (known._groups, superiors, known._byPrincipal, known._byProxy);

    /// <summary>The same, with whom a directory outside has just named as somebody's superior.</summary>
    public ApproverRegister With(Mailbox requester, Mailbox superior) =>
        new(this, _superiors.Append(new(Key(requester), superior)).ToFrozenDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal));

    public static ApproverRegister Empty { get; } = new([], [], []);

    /// <summary>Default (not empty): there is no such group.</summary>
    public ImmutableArray<Mailbox> Group(string name) => _groups.GetValueOrDefault(name.ToLowerInvariant());

    public Mailbox? SuperiorOf(Mailbox requester) => _superiors.GetValueOrDefault(Key(requester));

    /// <summary>The assignment in force for this approver; null: he is asked himself.</summary>
    public ProxyAssignment? ProxyOf(Mailbox principal, DateTimeOffset now) => _byPrincipal.GetValueOrDefault(Key(principal)) is { } proxy && proxy.IsActive(now) ? proxy : null;

    /// <summary>For whom this person may decide now, also mails that were waiting before (APPROVE-206): <see cref="Trigger.Ballot.ProxyFor"/>.</summary>
    public ImmutableArray<Mailbox> PrincipalsOf(Mailbox proxy, DateTimeOffset now) => [.. _byProxy[Key(proxy)].Where(one => one.IsActive(now)).Select(one => one.Principal)];

    /// <summary>All assignments, also those not in force now.</summary>
    public IEnumerable<ProxyAssignment> Proxies => _byPrincipal.Values;

    private static string Key(Mailbox address) => address.ToString().ToLowerInvariant();
}
