namespace ClusterMail.Cli.Commands;

/// <summary>A file in parts of so many whole lines, in bounded memory.</summary>
internal sealed class LineFeed(Stream input, int longestLine)
{
    private byte[] _buffer = new byte[256 * 1024];
    private int _length;
    private bool _ended;

    /// <summary>Octets given out.</summary>
    public long Position { get; private set; }

    /// <summary>The next lines with their ends, at most <paramref name="lines"/>; fewer at the end, none behind it. The octets are good until the next call.</summary>
    /// <exception cref="CommandFailure">A line is longer than any account's: this is another kind of file.</exception>
    public async Task<(ReadOnlyMemory<byte> Octets, int Lines)> ReadAsync(int lines, CancellationToken cancel)
    {
        while (true)
        {
            var (end, found) = Cut(lines);
            if (found == lines || (_ended && end == _length) || (found > 0 && _length == _buffer.Length))
                return Take(end, found);
            if (_ended)
                return Take(_length, found + 1);
            if (_length == _buffer.Length)
                throw new CommandFailure($"a line is longer than {longestLine} octets: this is no file of accounts");
            var read = await input.ReadAsync(_buffer.AsMemory(_length), cancel);
            (_length, _ended) = (_length + read, read == 0);
        }
    }

    private (int End, int Lines) Cut(int lines)
    {
        var (end, found) = (0, 0);
        while (found < lines && _buffer.AsSpan(end, _length - end).IndexOf((byte)'\n') is var next and >= 0)
            (end, found) = (end + next + 1, found + 1);
        return (end, found);
    }

    private (ReadOnlyMemory<byte>, int) Take(int end, int lines)
    {
        var part = _buffer.AsMemory(0, end).ToArray();
        _buffer.AsSpan(end, _length - end).CopyTo(_buffer);
        _length -= end;
        Position += end;
        return (part, end == 0 ? 0 : lines);
    }
}
