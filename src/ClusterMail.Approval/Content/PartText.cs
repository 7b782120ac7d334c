using System.Text;
using MimeKit;
using MimeKit.Text;

namespace ClusterMail.Approval.Content;

/// <summary>What a text part says.</summary>
internal static class PartText
{
    /// <summary>The octets of a part after its transfer encoding.</summary>
    public static byte[] Octets(MimePiece part)
    {
        part.Raw!.Position = 0;
        if (part.Encoding is ContentEncoding.Default or ContentEncoding.SevenBit or ContentEncoding.EightBit or ContentEncoding.Binary)
            return part.Raw.ToArray();
        using var decoded = new MemoryStream();
        new MimeContent(part.Raw, part.Encoding).DecodeTo(decoded);
        return decoded.ToArray();
    }

    /// <summary>Its text; of HTML what a reader sees.</summary>
    /// <param name="unknown">A charset nobody knows; null: none.</param>
    public static string Words(MimePiece part, byte[] octets, out string? unknown)
    {
        var charset = part.Type.Charset;
        var encoding = string.IsNullOrWhiteSpace(charset) ? null : JapaneseText.Named(charset);
        unknown = encoding is null && !string.IsNullOrWhiteSpace(charset) ? charset : null;
        // Declared as ASCII, or not at all, and yet Japanese: the octets tell.
        var text = encoding is null or ASCIIEncoding ? JapaneseText.Decode(octets, euc: true) : encoding.GetString(octets);
        return part.Type.IsMimeType("text", "html") ? Visible(text) : text;
    }

    private static string Visible(string html)
    {
        var text = new StringBuilder(html.Length);
        var tokenizer = new HtmlTokenizer(new StringReader(html)) { DecodeCharacterReferences = true };
        while (tokenizer.ReadNextToken(out var token))
        {
            if (token is HtmlDataToken { Kind: HtmlTokenKind.Data or HtmlTokenKind.CData } data)
                text.Append(data.Data);
            // A word may be cut by tags that nobody sees (<b>社</b>外秘), but not by those that end a line.
            else if (token is HtmlTagToken { Id: HtmlTagId.Br or HtmlTagId.P or HtmlTagId.Div or HtmlTagId.TD or HtmlTagId.TH or HtmlTagId.TR or HtmlTagId.LI or HtmlTagId.H1 or HtmlTagId.H2 or HtmlTagId.H3 })
                text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>A line <c>begin 644 name</c>, and later one with <c>end</c>: a uuencoded file within the text.</summary>
    public static bool HasEncodedFile(ReadOnlySpan<byte> octets)
    {
        var begun = false;
        while (!octets.IsEmpty)
        {
            var end = octets.IndexOfAny((byte)'\r', (byte)'\n');
            var line = end < 0 ? octets : octets[..end];
            octets = end < 0 ? [] : octets[(end + 1)..];
            if (begun && line.TrimEnd((byte)' ').SequenceEqual("end"u8))
                return true;
            begun |= IsBegin(line);
        }
        return false;
    }

    private static bool IsBegin(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("begin "u8))
            return false;
        var rest = line[6..].TrimStart((byte)' ');
        var mode = rest.IndexOf((byte)' ');
        return mode is 3 or 4 && rest[..mode].IndexOfAnyExceptInRange((byte)'0', (byte)'7') < 0 && rest[mode..].Trim((byte)' ').Length > 0;
    }
}
