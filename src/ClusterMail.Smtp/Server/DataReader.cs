using System.Buffers;

namespace ClusterMail.Smtp.Server;

/// <summary>
/// Takes content off the wire: finds the end of DATA, takes the stuffed dots away, and sees every CR and LF that is not part of a pair.
/// The end is CRLF.CRLF and nothing else. A mail with a bare CR, a bare LF or a NUL is read to that end and refused: other servers see an
/// end where we see text, and what follows would be a mail of the attacker's making (RECV-26).
/// </summary>
/// <param name="content">Where the octets go.</param>
/// <param name="dotStuffed">True for DATA; false for BDAT, where the count alone says where the content ends (RFC 3030).</param>
public sealed class DataReader(ContentBuffer content, bool dotStuffed)
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("\r\n\0"u8);

    private enum At : byte
    {
        LineStart,
        InLine,
        Cr,
        Dot,
        DotCr,
    }

    private At _at = At.LineStart;

    /// <summary>Some line end was not CRLF, or a NUL was seen.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Takes what it may from the front of <paramref name="buffer"/>; true when the end of DATA was in it.</summary>
    public bool Feed(ref ReadOnlySequence<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var span = buffer.FirstSpan;
            var taken = Feed(span, out var ended);
            buffer = buffer.Slice(taken);
            if (ended)
                return true;
        }
        return false;
    }

    /// <summary>BDAT LAST has been taken: a CR at the very end has no partner.</summary>
    public void EndChunks()
    {
        if (_at == At.Cr)
            IsDamaged = true;
        content.EndOfContent();
    }

    private int Feed(ReadOnlySpan<byte> span, out bool ended)
    {
        ended = false;
        var at = 0;
        while (at < span.Length)
        {
            switch (_at)
            {
                case At.LineStart when dotStuffed && span[at] == '.':
                    _at = At.Dot;
                    at++;
                    break;
                case At.LineStart:
                case At.InLine:
                    at += Text(span[at..]);
                    break;
                case At.Cr:
                    at += AfterCr(span[at]);
                    break;
                case At.Dot:
                    // The dot is dropped whatever follows (RFC 5321 §4.5.2).
                    _at = span[at] == '\r' ? At.DotCr : At.InLine;
                    at += _at == At.DotCr ? 1 : 0;
                    break;
                case At.DotCr:
                    if (span[at] == '\n')
                    {
                        _at = At.LineStart;
                        content.EndOfContent();
                        ended = true;
                        return at + 1;
                    }
                    IsDamaged = true;
                    _at = span[at] == '\r' ? At.Cr : At.InLine;
                    at += span[at] == '\r' ? 1 : 0;
                    break;
            }
        }
        return at;
    }

    private int Text(ReadOnlySpan<byte> span)
    {
        var special = span.IndexOfAny(Special);
        if (special < 0)
        {
            content.Append(span);
            _at = At.InLine;
            return span.Length;
        }
        if (span[special] != '\r')
        {
            IsDamaged = true;
            _at = At.InLine;
            return special + 1;
        }
        // The usual line: its end is in the same segment, so text and CRLF go in one piece.
        if (special + 1 < span.Length && span[special + 1] == '\n')
        {
            content.AppendLine(span[..(special + 2)]);
            _at = At.LineStart;
            return special + 2;
        }
        content.Append(span[..special]);
        _at = At.Cr;
        return special + 1;
    }

    private int AfterCr(byte next)
    {
        if (next == '\n')
        {
            content.AppendLine("\r\n"u8);
            _at = At.LineStart;
            return 1;
        }
        IsDamaged = true;
        if (next != '\r')
            _at = At.InLine;
        return next == '\r' ? 1 : 0;
    }
}
