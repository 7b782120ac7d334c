using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Admin.Access;

/// <summary>
/// A secret of 256 random bits with a word in front that says what it is, so that a scanner for leaked secrets finds it. Only its SHA-256 is kept: what is random needs no slow hash,
/// and looking a hash up tells nothing about the ones that are near it.
/// </summary>
/// <param name="IsSession">Else it is a token of a console account.</param>
internal readonly record struct OpaqueToken(string Text, bool IsSession)
{
    public const string SessionPrefix = "cms_";
    public const string TokenPrefix = "cmt_";

    private const int Octets = 32;
    private const int Length = 4 + 43;

    public byte[] Hash => SHA256.HashData(Encoding.ASCII.GetBytes(Text));

    public static OpaqueToken Make(bool session) =>
        new((session ? SessionPrefix : TokenPrefix) + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Octets)), session);

    /// <summary>From an Authorization header; null: it holds none of ours.</summary>
    public static OpaqueToken? Read(string? authorization)
    {
        const string scheme = "Bearer ";
        if (authorization is null || !authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var text = authorization[scheme.Length..].Trim();
        var session = text.StartsWith(SessionPrefix, StringComparison.Ordinal);
        return text.Length == Length && (session || text.StartsWith(TokenPrefix, StringComparison.Ordinal)) ? new OpaqueToken(text, session) : null;
    }
}
