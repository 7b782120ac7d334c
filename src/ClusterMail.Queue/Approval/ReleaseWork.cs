using ClusterMail.Approval;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Senders;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>Makes of an approved group the mail that leaves: the stored octets, the original envelope, the recipients of the group (APPROVE-67, APPROVE-69).</summary>
/// <param name="lists">The keys a release is marked with.</param>
public sealed class ReleaseWork(HoldReader reader, NumberBlocks numbers, Func<ApprovalLists> lists, Func<NodeView> view)
{
    /// <summary>Octets up to which a content is loaded and written with its mail; a larger one is streamed.</summary>
    private const int InMemory = 1_048_576;

    /// <exception cref="IntegrityException">The content is not what was held (APPROVE-69). A large one is found out while it is written.</exception>
    public async Task<NewMail> MakeAsync(HoldRow row, CancellationToken cancel)
    {
        var mail = row.Mail;
        var sender = ReversePath.FromStored(mail.ReversePath);
        var router = view().Router;
        return new NewMail
        {
            Id = new MessageId(row.Decision?.ResultId ?? (numbers.TryTake(out var id) ? id.Number : throw new InvalidOperationException("No mail number can be had from the database now."))),
            // APPROVE-314: the mail itself goes on under the old number.
            Name = new HoldId(row.Id).ToString(),
            ReversePath = mail.ReversePath,
            Content = Marked(row, await reader.Content(mail).LoadAsync(InMemory, cancel).ConfigureAwait(false)),
            Body = mail.Body,
            SmtpUtf8 = mail.SmtpUtf8,
            Has8Bit = mail.Has8Bit,
            Ret = mail.Ret,
            EnvelopeId = mail.EnvelopeId,
            // APPROVE-312: inlog shows the client of the approver.
            ClientAddress = row.Decision?.ClientAddress ?? mail.ClientAddress,
            LocalPort = mail.LocalPort,
            Helo = row.Decision?.ClientAddress is { } client ? $"[{client}]" : mail.Helo,
            TlsVersion = mail.TlsVersion,
            AuthenticatedAs = mail.AuthenticatedAs,
            ReceivedCount = mail.ReceivedCount,
            Recipients = [.. row.Recipients.Select(recipient => new NewRecipient(
                recipient.Ordinal, recipient.ForwardPath, router.Decide(sender, Mailbox.FromStored(recipient.ForwardPath)).Destination, Owned: false)
            {
                Notify = recipient.Notify,
                OriginalRecipient = recipient.OriginalRecipient,
            })],
        };
    }

    /// <summary>APPROVE-452: one line in front, as a trace field is; what was held follows octet by octet. Only where the setting says so.</summary>
    private MailContent Marked(HoldRow row, MailContent held)
    {
        if (!view().Settings.Switch("approval.mark_released") || lists().Keys is not { } keys)
            return held;
        var line = ReleaseMark.Issue(new HoldId(row.Id), ReversePath.FromStored(row.Mail.ReversePath), row.Mail.Sha256, keys.Current).Line;
        if (held.Memory is not { } memory)
            return new RetoppedContent(line, held, 0);
        var marked = new MemoryContent((byte[])[.. line, .. memory.Span]);
        held.Dispose();
        return marked;
    }
}
