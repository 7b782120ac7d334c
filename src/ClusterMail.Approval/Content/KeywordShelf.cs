using System.Collections.Frozen;
using ClusterMail.Accounts;
using ClusterMail.Approval.Policies;

namespace ClusterMail.Approval.Content;

/// <summary>All keyword lists by owner and name (APPROVE-42). Immutable.</summary>
public sealed class KeywordShelf
{
    private readonly FrozenDictionary<(LevelKind, string, string), KeywordList> _lists;

    /// <param name="lists">Level, owner (empty, domain, or account address) and name; compared without case.</param>
    public KeywordShelf(IEnumerable<(LevelKind Kind, string Owner, string Name, KeywordList List)> lists) =>
        _lists = lists.ToFrozenDictionary(one => (one.Kind, one.Owner.ToLowerInvariant(), one.Name.ToLowerInvariant()), one => one.List);

    public static KeywordShelf Empty { get; } = new([]);

    /// <summary>The list a line of this level means: the level's own, else one of its domain, else the system's; null: there is none.</summary>
    public KeywordList? Find(PolicyLevel level, string name)
    {
        if (_lists.Count == 0)
            return null;
        var (owner, key) = (level.Owner.ToLowerInvariant(), name.ToLowerInvariant());
        if (_lists.TryGetValue((level.Kind, owner, key), out var own))
            return own;
        var domain = level.Kind == LevelKind.Account ? DomainName.Normalize(owner[(owner.LastIndexOf('@') + 1)..]) : owner;
        return level.Kind != LevelKind.System && _lists.TryGetValue((LevelKind.Domain, domain, key), out var ofDomain) ? ofDomain
            : _lists.GetValueOrDefault((LevelKind.System, "", key));
    }
}
