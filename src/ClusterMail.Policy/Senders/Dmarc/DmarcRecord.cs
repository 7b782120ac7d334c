using System.Globalization;

namespace ClusterMail.Policy.Senders.Dmarc;

/// <summary>What a domain asks to be done with mail that fails.</summary>
public enum DmarcPolicy : byte
{
    None,
    Quarantine,
    Reject,
}

/// <summary>A DMARC record (RFC 9989 §4.7, and <c>pct</c> of RFC 7489 §6.3, which older records still carry). Tags that are not known do not count.</summary>
internal sealed record DmarcRecord
{
    /// <summary>What its domain asks for itself.</summary>
    public DmarcPolicy Policy { get; private init; }

    /// <summary>For domains below it that have no record of their own; null: as <see cref="Policy"/>.</summary>
    public DmarcPolicy? Subdomains { get; private init; }

    /// <summary>For domains below it that do not exist; null: as <see cref="Subdomains"/>.</summary>
    public DmarcPolicy? NonExistent { get; private init; }

    public bool StrictDkim { get; private init; }
    public bool StrictSpf { get; private init; }

    /// <summary>True: a public suffix. False: surely an organisation's own. Null: not said.</summary>
    public bool? PublicSuffix { get; private init; }

    /// <summary>Of a hundred failing mails so many get the policy, the others the next milder one. Default 100.</summary>
    public int Percent { get; private init; } = 100;

    /// <summary>Null: it is no DMARC record, or says nothing that could be followed (RFC 9989 §4.7).</summary>
    public static DmarcRecord? Parse(string text)
    {
        var tags = TagList.Parse(text);
        if (tags is not [{ Name: "v", Value: "DMARC1" }, ..])
            return null;
        var policy = PolicyOf(tags.Value("p"));
        // Without a policy that can be read it still is one when it asks for reports: they want to look before they act.
        if (policy is null && tags.Value("rua") is null && tags.Value("p") is not null)
            return null;
        return new DmarcRecord
        {
            Policy = policy ?? DmarcPolicy.None,
            Subdomains = PolicyOf(tags.Value("sp")),
            NonExistent = PolicyOf(tags.Value("np")),
            StrictDkim = Is(tags.Value("adkim"), "s"),
            StrictSpf = Is(tags.Value("aspf"), "s"),
            PublicSuffix = Is(tags.Value("psd"), "y") ? true : Is(tags.Value("psd"), "n") ? false : null,
            Percent = Is(tags.Value("t"), "y") ? 0
                : int.TryParse(tags.Value("pct"), NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent <= 100 ? percent
                : 100,
        };
    }

    private static bool Is(string? value, string word) => string.Equals(value, word, StringComparison.OrdinalIgnoreCase);

    private static DmarcPolicy? PolicyOf(string? value) => value?.ToLowerInvariant() switch
    {
        "none" => DmarcPolicy.None,
        "quarantine" => DmarcPolicy.Quarantine,
        "reject" => DmarcPolicy.Reject,
        _ => null,
    };
}
