using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace ClusterMail.Smtp.Server;

/// <summary>
/// What was said in the present transaction, as octets in one pooled buffer, and put into words only when somebody will read them: nearly every mail
/// passes, and then nothing was allocated. Never holds content, and no secret: those are masked before they get here (LOG-18).
/// </summary>
internal sealed class SessionTranscript : IDisposable
{
    private const int FirstSize = 2048;

    /// <summary>Octets of one transaction; 1,000 recipients fit. What a hostile client says beyond it is counted only.</summary>
    private const int MaxSize = 131_072;

    /// <summary>Octets of one line; the rest is cut.</summary>
    private const int MaxLine = 1024;

    private const int Head = 11;

    private byte[] _buffer = [];
    private int _used;
    private int _leftOut;

    public void Add(LineKind kind, ReadOnlySpan<byte> text, DateTimeOffset at)
    {
        text = text[..Math.Min(text.Length, MaxLine)];
        var needed = _used + Head + text.Length;
        if (needed > MaxSize)
        {
            _leftOut++;
            return;
        }
        if (needed > _buffer.Length)
            Grow(needed);
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_used), at.UtcTicks);
        _buffer[_used + 8] = (byte)kind;
        BinaryPrimitives.WriteInt16LittleEndian(_buffer.AsSpan(_used + 9), (short)text.Length);
        text.CopyTo(_buffer.AsSpan(_used + Head));
        _used = needed;
    }

    public void Clear() => (_used, _leftOut) = (0, 0);

    public ImmutableArray<DialogueLine> ToLines()
    {
        var lines = ImmutableArray.CreateBuilder<DialogueLine>();
        var at = DateTimeOffset.UnixEpoch;
        for (var from = 0; from < _used;)
        {
            at = new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(_buffer.AsSpan(from)), TimeSpan.Zero);
            var length = BinaryPrimitives.ReadInt16LittleEndian(_buffer.AsSpan(from + 9));
            lines.Add(new DialogueLine(at, ToText((LineKind)_buffer[from + 8], _buffer.AsSpan(from + Head, length))));
            from += Head + length;
        }
        if (_leftOut > 0)
            lines.Add(new DialogueLine(at, $"CHECK transcript={_leftOut} lines left out"));
        return lines.DrainToImmutable();
    }

    /// <summary>LOG-27. Octets that are no UTF-8 become U+FFFD, control characters blanks: a line stays a line.</summary>
    public static string ToText(LineKind kind, ReadOnlySpan<byte> text)
    {
        var words = Encoding.UTF8.GetString(text);
        if (words.Any(char.IsControl))
            words = string.Concat(words.Select(c => char.IsControl(c) ? ' ' : c));
        return kind switch
        {
            LineKind.Received => "RECV <- " + words,
            LineKind.Sent => "SEND -> " + words,
            LineKind.Check => "CHECK " + words,
            _ => words,
        };
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        Clear();
    }

    private void Grow(int needed)
    {
        var grown = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(FirstSize, Math.Min(MaxSize, _buffer.Length * 2))));
        _buffer.AsSpan(0, _used).CopyTo(grown);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = grown;
    }
}

internal enum LineKind : byte
{
    Received,
    Sent,
    Check,
    Note,
}
