using ClusterMail.Protocol;
using MimeKit;

namespace ClusterMail.Policy.Senders;

/// <summary>The domains a mail claims to be written from: those of every address in From:, so that a second one hides nothing (RFC 9989 §5.3.1).</summary>
public static class AuthorDomains
{
    /// <summary>Empty: there is no From:, or no domain in it. Null: several From: headers, or one that cannot be read but holds an address.</summary>
    public static IReadOnlyList<string>? Of(in ContentFacts facts)
    {
        if (facts.FromHeaders == 0)
            return [];
        if (facts.FromHeaders > 1 || facts.From is not { } text)
            return null;
        if (!InternetAddressList.TryParse(text, out var list))
            return text.Contains('@', StringComparison.Ordinal) ? null : [];
        var domains = list.Mailboxes.Select(mailbox => mailbox.Domain).Where(domain => domain.Length > 0).ToList();
        return domains.Count == 0 && text.Contains('@', StringComparison.Ordinal) ? null : domains;
    }
}
