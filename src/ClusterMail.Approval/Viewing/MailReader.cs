using System.Security.Cryptography;
using System.Text;
using MimeKit;

namespace ClusterMail.Approval.Viewing;

/// <summary>Reads a held mail for people's eyes. Bounded whatever it is given; never throws over what a sender wrote.</summary>
public static class MailReader
{
    /// <summary>Characters of text that are shown.</summary>
    public const int TextLimit = 200_000;

    /// <summary>Multiparts within each other; a mail forwarded by many has five.</summary>
    private const int DepthLimit = 30;

    /// <summary>Lines that could begin a part. Above, the mail is not taken apart.</summary>
    private const int BoundaryLimit = 5000;

    private const int HeaderLimit = 262_144;
    private const int HeadersShown = 200;
    private const int HeaderValueLimit = 2000;

    /// <param name="content">Seekable; read from its first octet. Left open.</param>
    public static MailView Read(Stream content)
    {
        Charsets.Ready();
        content.Position = 0;
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        var view = new MailView { ContentSha256 = sha256, Size = content.Length };
        if (Obstacle(content) is { } gap)
            return Raw(view, content, gap);
        content.Position = 0;
        try
        {
            var options = new ParserOptions { MaxMimeDepth = DepthLimit, CharsetEncoding = Encoding.UTF8 };
            using var message = new MimeParser(options, content, MimeFormat.Entity, persistent: true).ParseMessage();
            return new PartWalk(message).Into(WithHeaders(view, message));
        }
        catch (Exception e) when (e is FormatException or IOException or ArgumentException or NotSupportedException)
        {
            return Raw(view, content, ViewGap.Broken);
        }
    }

    /// <summary>From the beginning of a mail that is too large to be taken apart whole.</summary>
    /// <param name="size">Octets of the whole content.</param>
    /// <param name="contentSha256">Of the whole content, 64 hex digits.</param>
    public static MailView ReadBeginning(Stream beginning, long size, string contentSha256)
    {
        var view = Read(beginning);
        return view with { Size = size, ContentSha256 = contentSha256, Gaps = size > view.Size ? [.. view.Gaps, ViewGap.ContentCut] : view.Gaps };
    }

    /// <summary>Null: it can be taken apart.</summary>
    private static ViewGap? Obstacle(Stream content)
    {
        content.Position = 0;
        var shape = new MailShape();
        var buffer = new byte[65536];
        for (int length; (length = content.Read(buffer)) > 0;)
        {
            shape.See(buffer.AsSpan(0, length));
            if (shape.Boundaries > BoundaryLimit)
                return ViewGap.TooManyParts;
            if (shape.HeaderLength > HeaderLimit)
                return ViewGap.HeadersCut;
        }
        return null;
    }

    private static MailView WithHeaders(MailView view, MimeMessage message) => view with
    {
        Subject = HeaderText.Of(message.Headers, HeaderId.Subject),
        From = HeaderText.Of(message.Headers, HeaderId.From),
        Date = HeaderText.Of(message.Headers, HeaderId.Date),
        MessageId = message.MessageId is { Length: > 0 and <= 900 } id ? $"<{id}>" : null,
        Headers = [.. message.Headers.Take(HeadersShown).Select(header => new MailView.Header(VisibleText.Line(header.Field, 100), VisibleText.Line(HeaderText.Of(header), HeaderValueLimit)))],
        Visible = [.. message.To.Mailboxes.Concat(message.Cc.Mailboxes).Take(10_000).Select(mailbox => mailbox.Address.ToLowerInvariant())],
        Gaps = message.Headers.Count > HeadersShown ? [ViewGap.HeadersCut] : [],
    };

    /// <summary>The first octets as they stand: better than nothing, and the approver sees that the mail is not an ordinary one.</summary>
    private static MailView Raw(MailView view, Stream content, ViewGap gap)
    {
        content.Position = 0;
        var octets = new byte[Math.Min(content.Length, HeaderLimit)];
        var length = content.ReadAtLeast(octets, octets.Length, throwOnEndOfStream: false);
        return view with { Text = VisibleText.Lines(Encoding.UTF8.GetString(octets, 0, length)), Gaps = [gap] };
    }
}
