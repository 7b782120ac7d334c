using System.Collections.Immutable;
using ClusterMail.Policy.Senders.Dkim;
using ClusterMail.Policy.Senders.Dmarc;
using ClusterMail.Policy.Senders.Spf;

namespace ClusterMail.Policy.Senders;

/// <summary>SPF of both identities (RFC 7208 §2.3, §2.4).</summary>
/// <param name="Mail">Of MAIL FROM; of HELO where that is the null path.</param>
/// <param name="Helo">Null: the name given with HELO is no domain, or it is <paramref name="Mail"/> already.</param>
public sealed record SpfFindings(SpfOutcome Mail, SpfOutcome? Helo);

/// <summary>What the checks of one mail's sender found. Null or empty: not made.</summary>
public sealed record SenderFindings
{
    public SpfFindings? Spf { get; init; }

    /// <summary>One for each signature; empty with <see cref="DkimMade"/>: not signed.</summary>
    public ImmutableArray<DkimOutcome> Dkim { get; init; } = [];

    public bool DkimMade { get; init; }
    public DmarcOutcome? Dmarc { get; init; }

    /// <summary>In a line, for logs: <c>spf=pass (…) dkim=none dmarc=pass (…)</c>.</summary>
    public override string ToString()
    {
        var words = new List<string>();
        if (Spf is { } spf)
            words.Add($"spf={spf.Mail.Result.Word()} ({spf.Mail.Reason})");
        if (Spf?.Helo is { } helo)
            words.Add($"helo={helo.Result.Word()} ({helo.Reason})");
        if (DkimMade && Dkim.IsEmpty)
            words.Add("dkim=none");
        words.AddRange(Dkim.Select(one => $"dkim={one.Result.Word()} (d={one.Domain} s={one.Selector}{(one.Reason.Length == 0 ? "" : ": " + one.Reason)})"));
        if (Dmarc is { } dmarc)
            words.Add($"dmarc={dmarc.Result.Word()} (From: {dmarc.From}, p={dmarc.Policy.ToString().ToLowerInvariant()}, {dmarc.Reason})");
        // Names and words of strangers go into a line of a log.
        return string.Concat(string.Join(' ', words).Select(c => char.IsControl(c) ? '?' : c));
    }
}
