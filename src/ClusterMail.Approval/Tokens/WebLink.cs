using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ClusterMail.Approval.Tokens;

/// <summary>
/// The link of one approver to the page of one held mail: <c>BASE/a/B0000500101/RANDOM</c> (APPROVE-160). Serves both decisions, ends with the final state,
/// and opening it decides nothing (APPROVE-161). Only the hash of the random part is kept.
/// </summary>
/// <param name="Secret">43 characters base64url of 256 bits. In the mail to the approver and nowhere else.</param>
public sealed partial record WebLink(HoldId Hold, string Secret)
{
    public const int Octets = 32;

    /// <param name="random">32 octets of a generator fit for keys.</param>
    public static WebLink Create(HoldId hold, ReadOnlySpan<byte> random) => random.Length == Octets
        ? new WebLink(hold, Base64Url.EncodeToString(random))
        : throw new ArgumentException($"A link needs {Octets} random octets (APPROVE-160).", nameof(random));

    /// <summary>The sender's link to his own mail, which no approver's page opens for: <c>BASE/s/B0000500101/RANDOM</c> (APPROVE-502, APPROVE-510).</summary>
    public bool IsOwn { get; init; }

    public string Path => $"{Base}/{Hold}/{Secret}";

    private string Base => IsOwn ? "/s" : "/a";

    /// <param name="baseUrl"><c>approval.web.url</c>, with or without slash at the end.</param>
    public string Url(string baseUrl) => baseUrl.TrimEnd('/') + Path;

    /// <summary>What is stored: SHA-256 of the secret, 32 octets. A random value of 256 bits needs no salt.</summary>
    public byte[] Hash() => SHA256.HashData(Encoding.ASCII.GetBytes(Secret));

    /// <summary>In constant time.</summary>
    public bool IsKnownAs(ReadOnlySpan<byte> storedHash) => CryptographicOperations.FixedTimeEquals(Hash(), storedHash);

    public static WebLink? Parse(string? path)
    {
        if (path is null || path.Length > 100 || Form().Match(path) is not { Success: true } match || !HoldId.TryParseExact(match.Groups["hold"].Value, out var hold))
            return null;
        return new WebLink(hold, match.Groups["secret"].Value) { IsOwn = path[1] == 's' };
    }

    /// <summary>Without the secret, for logs (APPROVE-307).</summary>
    public override string ToString() => $"{Base}/{Hold}/…";

    [GeneratedRegex(@"\A/[as]/(?<hold>B[0-9]{10,19})/(?<secret>[A-Za-z0-9_-]{43})\z")]
    private static partial Regex Form();
}
