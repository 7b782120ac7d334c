using System.Text;
using System.Text.Unicode;

namespace ClusterMail.Migration.Source;

/// <summary>The lines of a text file of the original, whatever it is written in.</summary>
/// <param name="Encoding">As people call it: UTF-8, Shift_JIS, UTF-16.</param>
public sealed record TextFile(SourceFile File, string Encoding, IReadOnlyList<TextLine> Lines)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly UnicodeEncoding StrictUtf16 = new(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true);
    private static readonly Encoding StrictShiftJis = ShiftJis();

    public string Path => File.Path;

    /// <summary>Code page 932: what Windows calls Shift_JIS, with the characters of NEC and IBM that names in Japan need.</summary>
    public static Encoding ShiftJis()
    {
        System.Text.Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return System.Text.Encoding.GetEncoding(932, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
    }

    /// <summary>Line by line, so that one that cannot be read costs only itself.</summary>
    public static TextFile Read(SourceFile file, TextEncoding choice = TextEncoding.Auto) => Read(file, file.ReadAll(), choice);

    internal static TextFile Read(SourceFile file, ReadOnlyMemory<byte> octets, TextEncoding choice)
    {
        var text = octets.Span;
        if (text.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
            return new TextFile(file, "UTF-16", [.. Wide(octets[2..])]);
        if (text.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            octets = octets[3..];
        // Shift_JIS is hardly ever UTF-8 by chance; a file in ASCII is both.
        var japanese = choice == TextEncoding.ShiftJis || (choice == TextEncoding.Auto && !Utf8.IsValid(octets.Span));
        return new TextFile(file, japanese ? "Shift_JIS" : "UTF-8", [.. Narrow(octets, japanese)]);
    }

    // No character of either encoding has an octet that looks like LF within it.
    private static IEnumerable<TextLine> Narrow(ReadOnlyMemory<byte> octets, bool japanese)
    {
        var encoding = japanese ? StrictShiftJis : StrictUtf8;
        for (var number = 1; !octets.IsEmpty; number++)
        {
            var end = octets.Span.IndexOf((byte)'\n');
            var line = end < 0 ? octets : octets[..end];
            octets = end < 0 ? default : octets[(end + 1)..];
            yield return Decode(number, line.Span, encoding);
        }
    }

    private static IEnumerable<TextLine> Wide(ReadOnlyMemory<byte> octets)
    {
        for (var (number, start) = (1, 0); start < octets.Length; number++)
        {
            var end = start;
            while (end + 1 < octets.Length && (octets.Span[end] != '\n' || octets.Span[end + 1] != 0))
                end += 2;
            var line = octets[start..Math.Min(end + 1 < octets.Length ? end : octets.Length, octets.Length)];
            start = end + 2;
            yield return Decode(number, line.Span, StrictUtf16);
        }
    }

    private static TextLine Decode(int number, ReadOnlySpan<byte> octets, Encoding encoding)
    {
        var carriage = encoding is UnicodeEncoding ? octets.EndsWith("\r\0"u8) ? 2 : 0 : octets.EndsWith("\r"u8) ? 1 : 0;
        octets = octets[..^carriage];
        try
        {
            var text = encoding.GetString(octets);
            return Unreadable(text) is var at and >= 0 ? new TextLine(number, "", at + 1, Control(text[at])) : new TextLine(number, text);
        }
        catch (DecoderFallbackException fault)
        {
            var at = Math.Clamp(fault.Index, 0, octets.Length);
            var bad = string.Join(' ', (fault.BytesUnknown ?? []).Select(octet => octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));
            return new TextLine(number, "", Column(octets[..at], encoding), $"octets {bad} are no {(encoding is UTF8Encoding ? "UTF-8" : encoding is UnicodeEncoding ? "UTF-16" : "Shift_JIS")}");
        }
    }

    // Windows's table gives these octets characters, but in Shift_JIS they are none. A control character is in no table of the original, and no database takes NUL.
    private static int Unreadable(string text)
    {
        for (var i = 0; i < text.Length; i++)
            if ((char.IsControl(text[i]) && text[i] != '\t') || text[i] is '\uF8F1' or '\uF8F2' or '\uF8F3')
                return i;
        return -1;
    }

    private static string Control(char c) => $"character {(int)c:X2} (hexadecimal) is none of a text";

    private static int Column(ReadOnlySpan<byte> before, Encoding encoding)
    {
        try
        {
            return encoding.GetCharCount(before) + 1;
        }
        catch (DecoderFallbackException)
        {
            return 1;
        }
    }
}

/// <param name="Number">From 1.</param>
/// <param name="Text">Without its end; empty where the line cannot be read.</param>
/// <param name="BadColumn">Character, from 1, that cannot be read; 0: all can.</param>
/// <param name="Complaint">What is wrong there.</param>
public sealed record TextLine(int Number, string Text, int BadColumn = 0, string Complaint = "")
{
    public bool IsReadable => BadColumn == 0;
}
