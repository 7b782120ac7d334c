using System.Text;
using System.Text.RegularExpressions;
using MimeKit.Utils;

namespace ClusterMail.Approval.Content;

/// <summary>Unstructured header text as its reader sees it: unfolded, encoded words of RFC 2047 decoded, raw 8-bit text and raw ISO-2022-JP too (APPROVE-40).</summary>
public static partial class HeaderText
{
    private static readonly bool CharsetsKnown = Rfc2047.DecodeText(JapaneseText.Parsing, "=?shift_jis?B?jKk=?="u8.ToArray()) == "見";

    /// <exception cref="InvalidOperationException">Somebody used the parser before the charsets were known: our bug, and better no mail than one read wrongly.</exception>
    /// <param name="raw">What stands behind the colon, folded as it came.</param>
    /// <param name="unknownCharset">A charset named in it that nobody knows: what its words say cannot be told (APPROVE-13); null: none.</param>
    public static string Decode(ReadOnlySpan<byte> raw, out string? unknownCharset)
    {
        if (!CharsetsKnown)
            throw new InvalidOperationException("The mail parser was used before the Japanese charsets were registered.");
        var text = Unfold(raw.IndexOfAnyInRange((byte)0x80, (byte)0xFF) >= 0 || raw.IndexOf((byte)0x1B) >= 0 ? JapaneseText.Decode(raw, euc: true) : Encoding.ASCII.GetString(raw));
        string? unknown = null;
        // Under the name the decoder knows, because it knows one only.
        text = Charset().Replace(text, word =>
        {
            if (JapaneseText.Named(word.Groups["name"].Value) is { } encoding)
                return $"=?{encoding.WebName}?{word.Groups["how"].Value}?";
            unknown ??= word.Groups["name"].Value;
            return word.Value;
        });
        unknownCharset = unknown;
        return Spaced(Rfc2047.DecodeText(JapaneseText.Parsing, Encoding.UTF8.GetBytes(text)));
    }

    private static string Unfold(string text) => text.ReplaceLineEndings(" ").Trim();

    private static string Spaced(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    // RFC 2231 §5 allows a language behind the charset.
    [GeneratedRegex(@"=\?(?<name>[^?*\s]{1,60})(\*[^?\s]{0,60})?\?(?<how>[BbQq])\?")]
    private static partial Regex Charset();
}
