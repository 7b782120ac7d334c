using System.Text;
using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Tests.Viewing;

/// <summary>What a sender could put into HTML to act on the approver's browser, or to hide what the recipient will read.</summary>
public class HostileHtmlTests
{
    private static MailView View(string html) =>
        Sample.View(Encoding.UTF8.GetBytes($"From: a@b.example\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"));

    private static string Shown(string html) => View(html).Html!;

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("<body onload=alert(1)>")]
    [InlineData("<svg><script>alert(1)</script></svg>")]
    [InlineData("<svg onload=alert(1)>")]
    [InlineData("<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">")]
    [InlineData("<a href=\"javascript:alert(1)\">x</a>")]
    [InlineData("<a href=\" java\tscript:alert(1)\">x</a>")]
    [InlineData("<a href=\"data:text/html,<script>alert(1)</script>\">x</a>")]
    [InlineData("<iframe src=\"javascript:alert(1)\"></iframe>")]
    [InlineData("<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>")]
    [InlineData("<object data=\"javascript:alert(1)\"></object><embed src=\"javascript:alert(1)\">")]
    [InlineData("<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">")]
    [InlineData("<base href=\"javascript:alert(1)//\">")]
    [InlineData("<form action=\"javascript:alert(1)\"><button>x</button></form>")]
    [InlineData("<div style=\"background:url(javascript:alert(1))\">x</div>")]
    [InlineData("<div style=\"width:expression(alert(1))\">x</div>")]
    [InlineData("<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">")]
    [InlineData("<template><img src=x onerror=alert(1)></template>")]
    [InlineData("<img src=\"data:image/svg+xml,<svg onload=alert(1)>\">")]
    [InlineData("<scr<script>ipt>alert(1)</scr</script>ipt>")]
    public void APPROVE_102_nothing_that_could_run_is_left(string html)
    {
        var shown = Shown(html);
        // Words of it may be left as text, behind encoded brackets; no tag, attribute or address of it may.
        Assert.DoesNotMatch(@"<(script|svg|math|iframe|object|embed|meta|base|form|button|style|template|link)\b", shown);
        Assert.DoesNotMatch(@"<[^>]*\bon\w+\s*=", System.Text.RegularExpressions.Regex.Replace(shown, "\"[^\"]*\"", "\"\""));
        Assert.DoesNotMatch(@"<[^>]*(href|src|action|srcdoc|url\(|expression)", System.Text.RegularExpressions.Regex.Replace(shown, "title=\"[^\"]*\"", ""));
    }

    [Theory]
    [InlineData("display:none")]
    [InlineData("visibility:hidden")]
    [InlineData("opacity:0")]
    [InlineData("position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999")]
    [InlineData("font-size:0")]
    [InlineData("text-indent:-9999px")]
    [InlineData("transform:scale(0)")]
    [InlineData("height:0;overflow:hidden")]
    [InlineData("clip-path:inset(100%)")]
    [InlineData("margin-left:-9999px")]
    [InlineData("background-image:url(https://track.example/x)")]
    public void APPROVE_70_no_style_hides_text_from_the_approver_or_covers_other_text(string style)
    {
        var shown = Shown($"<p style=\"{style};color:red\">the recipient would read this</p>");
        Assert.Contains("the recipient would read this", shown, StringComparison.Ordinal);
        Assert.All(style.Split(';').Select(one => one.Split(':')[0]), property => Assert.DoesNotContain(property, shown, StringComparison.Ordinal));
        Assert.Contains("color", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_70_hidden_attributes_and_style_sheets_hide_nothing()
    {
        var shown = Shown("<style>.x{display:none}</style><p class=x hidden>here</p><details><summary>s</summary>there</details>");
        Assert.Contains("here", shown, StringComparison.Ordinal);
        Assert.Contains("there", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("class", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("<details", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_102_remote_images_are_counted_and_not_fetched()
    {
        var view = View("<img src=\"https://track.example/1.gif\"><img src=\"http://track.example/2.gif\" alt=\"logo\"><img src=\"//track.example/3.gif\"><table background=\"https://track.example/4.gif\"><tr><td>x</td></tr></table>");
        Assert.Equal(2, view.RemoteImages);
        Assert.DoesNotContain("track.example", view.Html, StringComparison.Ordinal);
        Assert.Contains("[logo]", view.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_124_pictures_of_the_mail_itself_are_shown_as_data()
    {
        var view = Sample.View("html-newsletter.eml");
        Assert.Contains("src=\"data:image/png;base64,iVBOR", view.Html, StringComparison.Ordinal);
        Assert.DoesNotContain("cid:", view.Html, StringComparison.Ordinal);
        Assert.Equal(1, view.RemoteImages);
    }

    [Fact]
    public void APPROVE_124_links_lead_nowhere_and_are_listed()
    {
        var view = Sample.View("html-newsletter.eml");
        Assert.DoesNotContain("href", view.Html, StringComparison.Ordinal);
        Assert.Equal(["https://www.corp.example/new?x=1&y=2"], view.Links);
    }

    [Fact]
    public void APPROVE_124_a_picture_that_is_too_large_or_of_a_type_that_can_run_is_not_shown()
    {
        string Mail(string type, int octets) => $"""
            From: a@b.example
            MIME-Version: 1.0
            Content-Type: multipart/related; boundary=x

            --x
            Content-Type: text/html

            <img src="cid:p">
            --x
            Content-Type: {type}
            Content-ID: <p>
            Content-Transfer-Encoding: base64

            {Convert.ToBase64String(new byte[octets])}
            --x--
            """;
        Assert.Contains("data:image/png", Sample.ViewOf(Mail("image/png", 1000)).Html, StringComparison.Ordinal);
        Assert.DoesNotContain("data:", Sample.ViewOf(Mail("image/svg+xml", 1000)).Html, StringComparison.Ordinal);
        Assert.DoesNotContain("data:", Sample.ViewOf(Mail("image/png", 1_100_000)).Html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<div>", 30_000)]
    [InlineData("<div>", 100_000)]
    [InlineData("<table><tr><td>", 16_000)]
    [InlineData("<b><i><font>", 16_000)]
    [InlineData("<blockquote><p>", 20_000)]
    [InlineData("<ul><li>", 20_000)]
    public void APPROVE_124_HTML_nested_without_end_is_shown_as_text(string tags, int times)
    {
        var view = View(string.Concat(Enumerable.Repeat(tags, times)) + "the text");
        Assert.Null(view.Html);
        Assert.Contains(ViewGap.HtmlTooLarge, view.Gaps);
        Assert.Contains("the text", view.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<span><p></span></p>")]
    [InlineData("<span><div></span></div>")]
    [InlineData("<div></span></b></div>")]
    [InlineData("<b><table><td></b></td></table></b>")]
    [InlineData("<p><b><p></b>")]
    [InlineData("<li><p>")]
    public void APPROVE_124_HTML_with_ends_in_the_wrong_order_is_put_right(string tags)
    {
        var view = View(string.Concat(Enumerable.Repeat(tags, 5000)) + "the text");
        Assert.Contains("the text", view.Html, StringComparison.Ordinal);
        Assert.InRange(view.Html!.Length, 0, 2_000_000);
    }

    [Theory]
    [InlineData("<p>", "</p>")]
    [InlineData("<div>", "</div>")]
    [InlineData("<div><table><td>", "</b></td></table></div>")]
    public void APPROVE_124_formatting_left_open_cannot_be_multiplied_by_paragraphs(string before, string after)
    {
        var open = string.Concat(Enumerable.Range(0, 200).Select(number => $"<b id={number}>"));
        var view = View($"{before}{open}{after}{string.Concat(Enumerable.Repeat("<p>x</p>", 20_000))}");
        Assert.InRange(view.Html?.Length ?? 0, 0, 1_000_000);
        Assert.Contains("x\n\nx\n\nx", view.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_124_formatting_is_kept_as_it_looks()
    {
        var html = Shown("<p><b>bold</b> <i>leaning</i> <u>under</u> <font color=red>red</font> <a href=\"https://x.example/\">link</a> 1 &lt; 2</p>");
        Assert.Contains("<span style=\"font-weight: bold\">bold</span>", html, StringComparison.Ordinal);
        Assert.Contains("<span style=\"font-style: italic\">leaning</span>", html, StringComparison.Ordinal);
        Assert.Matches("<span style=\"color: (red|rgba\\(255, 0, 0, 1\\))\">red</span>", html);
        Assert.Contains("title=\"https://x.example/\"", html, StringComparison.Ordinal);
        Assert.Contains("1 &lt; 2", html, StringComparison.Ordinal);
    }

    [Fact]
    public void APPROVE_124_HTML_over_the_limit_is_shown_as_text() =>
        Assert.Null(View(string.Concat(Enumerable.Repeat("<p>0123456789</p>\r\n", 100_000))).Html);

    [Fact]
    public void APPROVE_124_an_ordinary_long_newsletter_is_shown_as_HTML() =>
        Assert.NotNull(View("<table>" + string.Concat(Enumerable.Repeat("<tr><td><p>Item <b>name</b><br>text<li>x</td></tr>\r\n", 3000)) + "</table>").Html);
}
