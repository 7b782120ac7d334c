using System.Runtime.CompilerServices;
using System.Text;
using MimeKit;

namespace ClusterMail.Approval.Content;

/// <summary>Text whose encoding nobody has declared, or declared wrongly, as Japanese mails and old files have it.</summary>
internal static class JapaneseText
{
    // Again here, because this room may be the first to use the parser: it notes at its first use which charsets exist (see JapaneseCharsets of Protocol).
#pragma warning disable CA2255 // Work while the library loads: before anything in it can run is the point.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>For parsing what strangers write: lenient.</summary>
    public static ParserOptions Parsing { get; } = new()
    {
        // Deeper than what is read at all, so that depth is noticed and not taken for text.
        MaxMimeDepth = ContentInspector.MaxDepth + 10,
        ParameterComplianceMode = RfcComplianceMode.Loose,
        Rfc2047ComplianceMode = RfcComplianceMode.Loose,
    };

    private static readonly Encoding Jis = Lenient(50220);
    private static readonly Encoding ShiftJis = Lenient(932);
    private static readonly Encoding StrictShiftJis = Strict(932);
    private static readonly Encoding StrictEuc = Strict(51932);
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>UTF-8, ISO-2022-JP or Shift_JIS, by the octets; with <paramref name="euc"/> EUC-JP too, where it may occur.</summary>
    public static string Decode(ReadOnlySpan<byte> octets, bool euc = false)
    {
        if (octets.StartsWith(Encoding.UTF8.Preamble))
            octets = octets[3..];
        if (octets.IndexOf("\x1b$"u8) >= 0 || octets.IndexOf("\x1b("u8) >= 0)
            return Jis.GetString(octets);
        if (Try(StrictUtf8, octets) is { } utf8)
            return utf8;
        // Kanji in Shift_JIS have lead octets (81 to 9F) that EUC-JP never has, so what reads as EUC-JP is hardly ever anything else.
        return euc && Try(StrictEuc, octets) is { } asEuc ? asEuc : Try(StrictShiftJis, octets) ?? ShiftJis.GetString(octets);
    }

    /// <summary>The encoding a mail names, under all the names that Japanese programs use; null: unknown.</summary>
    public static Encoding? Named(string charset)
    {
        switch (charset.Trim().ToLowerInvariant())
        {
            case "shift_jis" or "shift-jis" or "sjis" or "x-sjis" or "ms_kanji" or "cp932" or "ms932" or "windows-31j" or "windows-932" or "csshiftjis": return ShiftJis;
            case "iso-2022-jp" or "iso-2022-jp-ms" or "iso-2022-jp-1" or "cp50220" or "cp50221" or "csiso2022jp" or "jis": return Jis;
            case "euc-jp" or "eucjp" or "x-euc-jp" or "x-euc" or "cp51932" or "cseucpkdfmtjapanese": return Lenient(51932);
            case "utf8": return Encoding.UTF8;
            case var name:
                try
                {
                    // UTF-7 hides text from whoever reads it as it stands; .NET refuses it, and so it counts as unknown.
                    return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);
                }
                catch (Exception trouble) when (trouble is ArgumentException or NotSupportedException)
                {
                    return null;
                }
        }
    }

    private static string? Try(Encoding encoding, ReadOnlySpan<byte> octets)
    {
        try
        {
            return encoding.GetString(octets);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static Encoding Lenient(int codePage) => CodePagesEncodingProvider.Instance.GetEncoding(codePage, EncoderFallback.ReplacementFallback, DecoderFallback.ReplacementFallback)!;

    private static Encoding Strict(int codePage) => CodePagesEncodingProvider.Instance.GetEncoding(codePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!;
}
