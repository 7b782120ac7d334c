using System.Collections.Immutable;
using System.Net;
using ClusterMail.Policy.Senders.Dkim;
using ClusterMail.Policy.Senders.Dmarc;
using ClusterMail.Policy.Senders.Spf;
using ClusterMail.Protocol;

namespace ClusterMail.Policy.Senders;

/// <summary>The checks of a sender in their order: SPF needs only the envelope, DKIM the content, DMARC both results.</summary>
public sealed class SenderCheck(IDnsRecords dns, SenderOptions options, TimeProvider time)
{
    /// <summary>Never throws for trouble of DNS; bounded by 20 s (RFC 7208 §4.6.4).</summary>
    public async Task<SpfFindings> SpfAsync(IPAddress client, string helo, ReversePath path, CancellationToken cancel)
    {
        var how = new SpfOptions { Receiver = options.HostName, Time = time, WithExplanation = options.Spf == SenderMode.Enforce };
        var mail = await SpfCheck.RunAsync(dns, SpfIdentity.OfMail(client, helo, path), how, cancel).ConfigureAwait(false);
        // Most clients' names have no SPF record, so this is one question that the next mail of the same client finds answered.
        var other = path.Mailbox is { Domain.Length: > 0 } && DnsName.IsDomain(DnsName.Of(helo));
        return new SpfFindings(mail, other ? await SpfCheck.RunAsync(dns, SpfIdentity.OfHelo(client, helo), how, cancel).ConfigureAwait(false) : null);
    }

    /// <param name="spf">Null: not made.</param>
    /// <param name="content">Null: larger than <see cref="SenderOptions.DkimMaxSize"/>, or not needed.</param>
    /// <param name="lot">From 0 to 99, for <c>pct</c> of DMARC.</param>
    public async Task<SenderFindings> ContentAsync(SpfFindings? spf, Stream? content, ContentFacts facts, int lot, CancellationToken cancel)
    {
        var findings = new SenderFindings { Spf = spf };
        if (options.NeedsDkim)
            findings = findings with
            {
                DkimMade = true,
                Dkim = content is null ? [TooLarge] : await DkimCheck.RunAsync(dns, content, time.GetUtcNow(), cancel).ConfigureAwait(false),
            };
        if (options.Dmarc == SenderMode.Off || spf is null)
            return findings;
        var dmarc = await DmarcCheck.RunAsync(dns, AuthorDomains.Of(facts), spf.Mail, findings.Dkim, lot, cancel).ConfigureAwait(false);
        // A signature nobody looked at may be the one that makes it pass.
        if (content is null && dmarc.Result is AuthResult.Fail)
            dmarc = dmarc with { Result = AuthResult.None, Disposition = DmarcPolicy.None, Reason = TooLarge.Reason };
        return findings with { Dmarc = dmarc };
    }

    /// <summary>What there is to say when time ran out.</summary>
    public SenderFindings Late(SpfFindings? spf, ReversePath path)
    {
        const string late = "no answer in time";
        return new SenderFindings
        {
            Spf = spf ?? (options.NeedsSpf ? new SpfFindings(new SpfOutcome(AuthResult.TempError, DnsName.Of(path.Mailbox?.Domain ?? ""), late), null) : null),
            DkimMade = options.NeedsDkim,
            Dkim = options.NeedsDkim ? [new DkimOutcome(AuthResult.TempError, "", "", "", late)] : ImmutableArray<DkimOutcome>.Empty,
            Dmarc = options.Dmarc == SenderMode.Off ? null : new DmarcOutcome(AuthResult.TempError, "", DmarcPolicy.None, DmarcPolicy.None, late),
        };
    }

    private static DkimOutcome TooLarge { get; } = new(AuthResult.Policy, "", "", "", "larger than receive.dkim_max_size, signatures not checked");
}
