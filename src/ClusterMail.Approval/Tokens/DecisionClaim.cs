using System.Security.Cryptography;
using System.Text;
using ClusterMail.Approval.Holds;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>
/// What a signature is bound to (APPROVE-134): one decision, one held mail, one approver, one list and the exact content. No time stands in it: its
/// validity ends with the state of the held mail, and so it can be computed again for every mail that carries it (APPROVE-137).
/// </summary>
/// <param name="Approver">For whom this copy is.</param>
/// <param name="ListKey">See <see cref="ApproverText.Key"/>.</param>
/// <param name="ContentSha256">Of the stored content, 64 hex digits.</param>
public sealed record DecisionClaim(Verb Verb, HoldId Hold, Mailbox Approver, string ListKey, string ContentSha256)
{
    private const int SignatureOctets = 16;

    /// <summary>M: 22 characters base64url.</summary>
    public string Sign(TokenKey key)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key.Secret, Encoding.UTF8.GetBytes(Text()), mac);
        return System.Buffers.Text.Base64Url.EncodeToString(mac[..SignatureOctets]);
    }

    /// <summary>
    /// In constant time, and character by character: the last of the 22 holds four bits that decoding would ignore, and a text that was changed is not
    /// executed (APPROVE-132).
    /// </summary>
    public bool IsSignedBy(TokenKey key, string signature) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(key)), Encoding.UTF8.GetBytes(signature));

    private string Text() =>
        $"CMA2\n{Verb.Word()}\n{Hold}\n{Approver.ToString().ToLowerInvariant()}\n{ListKey.ToLowerInvariant()}\n{ContentSha256.ToLowerInvariant()}\n";
}
