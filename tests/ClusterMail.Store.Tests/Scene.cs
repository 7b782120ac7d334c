using ClusterMail.Protocol;
using ClusterMail.Testing;

namespace ClusterMail.Store.Tests;

/// <summary>A database with one node in force.</summary>
internal sealed class Scene : IAsyncDisposable
{
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    public required TestDatabase Database { get; init; }
    public required NodeStore Nodes { get; init; }
    public required QueueStore Queue { get; init; }
    public required long Epoch { get; init; }

    public static async Task<Scene> StartAsync()
    {
        var database = await TestDatabase.CreateAsync();
        var nodes = new NodeStore(database.Source);
        var epoch = await RegisterAsync(nodes, "node1");
        return new Scene { Database = database, Nodes = nodes, Queue = new QueueStore(database.Open("clustermaild node1", epoch)), Epoch = epoch };
    }

    public static Task<long> RegisterAsync(NodeStore nodes, string name) =>
        nodes.RegisterAsync(new NodeRegistration(name, $"akka.tcp://clustermail@{name}:1", $"http://{name}", $"{name}:25", "1", ["receive"]), Lease, default);

    /// <summary>Ends a lease as time would.</summary>
    public Task ExpireAsync(long epoch) =>
        Database.ExecuteAsync("UPDATE node SET alive_until = now() - interval '1 second', lease = '0' WHERE epoch = $1", epoch);

    public async Task<NewMail> MailAsync(bool owned, params string[] recipients) =>
        Mail(await Queue.AllotNumbersAsync(1, default), owned, recipients);

    public static NewMail Mail(long number, bool owned, params string[] recipients) => new()
    {
        Id = new MessageId(number),
        ReversePath = "sender@example.jp",
        Content = new MemoryContent("Subject: x\r\n\r\nHello\r\n"u8.ToArray()),
        ClientAddress = "192.0.2.1", LocalPort = 25, Helo = "client.example.jp", TlsVersion = "TLSv1.3", AuthenticatedAs = "sender",
        Body = BodyType.EightBitMime, SmtpUtf8 = true, Has8Bit = true, Ret = Ret.Headers, EnvelopeId = "E1",
        Recipients = [.. recipients.Select((r, i) => new NewRecipient((short)i, r, r[(r.IndexOf('@', StringComparison.Ordinal) + 1)..], owned) { Notify = Notify.Failure, OriginalRecipient = "rfc822;" + r })],
    };

    public async Task<RecipientKey> AcceptOwnedAsync(string recipient = "a@example.net")
    {
        var mail = await MailAsync(owned: true, recipient);
        await Queue.AcceptAsync(Epoch, [mail], default);
        return new RecipientKey(mail.Id.Number, 0);
    }

    public Task<IReadOnlyList<ClaimedRecipient>> ClaimAsync(int limit = 100) => Queue.ClaimAsync(Epoch, limit, limit, [], default);

    public Task<RecordResult> RecordAsync(params Conclusion[] conclusions) => Queue.RecordAsync(Epoch, conclusions, [], default);

    public Task<long> CountAsync(string what) => Database.ScalarAsync<long>("SELECT count(*) FROM " + what);

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
