using System.Collections.Immutable;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Ganss.Xss;

namespace ClusterMail.Approval.Viewing;

/// <summary>
/// The HTML of a held mail made harmless: no script, no form, nothing from elsewhere, and nothing that hides text from the approver which the recipient would
/// see. Links lead nowhere; where they would lead is listed beside it.
/// </summary>
internal sealed record HtmlView(string Body, int RemoteImages, ImmutableArray<string> Links)
{
    /// <summary>Characters of source. Above, only the text is shown.</summary>
    public const int LengthLimit = 1_048_576;

    /// <summary>What writes a tree goes down by recursion, and a stack that overflows ends the node: looked at again in the tree itself.</summary>
    private const int DepthLimit = 2 * OpenElements.DepthLimit;

    private static readonly HashSet<string> Tags = new(
        [
            "abbr", "blockquote", "br", "caption", "center", "col", "colgroup", "dd", "del", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "ins",
            "kbd", "li", "ol", "p", "pre", "q", "samp", "span", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "var",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> Attributes = new(
        ["align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "colspan", "dir", "rowspan", "src", "style", "title", "valign"], StringComparer.OrdinalIgnoreCase);

    // No display, visibility, opacity, position, size of text: with them text is hidden, or laid over other text.
    private static readonly HashSet<string> Properties = new(
        [
            "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style", "border-bottom-width", "border-collapse", "border-color",
            "border-left", "border-right", "border-spacing", "border-style", "border-top", "border-width", "color", "font-family", "font-style", "font-weight",
            "list-style-type", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "vertical-align", "white-space",
        ],
        StringComparer.OrdinalIgnoreCase);

    public static bool Shows(string tag) => Tags.Contains(tag);

    public static bool ShowsAttribute(string attribute) => Attributes.Contains(attribute);

    /// <summary>Null: more than can be shown safely.</summary>
    /// <param name="images">By Content-ID without brackets, as <c>data:</c> URLs of bounded size.</param>
    public static HtmlView? Of(string html, IReadOnlyDictionary<string, string> images)
    {
        if (html.Length > LengthLimit || HtmlRewriter.Rewrite(html) is not var (rewritten, links))
            return null;
        try
        {
            return Sanitise(rewritten, images) is var (body, remote) ? new HtmlView(body, remote, links) : null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever a parser does not stand, the approver still reads the text.
            return null;
        }
    }

    private static (string Body, int Remote)? Sanitise(string html, IReadOnlyDictionary<string, string> images)
    {
        var sanitizer = Sanitizer();
        // Its own parser: one without style sheets would drop every style attribute.
        using var document = sanitizer.HtmlParserFactory().ParseDocument(html);
        if (document.Body is not IHtmlBodyElement body || IsTooDeep(body))
            return null;
        sanitizer.SanitizeDom(document, body);
        var remote = Images(document, images);
        return (body.InnerHtml, remote);
    }

    /// <summary>Without recursion.</summary>
    private static bool IsTooDeep(INode root)
    {
        var depth = 0;
        for (INode? node = root; node is not null;)
        {
            if (node.FirstChild is { } child)
            {
                node = child;
                if (++depth > DepthLimit)
                    return true;
                continue;
            }
            while (node is not null && node != root && node.NextSibling is null)
            {
                node = node.Parent;
                depth--;
            }
            node = node is null || node == root ? null : node.NextSibling;
        }
        return false;
    }

    // Once this has run no address of the mail is left but those of pictures, and those are replaced next.
    private static HtmlSanitizer Sanitizer() => new(new HtmlSanitizerOptions
    {
        AllowedTags = Tags,
        AllowedAttributes = Attributes,
        AllowedCssProperties = Properties,
        AllowedSchemes = new HashSet<string>(["http", "https", "cid"], StringComparer.OrdinalIgnoreCase),
        UriAttributes = new HashSet<string>(["src"], StringComparer.OrdinalIgnoreCase),
    })
    { KeepChildNodes = true };

    private static int Images(IHtmlDocument document, IReadOnlyDictionary<string, string> images)
    {
        var remote = 0;
        foreach (var image in document.QuerySelectorAll("img").ToList())
        {
            var source = image.GetAttribute("src") ?? "";
            if (source.StartsWith("cid:", StringComparison.OrdinalIgnoreCase) && images.TryGetValue(Uri.UnescapeDataString(source[4..]), out var data))
            {
                image.SetAttribute("src", data);
                continue;
            }
            remote += source.StartsWith("http", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
            var placeholder = document.CreateElement("span");
            placeholder.TextContent = image.GetAttribute("alt") is { Length: > 0 } alternative ? $"[{VisibleText.Line(alternative, 100)}]" : "[image]";
            placeholder.SetAttribute("style", "border: 1px dashed #999; padding: 2px 6px; color: #666");
            image.Replace(placeholder);
        }
        return remote;
    }
}
