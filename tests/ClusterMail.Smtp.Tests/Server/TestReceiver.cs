using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Server;
using ClusterMail.Smtp.Server.Auth;
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

    /// <summary>What sessions told their log.</summary>
    public RecordingSessionLog Journal { get; } = new();
    public ConcurrentQueue<(ReceivedMail Mail, byte[] Content)> Mails { get; } = new();
    public string SpoolFolder => Path.Combine(_folder, "spool");
    public string Folder => _folder;

    public Func<ClientConnection, Verdict> OnConnect { get; set; } = static _ => Verdict.Accept("test");
    public Func<ClientConnection, Envelope, bool, Verdict> OnMail { get; set; } = static (_, _, _) => Verdict.Accept("test");
    public Func<ForwardPath, Verdict> OnRecipient { get; set; } = static _ => Verdict.Accept("test");
    public Func<ReceivedMail, Task<Reply>> OnAccept { get; set; } = static _ => Task.FromResult(ServerReplies.Received);
    public Func<ClientConnection, Task<string?>> OnName { get; set; } = static _ => Task.FromResult<string?>(null);
    public Reply? Unavailable { get; set; }
    public TestJudge Judge { get; } = new();
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
            Log = receiver.Journal,
            Time = time ?? TimeProvider.System,
            Authenticate = receiver.Judge,
        };
        receiver.Listeners = new SmtpListenerSet(receiver.Services);
        await receiver.Listeners.ApplyAsync([listener ?? new ListenerOptions { EndPoint = new(IPAddress.Loopback, 0) }]);
        return receiver;
    }

    public Task<WireClient> ConnectAsync() => WireClient.ConnectAsync(EndPoint);

    ValueTask<Verdict> IMailPolicy.ConnectAsync(ClientConnection client, CancellationToken cancel) => new(OnConnect(client));
    public Task<string?> NameAsync(ClientConnection client) => OnName(client);
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

/// <summary>One account: taro with the password Secret123.</summary>
internal sealed class TestJudge : IAuthenticate
{
    private static readonly byte[] Salt = [1, 2, 3, 4, 5, 6, 7, 8];
    private static readonly byte[] Salted = Rfc2898DeriveBytes.Pbkdf2("Secret123", Salt, 4096, HashAlgorithmName.SHA256, 32);

    public bool Busy { get; set; }

    public ValueTask<AuthAnswer> PasswordAsync(ClientConnection client, string login, string password, CancellationToken cancel) =>
        ConcludeAsync(client, login, login == "taro" && password == "Secret123", cancel);

    public ValueTask<ScramVerifier?> ScramAsync(ClientConnection client, string login, CancellationToken cancel) => new(Busy ? null : new ScramVerifier(4096, Salt, Proves,
        message => HMACSHA256.HashData(HMACSHA256.HashData(Salted, "Server Key"u8), message)));

    public ValueTask<string?> RecoverAsync(ClientConnection client, string login, CancellationToken cancel) => new(login == "taro" ? "Secret123" : null);

    public ValueTask<AuthAnswer> ConcludeAsync(ClientConnection client, string login, bool proved, CancellationToken cancel) =>
        new(Busy ? new AuthAnswer(null, Busy: true) : new AuthAnswer(proved ? login + "@example.jp" : null));

    public static byte[] Proof(string message)
    {
        var key = HMACSHA256.HashData(Salted, "Client Key"u8);
        var signature = HMACSHA256.HashData(SHA256.HashData(key), Encoding.UTF8.GetBytes(message));
        return [.. key.Zip(signature, (a, b) => (byte)(a ^ b))];
    }

    private static bool Proves(byte[] message, byte[] proof) => proof.SequenceEqual(Proof(Encoding.UTF8.GetString(message)));
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

    /// <summary>Until all we sent was read by the other end of this machine: neither socket of the connection holds any of it (Linux).</summary>
    public async Task TakenAsync()
    {
        var ours = $":{((IPEndPoint)socket.LocalEndPoint!).Port:X4}";
        var theirs = $":{((IPEndPoint)socket.RemoteEndPoint!).Port:X4}";
        var since = TimeProvider.System.GetTimestamp();
        while (!IsEmpty())
        {
            if (TimeProvider.System.GetElapsedTime(since) > Limit)
                throw new TimeoutException("The receiver does not read.");
            await Task.Yield();
        }

        // Fields: number, local, remote, state, tx_queue:rx_queue. What we have not read ourselves does not count.
        bool IsEmpty() => File.ReadLines("/proc/net/tcp").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).All(fields =>
            !(fields[1].EndsWith(ours, StringComparison.Ordinal) && fields[2].EndsWith(theirs, StringComparison.Ordinal) && !fields[4].StartsWith("00000000:", StringComparison.Ordinal))
            && !(fields[1].EndsWith(theirs, StringComparison.Ordinal) && fields[2].EndsWith(ours, StringComparison.Ordinal) && !fields[4].EndsWith(":00000000", StringComparison.Ordinal)));
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

    /// <summary>Ends the connection with RST instead of FIN.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();
}
