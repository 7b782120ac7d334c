using System.Collections.Immutable;
using System.Globalization;
using ClusterMail.Protocol;
using MimeKit;
using MimeKit.Cryptography;

namespace ClusterMail.Policy.Senders.Dkim;

/// <summary>
/// The DKIM signatures of one mail (RFC 6376 §6). Canonical forms and arithmetic are MimeKit's; what is held against a signature beyond them (time, algorithm,
/// length, use of the key) stands here. Works on the calling thread.
/// </summary>
public static class DkimCheck
{
    /// <summary>Signatures looked at, the uppermost first; each costs a pass over the content (RFC 6376 §8.4).</summary>
    public const int MaxSignatures = 5;

    /// <summary>RFC 8301 §3.2.</summary>
    internal const int ShortestRsa = 1024;

    private const int MarkLength = 8;

    /// <param name="content">From its first octet, with CRLF line ends; can seek. Stays the caller's, and is read while this runs.</param>
    /// <returns>Empty: not signed.</returns>
    public static async Task<ImmutableArray<DkimOutcome>> RunAsync(IDnsRecords dns, Stream content, DateTimeOffset now, CancellationToken cancel)
    {
        MimeMessage message;
        try
        {
            message = await MimeMessage.LoadAsync(ParserOptions.Default, content, persistent: true, cancel).ConfigureAwait(false);
        }
        catch (FormatException)
        {
            // Without a header that can be read there is no signature either.
            return [];
        }
        using (message)
        {
            var outcomes = ImmutableArray.CreateBuilder<DkimOutcome>();
            foreach (var header in message.Headers.Where(header => header.Id == HeaderId.DkimSignature).Take(MaxSignatures))
                outcomes.Add(await OneAsync(dns, message, header, now, cancel).ConfigureAwait(false));
            return outcomes.ToImmutable();
        }
    }

    private static async Task<DkimOutcome> OneAsync(IDnsRecords dns, MimeMessage message, Header header, DateTimeOffset now, CancellationToken cancel)
    {
        if (TagList.Parse(header.Value) is not { } tags)
            return new DkimOutcome(AuthResult.PermError, "", "", "", "the signature cannot be read");
        var (domain, selector, mark) = (DnsName.Of(Plain(tags, "d")), Plain(tags, "s"), Plain(tags, "b"));
        var about = new DkimOutcome(AuthResult.Pass, domain, selector, mark[..Math.Min(mark.Length, MarkLength)], "");
        if (Objection(tags, domain, now) is var (objection, why))
            return about with { Result = objection, Reason = why };
        var signer = Plain(tags, "i");
        var keys = new DkimKeys(dns, Plain(tags, "a") == "ed25519-sha256", signer.Length > 0 && !DnsName.Of(signer[(signer.LastIndexOf('@') + 1)..]).Equals(domain, StringComparison.Ordinal));
        var verifier = new DkimVerifier(keys) { MinimumRsaKeyLength = ShortestRsa };
        verifier.Enable(DkimSignatureAlgorithm.Ed25519Sha256);
        try
        {
            return await verifier.VerifyAsync(message, header, cancel).ConfigureAwait(false) ? about : about with { Result = AuthResult.Fail, Reason = "the signature does not fit the mail" };
        }
        catch (NoKeyException without)
        {
            return about with { Result = without.Result, Reason = without.Message };
        }
        catch (Exception trouble) when (trouble is not (OperationCanceledException or IOException or OutOfMemoryException))
        {
            // A stranger's signature or key in a form the library does not take; which of its exceptions says so depends on the fault.
            return about with { Result = AuthResult.PermError, Reason = "the signature or its key cannot be read" };
        }
    }

    /// <summary>What speaks against a signature before its key is asked for; null: nothing.</summary>
    private static (AuthResult Result, string Why)? Objection(IReadOnlyList<Tag> tags, string domain, DateTimeOffset now)
    {
        if (!DnsName.IsDomain(domain))
            return (AuthResult.PermError, "the signer is no domain");
        if (Plain(tags, "a") is not ("rsa-sha256" or "ed25519-sha256"))
            return (AuthResult.Policy, "the algorithm is not accepted");
        // What was signed is a part, and anybody can write the rest (RFC 6376 §8.2).
        if (tags.Value("l") is not null)
            return (AuthResult.Policy, "only a part of the content is signed");
        if (tags.Value("x") is { } end && (!long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds < now.ToUnixTimeSeconds()))
            return (AuthResult.Fail, "the signature has expired");
        return null;
    }

    /// <summary>Without the blanks that folding brings.</summary>
    private static string Plain(IReadOnlyList<Tag> tags, string name) => string.Concat((tags.Value(name) ?? "").Where(c => !char.IsWhiteSpace(c)));
}
