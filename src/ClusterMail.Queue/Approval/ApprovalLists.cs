using System.Collections.Frozen;
using ClusterMail.Approval.Content;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Policies;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>One version of what <see cref="ApprovalWatch"/> keeps; never changed.</summary>
public sealed class ApprovalLists
{
    private static readonly FrozenDictionary<long, PolicyLevel> NoAccounts = FrozenDictionary<long, PolicyLevel>.Empty;
    private readonly FrozenDictionary<string, PolicyLevel> _domains;
    private readonly KeywordShelf _keywords;
    private volatile PolicyBook? _book;

    internal ApprovalLists(ApprovalData data, TokenKeyRing? keys)
    {
        (Version, Keys) = (data.Version, keys);
        _domains = data.Domains.Where(policy => policy.Text.Length > 0)
            .ToFrozenDictionary(policy => policy.Domain, policy => new PolicyLevel(LevelKind.Domain, policy.Domain, policy.Version, ApprovalTable.Parse(policy.Text).Table));
        _keywords = new KeywordShelf(data.Keywords.Select(list => (Kind(list.Owner), list.Owner, list.Name, ClusterMail.Approval.Content.KeywordList.Parse(list.Text).List)));
        Register = new ApproverRegister(
            data.Groups.Select(group => KeyValuePair.Create(group.Name, System.Collections.Immutable.ImmutableArray.CreateRange(group.Members.Select(Mailbox.FromStored)))), [],
            data.Proxies.Select(proxy => new ProxyAssignment(Mailbox.FromStored(proxy.Approver), Mailbox.FromStored(proxy.Proxy), proxy.From, proxy.Until)));
    }

    /// <summary>Lists read just now, for whoever judges a policy before it is in force.</summary>
    public static ApprovalLists Of(ApprovalData data) => new(data, null);

    public static ApprovalLists Empty { get; } = new(ApprovalData.Empty, null);

    /// <summary>-1 before the first load.</summary>
    public long Version { get; }

    /// <summary>Keys of decision texts; null: approval was never switched on, so there is no text to be recognised.</summary>
    public TokenKeyRing? Keys { get; }

    /// <summary>Groups and proxies.</summary>
    public ApproverRegister Register { get; }

    public KeywordShelf Keywords => _keywords;

    /// <summary>The level of a domain; null: it has none.</summary>
    /// <param name="name">Lower case, A-labels.</param>
    public PolicyLevel? Domain(string name) => _domains.GetValueOrDefault(name);

    /// <summary>The same object while the system's level is the same.</summary>
    public PolicyBook Book(PolicyLevel system)
    {
        var known = _book;
        return known is not null && ReferenceEquals(known.System, system) ? known : _book = new PolicyBook(system, _domains, NoAccounts, _keywords);
    }

    /// <summary>All levels with a draft in the place of the one it is to replace.</summary>
    /// <param name="system">As it is in force.</param>
    public PolicyBook With(PolicyLevel draft, PolicyLevel system, ClusterMail.Accounts.MailDirectory directory)
    {
        var domains = draft.Kind == LevelKind.Domain ? _domains.Where(known => known.Key != draft.Owner).Append(new(draft.Owner, draft)).ToFrozenDictionary(StringComparer.Ordinal) : _domains;
        var accounts = draft.Kind == LevelKind.Account && directory.Account(Mailbox.FromStored(draft.Owner)) is { } account ? new Dictionary<long, PolicyLevel> { [account.Id] = draft }.ToFrozenDictionary() : NoAccounts;
        return new PolicyBook(draft.Kind == LevelKind.System ? draft : system, domains, accounts, _keywords);
    }

    private static LevelKind Kind(string owner) => owner.Length == 0 ? LevelKind.System : owner.Contains('@', StringComparison.Ordinal) ? LevelKind.Account : LevelKind.Domain;
}
