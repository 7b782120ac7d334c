using System.Text;
using System.Text.RegularExpressions;

namespace ClusterMail.Approval.Tokens;

/// <summary>What an approver wrote into his decision mail (APPROVE-144): its text without prepared lines, quoted original and signature.</summary>
public static partial class DecisionComment
{
    /// <summary>Characters (APPROVE-144).</summary>
    public const int Limit = 2000;

    private const int LinesLimit = 2000;

    /// <param name="body">The text part, decoded, flowed lines joined.</param>
    /// <param name="heldSubject">Of the held mail: clients wrap the prepared line when it is long.</param>
    /// <returns>Empty where he wrote nothing.</returns>
    public static string From(string body, string heldSubject)
    {
        var lines = body.ReplaceLineEndings("\n").Split('\n', LinesLimit + 1).Take(LinesLimit).Select(line => line.TrimEnd()).ToList();
        var own = lines.Skip(Prepared(lines, heldSubject)).TakeWhile(line => !IsEnd(line)).Where(line => !line.StartsWith('>'));
        return Cut(string.Join('\n', own).Trim());
    }

    /// <summary>What was written into the field of a page, as it is kept: all of it, as long as it may be.</summary>
    public static string Written(string? field) => Cut((field ?? "").ReplaceLineEndings("\n").Trim());

    /// <summary>How many lines at the top are those of the link, wherever the client put empty lines.</summary>
    private static int Prepared(List<string> lines, string heldSubject)
    {
        var subject = Bare(heldSubject);
        var (index, inSubject) = (0, false);
        for (; index < lines.Count; index++)
        {
            var line = lines[index];
            if (PreparedLine().IsMatch(line))
                inSubject = line.StartsWith("Subject:", StringComparison.OrdinalIgnoreCase);
            else if (line.Length > 0 && !(inSubject && subject.Contains(Bare(line), StringComparison.Ordinal)))
                break;
        }
        return index;
    }

    /// <summary>Below this line stands the signature, or a mail quoted whole.</summary>
    private static bool IsEnd(string line) =>
        line is "--" || Separator().IsMatch(line);

    private static string Bare(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    private static string Cut(string text)
    {
        if (text.Length <= Limit)
            return Visible(text);
        return Visible(text[..(char.IsHighSurrogate(text[Limit - 1]) ? Limit - 1 : Limit)]);
    }

    private static string Visible(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
            clean.Append(char.IsControl(c) && c is not ('\n' or '\t') ? ' ' : c);
        return clean.ToString();
    }

    [GeneratedRegex(@"\A(Date|From|Subject):", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PreparedLine();

    // "-----Original Message-----" (Outlook), "-------- 元のメッセージ --------", "On ... wrote:" (Thunderbird, iPhone), "2026/11/24 10:15、... のメール:" (iPhone, ja).
    [GeneratedRegex(@"\A(-{2,}\s*(Original Message|Forwarded message|元のメッセージ|転送メッセージ|Original Appointment)\s*-{2,}|On .{4,200} wrote:|\d{4}[/年].{4,200}(のメール|wrote|書きました)[:：]|_{20,})\s*\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Separator();
}
