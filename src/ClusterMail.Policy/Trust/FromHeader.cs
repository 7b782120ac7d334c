using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Policy.Trust;

/// <summary>
/// The one address of a From: header (RFC 5322 §3.6.2). Strict on purpose: what two programs could read in two ways must not pass as the sender's own
/// address (TRUST-3).
/// </summary>
internal static class FromHeader
{
    /// <summary>Null: none, several, a group, or nothing that can be read without doubt.</summary>
    /// <param name="value">Unfolded text after the colon.</param>
    public static Mailbox? Single(string value)
    {
        if (Outline(value) is not { } outline)
            return null;
        var open = outline.IndexOf('<', StringComparison.Ordinal);
        if (open < 0)
            return Address(outline.Trim());
        var close = outline.IndexOf('>', StringComparison.Ordinal);
        return close == outline.TrimEnd().Length - 1 && outline.LastIndexOf('<') == open && outline.LastIndexOf('>') == close && PhraseIsPlain(outline[..open])
            ? Address(outline[(open + 1)..close].Trim())
            : null;
    }

    /// <summary>
    /// The text without its comments, quoted strings of the display name gone too; the quotes of a local part stay. Null: something is not closed, or a comma,
    /// colon or semicolon makes it a list or a group.
    /// </summary>
    private static string? Outline(string value)
    {
        var kept = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var end = value[i] switch { '(' => EndOfComment(value, i), '"' => EndOfQuotes(value, i), _ => i };
            if (end < 0 || value[i] is ',' or ':' or ';' or ')' or '\\' or '\0')
                return null;
            if (value[i] == '(')
                kept.Append(' ');
            else if (value[i] == '"' && !(end + 1 < value.Length && value[end + 1] == '@'))
                kept.Append(' ');
            else
                kept.Append(value, i, end - i + 1);
            i = end;
        }
        return kept.ToString();
    }

    private static int EndOfComment(string value, int at)
    {
        for (var depth = 0; at < value.Length; at++)
        {
            depth += value[at] switch { '(' => 1, ')' => -1, _ => 0 };
            if (value[at] == '\\')
                at++;
            else if (depth == 0)
                return at;
        }
        return -1;
    }

    private static int EndOfQuotes(string value, int at)
    {
        for (at++; at < value.Length; at++)
        {
            if (value[at] == '\\')
                at++;
            else if (value[at] == '"')
                return at;
        }
        return -1;
    }

    // An address outside quotes in front of the brackets: two addresses, of which each program shows another.
    private static bool PhraseIsPlain(string phrase) => !phrase.AsSpan().ContainsAny('@', '<', '>');

    private static Mailbox? Address(string text)
    {
        var at = text.LastIndexOf('@');
        return at > 0 && at < text.Length - 1 && !text.Any(char.IsWhiteSpace) && !text.AsSpan(at + 1).ContainsAny("<>\"") && !text.AsSpan(0, at).ContainsAny("<>")
            && (text[0] == '"' || !text.AsSpan(0, at).Contains('@'))
                ? new Mailbox(text[..at], text[(at + 1)..])
                : null;
    }
}
