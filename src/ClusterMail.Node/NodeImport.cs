using System.Net;
using ClusterMail.Admin;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;

namespace ClusterMail.Node;

/// <summary>Mail that came as files (QUEUE-7) is accepted by the same commit as mail that came over SMTP.</summary>
public sealed class NodeImport(NodeRuntime node) : IMailImport
{
    private static readonly IPEndPoint Nowhere = new(IPAddress.Loopback, 0);

    public async Task<ImportedMail> ImportAsync(MailToImport mail, CancellationToken cancel)
    {
        if (node.Acceptor.Unavailable is { } no)
            throw new TimeoutException($"This node cannot store mail now: {no}");
        if (!node.Acceptor.TryAllot(out var id))
            throw new TimeoutException("No mail number can be had from the database now.");
        return mail.State is { } state ? await ResumeAsync(id, mail, state, cancel) : await AcceptAsync(id, mail, cancel);
    }

    private async Task<ImportedMail> AcceptAsync(MessageId id, MailToImport mail, CancellationToken cancel)
    {
        var envelope = new Envelope(ReversePath.FromStored(mail.Sender))
        {
            ForwardPaths = [.. mail.Recipients.Select(recipient => new ForwardPath(Mailbox.FromStored(recipient)))],
            Body = Body(mail),
        };
        var client = new ClientConnection { Remote = Nowhere, Local = Nowhere, Purpose = ListenerPurpose.Relay, SessionId = "import", Helo = "import" };
        var facts = new ContentFacts { Has8Bit = envelope.Body == BodyType.EightBitMime };
        var reply = await node.Acceptor.AcceptAsync(new ReceivedMail(id, envelope, new MemoryContent(mail.Content), facts, client), cancel);
        return reply.IsPositive ? new ImportedMail(id.ToString()) : throw new TimeoutException($"The mail was not stored: {reply}");
    }

    /// <summary>A mail that waited in another queue goes on waiting in this one. Copies for the record were made when it was accepted there (COPY-1).</summary>
    private async Task<ImportedMail> ResumeAsync(MessageId id, MailToImport mail, ImportedQueueMail state, CancellationToken cancel)
    {
        var lease = node.Lease.Current is { IsValid: true } current ? current : throw new TimeoutException("This node has no lease now.");
        var sender = ReversePath.FromStored(mail.Sender);
        var row = new NewMail
        {
            Id = id,
            ReversePath = sender.Stored,
            Content = new MemoryContent(mail.Content),
            Body = Body(mail),
            Has8Bit = Body(mail) == BodyType.EightBitMime,
            ClientAddress = $"{Nowhere.Address}",
            Helo = "import",
            Recipients = [.. mail.Recipients.Select((recipient, ordinal) => new NewRecipient(
                (short)ordinal, recipient, node.Settings.Current.Router.Decide(sender, Mailbox.FromStored(recipient)).Destination, Owned: false))],
        };
        return await lease.Store.ImportAsync(lease.Epoch, row, state, cancel) is { } before ? new ImportedMail(new MessageId(before).ToString(), Present: true) : new ImportedMail(id.ToString());
    }

    private static BodyType Body(MailToImport mail) => mail.Content.Span.IndexOfAnyInRange((byte)128, (byte)255) >= 0 ? BodyType.EightBitMime : BodyType.SevenBit;
}
