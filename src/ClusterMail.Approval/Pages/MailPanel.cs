using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Pages;

/// <summary>Shows a held mail: what the recipient will see, its text, its header; then what is attached.</summary>
internal sealed class MailPanel(CaseWords words)
{
    public Html Of(MailView mail) => Html.Of($"""
        {Gaps(mail)}
        <section class="card"><h2>{words.Say("メールの内容", "Content")}</h2>
        <div class="tabs">{Tabs(mail)}</div>
        </section>
        <section class="card"><h2>{words.Say("添付ファイル", "Attachments")}{Count(mail)}</h2>{Attachments(mail)}</section>
        """);

    private Html Gaps(MailView mail)
    {
        if (mail.Gaps.IsEmpty)
            return Html.Empty;
        var items = Html.Join(mail.Gaps.Distinct().Select(gap => Html.Of($"<li>{Gap(gap)}</li>")));
        return Html.Of($"""<div class="note bad" role="alert"><b>{words.Say("このメールは完全には表示できません。", "This mail cannot be shown completely.")}</b><ul>{items}</ul></div>""");
    }

    private string Gap(ViewGap gap) => gap switch
    {
        ViewGap.TextCut => words.Say("本文が長いため、途中までを表示しています。", "The text is long; only its beginning is shown."),
        ViewGap.HtmlTooLarge => words.Say("HTML が大きすぎるか複雑すぎるため、テキストだけを表示しています。", "The HTML is too large or too complex; only its text is shown."),
        ViewGap.TooManyParts => words.Say("パートの数が多すぎます。", "It has too many parts."),
        ViewGap.TooDeep => words.Say("入れ子が深すぎる部分があります。", "Parts of it are nested too deeply."),
        ViewGap.HeadersCut => words.Say("ヘッダーが長すぎます。", "Its header is too long."),
        ViewGap.ContentCut => words.Say("大きなメールのため、先頭部分だけを調べました。添付ファイルがほかにもある可能性があります。", "The mail is large; only its beginning was looked at. There may be more attachments."),
        _ => words.Say("形式が壊れているため、そのままの文字を表示しています。", "It is broken; its raw characters are shown."),
    };

    /// <summary>Without script: each tab is a radio button.</summary>
    private Html Tabs(MailView mail)
    {
        var hasHtml = mail.Html is not null;
        return Html.Of($"""
            {Html.When(hasHtml, Tab(1, "HTML", isFirst: true))}{Tab(2, words.Say("テキスト", "Text"), isFirst: !hasHtml)}{Tab(3, words.Say("ヘッダー", "Header"), isFirst: false)}
            {Html.When(hasHtml, HtmlPane(mail))}
            <div class="pane p2"><pre>{(mail.Text.Length > 0 ? mail.Text : words.Say("(本文なし)", "(no text)"))}</pre>{Html.When(mail.IsTextFromHtml, Small(words.Say("HTML から取り出したテキストです。", "Taken from the HTML.")))}{Html.When(hasHtml && !mail.IsTextFromHtml, Small(words.Say("受信者のソフトによって、HTML とテキストのどちらかが表示されます。両方を確認してください。", "Recipients see either the HTML or this text, as their program prefers. Please look at both.")))}</div>
            <div class="pane p3"><pre class="raw">{string.Join('\n', mail.Headers.Select(header => $"{header.Name}: {header.Value}"))}</pre></div>
            """);
    }

    private static Html Tab(int number, string caption, bool isFirst) =>
        Html.Of($"""<input type="radio" name="view" id="v{number}"{Html.When(isFirst, Html.Trusted(" checked"))}><label for="v{number}">{caption}</label>""");

    /// <summary>
    /// Sanitised and in a frame without any right: no script, no form, no way out, no look at the page around it. What the frame's own markup lacks it cannot
    /// fetch either, as it inherits the page's policy.
    /// </summary>
    private Html HtmlPane(MailView mail)
    {
        var document = Html.Of($"""<!DOCTYPE html><html><head><meta charset="utf-8"><style>{Html.Trusted(PageStyle.FrameSheet)}</style></head><body>{Html.Trusted(mail.Html!)}</body></html>""");
        var links = mail.Links.IsEmpty ? Html.Empty : Html.Of($"""<details class="small"><summary>{words.Say($"リンク先 ({mail.Links.Length})", $"Where links lead ({mail.Links.Length})")}</summary><ul class="plain">{Html.Join(mail.Links.Select(link => Html.Of($"<li>{link}</li>")))}</ul></details>""");
        var remote = mail.RemoteImages == 0 ? Html.Empty : Small(words.Say($"外部の画像 {mail.RemoteImages} 件は表示していません。", $"{mail.RemoteImages} images from elsewhere are not shown."));
        return Html.Of($"""<div class="pane p1"><iframe sandbox="" srcdoc="{document.ToString()}" title="{words.Say("メールの HTML", "HTML of the mail")}"></iframe>{remote}{links}</div>""");
    }

    private static Html Count(MailView mail) => mail.Attachments.IsEmpty ? Html.Empty : Html.Of($" ({mail.Attachments.Length})");

    private Html Attachments(MailView mail)
    {
        if (mail.Attachments.IsEmpty)
            return Html.Of($"""<p class="small">{words.Say("添付ファイルはありません。", "Nothing is attached.")}</p>""");
        var rows = mail.Attachments.Select(one => Html.Of($"""
            <tr><td>{(one.Name.Length > 0 ? one.Name : words.Say("(名前なし)", "(no name)"))}<br><code>SHA-256 {one.Sha256}</code></td><td>{CaseWords.Size(one.Size)}<br>{one.MediaType}</td></tr>
            """));
        return Html.Of($"""<table class="files">{Html.Join(rows)}</table>""");
    }

    private static Html Small(string text) => Html.Of($"""<p class="small">{text}</p>""");
}
