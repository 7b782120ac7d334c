using MimeKit.Text;

namespace ClusterMail.Approval.Viewing;

/// <summary>
/// How many nodes an HTML text can become at most, found without building them. A page of a few hundred kilobytes can ask a parser for gigabytes: elements
/// nested without end, and formatting elements left open, which the HTML standard repeats in each paragraph that follows.
/// </summary>
internal static class HtmlBudget
{
    /// <summary>Nodes; a long newsletter has some ten thousand.</summary>
    private const long NodeLimit = 200_000;

    /// <summary>Elements within each other; serialisers go down by recursion.</summary>
    private const int DepthLimit = 250;

    private static readonly HashSet<string> Formatting = new(
        ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> Void = new(
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"], StringComparer.OrdinalIgnoreCase);

    // Closed by the next of their kind; each level of them needs another element in between, and that one is counted.
    private static readonly HashSet<string> SelfClosing = new(["p", "li", "td", "th", "tr", "dd", "dt", "option", "tbody", "thead", "tfoot"], StringComparer.OrdinalIgnoreCase);

    public static bool Affords(string html)
    {
        var tokenizer = new HtmlTokenizer(new StringReader(html));
        long nodes = 0;
        var (depth, formatting) = (0, 0);
        while (tokenizer.ReadNextToken(out var token))
        {
            nodes += 1 + formatting;
            if (token is HtmlTagToken tag)
                Count(tag, ref depth, ref formatting);
            if (nodes > NodeLimit || depth > DepthLimit)
                return false;
        }
        return true;
    }

    private static void Count(HtmlTagToken tag, ref int depth, ref int formatting)
    {
        if (Void.Contains(tag.Name) || SelfClosing.Contains(tag.Name))
            return;
        var step = tag.IsEndTag ? -1 : 1;
        depth = Math.Max(0, depth + step);
        if (Formatting.Contains(tag.Name))
            formatting = Math.Max(0, formatting + step);
    }
}
