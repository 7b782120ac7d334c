using System.Globalization;
using System.Text;

namespace ClusterMail.Accounts;

/// <summary>The original's file of accounts (05 C): one a line, columns separated by TAB, 8 of them or in the later form 10 (IMP-1).</summary>
public static class AccountFile
{
    /// <summary>Stands in the password column where there is none (IMP-6).</summary>
    public const string NoPassword = "*";

    private const int Short = 8;
    private const int Long = 10;

    /// <summary>Octets of a line; a longer one is no account.</summary>
    public const int LongestLine = 8192;

    /// <summary>Characters of full name and of home.</summary>
    public const int LongestText = 255;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly Encoding StrictShiftJis = ShiftJis();

    /// <summary>IMP-7. One line in the given encoding; null: it holds octets that are none of its characters.</summary>
    public static string? Decode(ReadOnlySpan<byte> line, AccountFileEncoding encoding)
    {
        var text = encoding == AccountFileEncoding.ShiftJis ? null : Decode(line, StrictUtf8);
        if (text is not null || encoding == AccountFileEncoding.Utf8)
            return text;
        // These octets are no characters of Shift_JIS, but Windows's table gives them some.
        return Decode(line, StrictShiftJis) is { } japanese && japanese.AsSpan().IndexOfAny("\u0080\u00A0\uF8F1\uF8F2\uF8F3") < 0 ? japanese : null;
    }

    /// <summary>One line without its end. With a complaint there is no row; the column is that of the TAB-separated columns, from 1; 0: the whole line.</summary>
    public static (AccountFileRow? Row, int Column, string Rule, string? Complaint) Parse(string line)
    {
        var columns = line.Split('\t');
        if (columns.Length is not (Short or Long))
            return (null, 0, "IMP-1", $"{columns.Length} columns; a row has {Short} or {Long}, separated by TAB");
        if (AddressRules.AccountFault(columns[0]) is { } fault)
            return (null, 1, "ACCT-1", fault);
        foreach (var text in (int[])[2, 4])
            if (columns[text].Length > LongestText || columns[text].Any(char.IsControl))
                return (null, text + 1, "ACCT-1", $"longer than {LongestText} characters, or with a control character");
        foreach (var flag in (int[])[5, 6, 8, 9])
            if (flag < columns.Length && columns[flag] is not ("0" or "1"))
                return (null, flag + 1, "IMP-2", $"'{Shown(columns[flag])}' is no flag: 0 is off, 1 is on");
        if (!long.TryParse(columns[7], NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
            return (null, 8, "QUOTA-1", $"'{Shown(columns[7])}' is no size limit: octets, 0 for none");
        return (new AccountFileRow(columns[0], columns[1] is "" or NoPassword ? null : columns[1], columns[2], columns[3], columns[4], columns[5] == "1", columns[6] == "1", limit)
        {
            Pop3 = columns.Length == Long ? columns[8] == "1" : null,
            Imap4 = columns.Length == Long ? columns[9] == "1" : null,
        }, 0, "", null);
    }

    /// <summary>A row with its LF, in 8 columns or, where <see cref="AccountFileRow.Pop3"/> is given, in 10.</summary>
    public static string Write(AccountFileRow row)
    {
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{row.Name}\t{row.Password ?? NoPassword}\t{row.FullName}\t{row.Domain}\t{row.Home}\t{Flag(row.SmtpAuth)}\t{Flag(row.Apop)}\t{row.BoxLimit}");
        return row.Pop3 is { } pop3 ? $"{line}\t{Flag(pop3)}\t{Flag(row.Imap4 ?? true)}\n" : line + "\n";
    }

    private static char Flag(bool on) => on ? '1' : '0';

    private static string Shown(string text) => new(text.Take(40).Select(c => char.IsControl(c) ? '?' : c).ToArray());

    private static string? Decode(ReadOnlySpan<byte> line, Encoding encoding)
    {
        try
        {
            return encoding.GetString(line);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // Code page 932: what Windows calls Shift_JIS, with the characters of NEC and IBM that names in Japan need.
    private static Encoding ShiftJis()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return Encoding.GetEncoding(932, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
    }
}

public enum AccountFileEncoding : byte
{
    /// <summary>UTF-8 where the octets are UTF-8, else Shift_JIS.</summary>
    Auto,
    Utf8,
    ShiftJis,
}

/// <param name="Password">Null: none (IMP-6).</param>
/// <param name="Domain">Written by an export; an import puts its own in its place (IMP-3).</param>
/// <param name="BoxLimit">Octets; 0: none.</param>
public sealed record AccountFileRow(string Name, string? Password, string FullName, string Domain, string Home, bool SmtpAuth, bool Apop, long BoxLimit)
{
    /// <summary>Null: the form of 8 columns.</summary>
    public bool? Pop3 { get; init; }
    public bool? Imap4 { get; init; }
}
