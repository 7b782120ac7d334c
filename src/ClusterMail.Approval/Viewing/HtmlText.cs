using System.Text;
using MimeKit.Text;

namespace ClusterMail.Approval.Viewing;

/// <summary>HTML reduced to its text, token by token: no tree, so no mail is too hostile for it.</summary>
internal static class HtmlText
{
    private static readonly HashSet<string> Blocks = new(
        [
            "address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5",
            "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul",
        ],
        StringComparer.OrdinalIgnoreCase);

    // Not head and not noscript: what stands in them wrongly is shown by mail clients, and an approver must see what the recipient will.
    private static readonly HashSet<string> Silent = new(["script", "style", "title", "template"], StringComparer.OrdinalIgnoreCase);

    /// <param name="limit">Characters; what is beyond is left out.</param>
    public static string Of(string html, int limit)
    {
        var tokenizer = new HtmlTokenizer(new StringReader(html));
        var text = new StringBuilder();
        string? silent = null;
        while (text.Length < limit && tokenizer.ReadNextToken(out var token))
        {
            if (token is HtmlTagToken tag)
                silent = OnTag(tag, silent, text);
            else if (token is HtmlDataToken data and not HtmlScriptDataToken && silent is null)
                AppendRun(text, data.Data);
        }
        return text.ToString().Trim();
    }

    private static string? OnTag(HtmlTagToken tag, string? silent, StringBuilder text)
    {
        if (silent is not null)
            return tag.IsEndTag && tag.Name.Equals(silent, StringComparison.OrdinalIgnoreCase) ? null : silent;
        if (!tag.IsEndTag && !tag.IsEmptyElement && Silent.Contains(tag.Name))
            return tag.Name;
        if (Blocks.Contains(tag.Name))
            BreakLine(text);
        else if (tag.Name is "td" or "th" && !tag.IsEndTag && text.Length > 0 && text[^1] != '\n')
            text.Append('\t');
        return null;
    }

    private static void BreakLine(StringBuilder text)
    {
        while (text.Length > 0 && text[^1] is ' ' or '\t')
            text.Length--;
        if (text.Length > 0 && !(text.Length > 1 && text[^1] == '\n' && text[^2] == '\n'))
            text.Append('\n');
    }

    /// <summary>White space of the source is one blank.</summary>
    private static void AppendRun(StringBuilder text, string run)
    {
        foreach (var c in run)
        {
            if (c is not (' ' or '\t' or '\r' or '\n' or '\f'))
                text.Append(c);
            else if (text.Length > 0 && text[^1] is not (' ' or '\n' or '\t'))
                text.Append(' ');
        }
    }
}
