using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using MimeKit;
using MimeKit.Tnef;

namespace ClusterMail.Approval.Viewing;

/// <summary>Goes through the parts of one mail: texts to show, pictures they refer to, everything else as attachment.</summary>
internal sealed class PartWalk(MimeMessage message)
{
    private const int PartsLimit = 500;

    /// <summary>Octets of one picture shown in the HTML, and of all of them.</summary>
    private const int ImageLimit = 1_048_576;
    private const int ImagesLimit = 4_194_304;

    private static readonly string[] ImageTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"];

    private readonly List<TextPart> _plain = [];
    private readonly List<TextPart> _html = [];

    /// <summary>Texts out of a winmail.dat: they stand for those of the mail where it has none.</summary>
    private readonly List<TextPart> _packed = [];
    private readonly List<MimePart> _images = [];
    private readonly List<MailView.Attachment> _attachments = [];
    private readonly SortedSet<ViewGap> _gaps = [];
    private int _parts;

    public MailView Into(MailView view)
    {
        if (message.Body is not null)
            Visit(message.Body);
        if (_plain.Count == 0 && _html.Count == 0)
            foreach (var part in _packed)
                (part.IsHtml ? _html : _plain).Add(part);
        var plain = Join(_plain);
        var html = Join(_html);
        var shown = html.Length == 0 ? null : HtmlView.Of(html, Pictures());
        if (html.Length > 0 && shown is null)
            _gaps.Add(ViewGap.HtmlTooLarge);
        var text = plain.Trim().Length > 0 ? plain : HtmlText.Of(html, MailReader.TextLimit);
        return view with
        {
            Text = VisibleText.Lines(text).Trim('\n'),
            IsTextFromHtml = plain.Trim().Length == 0 && html.Length > 0,
            Html = shown?.Body,
            RemoteImages = shown?.RemoteImages ?? 0,
            Links = shown?.Links ?? [],
            Attachments = [.. _attachments],
            Gaps = [.. view.Gaps, .. _gaps],
        };
    }

    private void Visit(MimeEntity entity)
    {
        if (++_parts > PartsLimit)
        {
            _gaps.Add(ViewGap.TooManyParts);
            return;
        }
        switch (entity)
        {
            case Multipart multipart:
                foreach (var part in multipart)
                    Visit(part);
                break;
            case MessagePart forwarded:
                Attach(forwarded);
                break;
            case TextPart { IsAttachment: false } text when text.FileName is null && (text.IsPlain || text.IsHtml):
                (text.IsHtml ? _html : _plain).Add(text);
                break;
            case MimePart part:
                Sort(part);
                break;
        }
    }

    private void Sort(MimePart part)
    {
        // A multipart that was not taken apart because it lies too deep.
        if (part.ContentType.IsMimeType("multipart", "*"))
            _gaps.Add(ViewGap.TooDeep);
        if (part.ContentId is { Length: > 0 } && ImageTypes.Contains(part.ContentType.MimeType.ToLowerInvariant()))
            _images.Add(part);
        Attach(part);
        if (part is TnefPart container)
            AttachInside(container);
    }

    /// <summary>What Outlook packed into winmail.dat, under its own names: the recipient's program may unpack it.</summary>
    private void AttachInside(TnefPart container)
    {
        try
        {
            foreach (var inner in container.ExtractAttachments().OfType<MimePart>().Take(PartsLimit))
            {
                if (inner is TextPart { IsAttachment: false, FileName: null } text && (text.IsPlain || text.IsHtml))
                {
                    _packed.Add(text);
                    continue;
                }
                var (size, sha256) = Measure(stream => inner.Content?.DecodeTo(stream));
                _attachments.Add(new MailView.Attachment(VisibleText.Line($"{container.FileName} › {inner.FileName}", 200), VisibleText.Line(inner.ContentType.MimeType, 100), size, sha256));
            }
        }
        catch (Exception e) when (e is FormatException or IOException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            _gaps.Add(ViewGap.Broken);
        }
    }

    private string Join(List<TextPart> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            var (piece, isCut) = PartText.Read(part, part.IsHtml ? HtmlView.LengthLimit : MailReader.TextLimit);
            if (isCut && part.IsPlain)
                _gaps.Add(ViewGap.TextCut);
            // Cut HTML would show less than it has; over the limit it is shown as text only.
            text.Append(piece).Append(isCut && part.IsHtml ? new string(' ', HtmlView.LengthLimit) : "").Append('\n');
            if (part.IsPlain && text.Length > MailReader.TextLimit)
            {
                _gaps.Add(ViewGap.TextCut);
                return text.ToString(0, MailReader.TextLimit);
            }
        }
        return text.ToString();
    }

    private Dictionary<string, string> Pictures()
    {
        var pictures = new Dictionary<string, string>(StringComparer.Ordinal);
        var total = 0;
        foreach (var part in _images)
        {
            using var target = new MemoryStream();
            if (part.Content?.Stream is not { } stored || stored.Length > 2 * ImageLimit)
                continue;
            part.Content.DecodeTo(target, default);
            if (target.Length > ImageLimit || (total += (int)target.Length) > ImagesLimit)
                continue;
            pictures[part.ContentId!] = $"data:{part.ContentType.MimeType.ToLowerInvariant()};base64,{Convert.ToBase64String(target.GetBuffer(), 0, (int)target.Length)}";
        }
        return pictures;
    }

    private void Attach(MimePart part)
    {
        var (size, sha256) = Measure(stream => part.Content?.DecodeTo(stream));
        _attachments.Add(new MailView.Attachment(VisibleText.Line(part.FileName ?? "", 200), VisibleText.Line(part.ContentType.MimeType, 100), size, sha256));
    }

    private void Attach(MessagePart forwarded)
    {
        var (size, sha256) = Measure(stream => forwarded.Message?.WriteTo(stream));
        var name = forwarded.ContentDisposition?.FileName ?? forwarded.ContentType.Name ?? (forwarded.Message?.Subject is { Length: > 0 } subject ? $"{subject}.eml" : "");
        _attachments.Add(new MailView.Attachment(VisibleText.Line(name, 200), VisibleText.Line(forwarded.ContentType.MimeType, 100), size, sha256));
    }

    private static (long Size, string Sha256) Measure(Action<Stream> write)
    {
        using var sha256 = SHA256.Create();
        using var counting = new CountingStream();
        using (var hashing = new CryptoStream(counting, sha256, CryptoStreamMode.Write, leaveOpen: true))
            write(hashing);
        return (counting.Count, Convert.ToHexStringLower(sha256.Hash!));
    }

    private sealed class CountingStream : Stream
    {
        public long Count { get; private set; }
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => Count;
        public override long Position { get => Count; set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => Count += count;
    }
}
