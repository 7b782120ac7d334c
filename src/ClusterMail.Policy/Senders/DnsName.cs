using ClusterMail.Accounts;

namespace ClusterMail.Policy.Senders;

/// <summary>What can be asked of DNS.</summary>
internal static class DnsName
{
    private const int Longest = 253;
    private const int LongestLabel = 63;

    /// <summary>A-labels in lower case, without the root's dot.</summary>
    public static string Of(string domain) => DomainName.Normalize(domain);

    /// <summary>Labels of 1 to 63 octets, 253 together (RFC 1035 §2.3.4).</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= Longest && System.Text.Ascii.IsValid(name) && Labels(name).All(label => label.Length is > 0 and <= LongestLabel);

    /// <summary>A name with more than one label, and no address literal (RFC 7208 §4.3).</summary>
    public static bool IsDomain(string name) => name.Contains('.', StringComparison.Ordinal) && name[0] != '[' && IsName(name);

    /// <summary>Letters, digits, hyphens and underscores only: what may stand in a header as it is.</summary>
    public static bool IsPlain(string name) => IsName(name) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    /// <summary>Equal, or below it.</summary>
    public static bool IsWithin(string name, string domain) =>
        name.EndsWith(domain, StringComparison.OrdinalIgnoreCase) && (name.Length == domain.Length || name[name.Length - domain.Length - 1] == '.');

    /// <summary>Left labels go until it fits (RFC 7208 §7.3).</summary>
    public static string Shortened(string name)
    {
        while (name.Length > Longest && name.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot)
            name = name[(dot + 1)..];
        return name;
    }

    private static string[] Labels(string name) => name.Split('.');
}
