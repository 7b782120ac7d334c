using MimeKit;

namespace ClusterMail.Approval.Content;

/// <summary>One leaf of a mail's tree of parts.</summary>
/// <param name="Parent">Type of the multipart around it; null: it is the whole mail.</param>
/// <param name="Index">Its place in that, from 0.</param>
internal sealed record MimePiece(ContentType Type, ContentType? Parent, int Index)
{
    public bool InRelated { get; init; }
    public bool DispositionAttachment { get; init; }
    public string Name { get; init; } = "";

    /// <summary>Without angle brackets; empty: none.</summary>
    public string ContentId { get; init; } = "";
    public ContentEncoding Encoding { get; init; }

    /// <summary>Headers say two things, or nothing that can be read: counts as an attachment.</summary>
    public bool Doubtful { get; init; }

    /// <summary>Octets as they stand in the mail, of text parts only.</summary>
    public MemoryStream? Raw { get; init; }
    public long RawLength { get; set; }

    /// <summary>Beginning and end of a part that is no text.</summary>
    public PartEdges? Edges { get; init; }

    public bool IsMessage { get; init; }

    /// <summary>text/plain or text/html to be shown, by type alone.</summary>
    public bool IsText => Type.IsMimeType("text", "*");

    public string MediaType => Type.MimeType.ToLowerInvariant();
}

/// <summary>A text part with its octets after the transfer encoding.</summary>
internal sealed record TextPiece(MimePiece Part, byte[] Octets);

/// <summary>Header of the mail itself.</summary>
internal sealed class TopHeader
{
    public ContentType? Type { get; set; }
    public List<byte[]> Subjects { get; } = [];
    public List<byte[]> From { get; } = [];
    public List<byte[]> Visible { get; } = [];
    public string? AutoSubmitted { get; set; }
    public string MessageId { get; set; } = "";
}
