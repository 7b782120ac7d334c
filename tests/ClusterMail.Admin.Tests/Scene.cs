using System.Collections.Immutable;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Store;

namespace ClusterMail.Admin.Tests;

/// <summary>Two nodes with mail in every state, written through the stores as nodes write it.</summary>
internal sealed class Scene(AdminHost host)
{
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    public QueueStore Queue => host.Service<QueueStore>();
    public NodeStore Nodes => host.Service<NodeStore>();

    public Task<long> NodeAsync(string name) =>
        Nodes.RegisterAsync(new(name, $"akka.tcp://clustermail@127.0.0.1:1/{name}", "http://127.0.0.1:2", "127.0.0.1:25", "0.1.0", ["receive", "deliver"]), Lease, default);

    /// <summary>What a receiver tells its logs.</summary>
    public Task ReceiveAsync(string node, IReadOnlyList<SessionRow> sessions, params IReadOnlyList<ReceiveRow> reports) =>
        new SessionLogStore(host.Database.Source).WriteAsync(node, sessions, reports, default);

    /// <summary>A mail accepted by this epoch; owned recipients are being delivered, the others wait.</summary>
    public async Task<long> MailAsync(long epoch, string sender, bool owned, params string[] recipients)
    {
        var number = await Queue.AllotNumbersAsync(1, default);
        await Queue.AcceptAsync(epoch, [new NewMail
        {
            Id = new MessageId(number), ReversePath = sender, Content = new MemoryContent(Encoding.ASCII.GetBytes("Subject: x\r\n\r\nbody\r\n")),
            ClientAddress = "192.0.2.75", LocalPort = 25, Helo = "client.example.net", TlsVersion = "TLS 1.3",
            Recipients = [.. recipients.Select((r, i) => new NewRecipient((short)i, r, r[(r.IndexOf('@', StringComparison.Ordinal) + 1)..], owned))],
        }], default);
        return number;
    }

    public Task EndAsync(long epoch, long mail, short ordinal, RecipientState state, string reply, FailureClass failure = FailureClass.None, TimeSpan retryAfter = default, string rule = "ROUTE-1 row 6") =>
        Queue.RecordAsync(epoch, [new Conclusion
        {
            Key = new(mail, ordinal), State = state, Reply = reply, Class = failure, RetryAfter = retryAfter, Rule = rule,
            RemoteHost = "mx1.example.net", RemoteAddress = "192.0.2.9", RemotePort = 25, TlsVersion = "TLS 1.3", Dialogue = ["MAIL FROM:<x>", reply],
        }], ImmutableArray<Notice>.Empty, default);
}
