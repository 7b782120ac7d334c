namespace ClusterMail.Smtp.Client;

/// <summary>
/// Content into its wire form (RFC 5321 §4.5.2): a dot at the start of a line is doubled, the last line gets its CRLF, then the dot alone. A
/// bare CR or LF becomes CRLF, so that no peer, however lax, can see an end of data that we did not mean (RECV-26).
/// </summary>
internal struct DotStuffer
{
    /// <summary>The most that <see cref="Finish"/> writes.</summary>
    public const int FinishLength = 5;

    private bool _inLine;
    private bool _afterCr;

    /// <summary>Moves as much of <paramref name="source"/> into <paramref name="target"/> as fits. The target must have room for at least two octets.</summary>
    public void Stuff(ReadOnlySpan<byte> source, Span<byte> target, out int read, out int written)
    {
        read = 0;
        written = 0;
        while (read < source.Length && target.Length - written >= 2)
        {
            var next = source[read];
            if (_afterCr)
            {
                target[written++] = (byte)'\n';
                read += next == '\n' ? 1 : 0;
                _afterCr = _inLine = false;
                continue;
            }
            if (next == '.' && !_inLine)
                target[written++] = (byte)'.';
            var run = Math.Min(source.Length - read, target.Length - written);
            var line = source.Slice(read, run);
            var end = line.IndexOfAny((byte)'\r', (byte)'\n');
            var text = end < 0 ? line : line[..end];
            text.CopyTo(target[written..]);
            read += text.Length;
            written += text.Length;
            _inLine |= text.Length > 0;
            if (end < 0)
                continue;
            target[written++] = (byte)'\r';
            _afterCr = true;
            // A bare LF stays where it is and is taken as the second half of the CRLF just begun.
            read += line[end] == '\r' ? 1 : 0;
        }
    }

    /// <summary>The end of the last line where it is missing, and the final dot.</summary>
    public int Finish(Span<byte> target)
    {
        var end = _afterCr ? "\n.\r\n"u8 : _inLine ? "\r\n.\r\n"u8 : ".\r\n"u8;
        end.CopyTo(target);
        this = default;
        return end.Length;
    }
}
