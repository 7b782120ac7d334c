using System.Globalization;
using System.Text;
using ClusterMail.Migration.Source;

namespace ClusterMail.Migration.Mail;

/// <summary>One message of a mailbox, a file <c>.MSG</c>.</summary>
/// <param name="Address">Account it belongs to.</param>
/// <param name="Folder">INBOX, or an IMAP folder.</param>
/// <param name="Flags">Of <c>D F R S T</c>, as a Maildir writes them: what the file's name tells.</param>
/// <param name="Digits">The six flag digits of an IMAP file that nobody gave a meaning; empty: there are none, or all have one.</param>
public sealed record MailboxFile(SourceFile File, string Address, string Folder, string Flags, string Digits)
{
    private const int FlagDigits = 6;
    private const int LargestHeader = 64 * 1024;

    /// <summary>
    /// <c>0000000123-100000.MSG</c>: number and flag digits (IMAP). Which digit is which flag is documented nowhere; zeros say nothing in any case, and for the rest somebody who has
    /// compared a few messages may say it.
    /// </summary>
    /// <param name="meaning">A letter of <c>D F R S T</c> for each of the six digits, <c>-</c> for none; null: unknown.</param>
    internal static (string Flags, string Unknown) FlagsOf(string stem, string? meaning)
    {
        var digits = stem[(stem.LastIndexOf('-') + 1)..];
        if (digits.Length != FlagDigits || stem.Length <= FlagDigits || !digits.All(c => c is '0' or '1') || !stem[..^(FlagDigits + 1)].All(char.IsAsciiDigit))
            return ("", "");
        if (!digits.Contains('1', StringComparison.Ordinal))
            return ("", "");
        return meaning is null ? ("", digits) : (new string([.. digits.Zip(meaning).Where(pair => pair is { First: '1', Second: not '-' }).Select(pair => pair.Second).Distinct().Order()]), "");
    }

    public static bool IsMeaning(string text) => text.Length == FlagDigits && text.All(c => c is 'D' or 'F' or 'R' or 'S' or 'T' or '-');

    /// <summary>When it arrived, and from whom: what its first headers say, else the time of the file and nobody.</summary>
    public (DateTimeOffset At, string Sender) Arrival()
    {
        var header = Encoding.Latin1.GetString(File.ReadHead(LargestHeader));
        var (received, sender) = ((string?)null, "");
        foreach (var field in Fields(header))
        {
            if (received is null && field.StartsWith("Received:", StringComparison.OrdinalIgnoreCase))
                received = field;
            else if (field.StartsWith("Return-Path:", StringComparison.OrdinalIgnoreCase) && sender.Length == 0)
                sender = field["Return-Path:".Length..].Trim().TrimStart('<').TrimEnd('>');
        }
        return (received is not null && DateOf(received) is { } at ? at : File.Modified, sender.Length <= 320 && !sender.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)) ? sender : "");
    }

    private static DateTimeOffset? DateOf(string received)
    {
        var text = received[(received.LastIndexOf(';') + 1)..];
        var comment = text.IndexOf('(', StringComparison.Ordinal);
        return DateTimeOffset.TryParse((comment < 0 ? text : text[..comment]).Trim(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at.Year > 1980 ? at : null;
    }

    /// <summary>Header fields, unfolded, up to the blank line.</summary>
    private static IEnumerable<string> Fields(string header)
    {
        var field = new StringBuilder();
        foreach (var raw in header.Split('\n'))
        {
            var line = raw.TrimEnd('\r');
            if (line.Length == 0)
                break;
            if (line[0] is ' ' or '\t')
            {
                field.Append(line);
                continue;
            }
            if (field.Length > 0)
                yield return field.ToString();
            field.Clear().Append(line);
        }
        if (field.Length > 0)
            yield return field.ToString();
    }
}
