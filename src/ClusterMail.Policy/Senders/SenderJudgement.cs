using System.Net;
using ClusterMail.Policy.Senders.Dmarc;
using ClusterMail.Policy.Senders.Spf;
using ClusterMail.Protocol;

namespace ClusterMail.Policy.Senders;

/// <summary>
/// What follows from the findings (CONF-19): one reply, the weightiest reason first. Where two checks disagree the milder reading holds: mail that DMARC vouches
/// for is not refused for its SPF, because forwarding breaks SPF, nor mail that SPF vouches for because of a signature, because lists break those.
/// </summary>
public static class SenderJudgement
{
    private const string Rule = "CONF-19";

    /// <summary>RFC 7372 §3.3: an error, not a failure: the client comes again, so nothing is lost, and nothing forged slips in by making DNS fail.</summary>
    private static readonly Reply SpfTrouble = new(451, new EnhancedStatus(4, 7, 24), "SPF cannot be checked now, try again later.");
    private static readonly Reply DmarcTrouble = new(451, new EnhancedStatus(4, 4, 3), "DMARC cannot be checked now, try again later.");
    private static readonly Reply NoSignature = new(550, new EnhancedStatus(5, 7, 20), "No passing DKIM signature found.");
    private static readonly Reply ManyAuthors = new(550, new EnhancedStatus(5, 7, 1), "The From: header must be one, with addresses that can be read.");

    public static Verdict Of(SenderOptions options, SenderFindings findings, IPAddress client)
    {
        var dmarc = findings.Dmarc;
        if (options.Dmarc == SenderMode.Enforce && dmarc is { Result: AuthResult.PermError })
            return Verdict.Refuse(ManyAuthors, $"{Rule} receive.dmarc");
        if (options.Dmarc == SenderMode.Enforce && dmarc is { Result: AuthResult.Fail, Disposition: DmarcPolicy.Reject })
            return Verdict.Refuse(Rejected(dmarc.From), $"{Rule} receive.dmarc");
        if (options.Spf == SenderMode.Enforce && dmarc is not { Result: AuthResult.Pass } && Failed(findings.Spf) is { } failed)
            return Verdict.Refuse(Refused(failed, client), $"{Rule} receive.spf");
        if (options.Dkim == SenderMode.Enforce && IsUnvouched(findings))
            return Verdict.Refuse(NoSignature, $"{Rule} receive.dkim");
        if (options.Spf == SenderMode.Enforce && dmarc is not { Result: AuthResult.Pass } && findings.Spf?.Mail.Result == AuthResult.TempError)
            return Verdict.Refuse(SpfTrouble, $"{Rule} receive.spf");
        if (options.Dmarc == SenderMode.Enforce && dmarc is { Result: AuthResult.TempError })
            return Verdict.Refuse(DmarcTrouble, $"{Rule} receive.dmarc");
        return Verdict.Accept(Rule);
    }

    /// <summary>The name given with HELO counts only where MAIL FROM does not pass.</summary>
    private static SpfOutcome? Failed(SpfFindings? spf) =>
        spf is null ? null : spf.Mail.Result == AuthResult.Fail ? spf.Mail : spf is { Mail.Result: not AuthResult.Pass, Helo.Result: AuthResult.Fail } ? spf.Helo : null;

    /// <summary>It is signed, every signature is broken for good, and SPF does not pass either. Mail without a signature is never refused for that (RFC 6376 §6.1).</summary>
    private static bool IsUnvouched(SenderFindings findings) =>
        !findings.Dkim.IsEmpty && findings.Dkim.All(one => one.Result is AuthResult.Fail or AuthResult.PermError)
        && findings.Spf is { Mail.Result: not (AuthResult.Pass or AuthResult.TempError) };

    private static Reply Refused(SpfOutcome spf, IPAddress client)
    {
        var text = $"SPF validation failed: {Shown(spf.Domain)} does not let {client} send its mail.";
        return new Reply(550, new EnhancedStatus(5, 7, 23), spf.Explanation is { } words ? [text, $"{Shown(spf.Domain)} explains: {words}"] : [text]);
    }

    private static Reply Rejected(string domain) => new(550, new EnhancedStatus(5, 7, 1), $"Refused by the DMARC policy of {Shown(domain)}.");

    private static string Shown(string domain) => DnsName.IsPlain(domain) ? domain : "the sender's domain";
}
