using System.Collections.Immutable;
using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>The part P of a decision text: the current approvers joined with commas, filled with spaces, in base64 (APPROVE-130, APPROVE-131).</summary>
public static class ApproverText
{
    /// <summary>Octets the list is filled up to a multiple of, so that the base64 text never needs <c>=</c> (APPROVE-130).</summary>
    private const int Block = 6;

    /// <summary>Longest P that is looked at. Characters: 20 approvers of 254 octets (APPROVE-48, RFC 5321 §4.5.3.1.3), and room.</summary>
    public const int LengthLimit = 8192;

    public static string Encode(IEnumerable<Mailbox> approvers)
    {
        var list = Encoding.UTF8.GetBytes(string.Join(',', approvers));
        var filled = new byte[(list.Length + Block - 1) / Block * Block];
        filled.AsSpan().Fill((byte)' ');
        list.CopyTo(filled, 0);
        return Convert.ToBase64String(filled);
    }

    /// <summary>The addresses of P in their order. Spaces or line breaks inside, padding and filling are accepted (APPROVE-131).</summary>
    public static bool TryDecode(string text, out ImmutableArray<string> approvers)
    {
        approvers = [];
        if (text.Length > LengthLimit || !TryReadBase64(text, out var list))
            return false;
        var addresses = list.TrimEnd(' ').Split(',');
        if (addresses.Any(address => address.Length == 0 || address.Any(c => char.IsControl(c) || c == '\uFFFD')))
            return false;
        approvers = [.. addresses];
        return true;
    }

    /// <summary>The form in which lists are compared and signed: no filling, lower case (APPROVE-134).</summary>
    public static string Key(IEnumerable<string> approvers) => string.Join(',', approvers).ToLowerInvariant();

    private static bool TryReadBase64(string text, out string list)
    {
        list = "";
        var bare = string.Concat(text.Where(c => !char.IsWhiteSpace(c))).TrimEnd('=');
        var padded = bare.PadRight((bare.Length + 3) / 4 * 4, '=');
        var octets = new byte[padded.Length / 4 * 3];
        if (!Convert.TryFromBase64String(padded, octets, out var length) || length == 0)
            return false;
        list = Encoding.UTF8.GetString(octets, 0, length);
        return true;
    }
}
