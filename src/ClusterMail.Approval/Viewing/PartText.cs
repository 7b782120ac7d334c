using System.Buffers;
using System.Text;
using MimeKit;
using MimeKit.Text;

namespace ClusterMail.Approval.Viewing;

/// <summary>The text of one part, decoded as well as its sender allows, at most so much of it.</summary>
internal static class PartText
{
    /// <param name="limit">Characters.</param>
    public static (string Text, bool IsCut) Read(TextPart part, int limit)
    {
        var octets = Decode(part, limit * 4, out var isCut);
        var text = Charset(part.ContentType.Charset, octets).GetString(octets);
        if (text.Length > limit)
            (text, isCut) = (text[..limit], true);
        return (part.IsFlowed ? Unflow(text, part) : text, isCut);
    }

    private static byte[] Decode(MimePart part, int limit, out bool isCut)
    {
        isCut = false;
        if (part.Content is null)
            return [];
        using var source = part.Content.Open();
        var buffer = ArrayPool<byte>.Shared.Rent(limit + 1);
        try
        {
            var length = source.ReadAtLeast(buffer.AsSpan(0, limit + 1), limit + 1, throwOnEndOfStream: false);
            isCut = length > limit;
            return buffer[..Math.Min(length, limit)];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What the part says, if that can be true; otherwise what fits its octets.</summary>
    private static Encoding Charset(string? name, byte[] octets)
    {
        if (Named(name) is { } named && !(named.CodePage == 20127 && !Ascii.IsValid(octets)))
            return named;
        return Guess(octets);
    }

    /// <summary>The first of the usual charsets of Japanese mail that fits without a fault.</summary>
    public static Encoding Guess(byte[] octets)
    {
        if (octets.AsSpan().IndexOf((byte)0x1B) >= 0 && Ascii.IsValid(octets))
            return Charsets.Iso2022Jp;
        string[] candidates = ["utf-8", "euc-jp", "shift_jis"];
        return candidates.Select(candidate => Encoding.GetEncoding(candidate)).FirstOrDefault(encoding => Fits(encoding, octets)) ?? Encoding.Latin1;
    }

    private static Encoding? Named(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
            return null;
        try
        {
            return Encoding.GetEncoding(name.Trim().ToLowerInvariant() switch { "cp932" or "ms_kanji" or "x-sjis" or "windows-31j" => "shift_jis", "utf8" => "utf-8", var usual => usual });
        }
        catch (ArgumentException)
        {
            // A charset nobody knows: the octets say more than its name.
            return null;
        }
    }

    private static bool Fits(Encoding encoding, byte[] octets)
    {
        // The end may be cut in the middle of a sign.
        var whole = octets.AsSpan(0, Math.Max(0, octets.Length - 4));
        try
        {
            _ = Encoding.GetEncoding(encoding.CodePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback).GetCharCount(octets.Length < 5 ? octets : whole);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static string Unflow(string text, TextPart part) =>
        new FlowedToText { DeleteSpace = part.ContentType.Parameters["delsp"] is { } delete && delete.Equals("yes", StringComparison.OrdinalIgnoreCase) }.Convert(text);
}
