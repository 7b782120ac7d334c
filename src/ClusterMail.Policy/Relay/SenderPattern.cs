using ClusterMail.Accounts;

namespace ClusterMail.Policy.Relay;

/// <summary>A pattern about the envelope sender: special, or local part and domain with <c>*</c> allowed in both (RELAY-7 to RELAY-16).</summary>
/// <param name="Special">Set for <c>#…</c> patterns; the rest is empty then.</param>
/// <param name="Local"><c>*</c> for a bare domain.</param>
internal readonly record struct SenderPattern(SenderKind? Special, string Local, string Domain)
{
    private const int LongestAddress = 320;

    /// <summary>The complaint, or null when <paramref name="pattern"/> is good.</summary>
    public static string? Parse(string text, out SenderPattern pattern)
    {
        pattern = default;
        if (text[0] == '#')
            return ParseSpecial(text, out pattern);
        if (text.Length > LongestAddress)
            return "is longer than an address can be";
        var at = text.LastIndexOf('@');
        if (at == 0 || at == text.Length - 1)
            return $"'{text}' is no address: something stands on both sides of the @";
        var domain = DomainName.Normalize(text[(at + 1)..]);
        if (domain.Length == 0 || domain.AsSpan().ContainsAny("<>,;\"") || domain.Contains("..", StringComparison.Ordinal))
            return $"'{domain}' is no domain";
        pattern = new SenderPattern(null, at < 0 ? "*" : AddressKey.Unquote(text[..at]).ToLowerInvariant(), domain);
        return null;
    }

    public bool Matches(in SenderFacts sender) => Glob.Matches(Domain, sender.Domain) && Glob.Matches(Local, sender.Local);

    private static string? ParseSpecial(string text, out SenderPattern pattern)
    {
        SenderKind? kind = text.ToLowerInvariant() switch
        {
            "#blank" => SenderKind.Blank,
            "#<>" => SenderKind.Null,
            "#number" => SenderKind.Number,
            "#nodomain" => SenderKind.NoDomain,
            "#host" => SenderKind.Host,
            _ => null,
        };
        pattern = new SenderPattern(kind, "", "");
        return kind is null ? $"'{text}' is not one of #blank, #<>, #number, #nodomain, #host" : null;
    }
}
