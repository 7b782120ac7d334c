using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Smtp.Tests.Server;

/// <summary>A real listener on a loopback port with the smallest policy and acceptor: what a session asks, this answers.</summary>
internal sealed class TestReceiver : IMailPolicy, ITransactionPolicy, IAcceptMail, IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clustermail-smtp-").FullName;
    private long _lastId = 97;

    private TestReceiver(ReceiveOptions options) => Options = options;

    public ReceiveOptions Options { get; set; }
    public SmtpListenerSet Listeners { get; private set; } = null!;
    public SessionServices Services { get; private set; } = null!;
    public LogLines Log { get; } = new();
    public ConcurrentQueue<(ReceivedMail Mail, byte[] Content)> Mails { get; } = new();
    public string SpoolFolder => Path.Combine(_folder, "spool");
    public string Folder => _folder;

    public Func<ClientConnection, Verdict> OnConnect { get; set; } = static _ => Verdict.Accept("test");
    public Func<ClientConnection, Envelope, bool, Verdict> OnMail { get; set; } = static (_, _, _) => Verdict.Accept("test");
    public Func<ForwardPath, Verdict> OnRecipient { get; set; } = static _ => Verdict.Accept("test");
    public Func<ReceivedMail, Task<Reply>> OnAccept { get; set; } = static _ => Task.FromResult(ServerReplies.Received);
    public Reply? Unavailable { get; set; }
    public bool CanAllot { get; set; } = true;

    public IPEndPoint EndPoint => Listeners.Bound[0].EndPoint;

    public static ReceiveOptions Defaults { get; } = new() { HostName = "mx.example.jp" };

    public static async Task<TestReceiver> StartAsync(
        ReceiveOptions? options = null, ListenerOptions? listener = null, ICertificateSource? certificates = null, TimeProvider? time = null)
    {
        var receiver = new TestReceiver(options ?? Defaults);
        receiver.Services = new SessionServices(receiver, receiver, new SpoolFolder(receiver.SpoolFolder), receiver.Log)
        {
            Certificates = certificates,
            Time = time ?? TimeProvider.System,
        };
        receiver.Listeners = new SmtpListenerSet(receiver.Services);
        await receiver.Listeners.ApplyAsync([listener ?? new ListenerOptions { EndPoint = new(IPAddress.Loopback, 0) }]);
        return receiver;
    }

    public Task<WireClient> ConnectAsync() => WireClient.ConnectAsync(EndPoint);

    ValueTask<Verdict> IMailPolicy.ConnectAsync(ClientConnection client, CancellationToken cancel) => new(OnConnect(client));
    public ITransactionPolicy BeginTransaction() => this;
    public ValueTask<Verdict> MailAsync(ClientConnection client, Envelope envelope, bool blank, CancellationToken cancel) => new(OnMail(client, envelope, blank));

    public ValueTask<Verdict> RecipientAsync(ClientConnection client, Envelope envelope, ForwardPath recipient, CancellationToken cancel) =>
        new(OnRecipient(recipient));

    public ValueTask<Verdict> ContentAsync(ClientConnection client, Envelope envelope, ContentFacts facts, CancellationToken cancel) =>
        new(Verdict.Accept("test"));

    public bool TryAllot(out MessageId id)
    {
        id = new MessageId(Interlocked.Increment(ref _lastId));
        return CanAllot;
    }

    public async ValueTask<Reply> AcceptAsync(ReceivedMail mail, CancellationToken cancel)
    {
        using var content = mail.Content;
        using var bytes = new MemoryStream();
        await using (var stream = content.OpenRead())
            await stream.CopyToAsync(bytes, cancel);
        Mails.Enqueue((mail, bytes.ToArray()));
        return await OnAccept(mail);
    }

    public async ValueTask DisposeAsync()
    {
        await Listeners.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>The program log as lines.</summary>
internal sealed class LogLines : ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue(formatter(state, exception) + exception);
}

/// <summary>A client that sends exactly the octets it is given and reads reply by reply; every wait ends after 10 s.</summary>
internal sealed class WireClient(Socket socket, Stream stream) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly StreamReader _reader = new(stream, Encoding.UTF8);

    public Stream Stream => stream;

    public static async Task<WireClient> ConnectAsync(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint);
        return new WireClient(socket, new NetworkStream(socket, ownsSocket: true));
    }

    public WireClient Over(Stream other) => new(socket, other);

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes).AsTask().WaitAsync(Limit);
        await stream.FlushAsync();
    }

    /// <summary>One whole reply, its lines joined with LF; null at the end of the connection.</summary>
    public async Task<string?> ReplyAsync()
    {
        var lines = new List<string>();
        while (true)
        {
            string? line;
            try
            {
                line = await _reader.ReadLineAsync().WaitAsync(Limit);
            }
            catch (IOException)
            {
                line = null;
            }
            if (line is null)
                return lines.Count == 0 ? null : string.Join('\n', lines);
            lines.Add(line);
            if (line.Length < 4 || line[3] != '-')
                return string.Join('\n', lines);
        }
    }

    public async Task<string?> AskAsync(string line)
    {
        await SendAsync(line + "\r\n");
        return await ReplyAsync();
    }

    /// <summary>As far as the answer to DATA.</summary>
    public async Task BeginDataAsync(string recipient = "b@example.jp")
    {
        await BeginMailAsync(recipient);
        Assert.StartsWith("354 ", await AskAsync("DATA"));
    }

    public async Task BeginMailAsync(string recipient = "b@example.jp")
    {
        Assert.StartsWith("220 ", await ReplyAsync());
        Assert.StartsWith("250-", await AskAsync("EHLO out.example.net"));
        Assert.StartsWith("250 ", await AskAsync("MAIL FROM:<a@example.net>"));
        Assert.StartsWith("250 ", await AskAsync($"RCPT TO:<{recipient}>"));
    }

    public void Dispose() => socket.Dispose();
}
