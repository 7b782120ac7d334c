using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using ClusterMail.Protocol;
using Microsoft.AspNetCore.Connections;

namespace ClusterMail.Smtp.Server;

/// <summary>Why a session's waiting was ended from outside.</summary>
internal enum SessionCut : byte
{
    None,
    Idle,
    TooSlow,
    Draining,
}

/// <summary>
/// The bytes of one connection and the limits on waiting for them. Replies collect until input runs out, so that a pipelined group is answered
/// in one write (RFC 2920 §3.2). One timer for all sessions calls <see cref="Tick"/>: a timer per session would cost more than the session.
/// </summary>
internal sealed class SessionWire(ConnectionContext connection, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Unsent replies that make us write without waiting for the end of the input.</summary>
    private const int MaxUnsent = 16_384;

    /// <summary>How long the last words of a session may take.</summary>
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What a client may still send after the last reply before it is reset: enough for what a sender has on its way when it is refused (its own and our
    /// socket's buffers), little enough that nobody is kept busy by it.
    /// </summary>
    private const long MaxDropped = 4 * 1_048_576;

    private static readonly TimeSpan LingerLimit = TimeSpan.FromSeconds(2);

    /// <summary>Nothing more is on its way from a client that has been silent so long: a round trip to the far side of the earth takes less.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(500);

    private PipeReader _input = connection.Transport.Input;
    private PipeWriter _output = connection.Transport.Output;
    private SslStream? _tls;
    private DuplexPipeStream? _below;
    private long _deadline;
    private long _cutAt;
    private volatile SessionCut _cut;
    private volatile bool _draining;
    private volatile bool _interruptible;
    private volatile bool _flushing;
    private long _contentOctets;
    private long _rateOctets;
    private long _rateSince;
    private int _minBytesPerSecond;
    private long _leftAtEnd = long.MaxValue;

    public SessionCut Cut => _cut;
    public ReadOnlySequence<byte> Buffer { get; private set; }
    public SslStream? Tls => _tls;
    public ConnectionContext Connection => connection;

    /// <summary>Input, when some is there or comes within <paramref name="limit"/>; false when the client has gone or the wait was cut.</summary>
    /// <param name="interruptible">Nothing is under way: a drain may end the session here.</param>
    public async ValueTask<bool> ReadAsync(TimeSpan limit, bool interruptible)
    {
        while (true)
        {
            if (!_input.TryRead(out var result))
            {
                if (!await FlushAsync(limit))
                    return false;
                _interruptible = interruptible;
                if (interruptible && _draining)
                    _cut = SessionCut.Draining;
                if (_cut != SessionCut.None)
                    return false;
                Arm(limit);
                try
                {
                    result = await _input.ReadAsync();
                }
                catch (Exception e) when (_cut != SessionCut.None && e is IOException or OperationCanceledException)
                {
                    return false;            // a TLS stream reports the end of our own waiting as an error
                }
                finally
                {
                    Disarm();
                    _interruptible = false;
                }
            }
            Buffer = result.Buffer;
            if (_cut != SessionCut.None || (result.IsCompleted && !HasShrunk(result.Buffer.Length)))
                return false;
            if (!result.IsCanceled)
                return true;
            _input.AdvanceTo(result.Buffer.Start);
        }
    }

    /// <summary>The client has gone, but what it sent before may still hold whole commands: go on as long as something is taken.</summary>
    private bool HasShrunk(long length)
    {
        var has = length > 0 && length < _leftAtEnd;
        _leftAtEnd = length;
        return has;
    }

    /// <summary>What is there without waiting.</summary>
    public bool TryRead()
    {
        if (!_input.TryRead(out var result))
            return false;
        Buffer = result.Buffer;
        return true;
    }

    public void AdvanceTo(SequencePosition consumed) => _input.AdvanceTo(consumed);

    public void AdvanceTo(SequencePosition consumed, SequencePosition examined) => _input.AdvanceTo(consumed, examined);

    /// <summary>Hears every reply; null: nobody does.</summary>
    public SessionRecord? Record { get; set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        Record?.Sent(bytes);
    }

    public void Write(Reply reply) => Write(reply.Wire.Span);

    public bool HasMuchUnsent => _output.UnflushedBytes > MaxUnsent;

    /// <summary>False when the client takes nothing for <paramref name="limit"/>, or has gone.</summary>
    public async ValueTask<bool> FlushAsync(TimeSpan limit)
    {
        if (_output.UnflushedBytes == 0)
            return true;
        Arm(limit);
        _flushing = true;
        try
        {
            var result = await _output.FlushAsync();
            return !result.IsCompleted && (!result.IsCanceled || _cut == SessionCut.None);
        }
        finally
        {
            _flushing = false;
            Disarm();
        }
    }

    /// <summary>Writes what is left to say, for a few seconds at most.</summary>
    /// <param name="last">Only the close follows: under TLS the two leave together.</param>
    public async ValueTask FarewellAsync(bool last = false)
    {
        if (last && _below is { } below)
            below.Holds = true;
        using var limit = new CancellationTokenSource(FarewellLimit, time);
        // The cut that brought us here may still stand in the writer's way; it counts once.
        if ((await _output.FlushAsync(limit.Token)).IsCanceled)
            await _output.FlushAsync(limit.Token);
    }

    /// <summary>
    /// Reads and drops what the client still sends, for a moment: closing a socket with unread input resets the connection, and the reset may reach the
    /// client before it has read our last reply (RFC 1122 §4.2.2.13). Not longer: a client that has sent several commands at once and waits for an answer to each
    /// learns only from the close that no more will come.
    /// </summary>
    public async ValueTask LingerAsync()
    {
        using var limit = new CancellationTokenSource(Silence, time);
        var began = time.GetTimestamp();
        try
        {
            for (long dropped = 0; dropped < MaxDropped && time.GetElapsedTime(began) < LingerLimit;)
            {
                var result = await _input.ReadAsync(limit.Token);
                limit.CancelAfter(Silence);
                dropped += result.Buffer.Length;
                _input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException or InvalidOperationException)
        {
            // Time is up, or the client has gone.
        }
    }

    /// <summary>From here on content must keep coming at <see cref="ReceiveOptions.MinBytesPerSecond"/>.</summary>
    public void BeginContent(int minBytesPerSecond)
    {
        _rateOctets = Volatile.Read(ref _contentOctets);
        _rateSince = time.GetTimestamp();
        Volatile.Write(ref _minBytesPerSecond, minBytesPerSecond);
    }

    public void EndContent() => Volatile.Write(ref _minBytesPerSecond, 0);

    public void CountContent(long octets) => Interlocked.Add(ref _contentOctets, octets);

    /// <summary>Ends the session as soon as it is between two mails (CLU-32).</summary>
    public void RequestDrain()
    {
        _draining = true;
        if (_interruptible)
            Interrupt(SessionCut.Draining);
    }

    public void Abort(string why) => connection.Abort(new ConnectionAbortedException(why));

    /// <summary>Called about once a second.</summary>
    public void Tick(long now)
    {
        var cutAt = Volatile.Read(ref _cutAt);
        if (cutAt != 0)
        {
            if (time.GetElapsedTime(cutAt, now) > FarewellLimit * 2)
                Abort("The session did not end after its time was up.");
            return;
        }
        var deadline = Volatile.Read(ref _deadline);
        if (deadline != 0 && now >= deadline)
            Interrupt(SessionCut.Idle);
        else if (deadline != 0)
            WatchRate(now);
    }

    /// <summary>Everything from here on is TLS. Throws what the handshake throws.</summary>
    public async Task StartTlsAsync(SslServerAuthenticationOptions options, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        _below = new DuplexPipeStream(connection.Transport) { Holds = true };
        var tls = new SslStream(_below, leaveInnerStreamOpen: false);
        _tls = tls;
        await tls.AuthenticateAsServerAsync(options, timeout.Token);
        _below.Holds = false;
        // What TLS 1.3 holds by now are tickets for the client's next session (RFC 8446 §4.6.1), which leave with the first reply; before 1.3 it is what ends the handshake.
        if (tls.SslProtocol != SslProtocols.Tls13)
            await _below.FlushAsync(timeout.Token);
        _input = PipeReader.Create(tls, new StreamPipeReaderOptions(bufferSize: 16_384, minimumReadSize: 4096, leaveOpen: true, useZeroByteReads: true));
        _output = PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public async ValueTask DisposeAsync()
    {
        if (_tls is { } tls)
        {
            try
            {
                using var limit = new CancellationTokenSource(FarewellLimit, time);
                if (tls.IsAuthenticated)
                    await tls.ShutdownAsync().WaitAsync(limit.Token);
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException or ObjectDisposedException)
            {
                // The client went first.
            }
            if (!ReferenceEquals(_input, connection.Transport.Input))
            {
                await _input.CompleteAsync();
                await _output.CompleteAsync();
            }
            await tls.DisposeAsync();
        }
        await connection.Transport.Output.CompleteAsync();
        await connection.Transport.Input.CompleteAsync();
        await connection.DisposeAsync();
    }

    private void WatchRate(long now)
    {
        var floor = Volatile.Read(ref _minBytesPerSecond);
        var elapsed = time.GetElapsedTime(_rateSince, now);
        if (floor == 0 || elapsed < TimeSpan.FromMinutes(1))
            return;
        var octets = Volatile.Read(ref _contentOctets);
        if (octets - _rateOctets < floor * elapsed.TotalSeconds)
        {
            Interrupt(SessionCut.TooSlow);
            return;
        }
        _rateOctets = octets;
        _rateSince = now;
    }

    private void Interrupt(SessionCut cut)
    {
        _cut = cut;
        Volatile.Write(ref _cutAt, time.GetTimestamp());
        _input.CancelPendingRead();
        // A cancel without a flush under way would swallow the last words: a TLS writer drops what it was about to write.
        if (_flushing)
            _output.CancelPendingFlush();
    }

    private void Arm(TimeSpan limit) =>
        Volatile.Write(ref _deadline, time.GetTimestamp() + (long)(limit.TotalSeconds * time.TimestampFrequency));

    private void Disarm() => Volatile.Write(ref _deadline, 0);
}
