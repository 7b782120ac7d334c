using ClusterMail.Protocol;

namespace ClusterMail.Accounts;

/// <summary>What names of accounts and addresses in tables may look like.</summary>
public static class AddressRules
{
    /// <summary>RFC 5321 §4.5.3.1.1.</summary>
    public const int LongestLocalPart = 64;

    // atext of RFC 5322 without those that mean something to a file system, a shell or a table of ours.
    private const string Signs = "!#$%&'+-=?^_{}~.";

    /// <summary>ACCT-1: half-width letters, digits and signs. What is wrong; null: nothing.</summary>
    public static string? AccountFault(string name)
    {
        if (name.Length is 0 or > LongestLocalPart)
            return $"the account name has {name.Length} characters; it needs 1 to {LongestLocalPart}";
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && !Signs.Contains(c, StringComparison.Ordinal))
                return $"'{Shown(name)}' is no account name: half-width letters, digits and {Signs} only";
        return name.StartsWith('.') || name.EndsWith('.') || name.Contains("..", StringComparison.Ordinal) ? $"'{name}' is no account name: a dot stands between two other characters" : null;
    }

    /// <summary>A local part in a table: of RFC 5321's dot-string, beyond ASCII too (RFC 6531).</summary>
    public static bool IsLocalPart(string text) =>
        text.Length is > 0 and <= LongestLocalPart && text.All(c => c > 0x7F ? !char.IsControl(c) && !char.IsWhiteSpace(c) : char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-/=?^_`{|}~.".Contains(c, StringComparison.Ordinal))
        && !text.StartsWith('.') && !text.EndsWith('.') && !text.Contains("..", StringComparison.Ordinal);

    /// <summary>Splits at the last @ sign; null: not local@domain with a domain of two labels or more (ALIAS-2).</summary>
    public static Mailbox? Address(string text)
    {
        var mailbox = Mailbox.FromStored(text);
        return mailbox.Domain.Length > 0 && IsLocalPart(mailbox.LocalPart) && OperatedDomains.IsDomain(DomainName.Normalize(mailbox.Domain)) ? mailbox : null;
    }

    private static string Shown(string name) => new(name.Take(LongestLocalPart).Select(c => char.IsControl(c) ? '?' : c).ToArray());
}
