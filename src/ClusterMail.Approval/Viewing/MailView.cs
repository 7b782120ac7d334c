using System.Collections.Immutable;

namespace ClusterMail.Approval.Viewing;

/// <summary>A held mail as people look at it: decoded, bounded, and harmless. The octets themselves are untouched (APPROVE-70).</summary>
public sealed record MailView
{
    /// <summary>Decoded as it stands in the mail; empty without one.</summary>
    public string Subject { get; init; } = "";
    public string From { get; init; } = "";
    public string Date { get; init; } = "";

    /// <summary>With angle brackets; null without one.</summary>
    public string? MessageId { get; init; }

    /// <summary>Octets of the content.</summary>
    public long Size { get; init; }

    /// <summary>Of the content, 64 hex digits: what a decision made from this view is bound to.</summary>
    public required string ContentSha256 { get; init; }

    /// <summary>Name and decoded value, in the mail's order.</summary>
    public ImmutableArray<Header> Headers { get; init; } = [];

    /// <summary>Addresses in To: and Cc:, lower case: a recipient that is not among them is Bcc (APPROVE-115).</summary>
    public ImmutableHashSet<string> Visible { get; init; } = [];

    /// <summary>The plain text; of the HTML where there is no other. Line ends are LF.</summary>
    public string Text { get; init; } = "";

    /// <summary>The text is only the HTML reduced to text.</summary>
    public bool IsTextFromHtml { get; init; }

    /// <summary>Sanitised, complete for an iframe's <c>srcdoc</c>; null: the mail has none, or it is too much to be shown safely.</summary>
    public string? Html { get; init; }

    /// <summary>Images in the HTML that are not shown because they lie elsewhere.</summary>
    public int RemoteImages { get; init; }

    /// <summary>Where links of the HTML lead.</summary>
    public ImmutableArray<string> Links { get; init; } = [];
    public ImmutableArray<Attachment> Attachments { get; init; } = [];

    /// <summary>What could not be shown, in order; empty: everything is here.</summary>
    public ImmutableArray<ViewGap> Gaps { get; init; } = [];

    /// <summary>There may be attachments that are not among <see cref="Attachments"/>.</summary>
    public bool LacksAttachments => Gaps.Any(gap => gap is ViewGap.TooManyParts or ViewGap.TooDeep or ViewGap.Broken or ViewGap.HeadersCut or ViewGap.ContentCut);

    public sealed record Header(string Name, string Value);

    /// <param name="Size">Octets after decoding.</param>
    /// <param name="Sha256">Of the decoded octets, 64 hex digits; empty where they could not be decoded.</param>
    public sealed record Attachment(string Name, string MediaType, long Size, string Sha256);
}

/// <summary>Why a view is not the whole mail.</summary>
public enum ViewGap
{
    TextCut,
    HtmlTooLarge,
    TooManyParts,
    TooDeep,
    Broken,
    HeadersCut,

    /// <summary>Only the beginning of a large mail was taken apart.</summary>
    ContentCut,
}
