using System.Buffers;
using System.Security.Cryptography;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Smtp.Server;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// Recognises a mail that was released here and comes back from an internal server, because the rule that should have sent it out did not: it goes on and is not held
/// twice (APPROVE-452). The mark alone opens nothing, since everybody who got the mail can read it: sender, content and recipients are those that were approved.
/// </summary>
public sealed class ReleasedAgain(HoldReader reader, HoldStore store, Func<ApprovalLists> lists, string node)
{
    public async ValueTask<bool> IsAsync(ReceivedMail mail, MailTransaction transaction, CancellationToken cancel)
    {
        if (!transaction.Pipeline.IsInside || !transaction.View.Settings.Switch("approval.mark_released") || lists().Keys is not { } keys)
            return false;
        foreach (var marked in await FindAsync(mail.Content, cancel).ConfigureAwait(false))
            if (await reader.FindAsync(marked.Mark.Hold.Number, cancel).ConfigureAwait(false) is { } row
                && IsApproved(row, mail) && await IsSameAsync(row, marked, mail, keys, cancel).ConfigureAwait(false))
            {
                await store.AuditAsync([(ApprovalRecord.Of("CAME_BACK", node, row) with
                {
                    Client = mail.Client.Remote.Address.ToString(),
                    Key = marked.Mark.KeyId,
                    Reason = "released before, not held again",
                    Result = ResultCode.Ok,
                }).Line()], cancel).ConfigureAwait(false);
                return true;
            }
        return false;
    }

    /// <summary>From the same sender, and to nobody who was not approved with it.</summary>
    private static bool IsApproved(HoldRow row, ReceivedMail mail) =>
        HeldStates.StatusOf(row.State).IsReleasing()
        && mail.Given.ReversePath.Stored.Equals(row.Mail.ReversePath, StringComparison.OrdinalIgnoreCase)
        && mail.Given.ForwardPaths.Concat(mail.Envelope.ForwardPaths).All(path => row.Recipients.Any(approved => Mailbox.FromStored(approved.ForwardPath).SameAs(path.Mailbox)));

    /// <summary>What stands behind the mark is what was held; its length is asked first, as it costs nothing.</summary>
    private static async ValueTask<bool> IsSameAsync(HoldRow row, MarkedMail marked, ReceivedMail mail, TokenKeyRing keys, CancellationToken cancel)
    {
        if (mail.Content.Length - marked.Behind != row.Mail.Size || keys.Find(marked.Mark.KeyId) is not { } key)
            return false;
        var sha256 = await HashAsync(mail.Content, marked.Behind, cancel).ConfigureAwait(false);
        return sha256.AsSpan().SequenceEqual(row.Mail.Sha256) && marked.Mark.IsSignedBy(key, mail.Given.ReversePath, sha256);
    }

    private static async ValueTask<IReadOnlyList<MarkedMail>> FindAsync(MailContent content, CancellationToken cancel)
    {
        if (content.Memory is { } memory)
            return MarkedMail.FindAll(memory.Span[..Math.Min(memory.Length, MarkedMail.HeadLimit)]);
        var buffer = ArrayPool<byte>.Shared.Rent(MarkedMail.HeadLimit);
        try
        {
            await using var stream = content.OpenRead();
            var count = await stream.ReadAtLeastAsync(buffer.AsMemory(0, MarkedMail.HeadLimit), MarkedMail.HeadLimit, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
            return MarkedMail.FindAll(buffer.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask<byte[]> HashAsync(MailContent content, int from, CancellationToken cancel)
    {
        if (content.Memory is { } memory)
            return SHA256.HashData(memory.Span[from..]);
        await using var stream = content.OpenRead();
        await stream.ReadExactlyAsync(new byte[from], cancel).ConfigureAwait(false);
        return await SHA256.HashDataAsync(stream, cancel).ConfigureAwait(false);
    }
}
