using System.Globalization;
using System.Text;

namespace ClusterMail.Approval.Viewing;

/// <summary>Text of a stranger's mail for people's eyes: characters that hide or turn round what is written are shown as their numbers.</summary>
public static class VisibleText
{
    /// <summary>One line: subject, name, address, file name.</summary>
    public static string Line(string text, int limit = 1000) => Cut(Show(text, keepsLines: false), limit);

    /// <summary>Many lines; line ends become LF, tabs stay.</summary>
    public static string Lines(string text) => Show(text.ReplaceLineEndings("\n"), keepsLines: true);

    /// <summary>At most so many characters, the last one an ellipsis; never half of a pair or of a sign made of several.</summary>
    public static string Cut(string text, int limit)
    {
        if (text.Length <= limit)
            return text;
        var length = 0;
        while (length < limit - 1)
        {
            var next = StringInfo.GetNextTextElementLength(text, length);
            if (length + next > limit - 1)
                break;
            length += next;
        }
        return $"{text[..length]}…";
    }

    private static string Show(string text, bool keepsLines)
    {
        var shown = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '\n' or '\r' or '\t')
                shown.Append(keepsLines ? (char)rune.Value : ' ');
            else if (IsHidden(rune))
                shown.Append(CultureInfo.InvariantCulture, $"⟦U+{rune.Value:X4}⟧");
            else
                shown.Append(rune.ToString());
        }
        return shown.ToString();
    }

    /// <summary>Controls; what turns the direction of writing (Unicode UAX #9); signs without width but the joiners that some scripts and emoji need; tags.</summary>
    private static bool IsHidden(Rune rune) => Rune.IsControl(rune) || rune.Value
        is 0x00AD or 0x061C or 0x180E or 0x200B or 0x200E or 0x200F
        or (>= 0x2028 and <= 0x202E) or (>= 0x2060 and <= 0x206F) or 0xFEFF or (>= 0xFFF9 and <= 0xFFFB) or (>= 0xE0000 and <= 0xE007F);
}
