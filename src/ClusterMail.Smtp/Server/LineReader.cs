using System.Buffers;

namespace ClusterMail.Smtp.Server;

internal enum LineState : byte
{
    /// <summary>No line end yet.</summary>
    Incomplete,
    Good,

    /// <summary>Ended by a bare LF, or with a CR inside.</summary>
    BareLineEnd,
    TooLong,
}

/// <summary>Cuts command lines. A line ends with CRLF and nothing else (RFC 5321 §2.3.8).</summary>
internal sealed class LineReader
{
    private bool _skipping;

    /// <summary>Octets thrown away of lines too long, since the session began.</summary>
    public long Skipped { get; private set; }

    /// <param name="line">Without CRLF; only for <see cref="LineState.Good"/>.</param>
    public LineState TryTake(ref ReadOnlySequence<byte> buffer, int maxLine, out ReadOnlySequence<byte> line)
    {
        line = default;
        if (buffer.PositionOf((byte)'\n') is not { } end)
        {
            if (_skipping || buffer.Length > maxLine)
            {
                _skipping = true;
                Skipped += buffer.Length;
                buffer = buffer.Slice(buffer.End);
            }
            return LineState.Incomplete;
        }
        var whole = buffer.Slice(0, buffer.GetPosition(1, end));
        buffer = buffer.Slice(whole.End);
        if (_skipping || whole.Length > maxLine)
        {
            _skipping = false;
            Skipped += whole.Length;
            return LineState.TooLong;
        }
        if (whole.Length < 2 || whole.PositionOf((byte)'\r') is not { } cr || whole.Slice(cr).Length != 2)
            return LineState.BareLineEnd;
        line = whole.Slice(0, cr);
        return LineState.Good;
    }
}
