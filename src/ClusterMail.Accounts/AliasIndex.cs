using System.Collections.Concurrent;
using ClusterMail.Protocol;

namespace ClusterMail.Accounts;

/// <summary>
/// The alias table in the memory of one node: exact names first, then wildcards, longest literal text first (ALIAS-10). Written by whoever follows the
/// database, read by every session at once.
/// </summary>
public sealed class AliasIndex
{
    private readonly ConcurrentDictionary<string, Alias> _exact = new(StringComparer.Ordinal);

    // By domain, so that a look-up tries the wildcards of one domain, not those of all.
    private readonly ConcurrentDictionary<string, Alias[]> _wildcards = new(StringComparer.Ordinal);
    private readonly Lock _writing = new();
    private volatile int _wildcardCount;
    private int _exactCount;

    /// <summary>Counted here: the dictionary's own count takes all its locks, and it is asked for each address of each mail.</summary>
    public int Count => Volatile.Read(ref _exactCount) + _wildcardCount;

    /// <summary>Adds it, or takes the place of the one of the same name (ALIAS-6).</summary>
    public void Put(Alias alias)
    {
        if (IsWildcard(alias.Name))
            Rewrite(alias.Name, others => others.Append(alias));
        else if (_exact.TryAdd(KeyOf(alias.Name), alias))
            Interlocked.Increment(ref _exactCount);
        else
            _exact[KeyOf(alias.Name)] = alias;
    }

    public void Remove(Mailbox name)
    {
        if (IsWildcard(name))
            Rewrite(name, others => others);
        else if (_exact.TryRemove(KeyOf(name), out _))
            Interlocked.Decrement(ref _exactCount);
    }

    /// <summary>The alias of exactly this name; null: none.</summary>
    public Alias? Exact(Mailbox mailbox) => _exact.GetValueOrDefault(KeyOf(mailbox));

    /// <summary>The first wildcard that matches, with what its <c>*</c> took.</summary>
    public (Alias Alias, string Took)? Wildcard(Mailbox mailbox)
    {
        if (_wildcardCount == 0 || !_wildcards.TryGetValue(DomainName.Normalize(mailbox.Domain), out var patterns))
            return null;
        foreach (var alias in patterns)
            if (Took(alias.Name.LocalPart, mailbox.LocalPart) is { } took)
                return (alias, took);
        return null;
    }

    // Equally long ones in the order of their names: which was learnt first differs from node to node, and the nodes must decide alike.
    private void Rewrite(Mailbox name, Func<IEnumerable<Alias>, IEnumerable<Alias>> change)
    {
        lock (_writing)
        {
            var domain = DomainName.Normalize(name.Domain);
            var before = _wildcards.GetValueOrDefault(domain, []);
            Alias[] after = [.. change(before.Where(other => KeyOf(other.Name) != KeyOf(name)))
                .OrderByDescending(other => other.Name.LocalPart.Count(c => c != '*')).ThenBy(other => KeyOf(other.Name), StringComparer.Ordinal)];
            _wildcards[domain] = after;
            _wildcardCount += after.Length - before.Length;
        }
    }

    private static string KeyOf(Mailbox mailbox) => AccountIndex.Key(mailbox.LocalPart, mailbox.Domain);

    private static bool IsWildcard(Mailbox name) => name.LocalPart.Contains('*', StringComparison.Ordinal);

    /// <summary>What the first <c>*</c> of the pattern stands for in <paramref name="text"/>; null: no match.</summary>
    private static string? Took(string pattern, string text)
    {
        if (pattern == "*")
            return text;
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        var (head, tail) = (pattern[..star], pattern[(star + 1)..]);
        if (!text.StartsWith(head, StringComparison.OrdinalIgnoreCase))
            return null;
        for (var end = head.Length; end <= text.Length; end++)
        {
            var rest = text[end..];
            if (tail.Contains('*', StringComparison.Ordinal) ? Took(tail, rest) is not null : rest.Equals(tail, StringComparison.OrdinalIgnoreCase))
                return text[head.Length..end];
        }
        return null;
    }
}
