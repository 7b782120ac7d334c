namespace ClusterMail.Testing.Processes;

/// <summary>Reads lines ended by CRLF, and only by it: a bare LF stays inside the line, so that tests see what really was on the wire.</summary>
public sealed class LineReader(Stream stream)
{
    private byte[] _buffer = new byte[65_536];
    private int _start;
    private int _end;
    private int _searched;

    /// <summary>The next line without its CRLF; null at the end of the stream.</summary>
    public async ValueTask<byte[]?> ReadAsync(CancellationToken cancel)
    {
        while (true)
        {
            var found = _buffer.AsSpan(_start + _searched, _end - _start - _searched).IndexOf("\r\n"u8);
            if (found >= 0)
            {
                var length = _searched + found;
                var line = _buffer.AsSpan(_start, length).ToArray();
                _start += length + 2;
                _searched = 0;
                return line;
            }

            // The last octet may be the CR of a CRLF still on its way.
            _searched = Math.Max(0, _end - _start - 1);
            if (!await FillAsync(cancel))
                return null;
        }
    }

    /// <summary>Whatever came since, up to what is here now; empty when the peer has closed.</summary>
    public async ValueTask<byte[]> ReadSomeAsync(CancellationToken cancel)
    {
        if (_start == _end && !await FillAsync(cancel))
            return [];
        var rest = _buffer.AsSpan(_start, _end - _start).ToArray();
        (_start, _searched) = (_end, 0);
        return rest;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancel)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancel);
        _end += read;
        return read > 0;
    }
}
