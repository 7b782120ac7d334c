using System.Collections.Immutable;
using System.Net.Sockets;
using ClusterMail.Policy.Senders.Dkim;
using ClusterMail.Policy.Senders.Spf;
using ClusterMail.Protocol;

namespace ClusterMail.Policy.Senders.Dmarc;

/// <summary>What came of DMARC for one mail.</summary>
/// <param name="From">Domain of the From: header it was judged by, in A-labels; empty: there is none.</param>
/// <param name="Policy">What the domain publishes for it.</param>
/// <param name="Disposition">What is to be done, <c>pct</c> and <c>t</c> taken into account; none unless it fails.</param>
public sealed record DmarcOutcome(AuthResult Result, string From, DmarcPolicy Policy, DmarcPolicy Disposition, string Reason);

/// <summary>DMARC as RFC 9989 has it, with <c>pct</c> of RFC 7489.</summary>
public static class DmarcCheck
{
    /// <summary>Domains of one From: header that are looked at; nobody writes for more.</summary>
    private const int MaxDomains = 5;

    private static readonly DmarcOutcome Nobody = new(AuthResult.None, "", DmarcPolicy.None, DmarcPolicy.None, "no domain in From:");

    /// <param name="domains">Of all addresses in From:; null: the header cannot be read as one header with addresses.</param>
    /// <param name="lot">From 0 to 99: the mail is among the hundred's first <c>pct</c> or not.</param>
    public static async Task<DmarcOutcome> RunAsync(
        IDnsRecords dns, IReadOnlyList<string>? domains, SpfOutcome spf, ImmutableArray<DkimOutcome> dkim, int lot, CancellationToken cancel)
    {
        if (domains is null || domains.Count > MaxDomains)
            return Nobody with { Result = AuthResult.PermError, Reason = "more than one From: header, or one that cannot be read" };
        var worst = Nobody;
        // Several authors (RFC 9989 §5.3.1): each domain is asked, and the strictest answer holds.
        foreach (var domain in domains.Select(DnsName.Of).Distinct(StringComparer.Ordinal))
        {
            var outcome = await OneAsync(dns, domain, spf, dkim, lot, cancel).ConfigureAwait(false);
            if (Rank(outcome) >= Rank(worst))
                worst = outcome;
        }
        return worst;
    }

    private static int Rank(DmarcOutcome outcome) => outcome.Result switch
    {
        AuthResult.Fail => 10 + (int)outcome.Disposition,
        AuthResult.TempError => 5,
        AuthResult.PermError => 4,
        AuthResult.None => 3,
        _ => 2,
    } - (outcome.From.Length == 0 ? 3 : 0);

    private static async Task<DmarcOutcome> OneAsync(IDnsRecords dns, string domain, SpfOutcome spf, ImmutableArray<DkimOutcome> dkim, int lot, CancellationToken cancel)
    {
        DmarcOutcome Said(AuthResult result, string reason, DmarcPolicy policy = DmarcPolicy.None, DmarcPolicy disposition = DmarcPolicy.None) =>
            new(result, domain, policy, disposition, reason);

        if (!DnsName.IsDomain(domain))
            return Said(AuthResult.None, $"'{domain}' is no domain");
        var walk = await TreeWalk.FromAsync(dns, domain, cancel).ConfigureAwait(false);
        // The domain's own record and its own pass need nothing from above it.
        var itself = (spf.Result == AuthResult.Pass && spf.Domain == domain) || dkim.Any(signature => signature.Result == AuthResult.Pass && signature.Domain == domain);
        if (walk.Failed && !(itself && walk.Own is not null))
            return Said(AuthResult.TempError, $"DNS does not answer for the policy of {domain}");
        if (await PolicyAsync(dns, walk, cancel).ConfigureAwait(false) is not var (record, policy, at))
            return Said(AuthResult.None, $"{domain} publishes no policy");
        if (spf.Result == AuthResult.Pass && await AlignedAsync(dns, walk, spf.Domain, record.StrictSpf, cancel).ConfigureAwait(false))
            return Said(AuthResult.Pass, $"SPF of {spf.Domain}", policy);
        foreach (var signature in dkim)
            if (signature.Result == AuthResult.Pass && await AlignedAsync(dns, walk, signature.Domain, record.StrictDkim, cancel).ConfigureAwait(false))
                return Said(AuthResult.Pass, $"DKIM of {signature.Domain}", policy);
        // What could have made it pass is not known today.
        if (IsOpen(spf.Result, spf.Domain, walk) || dkim.Any(signature => IsOpen(signature.Result, signature.Domain, walk)))
            return Said(AuthResult.TempError, "SPF or DKIM could not be checked", policy);
        return Said(AuthResult.Fail, $"policy at {at}", policy, lot < record.Percent || policy == DmarcPolicy.None ? policy : policy - 1);
    }

    private static bool IsOpen(AuthResult result, string domain, TreeWalk walk) => result == AuthResult.TempError && DnsName.IsWithin(domain, walk.Organizational);

    /// <summary>RFC 9989 §4.10.1: the author domain's own record, else the organisational domain's, else the public suffix's.</summary>
    private static async ValueTask<(DmarcRecord Record, DmarcPolicy Policy, string At)?> PolicyAsync(IDnsRecords dns, TreeWalk walk, CancellationToken cancel)
    {
        if (walk.Own is { } own)
            return (own, own.Policy, walk.Domain);
        foreach (var (domain, record) in walk.Found)
            if (domain == walk.Organizational || record.PublicSuffix == true)
                return (record, record.NonExistent is { } policy && !await ExistsAsync(dns, walk.Domain, cancel).ConfigureAwait(false) ? policy : record.Subdomains ?? record.Policy, domain);
        return null;
    }

    /// <summary>RFC 9989 §3.2.13: no A, AAAA or MX record. Trouble counts as existing: the milder reading.</summary>
    private static async Task<bool> ExistsAsync(IDnsRecords dns, string domain, CancellationToken cancel) =>
        !(await dns.AddressesAsync(domain, AddressFamily.InterNetwork, cancel).ConfigureAwait(false)).IsVoid
        || !(await dns.AddressesAsync(domain, AddressFamily.InterNetworkV6, cancel).ConfigureAwait(false)).IsVoid
        || !(await dns.MailHostsAsync(domain, cancel).ConfigureAwait(false)).IsVoid;

    /// <summary>RFC 9989 §4.4.</summary>
    private static async ValueTask<bool> AlignedAsync(IDnsRecords dns, TreeWalk walk, string authenticated, bool strict, CancellationToken cancel)
    {
        var domain = DnsName.Of(authenticated);
        if (domain == walk.Domain)
            return true;
        // Both have one organisational domain only if this one lies below the author's.
        if (strict || !DnsName.IsWithin(domain, walk.Organizational))
            return false;
        return domain == walk.Organizational || (await TreeWalk.FromAsync(dns, domain, cancel).ConfigureAwait(false)).Organizational == walk.Organizational;
    }
}
