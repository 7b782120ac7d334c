using ClusterMail.Accounts;

namespace ClusterMail.Admin.Access;

/// <summary>How far a right goes: everywhere, or domains and one account (DOM-3).</summary>
/// <param name="Domains">Lower case, A-labels; those that keep the accounts, where domains share them (DOM-9).</param>
/// <param name="Own">One address; null: none.</param>
internal sealed record Reach(bool Everywhere, IReadOnlySet<string> Domains, string? Own = null)
{
    public static Reach Whole { get; } = new(true, new HashSet<string>());

    /// <param name="domain">As written; null: none is named.</param>
    public bool Covers(string? domain) => Everywhere || (domain is not null && Domains.Contains(DomainName.Normalize(domain)));

    /// <param name="keeper">The domain that keeps the account.</param>
    public bool Covers(string keeper, string name) =>
        Covers(keeper) || (Own is not null && string.Equals(Own, AccountIndex.Key(name, DomainName.Normalize(keeper)), StringComparison.OrdinalIgnoreCase));

    /// <summary>For a filter; null: all.</summary>
    public IReadOnlyCollection<string>? Only => Everywhere ? null : [.. Domains];
}
