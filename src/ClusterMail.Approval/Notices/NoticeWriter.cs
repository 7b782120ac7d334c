using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ClusterMail.Approval.Viewing;
using ClusterMail.Protocol;
using MimeKit;
using MimeKit.Utils;

namespace ClusterMail.Approval.Notices;

/// <summary>Writes a notice as a mail (APPROVE-101 to APPROVE-107, APPROVE-113, APPROVE-117).</summary>
public static class NoticeWriter
{
    /// <param name="original">The stored content of the held mail, for the kinds that carry it; null: not at hand.</param>
    /// <param name="now">Goes into Date:.</param>
    public static Task<NoticeMail> WriteAsync(
        Notice notice, Mailbox to, NoticeLanguage language, NoticeOptions options, MailContent? original, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteAsync(notice, to, language, options, original is null ? [] : [original], now, cancellationToken);

    /// <param name="originals">Of a full waiting list, in its order (APPROVE-217); of other kinds one at most.</param>
    public static async Task<NoticeMail> WriteAsync(
        Notice notice, Mailbox to, NoticeLanguage language, NoticeOptions options, ImmutableArray<MailContent> originals, DateTimeOffset now, CancellationToken cancellationToken)
    {
        Charsets.Ready();
        var author = notice.Author ?? to;
        var needsUtf8 = to.NeedsSmtpUtf8 || author.NeedsSmtpUtf8 || options.SystemAddress.NeedsSmtpUtf8;
        var subject = NoticeSubject.For(notice, to.ToString(), language);
        var texts = new NoticeBody(notice, language, options);
        var charset = texts.Charset(subject);
        using var message = new MimeMessage();
        message.Headers.Clear();
        message.Headers.Add(HeaderId.Date, DateUtils.FormatDate(TimeZoneInfo.ConvertTime(now, options.Zone)));
        message.From.Add(new MailboxAddress(charset, options.DisplayName, author.ToString()));
        message.Sender = new MailboxAddress("", options.SystemAddress.ToString());
        message.To.AddRange(Addressees(notice, to).Select(one => new MailboxAddress("", one.ToString())));
        message.Headers.Add(HeaderId.Subject, charset, subject);
        var id = MessageId(notice, to, options);
        message.Headers.Add(HeaderId.MessageId, $"<{id}>");
        AddThread(message, notice.Case?.Mail.MessageId);
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Headers.Add("X-ClusterMail-Approval", notice.Case is { } held ? $"{notice.Kind.Word()}; id={held.Hold}" : notice.Kind.Word());
        message.Headers.Add(HeaderId.MimeVersion, "1.0");
        message.Body = await NoticeParts.BodyAsync(texts.Alternative(subject, charset), notice, originals, options, cancellationToken);
        var octets = await OctetsAsync(message, needsUtf8, cancellationToken);
        return new NoticeMail(notice.Kind, options.HasNullEnvelope ? ReversePath.Null : new ReversePath(author), to, id, octets, !Ascii.IsValid(octets), needsUtf8);
    }

    /// <summary>
    /// Derived from what makes the notice unique in the outbox (APPROVE-83, APPROVE-103), so that a repeat is recognisable. The hash keeps addresses out of it.
    /// </summary>
    public static string MessageId(Notice notice, Mailbox to, NoticeOptions options)
    {
        var subject = notice.Case?.Hold.ToString() ?? "none";
        var key = $"{subject}\n{notice.Kind.Word()}\n{to.ToString().ToLowerInvariant()}\n{notice.Serial}\n";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 12));
        return $"{subject}.{notice.Kind.Word()}.{hash}@{options.HostName}";
    }

    /// <summary>The request names all who are asked, though each gets his own copy with his own links (APPROVE-105).</summary>
    private static IEnumerable<Mailbox> Addressees(Notice notice, Mailbox to) => notice is Notice.Request request
        ? [.. request.Held.Approvers.Select(approver => approver.Address), .. request.Held.Approvers.Any(approver => approver.Address.SameAs(to)) ? Array.Empty<Mailbox>() : [to]]
        : [to];

    /// <summary>Clients show one thread with the held mail (APPROVE-103).</summary>
    private static void AddThread(MimeMessage message, string? heldId)
    {
        if (heldId is null || !Ascii.IsValid(heldId) || heldId.Any(char.IsControl))
            return;
        message.Headers.Add(HeaderId.InReplyTo, heldId);
        message.Headers.Add(HeaderId.References, heldId);
    }

    private static async Task<byte[]> OctetsAsync(MimeMessage message, bool needsUtf8, CancellationToken cancellationToken)
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        format.International = needsUtf8;
        using var target = new MemoryStream();
        await message.WriteToAsync(format, target, cancellationToken);
        return target.ToArray();
    }
}
