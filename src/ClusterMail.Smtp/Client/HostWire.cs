using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;

namespace ClusterMail.Smtp.Client;

/// <summary>
/// The octets of one outbound session: commands gathered into one write, replies read under a deadline. Trouble is a value: after a null or a
/// false the session is lost and <see cref="Code"/> says why.
/// </summary>
internal sealed class HostWire : IDisposable
{
    private readonly Socket _socket;
    private readonly CancellationTokenSource _deadline = new();
    private readonly ReplyReader _replies;
    private readonly byte[] _in;
    private Stream _stream;
    private int _start;
    private int _end;
    private bool _givenUp;

    public HostWire(Socket socket, DeliveryOptions options)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _replies = new ReplyReader(options.MaxReplyLine, options.MaxReplyLines);
        _in = new byte[Math.Max(4096, options.MaxReplyLine + 1)];
    }

    /// <summary>Commands waiting for <see cref="FlushAsync"/>.</summary>
    public ArrayBufferWriter<byte> Out { get; } = new(1024);

    /// <summary>Why the session was lost (see <see cref="SessionPhase"/>).</summary>
    public int Code { get; private set; }

    public bool IsLost { get; private set; }

    /// <summary>Octets have come that nobody asked for.</summary>
    public bool HasUnread => _end > _start;

    /// <summary>The peer closed or said something (a 421, most likely) while the session was idle. Never blocks.</summary>
    public bool IsStale
    {
        get
        {
            try
            {
                // Over TLS 1.3 a peer may send session tickets at any time, so there octets alone mean nothing; a closed socket has none.
                return IsLost || HasUnread || (_socket.Poll(0, SelectMode.SelectRead) && (_stream is not SslStream || _socket.Available == 0));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>Until the registration is disposed, <paramref name="cancel"/> ends whatever waits here.</summary>
    public CancellationTokenRegistration CancelWith(CancellationToken cancel) => cancel.UnsafeRegister(static wire => ((HostWire)wire!).GiveUp(), this);

    public async ValueTask<bool> FlushAsync(TimeSpan limit)
    {
        var sent = await WriteAsync(Out.WrittenMemory, limit);
        Out.ResetWrittenCount();
        return sent;
    }

    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> octets, TimeSpan limit)
    {
        if (IsLost)
            return false;
        try
        {
            _deadline.CancelAfter(limit);
            await _stream.WriteAsync(octets, _deadline.Token);
            _deadline.CancelAfter(Timeout.InfiniteTimeSpan);
            return true;
        }
        catch (Exception e) when (IsTrouble(e))
        {
            Lose(e);
            return false;
        }
    }

    /// <summary>The next reply. The deadline is for the whole reply, so that a peer that sends an octet a minute does not hold us.</summary>
    public async ValueTask<Reply?> ReadAsync(TimeSpan limit)
    {
        if (IsLost)
            return null;
        try
        {
            var waiting = false;
            while (true)
            {
                if (_end > _start || waiting)
                {
                    var state = _replies.Read(_in.AsSpan(_start, _end - _start), out var consumed, out var reply);
                    _start += consumed;
                    if (state == ReplyState.Complete)
                    {
                        if (waiting)
                            _deadline.CancelAfter(Timeout.InfiniteTimeSpan);
                        return reply;
                    }
                    if (state == ReplyState.Malformed)
                        return Lose(Trouble.Malformed);
                }
                if (!waiting)
                    _deadline.CancelAfter(limit);
                waiting = true;
                if (!await FillAsync())
                    return Lose(Trouble.Closed);
            }
        }
        catch (Exception e) when (IsTrouble(e))
        {
            Lose(e);
            return null;
        }
    }

    /// <summary>After a failed write: the reply that may explain it ("552 too big" and a close), if one is there already.</summary>
    public async ValueTask<Reply?> LastWordsAsync()
    {
        var code = Code;
        if (code is Trouble.GivenUp or Trouble.Silent || _givenUp)
            return null;
        IsLost = false;
        var reply = await ReadAsync(TimeSpan.FromSeconds(1));
        IsLost = true;
        Code = code;
        return reply;
    }

    /// <summary>Null when the session is in TLS now, else what went wrong. After a failed handshake the session is lost.</summary>
    public async ValueTask<string?> StartTlsAsync(SslClientAuthenticationOptions tls, TimeSpan limit)
    {
        // Octets sent in clear after the reply to STARTTLS would be taken for the answer to our next command (CVE-2011-0411 and its kin).
        if (HasUnread)
        {
            Lose(Trouble.TlsFailed);
            return "octets in clear text before the handshake";
        }
        _replies.Reset();
        var secured = new SslStream(_stream, leaveInnerStreamOpen: false);
        try
        {
            _deadline.CancelAfter(limit);
            await secured.AuthenticateAsClientAsync(tls, _deadline.Token);
            _deadline.CancelAfter(Timeout.InfiniteTimeSpan);
            _stream = secured;
            TlsVersion = Name(secured.SslProtocol);
            return null;
        }
        catch (Exception e) when (e is AuthenticationException || IsTrouble(e))
        {
            await secured.DisposeAsync();
            if (e is AuthenticationException)
                Lose(Trouble.TlsFailed);
            else
                Lose(e);
            return e is OperationCanceledException ? "no answer to the TLS handshake" : $"TLS handshake failed: {(e.InnerException ?? e).Message}";
        }
    }

    public string? TlsVersion { get; private set; }

    /// <summary>Closes without a word. Unsent octets are thrown away, so a content whose dot may not be sent is not completed by the kernel.</summary>
    public void Cut()
    {
        Lose(Trouble.GivenUp);
        try
        {
            _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed already: nothing is left to throw away.
        }
        // The socket first: a TLS stream would still send its farewell.
        _socket.Dispose();
        _stream.Dispose();
    }

    public void Dispose()
    {
        IsLost = true;
        _stream.Dispose();
        _deadline.Dispose();
    }

    private async ValueTask<bool> FillAsync()
    {
        if (_start > 0)
        {
            _in.AsSpan(_start, _end - _start).CopyTo(_in);
            _end -= _start;
            _start = 0;
        }
        // Never full: the reader refuses a line before it fills the buffer.
        var count = await _stream.ReadAsync(_in.AsMemory(_end), _deadline.Token);
        _end += count;
        return count > 0;
    }

    private void GiveUp()
    {
        _givenUp = true;
        try
        {
            _deadline.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The session ended in the same moment.
        }
    }

    private static bool IsTrouble(Exception e) => e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;

    private void Lose(Exception e) => Lose(e is OperationCanceledException ? (_givenUp ? Trouble.GivenUp : Trouble.Silent) : Trouble.CodeOf(e));

    private Reply? Lose(int code)
    {
        if (!IsLost)
            Code = code;
        IsLost = true;
        return null;
    }

    private static string Name(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls13 => "TLSv1.3",
        SslProtocols.Tls12 => "TLSv1.2",
        _ => protocol.ToString(),
    };
}
