using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Bench.Relay;

/// <summary>Clients of one run, a thread each.</summary>
internal sealed class Source
{
    private static readonly Lazy<BoringSsl> Tls = new(BoringSsl.Client);

    private readonly IPEndPoint _server;
    private readonly Load _load;
    private readonly byte[] _lines;
    private readonly IReadOnlyList<byte[]> _commands;
    private readonly byte[] _atOnce;
    private readonly double[] _waits;
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _next;
    private long _late;
    private Exception? _trouble;

    private Source(IPEndPoint server, Load load)
    {
        (_server, _load) = (server, load);
        _lines = load.Lines();
        _commands = load.Commands();
        _atOnce = [.. _commands.SelectMany(command => command)];
        _waits = new double[load.Mails];
    }

    /// <param name="Waits">Milliseconds from the final dot to its 250, of each mail, sorted.</param>
    /// <param name="Late">Longest delay of a paced mail because every session was still busy, milliseconds.</param>
    public sealed record Sent(IReadOnlyList<double> Waits, double Late);

    /// <exception cref="InvalidOperationException">The server refused a mail or closed: what it said.</exception>
    public static Task<Sent> RunAsync(IPEndPoint server, Load load) => Task.Factory.StartNew(() => new Source(server, load).Run(), TaskCreationOptions.LongRunning);

    private Sent Run()
    {
        var threads = Enumerable.Range(0, _load.Sessions).Select(_ => new Thread(Session, maxStackSize: 512 * 1024) { IsBackground = true }).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (_trouble is not null)
            throw new InvalidOperationException($"{_server}: {_trouble.Message}", _trouble);
        Array.Sort(_waits);
        return new Sent(_waits, Stopwatch.GetElapsedTime(0, _late).TotalMilliseconds);
    }

    private void Session()
    {
        var buffer = new byte[16 * 1024];
        var content = new byte[Load.Head(0).Length + _lines.Length + 3];
        ".\r\n"u8.CopyTo(content.AsSpan(content.Length - 3));
        _lines.CopyTo(content, content.Length - 3 - _lines.Length);
        Wire? wire = null;
        using var ticket = _load.Resume ? new BoringSsl.Ticket() : null;
        try
        {
            while (Volatile.Read(ref _trouble) is null && Interlocked.Increment(ref _next) is var number && number <= _load.Mails)
            {
                Pace(number);
                wire ??= Open(buffer, ticket);
                Load.Head(number).CopyTo(content, 0);
                _waits[number - 1] = Mail(wire, content);
                if (!_load.Reuse)
                    Close(ref wire);
            }

            Close(ref wire);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            Interlocked.CompareExchange(ref _trouble, e, null);
            wire?.Dispose();
        }
    }

    private void Pace(int number)
    {
        if (_load.Rate is not { } rate)
            return;
        var due = _started + (long)((number - 1) / rate * Stopwatch.Frequency);
        var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
        if (early > TimeSpan.Zero)
            Thread.Sleep(early);
        else
            InterlockedMax(ref _late, -Stopwatch.Frequency * early.Ticks / TimeSpan.TicksPerSecond);
    }

    private Wire Open(byte[] buffer, BoringSsl.Ticket? ticket)
    {
        var socket = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(_server);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var wire = new Wire(socket, buffer);
        Expect(wire, 220);
        Say(wire, "EHLO bench.test\r\n"u8, 250);
        if (_load.Tls)
        {
            Say(wire, "STARTTLS\r\n"u8, 220);
            wire.SecureAsClient(Tls.Value, ticket);
            Say(wire, "EHLO bench.test\r\n"u8, 250);
        }

        return wire;
    }

    private double Mail(Wire wire, byte[] content)
    {
        if (_load.Pipelining)
            wire.Send(_atOnce);
        for (var index = 0; index < _commands.Count; index++)
        {
            if (!_load.Pipelining)
                wire.Send(_commands[index]);
            Expect(wire, index == _commands.Count - 1 ? 354 : 250);
        }

        wire.Send(content);
        var sent = Stopwatch.GetTimestamp();
        Expect(wire, 250);
        return Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
    }

    private static void Close(ref Wire? wire)
    {
        if (wire is null)
            return;
        Say(wire, "QUIT\r\n"u8, 221);
        wire.Dispose();
        wire = null;
    }

    private static void Say(Wire wire, ReadOnlySpan<byte> command, int code)
    {
        wire.Send(command);
        Expect(wire, code);
    }

    private static void Expect(Wire wire, int code)
    {
        if (wire.ReadReply(out var text) is var answered && answered != code)
            throw new IOException(text.Length > 0 ? text : $"answered {answered}, not {code}");
    }

    private static void InterlockedMax(ref long place, long value)
    {
        for (var seen = Volatile.Read(ref place); value > seen;)
        {
            var found = Interlocked.CompareExchange(ref place, value, seen);
            if (found == seen)
                return;
            seen = found;
        }
    }
}
