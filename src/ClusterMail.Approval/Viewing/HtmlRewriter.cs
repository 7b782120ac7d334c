using System.Collections.Immutable;
using System.Net;
using System.Text;
using MimeKit.Text;

namespace ClusterMail.Approval.Viewing;

/// <summary>
/// Writes HTML of a stranger anew, tag by tag, before any tree is built of it: only elements and attributes that are shown, every text encoded, nesting made
/// right. Formatting elements become <c>span</c>, because the HTML standard repeats those left open in each paragraph that follows, and a mail of a few hundred
/// kilobytes could ask a parser for gigabytes. What comes out has at most as many nodes as it has tags and texts.
/// </summary>
internal sealed class HtmlRewriter
{
    /// <summary>Tags; a long newsletter has some ten thousand.</summary>
    private const int TagLimit = 50_000;

    private const int LinksLimit = 50;
    private const int LinkLength = 300;

    private static readonly HashSet<string> Silent = new(["script", "style", "title", "template"], StringComparer.OrdinalIgnoreCase);

    private static readonly Dictionary<string, string> Formatting = new(StringComparer.OrdinalIgnoreCase)
    {
        ["a"] = "color:#1d4fa3;text-decoration:underline",
        ["b"] = "font-weight:bold",
        ["strong"] = "font-weight:bold",
        ["i"] = "font-style:italic",
        ["em"] = "font-style:italic",
        ["u"] = "text-decoration:underline",
        ["s"] = "text-decoration:line-through",
        ["strike"] = "text-decoration:line-through",
        ["code"] = "font-family:monospace",
        ["tt"] = "font-family:monospace",
        ["big"] = "",
        ["small"] = "",
        ["font"] = "",
        ["nobr"] = "",
    };

    private readonly StringBuilder _html = new();
    private readonly List<string> _links = [];
    private readonly OpenElements _open;
    private int _tags;
    private bool _isTooDeep;

    private HtmlRewriter() => _open = new OpenElements(_html);

    /// <summary>Null: more tags than can be shown, or too deep in each other.</summary>
    public static (string Html, ImmutableArray<string> Links)? Rewrite(string html)
    {
        var rewriter = new HtmlRewriter();
        var tokenizer = new HtmlTokenizer(new StringReader(html));
        string? silent = null;
        while (tokenizer.ReadNextToken(out var token))
        {
            if (token is HtmlTagToken tag)
                silent = rewriter.OnTag(tag, silent);
            else if (token is HtmlDataToken data and not HtmlScriptDataToken && silent is null)
                rewriter._html.Append(WebUtility.HtmlEncode(data.Data));
            if (rewriter._tags > TagLimit || rewriter._isTooDeep)
                return null;
        }
        rewriter._open.CloseAll();
        return (rewriter._html.ToString(), [.. rewriter._links]);
    }

    private string? OnTag(HtmlTagToken tag, string? silent)
    {
        if (silent is not null)
            return tag.IsEndTag && tag.Name.Equals(silent, StringComparison.OrdinalIgnoreCase) ? null : silent;
        if (!tag.IsEndTag && !tag.IsEmptyElement && Silent.Contains(tag.Name))
            return tag.Name;
        _tags++;
        if (Formatting.TryGetValue(tag.Name, out var style))
            Write("span", tag, style);
        else if (HtmlView.Shows(tag.Name))
            Write(tag.Name.ToLowerInvariant(), tag, "");
        return null;
    }

    private void Write(string name, HtmlTagToken tag, string style)
    {
        if (tag.IsEndTag)
        {
            _open.Close(name);
            return;
        }
        _isTooDeep |= !_open.Open(name);
        _html.Append('<').Append(name);
        foreach (var attribute in tag.Attributes)
        {
            if (attribute.Name.Equals("href", StringComparison.OrdinalIgnoreCase))
                Attribute("title", Link(attribute.Value ?? ""));
            else if (attribute.Name.Equals("style", StringComparison.OrdinalIgnoreCase))
                style = $"{style};{attribute.Value}";
            else if (attribute.Name.Equals("color", StringComparison.OrdinalIgnoreCase) && name == "span")
                style = $"{style};color:{attribute.Value}";
            else if (HtmlView.ShowsAttribute(attribute.Name))
                Attribute(attribute.Name.ToLowerInvariant(), attribute.Value ?? "");
        }
        if (style.Length > 0)
            Attribute("style", style);
        _html.Append('>');
    }

    private void Attribute(string name, string value) => _html.Append(' ').Append(name).Append("=\"").Append(WebUtility.HtmlEncode(value)).Append('"');

    /// <summary>Links lead nowhere; where they would is listed and shown on pointing at them.</summary>
    private string Link(string target)
    {
        var shown = VisibleText.Line(target, LinkLength);
        if (_links.Count < LinksLimit && !_links.Contains(shown))
            _links.Add(shown);
        return shown;
    }
}
