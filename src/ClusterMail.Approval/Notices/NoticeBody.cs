using System.Text;
using ClusterMail.Approval.Viewing;
using MimeKit;

namespace ClusterMail.Approval.Notices;

/// <summary>The text of one notice in the languages it is written in, plain and as HTML.</summary>
internal sealed class NoticeBody
{
    private readonly List<(NoticeTemplate Template, IReadOnlyDictionary<string, FieldContent> Values)> _sections;
    private readonly NoticeOptions _options;
    private readonly string _plain;

    public NoticeBody(Notice notice, NoticeLanguage language, NoticeOptions options)
    {
        _options = options;
        _sections = [.. language.Each().Select(one => (options.Template(notice.Kind, one), NoticeFieldValues.Of(notice, one, options)))];
        _plain = string.Join($"\r\n{new string('=', 40)}\r\n\r\n", _sections.Select(section => NoticePlainText.Of(section.Template, section.Values)));
    }

    /// <summary>ISO-2022-JP where it is wanted and can hold every sign; else UTF-8 (APPROVE-101).</summary>
    public Encoding Charset(string subject)
    {
        if (!_options.PrefersIso2022Jp)
            return Encoding.UTF8;
        var japanese = Charsets.Iso2022Jp;
        var all = subject + _options.DisplayName + _plain;
        return japanese.GetString(japanese.GetBytes(all)) == all ? japanese : Encoding.UTF8;
    }

    /// <summary>Both parts in base64: links are longer than a line may be, and no server on the way breaks them (APPROVE-122).</summary>
    public MultipartAlternative Alternative(string subject, Encoding charset) =>
        [Part("plain", _plain, charset), Part("html", NoticeHtml.Of(subject, _sections[0].Template.Language, _sections), charset)];

    private static TextPart Part(string subtype, string text, Encoding charset)
    {
        var part = new TextPart(subtype) { ContentTransferEncoding = ContentEncoding.Base64 };
        part.SetText(charset, subtype == "html" ? text.Replace("charset=\"utf-8\"", $"charset=\"{charset.WebName}\"", StringComparison.Ordinal) : text);
        return part;
    }
}
