using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Testing.Processes;

/// <summary>The text of a decision mail as the specification computes it (APPROVE-130, APPROVE-133, APPROVE-134): the tests' own, so that a fault of the product's is not shared.</summary>
public static class DecisionSubject
{
    /// <param name="verb"><c>approval</c> or <c>reject</c>.</param>
    /// <param name="hold"><c>B0000500101</c>.</param>
    /// <param name="sha256">Of the stored content, hex.</param>
    public static string Of(string verb, string hold, string approver, IReadOnlyList<string> approvers, string sha256, byte[] key)
    {
        var list = string.Join(',', approvers);
        var filled = list.PadRight((list.Length + 5) / 6 * 6);
        var claim = string.Create(CultureInfo.InvariantCulture, $"CMA2\n{verb}\n{hold}\n{approver.ToLowerInvariant()}\n{list.ToLowerInvariant()}\n{sha256.ToLowerInvariant()}\n");
        var mac = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(claim));
        return $"{verb}_{hold}@{Convert.ToBase64String(Encoding.UTF8.GetBytes(filled))}.k1.{Base64Url.EncodeToString(mac.AsSpan(0, 16))}";
    }
}
