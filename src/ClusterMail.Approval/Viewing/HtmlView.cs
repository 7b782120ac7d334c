using System.Collections.Immutable;
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

    private const int LinksLimit = 50;
    private const int LinkLength = 300;

    private static readonly string[] Tags =
    [
        "a", "abbr", "b", "big", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3",
        "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table",
        "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var",
    ];

    private static readonly string[] Attributes =
        ["align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "color", "colspan", "dir", "face", "href", "rowspan", "src", "style", "title", "valign"];

    // No display, visibility, opacity, position, size of text: with them text is hidden, or laid over other text.
    private static readonly string[] Properties =
    [
        "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style", "border-bottom-width", "border-collapse", "border-color", "border-left",
        "border-right", "border-spacing", "border-style", "border-top", "border-width", "color", "font-family", "font-style", "font-weight", "list-style-type",
        "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align", "text-decoration", "vertical-align", "white-space",
    ];

    /// <summary>Null: more than can be shown safely.</summary>
    /// <param name="images">By Content-ID without brackets, as <c>data:</c> URLs of bounded size.</param>
    public static HtmlView? Of(string html, IReadOnlyDictionary<string, string> images)
    {
        if (html.Length > LengthLimit || !HtmlBudget.Affords(html))
            return null;
        try
        {
            return Sanitise(html, images);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever a parser does not stand, the approver still reads the text.
            return null;
        }
    }

    private static HtmlView? Sanitise(string html, IReadOnlyDictionary<string, string> images)
    {
        var sanitizer = Sanitizer();
        // Its own parser: one without style sheets would drop every style attribute.
        using var document = sanitizer.HtmlParserFactory().ParseDocument(html);
        foreach (var element in document.QuerySelectorAll("script, style, title, template, svg, math").ToList())
            element.Remove();
        if (document.Body is not IHtmlBodyElement body)
            return null;
        sanitizer.SanitizeDom(document, body);
        var remote = Images(document, images);
        var links = Disarm(document);
        return new HtmlView(body.InnerHtml, remote, links);
    }

    // data: passes for the pictures put in below, after which no URL of the mail is left.
    private static HtmlSanitizer Sanitizer()
    {
        var options = new HtmlSanitizerOptions
        {
            AllowedTags = new HashSet<string>(Tags, StringComparer.OrdinalIgnoreCase),
            AllowedAttributes = new HashSet<string>(Attributes, StringComparer.OrdinalIgnoreCase),
            AllowedCssProperties = new HashSet<string>(Properties, StringComparer.OrdinalIgnoreCase),
            AllowedSchemes = new HashSet<string>(["http", "https", "mailto", "cid"], StringComparer.OrdinalIgnoreCase),
            UriAttributes = new HashSet<string>(["href", "src"], StringComparer.OrdinalIgnoreCase),
        };
        return new HtmlSanitizer(options) { KeepChildNodes = true };
    }

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

    private static ImmutableArray<string> Disarm(IHtmlDocument document)
    {
        var links = new List<string>();
        foreach (var anchor in document.QuerySelectorAll("a[href]").ToList())
        {
            var target = VisibleText.Line(anchor.GetAttribute("href")!, LinkLength);
            anchor.RemoveAttribute("href");
            anchor.SetAttribute("title", target);
            if (links.Count < LinksLimit && !links.Contains(target))
                links.Add(target);
        }
        return [.. links];
    }
}
