namespace ClusterMail.Admin;

/// <summary>
/// Texts that strangers chose, made fit for a line of a log: HELO names, addresses, replies. Nothing in them can end a line, begin another one, or make
/// a terminal show something else than what is there. Japanese and all other letters stay as they are.
/// </summary>
internal static class LogText
{
    /// <summary>For a column between blanks: a blank would shift the ones behind it. <c>-</c> for nothing.</summary>
    public static string Column(string text) => text.Length == 0 ? "-" : Replace(text, static c => IsUnfit(c) || char.IsWhiteSpace(c), '?');

    /// <summary>For the end of a line.</summary>
    public static string Line(string text) => Replace(text, IsUnfit, ' ');

    // Controls with NEL, the line and paragraph separators, and what turns the direction of writing (UTR 36: "a" may be shown as "b").
    private static bool IsUnfit(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u200e' or '\u200f' or '\u061c' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private static string Replace(string text, Func<char, bool> unfit, char by) =>
        text.Any(unfit) ? string.Concat(text.Select(c => unfit(c) ? by : c)) : text;
}
