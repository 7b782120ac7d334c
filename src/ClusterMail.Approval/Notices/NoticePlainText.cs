using System.Text;

namespace ClusterMail.Approval.Notices;

/// <summary>A notice as plain text: complete, usable alone (APPROVE-102). Lines end with CRLF.</summary>
internal static class NoticePlainText
{
    public static string Of(NoticeTemplate template, IReadOnlyDictionary<string, FieldContent> values)
    {
        var text = new StringBuilder();
        var known = NoticeFields.Of(template.Kind).ToDictionary(field => field.Name);
        foreach (var line in template.Lines)
        {
            if (line.Field is null)
                text.Append(line.Text).Append("\r\n");
            else if (values.TryGetValue(line.Field, out var content))
                Field(text, known[line.Field].Label.In(template.Language), content, template.Language, indent: "");
        }
        return text.ToString();
    }

    private static void Field(StringBuilder text, string label, FieldContent content, Language language, string indent)
    {
        switch (content)
        {
            case FieldContent.Lines { Texts: [var only] }:
                text.Append(indent).Append(label).Append(": ").Append(only).Append("\r\n");
                break;
            case FieldContent.Lines lines:
                Heading(text, label, indent);
                foreach (var one in lines.Texts)
                    text.Append(indent).Append("  ").Append(one).Append("\r\n");
                break;
            case FieldContent.Action action:
                // The link stands alone on its line: clients make of a line what they can click.
                Heading(text, label, indent);
                foreach (var link in new[] { action.Mailto, action.Url }.OfType<string>())
                    text.Append(link).Append("\r\n");
                text.Append("\r\n");
                break;
            case FieldContent.Copy copy:
                Heading(text, label, indent);
                foreach (var (caption, item) in copy.Items)
                    text.Append(caption.In(language)).Append("\r\n").Append(item).Append("\r\n");
                text.Append("\r\n");
                break;
            case FieldContent.Excerpt excerpt:
                Heading(text, label, indent);
                foreach (var line in excerpt.Text.Split('\n'))
                    text.Append("| ").Append(line).Append("\r\n");
                text.Append("\r\n");
                break;
            case FieldContent.Entries entries:
                Entries(text, entries, language);
                break;
        }
    }

    private static void Heading(StringBuilder text, string label, string indent) =>
        text.Append(indent).Append(label).Append(label.EndsWith(']') ? "\r\n" : ":\r\n");

    private static void Entries(StringBuilder text, FieldContent.Entries entries, Language language)
    {
        foreach (var entry in entries.Items)
        {
            text.Append("----------------------------------------\r\n");
            foreach (var field in entry)
                Field(text, field.Label.In(language), field.Content, language, "");
        }
        text.Append("----------------------------------------\r\n");
    }
}
