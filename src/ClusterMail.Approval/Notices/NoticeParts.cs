using System.Collections.Immutable;
using System.Text;
using ClusterMail.Protocol;
using MimeKit;

namespace ClusterMail.Approval.Notices;

/// <summary>What is attached to a notice: the held mail, octet by octet, or the files of the history.</summary>
internal static class NoticeParts
{
    public static async Task<MimeEntity> BodyAsync(
        MultipartAlternative text, Notice notice, ImmutableArray<MailContent> originals, NoticeOptions options, CancellationToken cancellationToken)
    {
        var parts = new List<MimeEntity>();
        if (Carries(notice))
        {
            foreach (var (original, index) in originals.Take(WaitingEntry.AttachedLimit).Select((original, index) => (original, index)))
            {
                if (original.Length <= options.AttachOriginalMax)
                    parts.Add(await OriginalAsync(original, Name(notice, index), options.NeedsSevenBit, cancellationToken));
            }
        }
        if (notice is Notice.History { Files: { } files })
            parts.AddRange(files.Files.Select(File));
        if (parts.Count == 0)
            return text;
        var mixed = new Multipart("mixed") { text };
        parts.ForEach(mixed.Add);
        return mixed;
    }

    /// <summary>The request (APPROVE-113); the rejection or expiry told to the sender, once and not nested (APPROVE-117); a full waiting list (APPROVE-217).</summary>
    private static bool Carries(Notice notice) => notice switch
    {
        Notice.Request => true,
        Notice.Result result => result.ToRequester && result.Kind is NoticeKind.RejectionNotice or NoticeKind.ExpiryNotice,
        Notice.Waiting => true,
        _ => false,
    };

    private static string Name(Notice notice, int index) => notice is Notice.Waiting waiting && index < waiting.Entries.Length ? $"{waiting.Entries[index].Held.Hold}.eml" : "original.eml";

    private static async Task<MimePart> OriginalAsync(MailContent original, string name, bool needsSevenBit, CancellationToken cancellationToken)
    {
        var octets = new byte[original.Length];
        await using (var source = original.OpenRead())
            await source.ReadExactlyAsync(octets, cancellationToken);
        if (needsSevenBit && !Ascii.IsValid(octets))
            octets = SevenBit(octets);
        // Never through a parser: what the approver opens is what was held (APPROVE-70).
        return new MimePart("message", "rfc822")
        {
            ContentType = { Name = name },
            ContentDisposition = new ContentDisposition(ContentDisposition.Attachment) { FileName = name },
            Content = new MimeContent(new MemoryStream(octets, writable: false)),
            ContentTransferEncoding = Ascii.IsValid(octets) ? ContentEncoding.SevenBit : ContentEncoding.EightBit,
        };
    }

    /// <summary>APPROVE-125: another transfer encoding for the copy; where even that fails its 8-bit octets become question marks rather than a bounce.</summary>
    private static byte[] SevenBit(byte[] octets)
    {
        try
        {
            using var message = MimeMessage.Load(new MemoryStream(octets, writable: false));
            message.Prepare(EncodingConstraint.SevenBit);
            var format = FormatOptions.Default.Clone();
            format.NewLineFormat = NewLineFormat.Dos;
            using var target = new MemoryStream();
            message.WriteTo(format, target);
            octets = target.ToArray();
        }
        catch (FormatException)
        {
            // No mail to a parser; the octets below stay readable where they are ASCII.
        }
        return Ascii.IsValid(octets) ? octets : [.. octets.Select(octet => octet < 128 ? octet : (byte)'?')];
    }

    private static MimePart File(Commands.HistoryFiles.NamedFile file)
    {
        var isZip = file.Name.EndsWith(".zip", StringComparison.Ordinal);
        return new MimePart(isZip ? "application" : "text", isZip ? "zip" : "plain")
        {
            ContentType = { Name = file.Name },
            ContentDisposition = new ContentDisposition(ContentDisposition.Attachment) { FileName = file.Name },
            Content = new MimeContent(new MemoryStream(file.Octets.ToArray(), writable: false)),
            ContentTransferEncoding = ContentEncoding.Base64,
        };
    }
}
