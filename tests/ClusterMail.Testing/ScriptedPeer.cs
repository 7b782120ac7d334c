using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Testing;

/// <summary>A real SMTP server on a loopback port that behaves as its <see cref="PeerScript"/> says, and remembers what it was told.</summary>
public sealed class ScriptedPeer : IAsyncDisposable
{
    /// <summary>Closes the connection.</summary>
    public const string Drop = "(drop)";

    /// <summary>Leaves the client without an answer; the connection stays open.</summary>
    public const string Silent = "(silent)";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<PeerSession> _sessions = new();
    private readonly ConcurrentBag<Task> _running = [];
    private readonly PeerScript _script;
    private readonly Task _accepting;
    private readonly ConcurrentDictionary<int, Socket> _open = [];
    private int _mostOpen;

    private ScriptedPeer(PeerScript script)
    {
        _script = script;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public static ScriptedPeer Start(PeerScript? script = null) => new(script ?? new PeerScript());

    public IPAddress Address => IPAddress.Loopback;
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>In the order of connecting.</summary>
    public IReadOnlyList<PeerSession> Sessions => [.. _sessions];

    /// <summary>Sessions that stood at the same time at most. One whose client has closed does not, though nobody may have read here that it did (Linux).</summary>
    public int MostOpen => Volatile.Read(ref _mostOpen);

    /// <summary>The session with this number once it has ended; waits at most 10 s.</summary>
    public async Task<PeerSession> EndedAsync(int session)
    {
        for (var i = 0; i < 1000; i++)
        {
            if (_sessions.Count > session && _sessions.ElementAt(session).Ended)
                return _sessions.ElementAt(session);
            await Task.Delay(10);
        }
        throw new TimeoutException($"session {session} did not end");
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_running);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                var session = new PeerSession();
                _sessions.Enqueue(session);
                _running.Add(RunAsync(client, session, _sessions.Count - 1));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException
            || (e is InvalidOperationException && _stopping.IsCancellationRequested))
        {
            // The test is over; a listener stopped between two connections says that it is not listening.
        }
    }

    private async Task RunAsync(TcpClient client, PeerSession session, int number)
    {
        _open[number] = client.Client;
        Rose(_open.Values.Count(IsEstablished));
        using (client)
            try
            {
                client.NoDelay = true;
                await new Conversation(client.GetStream(), session, number, _script, _stopping.Token).RunAsync();
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or System.Security.Authentication.AuthenticationException)
            {
                // The client went away, as clients under test do.
            }
            finally
            {
                session.Ended = true;
                _open.TryRemove(number, out _);
            }
    }

    private static bool IsEstablished(Socket socket)
    {
        // tcp(7), TCP_INFO: its first octet is the state; tcp_states.h: TCP_ESTABLISHED.
        const int TcpLevel = 6, TcpInfo = 11, Established = 1;
        Span<byte> state = stackalloc byte[1];
        try
        {
            return socket.GetRawSocketOption(TcpLevel, TcpInfo, state) > 0 && state[0] == Established;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private void Rose(int open)
    {
        for (var most = Volatile.Read(ref _mostOpen); open > most; most = Volatile.Read(ref _mostOpen))
            if (Interlocked.CompareExchange(ref _mostOpen, open, most) == most)
                return;
    }

    private sealed class Conversation(Stream stream, PeerSession session, int number, PeerScript script, CancellationToken stopping)
    {
        private readonly Dictionary<string, int> _counts = [];
        private readonly StringBuilder _held = new();
        private readonly byte[] _buffer = new byte[65536];
        private Stream _stream = stream;
        private int _start;
        private int _end;
        private bool _mail;
        private int _accepted;

        public async Task RunAsync()
        {
            if (script.TlsOnConnect)
                await SecureAsync();
            if (!await AnswerAsync("(connect)", "220 peer.example ESMTP"))
                return;
            while (await LineAsync() is { } line)
            {
                session.Add(line);
                if (!await CommandAsync(line))
                    return;
            }
        }

        private async Task<bool> CommandAsync(string line)
        {
            var verb = line.Split(' ', 2)[0].ToUpperInvariant();
            switch (verb)
            {
                case "EHLO" or "LHLO":
                    _mail = false;
                    string[] lines = ["peer.example", .. script.Capabilities, .. Offered()];
                    return await AnswerAsync(line, string.Join('\n', lines.Select((l, i) => $"250{(i == lines.Length - 1 ? ' ' : '-')}{l}")));
                case "MAIL":
                    _accepted = 0;
                    return await AnswerAsync(line, "250 2.1.0 Ok", r => _mail = r.StartsWith('2'));
                case "RCPT":
                    return await AnswerAsync(line, _mail ? "250 2.1.5 Ok" : "503 5.5.1 MAIL first", r => _accepted += r.StartsWith('2') ? 1 : 0);
                case "DATA":
                    var go = false;
                    if (!await AnswerAsync(line, _accepted > 0 ? "354 Go ahead" : "554 5.5.1 No valid recipients", r => go = r.StartsWith('3')))
                        return false;
                    return !go || await ContentAsync();
                case "RSET":
                    _mail = false;
                    return await AnswerAsync(line, "250 2.0.0 Ok");
                case "STARTTLS" when script.Certificate is not null || script.BreakHandshake:
                    return await StartTlsAsync(line);
                case "QUIT":
                    await AnswerAsync(line, "221 2.0.0 Bye");
                    return false;
                case "HELO":
                    return await AnswerAsync(line, "250 peer.example");
                default:
                    return await AnswerAsync(line, "502 5.5.1 Unknown");
            }
        }

        private string[] Offered() => (script.Certificate is not null || script.BreakHandshake) && _stream is not SslStream ? ["STARTTLS"] : [];

        private async Task<bool> StartTlsAsync(string line)
        {
            var go = false;
            if (!await AnswerAsync(line, "220 2.0.0 Go ahead", r => go = r.StartsWith('2')))
                return false;
            if (!go)
                return true;
            if (script.BreakHandshake)
            {
                await _stream.WriteAsync("554 what is this\r\n"u8.ToArray(), stopping);
                return false;
            }
            await SecureAsync();
            return true;
        }

        private async Task SecureAsync()
        {
            var secured = new SslStream(_stream);
            // Offline: the peer itself looks for no issuer of its certificate.
            await secured.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(script.Certificate!, null, offline: true) }, stopping);
            _stream = secured;
            session.Secured = true;
        }

        private async Task<bool> ContentAsync()
        {
            var content = new List<byte>();
            while (await LineAsync() is { } line)
            {
                if (line == ".")
                {
                    session.Add([.. content]);
                    return await AnswerAsync("(content)", "250 2.0.0 Ok: queued");
                }
                content.AddRange(Encoding.Latin1.GetBytes(line + "\r\n"));
                session.UnfinishedContent = content.Count;
                if (content.Count >= script.DropAfterContent)
                    return false;
            }
            return false;
        }

        private async Task<bool> AnswerAsync(string step, string friendly, Action<string>? decided = null)
        {
            var verb = step.Split(' ', 2)[0].ToUpperInvariant();
            var count = _counts.GetValueOrDefault(verb);
            _counts[verb] = count + 1;
            var answer = script.On(new PeerStep(number, step, count)) ?? friendly;
            decided?.Invoke(answer);
            if (answer == Silent)
            {
                await Task.Delay(Timeout.Infinite, stopping);
                return false;
            }
            var drop = answer.EndsWith(Drop, StringComparison.Ordinal);
            var text = drop ? answer[..^Drop.Length] : answer;
            if (text.Length > 0)
                _held.Append(text.TrimEnd('\n').Replace("\n", "\r\n", StringComparison.Ordinal)).Append("\r\n");
            if (drop || !script.HoldReplies || verb is not ("RSET" or "MAIL" or "RCPT"))
            {
                await _stream.WriteAsync(Encoding.UTF8.GetBytes(_held.ToString()), stopping);
                _held.Clear();
            }
            return !drop;
        }

        private async Task<string?> LineAsync()
        {
            while (true)
            {
                var end = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
                if (end >= 0)
                {
                    // Latin-1 keeps each octet of content as it came.
                    var line = Encoding.Latin1.GetString(_buffer, _start, end);
                    _start += end + 2;
                    return line;
                }
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
                if (_end == _buffer.Length)
                    throw new IOException("a line longer than 64 KiB");
                var count = await _stream.ReadAsync(_buffer.AsMemory(_end), stopping);
                if (count == 0)
                    return null;
                _end += count;
            }
        }
    }
}
