using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ClusterMail.Testing;

namespace ClusterMail.Bench.Relay;

/// <summary>Where everything goes: takes every mail, keeps none, and knows the moment the last one of a run arrived. A thread for each connection.</summary>
internal sealed class Sink : IDisposable
{
    /// <summary>More than any party opens.</summary>
    private const int Connections = 512;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly BoringSsl? _tls;
    private readonly byte[] _greeted = "250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n"u8.ToArray();
    private readonly byte[] _offering = "250-sink.test\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n"u8.ToArray();
    private long _recipients;
    private long _transactions;
    private Expectation? _expected;

    private sealed record Expectation(long Recipients)
    {
        public TaskCompletionSource<long> Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <param name="certificate">STARTTLS is offered with it; null: clear text.</param>
    public Sink(CertificateAuthority.Pair? certificate)
    {
        _tls = certificate is null ? null : BoringSsl.Server(certificate);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(Connections);
        for (var index = 0; index < Connections; index++)
            new Thread(Serve, maxStackSize: 512 * 1024) { IsBackground = true }.Start();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Recipients of complete mails so far.</summary>
    public long Recipients => Volatile.Read(ref _recipients);

    /// <summary>Complete mails so far: a server may bring the recipients of one in several.</summary>
    public long Transactions => Volatile.Read(ref _transactions);

    /// <summary>Completes with the timestamp at which so many recipients more had arrived.</summary>
    public Task<long> ExpectAsync(long recipients)
    {
        var expected = new Expectation(Recipients + recipients);
        Volatile.Write(ref _expected, expected);
        return expected.Arrived.Task;
    }

    public void Dispose() => _listener.Dispose();

    private void Serve()
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            try
            {
                using var wire = new Wire(Accept(), buffer);
                Converse(wire);
            }
            catch (Exception e) when (e is IOException)
            {
                // The server closed without QUIT; what it has not finished it will bring again.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private Socket Accept()
    {
        var socket = _listener.Accept();
        socket.NoDelay = true;
        return socket;
    }

    private void Converse(Wire wire)
    {
        var secure = false;
        var recipients = 0;
        wire.Send("220 sink.test ESMTP\r\n"u8);
        var replies = new ReplyBatch(wire);
        while (wire.TryReadLine(out var line))
        {
            switch (line.Length < 4 ? 0 : line[0] & 0xDF)
            {
                case 'E' or 'L':
                    replies.Add(_tls is null || secure ? _greeted : _offering);
                    break;
                case 'R' when (line[1] & 0xDF) == 'C':
                    recipients++;
                    replies.Add("250 2.1.5 Ok\r\n"u8);
                    break;
                case 'D':
                    replies.Add("354 Go ahead\r\n"u8);
                    replies.Flush();
                    wire.SkipContent();
                    Arrived(recipients);
                    recipients = 0;
                    replies.Add("250 2.0.0 Ok\r\n"u8);
                    break;
                case 'S' when _tls is not null && !secure:
                    replies.Add("220 2.0.0 Ready\r\n"u8);
                    replies.Flush();
                    wire.SecureAsServer(_tls);
                    secure = true;
                    break;
                case 'M' when _tls is not null && !secure:
                    replies.Add("530 5.7.0 STARTTLS first\r\n"u8);
                    break;
                case 'M' or 'R' or 'N' or 'H':
                    recipients = 0;
                    replies.Add("250 2.0.0 Ok\r\n"u8);
                    break;
                case 'Q':
                    replies.Add("221 2.0.0 Bye\r\n"u8);
                    replies.Flush();
                    return;
                default:
                    replies.Add("502 5.5.1 Unknown command\r\n"u8);
                    break;
            }

            if (!wire.HasMore)
                replies.Flush();
        }
    }

    private void Arrived(int recipients)
    {
        Interlocked.Increment(ref _transactions);
        var all = Interlocked.Add(ref _recipients, recipients);
        if (Volatile.Read(ref _expected) is { } expected && all >= expected.Recipients)
            expected.Arrived.TrySetResult(Stopwatch.GetTimestamp());
    }

    /// <summary>Replies to commands that came together leave together.</summary>
    private sealed class ReplyBatch(Wire wire)
    {
        private readonly byte[] _octets = new byte[4096];
        private int _length;

        public void Add(ReadOnlySpan<byte> reply)
        {
            if (_length + reply.Length > _octets.Length)
                Flush();
            reply.CopyTo(_octets.AsSpan(_length));
            _length += reply.Length;
        }

        public void Flush()
        {
            if (_length > 0)
                wire.Send(_octets.AsSpan(0, _length));
            _length = 0;
        }
    }
}
