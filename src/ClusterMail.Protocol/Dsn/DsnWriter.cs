using System.Globalization;
using System.Text;
using MimeKit;
using MimeKit.Utils;

namespace ClusterMail.Protocol.Dsn;

/// <summary>
/// A report as a mail: multipart/report of RFC 6522 with a text for people, message/delivery-status (RFC 3464) and the original or its header. Where
/// an address needs it the global forms of RFC 6533 are used. The original goes in octet by octet, never through a parser.
/// </summary>
public static class DsnWriter
{
    /// <summary>The original is returned whole up to this size (BOUNCE-8). Octets.</summary>
    public const int FullLimit = 64 * 1024;

    /// <summary>The same when the sender asked for it with RET=FULL. A report much larger than this would do more harm than good. Octets.</summary>
    public const int FullLimitOnRequest = 1024 * 1024;

    private const int HeaderLimit = 64 * 1024;

    public static async Task<DsnMail> WriteAsync(DsnReport report)
    {
        var isGlobal = report.To.NeedsSmtpUtf8 || report.Recipients.Any(r => r.Recipient.NeedsSmtpUtf8);
        var (original, isWhole) = await OriginalAsync(report);
        using var message = new MimeMessage();
        // A new message has From:, Date: and the like already; here each header is ours, in our order.
        message.Headers.Clear();
        message.Headers.Add(HeaderId.Date, DateUtils.FormatDate(report.Now));
        message.From.Add(new MailboxAddress("Mail Delivery System", $"postmaster@{report.HostName}"));
        message.Headers.Add(HeaderId.To, isGlobal ? Encoding.UTF8 : Encoding.ASCII, $"<{Clean(report.To.ToString(), isGlobal)}>");
        message.Subject = Subject(report);
        message.Headers.Add(HeaderId.MessageId, $"<{report.Id.At(report.HostName)}>");
        message.Headers.Add("Auto-Submitted", "auto-replied");
        message.Headers.Add(HeaderId.MimeVersion, "1.0");
        message.Body = new MultipartReport(isGlobal ? "global-delivery-status" : "delivery-status")
        {
            new TextPart("plain") { Text = DsnText.For(report), ContentTransferEncoding = ContentEncoding.Base64 },
            Raw("message", isGlobal ? "global-delivery-status" : "delivery-status", Encoding.UTF8.GetBytes(Status(report, isGlobal))),
            isWhole
                ? Raw("message", NeedsGlobal(original) ? "global" : "rfc822", original)
                : Raw(Ascii.IsValid(original) ? "text" : "message", Ascii.IsValid(original) ? "rfc822-headers" : "global-headers", original),
        };
        var options = FormatOptions.Default.Clone();
        options.NewLineFormat = NewLineFormat.Dos;
        options.International = isGlobal;
        using var target = new MemoryStream();
        await message.WriteToAsync(options, target);
        var octets = target.ToArray();
        return new DsnMail(octets, Has8Bit: !Ascii.IsValid(octets), NeedsSmtpUtf8: isGlobal);
    }

    private static string Subject(DsnReport report) => report.Recipients[0].Action switch
    {
        DsnAction.Failed => "Delivery failure",
        DsnAction.Delayed => "Delivery delayed",
        _ => "Delivery report",
    };

    private static string Status(DsnReport report, bool isGlobal)
    {
        var text = new StringBuilder();
        void Field(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                text.Append(CultureInfo.InvariantCulture, $"{name}: {Clean(value, isGlobal)}\r\n");
        }

        Field("Reporting-MTA", $"dns; {report.HostName}");
        Field("Original-Envelope-Id", Xtext.Decode(report.EnvelopeId));
        Field("Arrival-Date", DateUtils.FormatDate(report.ArrivedAt));
        foreach (var recipient in report.Recipients)
        {
            text.Append("\r\n");
            Field("Original-Recipient", Original(recipient.OriginalRecipient));
            Field("Final-Recipient", $"{(recipient.Recipient.NeedsSmtpUtf8 ? "utf-8" : "rfc822")}; {recipient.Recipient}");
            Field("Action", recipient.Action.ToString().ToLowerInvariant());
            Field("Status", recipient.Status.ToString());
            Field("Remote-MTA", recipient.RemoteHost is null ? null : $"dns; {recipient.RemoteHost}");
            // What is not an SMTP reply of another host is no diagnostic of SMTP (RFC 3464 §2.3.6).
            Field("Diagnostic-Code", recipient.Reason.Length == 0 ? null : $"{(recipient.RemoteHost is null ? "X-ClusterMail" : "smtp")}; {recipient.Reason}");
            Field("Last-Attempt-Date", recipient.LastAttempt is { } last ? DateUtils.FormatDate(last) : null);
            Field("Will-Retry-Until", recipient.RetriesUntil is { } until ? DateUtils.FormatDate(until) : null);
        }
        return text.ToString();
    }

    private static string? Original(string? orcpt)
    {
        var parts = orcpt?.Split(';', 2);
        return parts is not { Length: 2 } ? null : $"{parts[0]}; {Xtext.Decode(parts[1])}";
    }

    /// <summary>One line, whatever a stranger put into it.</summary>
    private static string Clean(string text, bool isGlobal) =>
        string.Concat(text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : isGlobal || char.IsAscii(c) ? c : '?'));

    private static MimePart Raw(string type, string subtype, byte[] octets) => new(type, subtype)
    {
        Content = new MimeContent(new MemoryStream(octets, writable: false)),
        ContentTransferEncoding = Ascii.IsValid(octets) ? ContentEncoding.SevenBit : ContentEncoding.EightBit,
    };

    /// <summary>8bit in the header makes it message/global (RFC 6532 §3.7); in the body alone it is an ordinary 8bit mail.</summary>
    private static bool NeedsGlobal(byte[] original) => !Ascii.IsValid(original.AsSpan(0, HeaderLength(original)));

    private static async Task<(byte[] Octets, bool IsWhole)> OriginalAsync(DsnReport report)
    {
        var limit = report.Ret switch { Ret.Full => FullLimitOnRequest, Ret.Headers => -1, _ => FullLimit };
        var isWhole = report.Original.Length <= limit;
        var length = (int)Math.Min(report.Original.Length, isWhole ? limit : HeaderLimit);
        var octets = new byte[length];
        await using var source = report.Original.OpenRead();
        var read = await source.ReadAtLeastAsync(octets, length, throwOnEndOfStream: false);
        return (isWhole ? octets[..read] : octets[..HeaderLength(octets.AsSpan(0, read))], isWhole);
    }

    private static int HeaderLength(ReadOnlySpan<byte> octets)
    {
        var end = octets.IndexOf("\r\n\r\n"u8);
        if (end >= 0)
            return end + 2;
        // A header longer than what was read ends with its last whole line.
        var line = octets.LastIndexOf("\r\n"u8);
        return line < 0 ? octets.Length : line + 2;
    }
}
