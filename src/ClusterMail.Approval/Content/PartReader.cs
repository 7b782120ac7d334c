using MimeKit;
using MimeKit.Utils;

namespace ClusterMail.Approval.Content;

/// <summary>Follows the parser through a mail and notes its leaves. An attached message/rfc822 is one leaf; what is in it is not looked at (APPROVE-37).</summary>
internal sealed class PartReader(Stream content) : MimeReader(JapaneseText.Parsing, content, MimeFormat.Entity)
{
    private readonly Stack<Multipart> _around = new();
    private HeaderNotes _notes = new();
    private MimePiece? _current;
    /// <summary>Attachments whose edges are kept; more than that is looked at by nobody one by one.</summary>
    private const int MostEdged = 50;

    private int _edged;
    private int _attachedMessages;
    private long _textOctets;
    private int _count;

    public TopHeader Top { get; } = new();
    public List<MimePiece> Parts { get; } = [];
    public string? Unreadable { get; private set; }

    private bool Outside => _attachedMessages > 0;

    protected override void OnHeadersBegin(long beginOffset, int beginLineNumber, CancellationToken cancellationToken) => _notes = new HeaderNotes();

    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken)
    {
        if (Outside)
            return;
        switch (header.Id)
        {
            case HeaderId.ContentType: _notes.Types++; break;
            case HeaderId.ContentDisposition: _notes.Dispositions.Add(header.RawValue); break;
            case HeaderId.ContentId: _notes.ContentId = header.Value.Trim().Trim('<', '>'); break;
            case HeaderId.ContentTransferEncoding: _notes.Encodings.Add(header.Value.Trim()); break;
            default:
                if (Top.Type is null)
                    OfTheMail(header);
                break;
        }
    }

    private void OfTheMail(Header header)
    {
        switch (header.Id)
        {
            case HeaderId.Subject: Top.Subjects.Add(header.RawValue); break;
            case HeaderId.From: Top.From.Add(header.RawValue); break;
            case HeaderId.To or HeaderId.Cc: Top.Visible.Add(header.RawValue); break;
            case HeaderId.AutoSubmitted: Top.AutoSubmitted ??= header.Value.Trim(); break;
            case HeaderId.MessageId: Top.MessageId = MimeUtils.ParseMessageId(header.Value) ?? ""; break;
        }
    }

    protected override void OnMultipartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        Top.Type ??= contentType;
        if (!Outside)
        {
            if (string.IsNullOrEmpty(contentType.Boundary))
                Unreadable ??= "a multipart without boundary";
            if (_notes.Types > 1)
                Unreadable ??= "a part with two content types";
        }
        Count();
        if (_around.TryPeek(out var parent))
            parent.TakeIndex();
        _around.Push(new Multipart(contentType, contentType.IsMimeType("multipart", "related") || _around.Any(outer => outer.InRelated)));
    }

    protected override void OnMultipartEnd(ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken)
    {
        if (_around.Pop().IsEmpty && !Outside)
            Unreadable ??= "a multipart without parts";
    }

    protected override void OnMessagePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        Top.Type ??= contentType;
        Count();
        if (!Outside)
            Parts.Add(Piece(contentType) with { IsMessage = true });
        else if (_around.TryPeek(out var parent))
            parent.TakeIndex();
        _attachedMessages++;
    }

    protected override void OnMessagePartEnd(ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken) => _attachedMessages--;

    protected override void OnMimePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
    {
        Top.Type ??= contentType;
        Count();
        if (Outside)
        {
            if (_around.TryPeek(out var parent))
                parent.TakeIndex();
            return;
        }
        var piece = Piece(contentType);
        _current = piece.IsText ? piece with { Raw = new MemoryStream() } : _edged++ < MostEdged ? piece with { Edges = new PartEdges() } : piece;
        Parts.Add(_current);
    }

    protected override void OnMimePartEnd(ContentType contentType, long beginOffset, int beginLineNumber, long headersEndOffset, long endOffset, int lines, CancellationToken cancellationToken) => _current = null;

    protected override void OnMimePartContentRead(byte[] buffer, int startIndex, int count, CancellationToken cancellationToken)
    {
        if (_current is null)
            return;
        _current.RawLength += count;
        _current.Edges?.See(buffer.AsSpan(startIndex, count));
        if (_current.Raw is not { } raw)
            return;
        if ((_textOctets += count) > ContentInspector.MaxTextOctets)
            throw new UnreadableContentException($"more than {ContentInspector.MaxTextOctets / 1_048_576} MiB of text");
        raw.Write(buffer, startIndex, count);
    }

    private MimePiece Piece(ContentType type)
    {
        var disposition = _notes.Dispositions is [var only] && ContentDisposition.TryParse(JapaneseText.Parsing, only, out var read) ? read : null;
        var encoding = ContentEncoding.Default;
        var doubtful = _notes.Types > 1 || (disposition is null && _notes.Dispositions.Count > 0) || _notes.Encodings.Count > 1
            || (_notes.Encodings is [var name] && !MimeUtils.TryParse(name, out encoding));
        return new MimePiece(type, _around.TryPeek(out var around) ? around.Type : null, around?.TakeIndex() ?? 0)
        {
            InRelated = around?.InRelated == true,
            DispositionAttachment = disposition?.IsAttachment == true,
            Name = disposition?.FileName is { Length: > 0 } fileName ? fileName : type.Name ?? "",
            ContentId = _notes.ContentId,
            Encoding = encoding,
            Doubtful = doubtful,
        };
    }

    private void Count()
    {
        if (++_count > ContentInspector.MaxParts)
            throw new UnreadableContentException($"more than {ContentInspector.MaxParts} parts");
        if (_around.Count + _attachedMessages >= ContentInspector.MaxDepth)
            throw new UnreadableContentException($"parts nested deeper than {ContentInspector.MaxDepth}");
    }

    private sealed class HeaderNotes
    {
        public int Types { get; set; }
        public List<byte[]> Dispositions { get; } = [];
        public List<string> Encodings { get; } = [];
        public string ContentId { get; set; } = "";
    }

    private sealed class Multipart(ContentType type, bool inRelated)
    {
        private int _children;

        public ContentType Type => type;
        public bool InRelated => inRelated;
        public bool IsEmpty => _children == 0;

        public int TakeIndex() => _children++;
    }
}
