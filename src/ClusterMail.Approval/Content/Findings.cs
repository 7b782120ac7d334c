using System.Collections.Immutable;
using System.Text;
using MimeKit;

namespace ClusterMail.Approval.Content;

/// <summary>What the leaves of a mail mean: which count as attachments, and what its bodies say.</summary>
internal sealed class Findings(TopHeader top, List<MimePiece> parts, AttachmentTest test, bool bodies)
{
    private static readonly string[] PartsOfReports =
    [
        "message/disposition-notification", "message/rfc822", "message/delivery-status",
        "message/global", "message/global-headers", "message/global-delivery-status", "message/global-disposition-notification",
    ];

    /// <summary>Subject: headers that are read; an ordinary mail has one.</summary>
    private const int MostSubjects = 20;

    public InspectedContent Read(long length, string? unreadable)
    {
        var subjects = top.Subjects.Take(MostSubjects).Select(raw => (Text: HeaderText.Decode(raw, out var unknown), Unknown: unknown)).ToList();
        var texts = parts.Where(part => part.Raw is not null).Select(part => new TextPiece(part, PartText.Octets(part))).ToList();
        var text = bodies ? Bodies(texts) : (Text: "", Trouble: null);
        return new InspectedContent
        {
            Length = length,
            Subject = subjects.Count == 0 ? null : string.Join(' ', subjects.Select(subject => subject.Text)),
            SubjectTrouble = subjects.Select(subject => subject.Unknown).OfType<string>().FirstOrDefault() is { } charset ? $"subject in the unknown charset {charset}"
                : top.Subjects.Count > MostSubjects ? $"more than {MostSubjects} subjects" : null,
            Attachments = Attachments(texts),
            Encrypted = [.. parts.Where(part => part.Edges?.IsEncrypted(part) == true).Select(part => part.Name.Length > 0 ? part.Name : part.MediaType)],
            Text = text.Text,
            TextTrouble = text.Trouble,
            Unreadable = unreadable,
            IsAutomatic = top.Type?.IsMimeType("multipart", "report") == true || (top.AutoSubmitted is { Length: > 0 } automatic && !automatic.Equals("no", StringComparison.OrdinalIgnoreCase)),
            From = Addresses(top.From),
            Visible = Addresses(top.Visible),
            MessageId = top.MessageId,
        };
    }

    private ImmutableArray<AttachedPart> Attachments(List<TextPiece> texts)
    {
        // APPROVE-36: the old test looked at the type of the mail alone.
        if (test == AttachmentTest.Multipart)
            return top.Type is { } type && type.IsMimeType("multipart", "*") && ReportType() != "disposition-notification" ? [new AttachedPart("", type.MimeType.ToLowerInvariant(), -1)] : [];
        if (IsPlainReport())
            return [];
        var referenced = References(texts);
        var encrypted = top.Type is { } whole && whole.IsMimeType("multipart", "encrypted");
        if (encrypted && parts.Count == 0)
            return [new AttachedPart("", "multipart/encrypted", -1)];
        return [.. parts.Where(part => encrypted || AttachmentRules.Counts(part, referenced, texts)).Select(part => new AttachedPart(part.Name, part.MediaType, part.RawLength))];
    }

    /// <summary>APPROVE-38: a receipt or a delivery report of nothing but its usual parts.</summary>
    private bool IsPlainReport() => ReportType() is "disposition-notification" or "delivery-status"
        && parts.TrueForAll(part => !part.Doubtful && (part.IsText || PartsOfReports.Contains(part.MediaType)));

    private string? ReportType() => top.Type is { } type && type.IsMimeType("multipart", "report") ? type.Parameters["report-type"]?.Trim().ToLowerInvariant() : null;

    /// <summary>Content-IDs that HTML parts show.</summary>
    private static HashSet<string> References(List<TextPiece> texts)
    {
        var found = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (part, octets) in texts)
        {
            if (!part.Type.IsMimeType("text", "html"))
                continue;
            var html = Encoding.Latin1.GetString(octets);
            for (var at = html.IndexOf("cid:", StringComparison.OrdinalIgnoreCase); at >= 0; at = html.IndexOf("cid:", at + 4, StringComparison.OrdinalIgnoreCase))
            {
                var rest = html.AsSpan(at + 4);
                var end = rest.IndexOfAny("\"'> )\r\n\t");
                var id = end < 0 ? rest : rest[..end];
                if (id.Length is > 0 and < 1000)
                    found.Add(Uri.UnescapeDataString(id.ToString()));
            }
        }
        return found;
    }

    private static (string Text, string? Trouble) Bodies(List<TextPiece> texts)
    {
        var (all, trouble) = (new StringBuilder(), (string?)null);
        foreach (var (part, octets) in texts)
        {
            all.Append(PartText.Words(part, octets, out var unknown)).Append('\n');
            trouble ??= unknown is null ? null : $"text in the unknown charset {unknown}";
            if (all.Length <= InspectedContent.MaxText)
                continue;
            all.Length = InspectedContent.MaxText;
            return (all.ToString(), trouble ?? $"more than {InspectedContent.MaxText} characters of text");
        }
        return (all.ToString(), trouble);
    }

    private static ImmutableArray<string> Addresses(List<byte[]> headers)
    {
        // Longer than any header that people write: its addresses are not worth the time.
        const int longest = 256 * 1024;
        return [.. headers.Where(raw => raw.Length <= longest)
            .SelectMany(raw => InternetAddressList.TryParse(JapaneseText.Parsing, raw, out var list) ? list.Mailboxes : [])
            .Select(mailbox => mailbox.Address.ToLowerInvariant()).Distinct(StringComparer.Ordinal)];
    }
}
