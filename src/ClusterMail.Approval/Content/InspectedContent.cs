using System.Collections.Immutable;

namespace ClusterMail.Approval.Content;

/// <summary>What approval looks at in a content, read once at the end of DATA with bounded work. Immutable.</summary>
public sealed record InspectedContent
{
    /// <summary>Octets as received, our own <c>Received:</c> header not counted.</summary>
    public required long Length { get; init; }

    /// <summary>Unfolded, words of RFC 2047 and raw 8-bit text decoded, white space runs reduced to one space; null: the mail has none (APPROVE-40).</summary>
    public string? Subject { get; init; }

    /// <summary>Why the subject may say something else than <see cref="Subject"/>; counts as a keyword found (APPROVE-13). Null: it says that.</summary>
    public string? SubjectTrouble { get; init; }

    /// <summary>Parts found by the attachment test (APPROVE-37) in the mode <c>approval.attachment_test</c> asks; empty: nothing is attached.</summary>
    public ImmutableArray<AttachedPart> Attachments { get; init; } = [];

    /// <summary>Names of attachments nobody can look into without a password (APPROVE-515).</summary>
    public ImmutableArray<string> Encrypted { get; init; } = [];

    /// <summary>Text of the bodies, HTML reduced to text, joined by line feeds; at most <see cref="MaxText"/> characters. Read only when a line searches it.</summary>
    public string Text { get; init; } = "";

    /// <summary>Why <see cref="Text"/> may lack something: too long, or a charset nobody knows. Counts as a keyword found in it. Null: it is whole.</summary>
    public string? TextTrouble { get; init; }

    /// <summary>The message could not be read to its end: too deep, too many parts, broken. Counts as an attachment and as a keyword found (APPROVE-13, APPROVE-37).</summary>
    public string? Unreadable { get; init; }

    /// <summary>A report or an automatic answer: top level <c>multipart/report</c>, or <c>Auto-Submitted</c> other than <c>no</c> (APPROVE-9).</summary>
    public bool IsAutomatic { get; init; }

    /// <summary>Addresses of From:, To: and Cc:, lower case, for the null sender (APPROVE-9) and to mark Bcc recipients (APPROVE-115).</summary>
    public ImmutableArray<string> From { get; init; } = [];
    public ImmutableArray<string> Visible { get; init; } = [];

    /// <summary>Message-ID without angle brackets; empty: none. For probable duplicates (APPROVE-88).</summary>
    public string MessageId { get; init; } = "";

    /// <summary>1 Mi characters: more text than anybody writes, and a bound for hostile mails.</summary>
    public const int MaxText = 1_048_576;
}

/// <summary>A part that counts as an attachment.</summary>
/// <param name="Name">Decoded; empty: it has none.</param>
/// <param name="MediaType"><c>application/pdf</c>, lower case.</param>
/// <param name="Length">Octets after decoding, if they were counted; else -1.</param>
public sealed record AttachedPart(string Name, string MediaType, long Length);

/// <summary>How <c>approval.attachment_test</c> asks (APPROVE-37).</summary>
public enum AttachmentTest : byte
{
    /// <summary>All parts are looked at.</summary>
    Mime,

    /// <summary>Any multipart content type, as the original did (APPROVE-36).</summary>
    Multipart,
}
