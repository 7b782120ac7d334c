using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// A mail server in the test's own process that keeps everything it said 250 to, and answers as scripted. It notes a mail before the 250 leaves, so
/// that a sender killed while reading it is seen as what it is: a mail that was delivered.
/// </summary>
public sealed class RecordingSink : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<SinkMail> _mails = new();
    private readonly ConcurrentQueue<SinkEvent> _events = new();
    private readonly ConcurrentDictionary<int, TcpClient> _open = new();
    private int _connections;
    private long _count;

    public RecordingSink(IPEndPoint? endPoint = null)
    {
        _listener = new TcpListener(endPoint ?? new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Start(512);
        _ = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;
    public int Port => EndPoint.Port;

    /// <summary>Asked before every reply. Default: friendly throughout.</summary>
    public Func<SinkEvent, SinkAnswer?> Script { get; set; } = _ => null;

    /// <summary>Lines of the EHLO reply after the first.</summary>
    public IReadOnlyList<string> Extensions { get; set; } = ["PIPELINING", "SIZE 104857600", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"];

    /// <summary>Off under load: only Message-ID and envelope are kept.</summary>
    public bool KeepContent { get; set; } = true;

    /// <summary>Commands in the order they came; kept only with <see cref="KeepContent"/>.</summary>
    public IReadOnlyList<SinkEvent> Events => [.. _events];
    public IReadOnlyList<SinkMail> Mails => [.. _mails];

    /// <summary>Each mail, before its 250 leaves. Handlers must not block.</summary>
    public event Action<SinkMail>? Arrived;
    public long Count => Interlocked.Read(ref _count);
    public int Connections => Volatile.Read(ref _connections);
    public int OpenConnections => _open.Count;

    /// <summary>What arrived since the last time, which is then forgotten here: for runs whose mails would not fit into memory.</summary>
    public IReadOnlyList<SinkMail> Take()
    {
        var taken = new List<SinkMail>();
        while (_mails.TryDequeue(out var mail))
            taken.Add(mail);
        return taken;
    }

    public async Task<SinkMail> OneAsync(Func<SinkMail, bool> which, TimeSpan limit)
    {
        await Until.TrueAsync(() => _mails.Any(which), limit, () => $"the mail at the sink on port {Port}; it has {Count}, and heard {string.Join(" | ", Events.TakeLast(12).Select(heard => $"{heard.Connection} {heard.Verb} {heard.Line}"))}");
        return _mails.First(which);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        foreach (var client in _open.Values)
            client.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                _ = ServeAsync(client, Interlocked.Increment(ref _connections));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        _open[number] = client;
        try
        {
            client.NoDelay = true;
            await new Session(this, client.GetStream(), number).RunAsync(_stopping.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The sender went away, which is what several tests are about.
        }
        finally
        {
            _open.TryRemove(number, out _);
            client.Dispose();
        }
    }

    private void Keep(SinkMail mail)
    {
        _mails.Enqueue(mail);
        Interlocked.Increment(ref _count);
        Arrived?.Invoke(mail);
    }

    private sealed class Session(RecordingSink sink, NetworkStream stream, int number)
    {
        private const int HeaderLimit = 65_536;
        private readonly LineReader _reader = new(stream);
        private readonly List<string> _recipients = [];
        private string? _mail;

        public async Task RunAsync(CancellationToken cancel)
        {
            if (!await AnswerAsync("CONNECT", "", "220 sink.test ESMTP", cancel))
                return;
            while (await _reader.ReadAsync(cancel) is { } bytes)
            {
                var line = Encoding.UTF8.GetString(bytes);
                var verb = line.Split(' ', ':')[0].ToUpperInvariant();
                if (!await HandleAsync(verb, line, cancel))
                    return;
            }
        }

        private Task<bool> HandleAsync(string verb, string line, CancellationToken cancel) => verb switch
        {
            "EHLO" => AnswerAsync(verb, line, Ehlo(), cancel),
            "MAIL" => MailAsync(line, cancel),
            "RCPT" => RecipientAsync(line, cancel),
            "DATA" => DataAsync(line, cancel),
            "RSET" => ResetAsync(line, cancel),
            "QUIT" => QuitAsync(line, cancel),
            "HELO" or "NOOP" => AnswerAsync(verb, line, "250 2.0.0 Ok", cancel),
            _ => AnswerAsync(verb, line, "500 5.5.1 Unknown command", cancel),
        };

        private string Ehlo() => string.Join("\r\n", sink.Extensions.Prepend("sink.test").Select((text, index) => $"250{(index == sink.Extensions.Count ? ' ' : '-')}{text}"));

        private async Task<bool> MailAsync(string line, CancellationToken cancel)
        {
            _recipients.Clear();
            _mail = line;
            return await AnswerAsync("MAIL", line, "250 2.1.0 Ok", cancel);
        }

        private async Task<bool> RecipientAsync(string line, CancellationToken cancel)
        {
            var answer = sink.Script(Note("RCPT", line));
            if (answer is null || answer.Text?.StartsWith('2') == true)
                _recipients.Add(line);
            return await SendAsync(answer ?? "250 2.1.5 Ok", cancel);
        }

        private async Task<bool> ResetAsync(string line, CancellationToken cancel)
        {
            _mail = null;
            _recipients.Clear();
            return await AnswerAsync("RSET", line, "250 2.0.0 Ok", cancel);
        }

        private async Task<bool> QuitAsync(string line, CancellationToken cancel)
        {
            await AnswerAsync("QUIT", line, "221 2.0.0 Bye", cancel);
            return false;
        }

        private async Task<bool> DataAsync(string line, CancellationToken cancel)
        {
            var start = sink.Script(Note("DATA", line)) ?? (_recipients.Count == 0 ? "503 5.5.1 No recipients" : "354 Go on");
            if (!await SendAsync(start, cancel) || start.Text?.StartsWith('3') != true)
                return !start.Close;
            var content = new MemoryStream();
            long size = 0;
            while (await _reader.ReadAsync(cancel) is { } text)
            {
                if (text is [(byte)'.'])
                    return await EndAsync(content, size, cancel);
                var whole = text.Length > 0 && text[0] == '.' ? text.AsMemory(1) : text;
                size += whole.Length + 2;
                if (!sink.KeepContent && content.Length > HeaderLimit)
                    continue;
                content.Write(whole.Span);
                content.Write("\r\n"u8);
            }

            return false;
        }

        private async Task<bool> EndAsync(MemoryStream content, long size, CancellationToken cancel)
        {
            var head = Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)Math.Min(content.Length, HeaderLimit));
            var id = MessageIdOf(head);
            var answer = sink.Script(Note(".", id)) ?? "250 2.0.0 Ok";
            await answer.Before.WaitAsync(cancel);
            if (answer.Text?.StartsWith('2') == true)
            {
                sink.Keep(new SinkMail
                {
                    MailLine = _mail ?? "",
                    RecipientLines = [.. _recipients],
                    Content = sink.KeepContent ? content.ToArray() : [],
                    Size = size,
                    MessageId = id,
                    At = DateTimeOffset.UtcNow,
                    Connection = number,
                });
            }

            _recipients.Clear();
            return await SendAsync(answer with { Before = Task.CompletedTask }, cancel);
        }

        private static string MessageIdOf(string head)
        {
            var at = head.StartsWith("Message-ID:", StringComparison.OrdinalIgnoreCase) ? 0 : head.IndexOf("\nMessage-ID:", StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                return "";
            var start = head.IndexOf('<', at);
            var end = start < 0 ? -1 : head.IndexOf('>', start);
            return end < 0 ? "" : head[(start + 1)..end];
        }

        private Task<bool> AnswerAsync(string verb, string line, string friendly, CancellationToken cancel) =>
            SendAsync(sink.Script(Note(verb, line)) ?? friendly, cancel);

        private SinkEvent Note(string verb, string line)
        {
            var heard = new SinkEvent(verb, line, number);
            if (sink.KeepContent)
                sink._events.Enqueue(heard);
            return heard;
        }

        private async Task<bool> SendAsync(SinkAnswer answer, CancellationToken cancel)
        {
            await answer.Before.WaitAsync(cancel);
            if (answer.Text is not null)
                await stream.WriteAsync(Encoding.UTF8.GetBytes(answer.Text + "\r\n"), cancel);
            return !answer.Close;
        }
    }
}
