using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ClusterMail.Accounts;
using ClusterMail.Approval.Content;

namespace ClusterMail.Approval.Policies;

/// <summary>All levels of all policies as they are at one moment, with the keyword lists they refer to. Immutable, but for accounts that follow their own text.</summary>
/// <param name="system">The whole system's table.</param>
/// <param name="domains">By normalised name.</param>
/// <param name="accounts">By account id; an account that is not among them has the table of its own record.</param>
public sealed class PolicyBook(PolicyLevel system, IReadOnlyDictionary<string, PolicyLevel> domains, IReadOnlyDictionary<long, PolicyLevel> accounts, KeywordShelf keywords)
{
    private static readonly ConditionalWeakTable<Account, PolicyLevel> Parsed = [];
    private readonly FrozenDictionary<string, PolicyLevel> _domains = domains.ToFrozenDictionary(StringComparer.Ordinal);
    private readonly FrozenDictionary<long, PolicyLevel> _accounts = accounts.ToFrozenDictionary();
    private readonly ImmutableArray<PolicyLevel> _systemOnly = system.Table.Rules.IsEmpty ? [] : [system];

    public static PolicyBook Empty { get; } = OfSystem(ApprovalTable.Empty);

    public KeywordShelf Keywords => keywords;
    public PolicyLevel System => system;

    /// <summary>Only the system's table, and those of the accounts' own records.</summary>
    public static PolicyBook OfSystem(ApprovalTable table, long version = 0) => new(
        new PolicyLevel(LevelKind.System, "", version, table), FrozenDictionary<string, PolicyLevel>.Empty, FrozenDictionary<long, PolicyLevel>.Empty, KeywordShelf.Empty);

    /// <summary>The levels that have lines, the most specific first (APPROVE-15); empty: nothing restricts this requester.</summary>
    public ImmutableArray<PolicyLevel> LevelsOf(Requester requester)
    {
        var account = requester.Account is { } own ? AccountLevel(own) : null;
        var domain = _domains.Count == 0 ? null : _domains.GetValueOrDefault(DomainName.Normalize(requester.Address.Domain));
        if (account is null or { Table.Rules.IsEmpty: true } && domain is null or { Table.Rules.IsEmpty: true })
            return _systemOnly;
        return [.. new[] { account, domain }.OfType<PolicyLevel>().Where(level => !level.Table.Rules.IsEmpty), .. _systemOnly];
    }

    private PolicyLevel? AccountLevel(Account account) =>
        _accounts.Count > 0 && _accounts.TryGetValue(account.Id, out var saved) ? saved
        : account.Destinations.Length == 0 ? null
        : Parsed.GetValue(account, static account => new PolicyLevel(LevelKind.Account, account.Address.ToString(), account.DestinationsVersion, ApprovalTable.Parse(account.Destinations).Table));
}
