using ClusterMail.Accounts;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Policies;

/// <summary>The first field of a line: an address in which <c>*</c> stands for any characters (APPROVE-16). Compared without case.</summary>
/// <param name="Text">As written.</param>
public sealed record AddressPattern(string Text)
{
    private readonly string _key = KeyOf(Text);

    /// <summary>The pattern <c>*</c>, which no destination escapes.</summary>
    public bool IsCatchAll => _key.All(c => c == '*');

    public bool Matches(Mailbox destination) => Matches(Key(destination));

    /// <param name="key">From <see cref="Key"/>, made once for all lines of a table.</param>
    internal bool Matches(string key) => Glob.Matches(_key, key);

    /// <summary>An address in the form patterns are compared with, so that no spelling of it gets around one.</summary>
    internal static string Key(Mailbox destination) => $"{AddressKey.Unquote(destination.LocalPart).ToLowerInvariant()}@{DomainName.Normalize(destination.Domain)}";

    /// <summary>Whether every address this one matches is matched by <paramref name="earlier"/> too, so that this line can never be reached. Never true by mistake.</summary>
    public bool IsCoveredBy(AddressPattern earlier) => Glob.Matches(earlier._key, _key);

    public bool Equals(AddressPattern? other) => other is not null && _key == other._key;

    public override int GetHashCode() => _key.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Text;

    // Without a star in it the domain has one form, however it is written; with one it is text.
    private static string KeyOf(string text)
    {
        var at = text.LastIndexOf('@');
        var domain = at < 0 ? "" : text[(at + 1)..];
        return at < 0 || domain.Contains('*', StringComparison.Ordinal)
            ? text.ToLowerInvariant()
            : $"{AddressKey.Unquote(text[..at]).ToLowerInvariant()}@{DomainName.Normalize(domain)}";
    }
}
