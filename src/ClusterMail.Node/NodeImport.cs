using System.Collections.Immutable;
using System.Net;
using ClusterMail.Admin;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Node;

/// <summary>Mail that came as files (QUEUE-7) is accepted by the same commit as mail that came over SMTP.</summary>
public sealed class NodeImport(NodeRuntime node) : IMailImport
{
    public async Task<string> ImportAsync(string sender, IReadOnlyList<string> recipients, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        if (node.Acceptor.Unavailable is { } no)
            throw new TimeoutException($"This node cannot store mail now: {no}");
        if (!node.Acceptor.TryAllot(out var id))
            throw new TimeoutException("No mail number can be had from the database now.");
        var envelope = new Envelope(ReversePath.FromStored(sender))
        {
            ForwardPaths = [.. recipients.Select(recipient => new ForwardPath(Mailbox.FromStored(recipient)))],
            Body = content.Span.IndexOfAnyInRange((byte)128, (byte)255) >= 0 ? BodyType.EightBitMime : BodyType.SevenBit,
        };
        var client = new ClientConnection
        {
            Remote = new IPEndPoint(IPAddress.Loopback, 0),
            Local = new IPEndPoint(IPAddress.Loopback, 0),
            Purpose = ListenerPurpose.Relay,
            SessionId = "import",
            Helo = "import",
        };
        var facts = new ContentFacts { Has8Bit = envelope.Body == BodyType.EightBitMime };
        var reply = await node.Acceptor.AcceptAsync(new ReceivedMail(id, envelope, new MemoryContent(content), facts, client), cancel);
        return reply.IsPositive ? id.ToString() : throw new TimeoutException($"The mail was not stored: {reply}");
    }
}
