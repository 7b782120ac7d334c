using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>The mailto link that prepares a decision mail (APPROVE-120 to APPROVE-122).</summary>
public static class DecisionLink
{
    /// <summary>Longest link. Characters: Windows hands programs at most 2,083 of them, and a cut link would be a changed text.</summary>
    public const int LengthLimit = 2000;

    /// <param name="to">The requester's own address, or its form in the sub-domain.</param>
    /// <param name="prepared">Lines for the body; shortened from the end of the last one where the link would get too long. Only To and Subject are needed.</param>
    /// <param name="charset">Of the body: UTF-8, or Shift_JIS for old clients (APPROVE-121).</param>
    public static string For(Mailbox to, DecisionText text, PreparedBody prepared, Encoding charset)
    {
        var link = $"mailto:{Escape(Encoding.UTF8.GetBytes(to.ToString()), "@+")}?subject={Escape(Encoding.UTF8.GetBytes(text.Subject), "@._-")}";
        var body = Escape(charset.GetBytes(prepared.Text(int.MaxValue)), "");
        for (var limit = PreparedBody.SubjectLimit; link.Length + 6 + body.Length > LengthLimit && limit >= 0; limit -= 10)
            body = Escape(charset.GetBytes(prepared.Text(limit)), "");
        return link.Length + 6 + body.Length <= LengthLimit ? $"{link}&body={body}" : link;
    }

    /// <summary>Letters, digits and <paramref name="also"/> stand as they are; everything else is percent-encoded (RFC 6068 §2).</summary>
    private static string Escape(ReadOnlySpan<byte> octets, string also)
    {
        var text = new StringBuilder(octets.Length * 2);
        foreach (var octet in octets)
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~' || also.Contains((char)octet, StringComparison.Ordinal))
                text.Append((char)octet);
            else
                text.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }
}
