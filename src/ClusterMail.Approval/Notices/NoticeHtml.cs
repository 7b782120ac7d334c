using System.Net;
using System.Text;
using ClusterMail.Approval.Viewing;

namespace ClusterMail.Approval.Notices;

/// <summary>
/// A notice as HTML (APPROVE-102): tables and inline styles, which is what mail clients draw alike; no pictures, no scripts, nothing fetched from anywhere.
/// </summary>
internal static class NoticeHtml
{
    private const string Font = "font-family:'Hiragino Sans','Yu Gothic UI','Meiryo','Segoe UI',Roboto,Helvetica,Arial,sans-serif";

    /// <param name="sections">One for each language, in order.</param>
    public static string Of(string title, Language language, IEnumerable<(NoticeTemplate Template, IReadOnlyDictionary<string, FieldContent> Values)> sections)
    {
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\r\n<html lang=\"").Append(language.Tag()).Append("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>")
            .Append(Text(title)).Append("</title></head>\r\n<body style=\"margin:0;padding:0;background-color:#f3f4f6\">\r\n")
            .Append("<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"background-color:#f3f4f6\"><tr><td align=\"center\" style=\"padding:20px 8px\">\r\n")
            .Append("<table role=\"presentation\" width=\"640\" cellpadding=\"0\" cellspacing=\"0\" style=\"width:100%;max-width:640px;background-color:#ffffff;border:1px solid #d9dde3;").Append(Font).Append("\">\r\n");
        foreach (var (template, values) in sections)
            Section(html, template, values);
        return html.Append("</table>\r\n</td></tr></table>\r\n</body></html>\r\n").ToString();
    }

    private static void Section(StringBuilder html, NoticeTemplate template, IReadOnlyDictionary<string, FieldContent> values)
    {
        var (band, ink) = Colours(template.Kind);
        html.Append("<tr><td style=\"padding:0;border-top:4px solid ").Append(band).Append("\"></td></tr>\r\n");
        var known = NoticeFields.Of(template.Kind).ToDictionary(field => field.Name);
        var isFirst = true;
        foreach (var line in template.Lines)
        {
            if (line.Field is null)
                isFirst &= !Paragraph(html, line.Text, isFirst, ink);
            else if (values.TryGetValue(line.Field, out var content))
                Row(html, known[line.Field].Label.In(template.Language), content, template.Language);
        }
        html.Append("<tr><td style=\"padding:12px 0\"></td></tr>\r\n");
    }

    /// <summary>The first paragraph says what happened: larger, in the colour of the kind.</summary>
    private static bool Paragraph(StringBuilder html, string text, bool isFirst, string ink)
    {
        if (text.Length == 0)
            return false;
        var style = isFirst ? $"padding:22px 28px 14px;font-size:16px;line-height:1.7;font-weight:bold;color:{ink}" : "padding:14px 28px 0;font-size:12px;line-height:1.6;color:#6b7280";
        html.Append("<tr><td style=\"").Append(style).Append("\">").Append(Text(text)).Append("</td></tr>\r\n");
        return true;
    }

    private static void Row(StringBuilder html, string label, FieldContent content, Language language)
    {
        if (content is FieldContent.Action action)
        {
            Button(html, label, action, language);
            return;
        }
        if (content is FieldContent.Entries entries)
        {
            foreach (var entry in entries.Items)
                Entry(html, entry, language);
            return;
        }
        html.Append("<tr><td style=\"padding:10px 28px 0\"><div style=\"font-size:12px;line-height:1.5;color:#6b7280\">").Append(Text(label)).Append("</div>");
        Value(html, content, language);
        html.Append("</td></tr>\r\n");
    }

    private static void Value(StringBuilder html, FieldContent content, Language language)
    {
        switch (content)
        {
            case FieldContent.Lines lines:
                html.Append("<div style=\"font-size:14px;line-height:1.6;color:#111827;word-break:break-word\">").AppendJoin("<br>", lines.Texts.Select(Text)).Append("</div>");
                break;
            case FieldContent.Copy copy:
                foreach (var (caption, item) in copy.Items)
                    html.Append("<div style=\"font-size:12px;line-height:1.6;color:#6b7280;margin-top:6px\">").Append(Text(caption.In(language)))
                        .Append("</div><div style=\"font-family:Consolas,Menlo,monospace;font-size:12px;line-height:1.5;color:#111827;background-color:#f3f4f6;padding:6px 8px;word-break:break-all\">")
                        .Append(Text(item)).Append("</div>");
                break;
            case FieldContent.Excerpt excerpt:
                html.Append("<div style=\"font-size:13px;line-height:1.7;color:#111827;background-color:#fafafa;border-left:3px solid #d9dde3;padding:8px 12px;word-break:break-word\">")
                    .AppendJoin("<br>", excerpt.Text.Split('\n').Select(Text)).Append("</div>");
                break;
        }
    }

    private static void Button(StringBuilder html, string label, FieldContent.Action action, Language language)
    {
        var link = action.Mailto ?? action.Url!;
        var (background, ink) = action.Tone switch { Tone.Positive => ("#15803d", "#ffffff"), Tone.Negative => ("#b91c1c", "#ffffff"), _ => ("#e5e7eb", "#111827") };
        html.Append("<tr><td style=\"padding:10px 28px 0\"><table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\" bgcolor=\"").Append(background)
            .Append("\" style=\"background-color:").Append(background).Append(";border-radius:6px\"><a href=\"").Append(Text(link))
            .Append("\" style=\"display:inline-block;min-width:180px;padding:11px 20px;font-size:15px;font-weight:bold;text-decoration:none;color:").Append(ink).Append("\">")
            .Append(Text(label)).Append("</a></td></tr></table>");
        if (action.Mailto is not null && action.Url is { } url)
            html.Append("<div style=\"font-size:12px;padding-top:4px\"><a href=\"").Append(Text(url)).Append("\" style=\"color:#1d4ed8\">")
                .Append(new Phrase("Web ページで開く", "Open on the web page").In(language)).Append("</a></div>");
        html.Append("</td></tr>\r\n");
    }

    private static void Entry(StringBuilder html, IEnumerable<NoticeField> fields, Language language)
    {
        html.Append("<tr><td style=\"padding:18px 28px 0\"><table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"border:1px solid #d9dde3\">\r\n");
        foreach (var field in fields)
            Row(html, field.Label.In(language), field.Content, language);
        html.Append("<tr><td style=\"padding:8px 0\"></td></tr></table></td></tr>\r\n");
    }

    private static (string Band, string Ink) Colours(NoticeKind kind) => kind switch
    {
        NoticeKind.ApprovalNotice => ("#15803d", "#14532d"),
        NoticeKind.RejectionNotice or NoticeKind.ExpiryNotice or NoticeKind.NoAction or NoticeKind.CommandRefused => ("#b91c1c", "#7f1d1d"),
        NoticeKind.HoldNotice or NoticeKind.Reminder => ("#b45309", "#78350f"),
        _ => ("#1d4ed8", "#1e3a8a"),
    };

    private static string Text(string text) => WebUtility.HtmlEncode(VisibleText.Lines(text));
}
