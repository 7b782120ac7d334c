using System.Globalization;
using System.Text;
using ClusterMail.Migration.Source;

namespace ClusterMail.Migration.Registry;

/// <summary>
/// A settings backup, <c>epst-ms.reg</c> (ADMIN-50), as Windows exports a part of its registry: <c>[key]</c>, then <c>"name"=value</c>. Numbers are <c>dword:</c> or
/// <c>hex:</c>, texts quoted, lists <c>hex(7):</c>; a line that ends with <c>\</c> goes on in the next.
/// </summary>
internal static class RegistryFile
{
    private static readonly string[] Headings = ["Windows Registry Editor Version 5.00", "REGEDIT4"];

    public static bool IsOne(TextFile text) => text.Lines.Count > 0 && Headings.Contains(text.Lines[0].Text.TrimEnd());

    /// <summary>Everything of the file, line by line: values, keys, blank lines and comments, and what cannot be read.</summary>
    public static IEnumerable<RegistryLine> Parse(TextFile text)
    {
        var wide = text.Lines.Count > 0 && text.Lines[0].Text.StartsWith(Headings[0], StringComparison.Ordinal);
        var key = "";
        for (var i = 0; i < text.Lines.Count; i++)
        {
            var first = text.Lines[i];
            if (!first.IsReadable)
            {
                yield return new RegistryLine(first.Number, 1, "", key, null, first.Complaint) { Column = first.BadColumn };
                continue;
            }
            var whole = first.Text.TrimEnd();
            var lines = 1;
            while (whole.EndsWith('\\') && IsContinued(whole) && i + 1 < text.Lines.Count)
            {
                whole = whole[..^1] + text.Lines[++i].Text.Trim();
                lines++;
            }
            if (whole.StartsWith('[') && whole.EndsWith(']'))
                key = whole[1..^1];
            yield return Line(first.Number, lines, whole, key, wide);
        }
    }

    // A quoted text may end with a backslash of its own before its quote; only numbers in hexadecimal go on.
    private static bool IsContinued(string line) => line.Contains("=hex", StringComparison.OrdinalIgnoreCase);

    private static RegistryLine Line(int number, int lines, string text, string key, bool wide)
    {
        if (text.Length == 0 || text[0] is ';' or '[' || (number == 1 && Headings.Contains(text)))
            return new RegistryLine(number, lines, text, key, null, null);
        if (text.StartsWith("@=", StringComparison.Ordinal))
            return Value(number, lines, text, key, "(default)", text[2..], wide);
        if (!text.StartsWith('"') || Quoted(text, 0) is not var (name, end) || end >= text.Length || text[end] != '=')
            return new RegistryLine(number, lines, text, key, null, "must read \"name\"=value") { Column = 1 };
        return Value(number, lines, text, key, name, text[(end + 1)..], wide);
    }

    private static RegistryLine Value(int number, int lines, string text, string key, string name, string value, bool wide)
    {
        var (parsed, complaint) = Parse(value.Trim(), wide);
        return new RegistryLine(number, lines, text, key, parsed is null ? null : new RegistryValue(name, parsed), complaint) { Column = complaint is null ? 0 : text.Length - value.Length + 1, Name = name };
    }

    private static (string? Text, string? Complaint) Parse(string value, bool wide)
    {
        if (value.StartsWith('"'))
            return Quoted(value, 0) is var (text, end) && end == value.Length ? (text, null) : (null, "a quote is missing");
        if (value.StartsWith("dword:", StringComparison.OrdinalIgnoreCase))
            return uint.TryParse(value.AsSpan(6), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
                ? (number.ToString(CultureInfo.InvariantCulture), null) : (null, $"'{value}' is no number of eight hexadecimal digits");
        if (value.StartsWith("hex", StringComparison.OrdinalIgnoreCase))
            return Hexadecimal(value, wide);
        return (null, value == "-" ? "takes a value away; a backup has nothing to take away" : $"'{Finding.Shown(value)}' is of no known form");
    }

    private static (string? Text, string? Complaint) Hexadecimal(string value, bool wide)
    {
        var colon = value.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return (null, "a colon is missing behind hex");
        var octets = new List<byte>();
        foreach (var word in value[(colon + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            if (byte.TryParse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet) && word.Length <= 2)
                octets.Add(octet);
            else
                return (null, $"'{Finding.Shown(word)}' is no octet of two hexadecimal digits");
        var octetsOf = octets.ToArray();
        return value[..colon].ToLowerInvariant() switch
        {
            "hex(1)" or "hex(2)" => Text(octetsOf, wide) is { } text ? (text.TrimEnd('\0'), null) : (null, "is no text"),
            "hex(7)" => Text(octetsOf, wide) is { } list ? (string.Join('\n', list.Split('\0', StringSplitOptions.RemoveEmptyEntries)), null) : (null, "is no list of texts"),
            "hex(4)" when octetsOf.Length == 4 => (BitConverter.ToUInt32(octetsOf).ToString(CultureInfo.InvariantCulture), null),
            "hex(b)" when octetsOf.Length == 8 => (BitConverter.ToUInt64(octetsOf).ToString(CultureInfo.InvariantCulture), null),
            _ => (null, "is binary, and no binary value has a meaning here"),
        };
    }

    private static string? Text(byte[] octets, bool wide)
    {
        try
        {
            return wide ? new UnicodeEncoding(false, false, true).GetString(octets) : TextFile.ShiftJis().GetString(octets);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The text between quotes and where it ends; null: it does not end.</summary>
    private static (string Text, int End)? Quoted(string text, int start)
    {
        var inner = new StringBuilder();
        for (var i = start + 1; i < text.Length; i++)
        {
            if (text[i] == '"')
                return (inner.ToString(), i + 1);
            if (text[i] == '\\' && i + 1 < text.Length)
                i++;
            inner.Append(text[i]);
        }
        return null;
    }
}

/// <summary>One value as text: a number in decimal, a list with its items on lines of their own.</summary>
internal sealed record RegistryValue(string Name, string Text);

/// <param name="Number">Of its first line.</param>
/// <param name="Lines">It takes so many.</param>
/// <param name="Key">Path it stands under, without brackets.</param>
/// <param name="Value">Null: a key, a comment, a blank line, or one that cannot be read.</param>
/// <param name="Complaint">Why it cannot be read; null: nothing is wrong.</param>
internal sealed record RegistryLine(int Number, int Lines, string Text, string Key, RegistryValue? Value, string? Complaint)
{
    public int Column { get; init; }

    /// <summary>Of the value, also where it cannot be read.</summary>
    public string Name { get; init; } = "";
}
