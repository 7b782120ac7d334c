using System.Text;
using MimeKit;
using MimeKit.Utils;

namespace ClusterMail.Approval.Viewing;

/// <summary>The value of a header as its writer meant it: unfolded, RFC 2047 decoded, octets without declaration read in the charset they fit.</summary>
internal static class HeaderText
{
    public static string Of(HeaderList headers, HeaderId id) => headers.FirstOrDefault(header => header.Id == id) is { } header ? Of(header) : "";

    public static string Of(Header header)
    {
        var raw = header.RawValue;
        if (Ascii.IsValid(raw))
            return header.Value.Trim();
        var text = PartText.Guess(raw).GetString(raw);
        return Header.Unfold(Rfc2047.DecodeText(new ParserOptions { CharsetEncoding = Encoding.UTF8 }, Encoding.UTF8.GetBytes(text))).Trim();
    }
}
