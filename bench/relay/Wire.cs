using System.Net.Sockets;

namespace ClusterMail.Bench.Relay;

/// <summary>
/// One SMTP connection of the source or the sink, with blocking calls: a thread that waits in the kernel costs the processors that the servers need less
/// than one that is told about events.
/// </summary>
/// <param name="buffer">Of the thread that speaks; it must hold the longest line.</param>
internal sealed class Wire(Socket socket, byte[] buffer) : IDisposable
{
    /// <summary>Longest silence of the other side.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(2);

    private Stream _stream = new NetworkStream(socket, ownsSocket: true) { ReadTimeout = (int)Silence.TotalMilliseconds, WriteTimeout = (int)Silence.TotalMilliseconds };
    private Stream? _secured;
    private int _start;
    private int _end;

    /// <summary>Something that was read is still to be looked at: the other side pipelines.</summary>
    public bool HasMore => _start < _end;

    public void Send(ReadOnlySpan<byte> octets) => _stream.Write(octets);

    /// <summary>One line without its CRLF, good until the next read.</summary>
    /// <returns>False: the other side has closed.</returns>
    public bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        var seen = 0;
        while (true)
        {
            var end = buffer.AsSpan(_start + seen, _end - _start - seen).IndexOf((byte)'\n');
            if (end >= 0)
            {
                line = buffer.AsSpan(_start, seen + end).TrimEnd((byte)'\r');
                _start += seen + end + 1;
                return true;
            }

            seen = _end - _start;
            if (!TryFill())
            {
                line = default;
                return false;
            }
        }
    }

    /// <summary>Reads past the end of DATA. No server sends a mail without any header, so the final dot always follows a line.</summary>
    /// <exception cref="IOException">Closed before it.</exception>
    public void SkipContent()
    {
        var final = "\r\n.\r\n"u8;
        while (true)
        {
            var at = buffer.AsSpan(_start, _end - _start).IndexOf(final);
            if (at >= 0)
            {
                _start += at + final.Length;
                return;
            }

            // The end may be cut in two by the read.
            _start = Math.Max(_start, _end - (final.Length - 1));
            if (!TryFill())
                throw new IOException("closed within a mail");
        }
    }

    /// <summary>The code and the last line of a reply.</summary>
    /// <exception cref="IOException">Closed instead.</exception>
    public int ReadReply(out string text)
    {
        while (TryReadLine(out var line))
        {
            if (line.Length > 3 && line[3] == '-')
                continue;
            text = line.Length > 2 && line[0] is (byte)'2' or (byte)'3' ? "" : System.Text.Encoding.Latin1.GetString(line);
            return line.Length < 3 ? 0 : (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
        }

        throw new IOException("closed instead of a reply");
    }

    /// <exception cref="IOException">The handshake failed.</exception>
    public void SecureAsClient(BoringSsl tls, BoringSsl.Ticket? ticket) => _stream = _secured = tls.Connect(socket, ticket);

    /// <inheritdoc cref="SecureAsClient"/>
    public void SecureAsServer(BoringSsl tls) => _stream = _secured = tls.Accept(socket);

    public void Dispose()
    {
        _secured?.Dispose();
        socket.Dispose();
    }

    private bool TryFill()
    {
        if (_start > 0)
        {
            buffer.AsSpan(_start, _end - _start).CopyTo(buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == buffer.Length)
            throw new IOException("a line is too long");
        var read = _stream.Read(buffer, _end, buffer.Length - _end);
        _end += read;
        return read > 0;
    }
}
