using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>
/// <c>X-ClusterMail-Released: B0000500101; s=k1.HCUVAgBvRFfZAXzJaD46lQ</c> (APPROVE-452): in front of a released mail, for rules of a cloud service that must not send
/// it here again. Everybody who reads the mail reads it too, so it proves one thing only: this sender's held mail of this number and content.
/// </summary>
/// <param name="KeyId">Of a key in the ring that signs decision texts.</param>
/// <param name="Signature">22 characters base64url.</param>
public sealed partial record ReleaseMark(HoldId Hold, string KeyId, string Signature)
{
    public const string Header = "X-ClusterMail-Released";
    private const int SignatureOctets = 16;

    /// <param name="sender">MAIL FROM of the held mail.</param>
    /// <param name="contentSha256">Of the content as it was held, which follows the mark octet by octet.</param>
    public static ReleaseMark Issue(HoldId hold, ReversePath sender, ReadOnlySpan<byte> contentSha256, TokenKey key) =>
        new(hold, key.Id, Sign(hold, sender, contentSha256, key));

    /// <summary>The line as it stands in the mail.</summary>
    public byte[] Line => Encoding.ASCII.GetBytes($"{Header}: {Hold}; s={KeyId}.{Signature}\r\n");

    /// <summary>Null: it does not have the form.</summary>
    /// <param name="value">Behind the colon, unfolded or not.</param>
    public static ReleaseMark? Parse(string value) =>
        value.Length <= 200 && Form().Match(value) is { Success: true } match && HoldId.TryParseExact(match.Groups["hold"].Value, out var hold)
            ? new ReleaseMark(hold, match.Groups["key"].Value, match.Groups["mac"].Value)
            : null;

    /// <summary>In constant time.</summary>
    public bool IsSignedBy(TokenKey key, ReversePath sender, ReadOnlySpan<byte> contentSha256) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Sign(Hold, sender, contentSha256, key)), Encoding.ASCII.GetBytes(Signature));

    // CMR1 keeps it apart from decision texts, which the same keys sign (APPROVE-134).
    private static string Sign(HoldId hold, ReversePath sender, ReadOnlySpan<byte> contentSha256, TokenKey key)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key.Secret, Encoding.UTF8.GetBytes($"CMR1\n{hold}\n{sender.Stored.ToLowerInvariant()}\n{Convert.ToHexStringLower(contentSha256)}\n"), mac);
        return System.Buffers.Text.Base64Url.EncodeToString(mac[..SignatureOctets]);
    }

    [GeneratedRegex(@"\A\s*(?<hold>B[0-9]{10,19})\s*;\s*s=(?<key>[A-Za-z0-9]{1,4})\.(?<mac>[A-Za-z0-9_-]{22})\s*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
