using ClusterMail.Protocol;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;

namespace ClusterMail.Policy.Senders.Dkim;

/// <summary>Why there is no key to check a signature with.</summary>
internal sealed class NoKeyException(AuthResult result, string reason) : Exception(reason)
{
    public AuthResult Result => result;
}

/// <summary>The key of one signature, from DNS (RFC 6376 §3.6). What the record says of its use is held against the signature before any arithmetic.</summary>
/// <param name="ed25519">The signature's algorithm; otherwise RSA.</param>
/// <param name="isBelow">The signature's <c>i=</c> is of a domain below <c>d=</c>.</param>
internal sealed class DkimKeys(IDnsRecords dns, bool ed25519, bool isBelow) : DkimPublicKeyLocatorBase
{
    /// <summary>RFC 8301 §3.2 asks for verification of 1024 to 4096 bits; a longer key is work a stranger gives us.</summary>
    private const int LongestRsa = 4096;

    /// <summary>Characters of Base64; 4096 bits take 736.</summary>
    private const int LongestText = 1024;

    public override async Task<AsymmetricKeyParameter> LocatePublicKeyAsync(string methods, string domain, string selector, CancellationToken cancellationToken = default)
    {
        var name = DnsName.Of($"{selector}._domainkey.{domain}");
        if (!DnsName.IsName(name))
            throw new NoKeyException(AuthResult.PermError, "no name a key could have");
        var answer = await dns.TextAsync(name, cancellationToken).ConfigureAwait(false);
        return answer switch
        {
            { End: LookupEnd.Failed } => throw new NoKeyException(AuthResult.TempError, $"DNS does not answer for {name}"),
            { Records: [var text, ..] } => KeyOf(text),
            _ => throw new NoKeyException(AuthResult.PermError, $"no key at {name}"),
        };
    }

    public override AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("Keys are asked for without blocking.");

    private AsymmetricKeyParameter KeyOf(string text)
    {
        if (TagList.Parse(text) is not { } tags || tags.Value("p") is not { } key || (tags.Value("v") is { } version && version != "DKIM1"))
            throw new NoKeyException(AuthResult.PermError, "the key's record cannot be read");
        if (key.Length == 0)
            throw new NoKeyException(AuthResult.PermError, "the key is revoked");
        if ((tags.Value("k") ?? "rsa") != (ed25519 ? "ed25519" : "rsa") || !Allows(tags.Value("h"), "sha256") || !Allows(tags.Value("s"), "email"))
            throw new NoKeyException(AuthResult.PermError, "the key is not for such signatures");
        if (isBelow && Allows(tags.Value("t") ?? "", "s"))
            throw new NoKeyException(AuthResult.PermError, "the key is not for domains below its own");
        var blank = string.Concat(key.Where(c => !char.IsWhiteSpace(c)));
        if (blank.Length > LongestText)
            throw new NoKeyException(AuthResult.Policy, "the key is too long");
        return Read(blank) switch
        {
            RsaKeyParameters { Modulus.BitLength: < DkimCheck.ShortestRsa } => throw new NoKeyException(AuthResult.Policy, $"the key has less than {DkimCheck.ShortestRsa} bits"),
            RsaKeyParameters rsa when rsa.Modulus.BitLength > LongestRsa || rsa.Exponent.BitLength > 32 => throw new NoKeyException(AuthResult.Policy, "the key is too long"),
            var found => found,
        };
    }

    private AsymmetricKeyParameter Read(string base64)
    {
        try
        {
            return GetPublicKey($"k={(ed25519 ? "ed25519" : "rsa")};p={base64}");
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // A stranger's octets; which of the library's exceptions they bring depends on the fault, and some read as if a file were broken.
            throw new NoKeyException(AuthResult.PermError, "the key cannot be read");
        }
    }

    /// <summary>A list with colons; missing: everything is allowed (RFC 6376 §3.6.1).</summary>
    private static bool Allows(string? list, string word) => list is null || list.Split(':').Any(entry => entry.Trim() is var one && (one == word || one == "*"));
}
