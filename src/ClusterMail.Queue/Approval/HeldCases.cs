using ClusterMail.Accounts;
using ClusterMail.Approval;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Policies;
using ClusterMail.Approval.Viewing;
using ClusterMail.Protocol;
using ClusterMail.Queue.Settings;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>Held groups as mails and pages tell of them.</summary>
public sealed class HeldCases(HoldReader reader, Func<NodeView> view)
{
    /// <summary>Octets of a content that are taken apart for people; of a larger one the beginning.</summary>
    private const int ViewLimit = 4 * 1024 * 1024;

    public async Task<HeldCase> OfAsync(HoldRow row, IReadOnlyList<HoldRow> siblings, CancellationToken cancel)
    {
        var state = HeldStates.Of(row);
        var requester = Mailbox.FromStored(row.Requester);
        return new HeldCase
        {
            Hold = new HoldId(row.Id),
            Related = [.. siblings.Where(other => other.Id != row.Id && !other.Free).Select(other => new HoldId(other.Id))],
            Requester = requester,
            RequesterName = view().Policy.Directory.Account(requester)?.FullName ?? "",
            Mail = await ViewAsync(row.Mail, cancel).ConfigureAwait(false),
            ReceivedAt = row.Mail.ReceivedAt,
            Recipients = [.. row.Recipients.Where(recipient => recipient.Origin == RecipientOrigin.Envelope).Select(recipient => Mailbox.FromStored(recipient.ForwardPath))],
            // Whom the sender is not told of stands in nothing that he, or somebody who might tell him, reads (APPROVE-514).
            Copies = [.. row.Recipients.Where(recipient => recipient.Origin == RecipientOrigin.Copy).Select(recipient => Mailbox.FromStored(recipient.ForwardPath))],
            AlreadySent = [.. row.Mail.SentTo.Select(Mailbox.FromStored)],
            Inside = [.. row.Recipients.Select(recipient => recipient.ForwardPath).Concat(row.Mail.SentTo).Where(IsInside).Select(address => address.ToLowerInvariant())],
            IsOwn = row.IsOwn,
            AskedAt = row.BeginAt,
            SenderNote = row.SenderNote,
            Approvers = state.Stages[state.Stage].Approvers,
            Needed = state.Stages[state.Stage].Needed,
            Reasons = [.. row.Reasons.Select(CatchReasons.Load)],
            Deadline = row.ExpireAt,
            OnExpire = Enum.TryParse<ExpiryAction>(row.OnExpire, ignoreCase: true, out var action) ? action : ExpiryAction.Reject,
            Note = row.Note,
            Warnings =
            [
                .. row.Warnings.Select(CaseWarnings.Load).OfType<CaseWarning>(),
                .. row.Mail.LikeId is { } like ? new[] { new CaseWarning(CaseWarningKind.ProbableDuplicate, new HoldId(like).ToString()) } : [],
            ],
        };
    }

    private bool IsInside(string address) => view().Policy.Directory.Classify(Mailbox.FromStored(address)) != AddressClass.Outside;

    /// <summary>What is stored about it stands for what is not there any more.</summary>
    private async Task<MailView> ViewAsync(HeldMailRow mail, CancellationToken cancel)
    {
        var known = new MailView
        {
            Subject = mail.Subject,
            MessageId = mail.MessageId.Length > 0 ? $"<{mail.MessageId}>" : null,
            ContentSha256 = Convert.ToHexStringLower(mail.Sha256),
            Size = mail.Size,
        };
        if (mail.DroppedAt is not null)
            return known;
        using var content = reader.Content(mail);
        var octets = new byte[Math.Min(mail.Size, ViewLimit)];
        await using var stream = content.OpenRead();
        await stream.ReadExactlyAsync(octets, cancel).ConfigureAwait(false);
        return MailReader.ReadBeginning(new MemoryStream(octets, writable: false), known.Size, known.ContentSha256);
    }
}
