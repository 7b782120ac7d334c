using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>Counts what the checks after the final dot need, while the content passes.</summary>
internal sealed class HeaderScanner
{
    /// <summary>The longest name looked for is <c>Message-ID</c>; room for blanks before the colon.</summary>
    private const int NameRoom = 16;

    private readonly byte[] _name = new byte[NameRoom];
    private int _nameLength;
    private bool _lineHasText;
    private bool _has8Bit;
    private bool _hasUtf8Header;
    private int _received;
    private bool _hasDate;
    private bool _hasMessageId;
    private int _headerLength;
    private int _fromHeaders;
    private byte[]? _from;
    private int _fromLength;
    private bool _takesFrom;
    private bool _isFrom;
    private bool _lineBegan;

    /// <summary>Octets of a From: header that are looked at; longer ones count as unreadable.</summary>
    private const int FromRoom = 2048;

    /// <summary>The empty line, or the end of the content, has been seen.</summary>
    public bool HeaderEnded { get; private set; }

    public ContentFacts Facts => new()
    {
        ReceivedCount = _received,
        HasDate = _hasDate,
        HasMessageId = _hasMessageId,
        Has8Bit = _has8Bit,
        HasUtf8Header = _hasUtf8Header,
        HeaderLength = _headerLength,
        FromHeaders = _fromHeaders,
        From = _from is null || _fromHeaders == 0 || _fromLength > FromRoom ? null : TextOf(_from.AsSpan(0, _fromLength)),
    };

    /// <param name="text">A piece of a line, or a whole line with its CRLF when <paramref name="endsLine"/>.</param>
    public void See(ReadOnlySpan<byte> text, bool endsLine)
    {
        if (!_has8Bit && !Ascii.IsValid(text))
        {
            _has8Bit = true;
            _hasUtf8Header = !HeaderEnded;
        }
        if (HeaderEnded)
            return;
        var words = endsLine ? text[..^2] : text;
        SeeFrom(words);
        if (words.Length > 0)
        {
            _lineHasText = true;
            var copied = Math.Min(words.Length, NameRoom - _nameLength);
            words[..copied].CopyTo(_name.AsSpan(_nameLength));
            _nameLength += copied;
        }
        if (endsLine && !_lineHasText)
        {
            HeaderEnded = true;
            return;
        }
        _headerLength = (int)Math.Min(int.MaxValue, (long)_headerLength + text.Length);
        if (endsLine)
            EndLine();
    }

    public void End()
    {
        if (!HeaderEnded && _lineHasText)
            EndLine();
        HeaderEnded = true;
    }

    private void EndLine()
    {
        var name = _name.AsSpan(0, _nameLength);
        var colon = name.IndexOf((byte)':');
        if (colon > 0)
            Field(name[..colon].TrimEnd(" \t"u8));
        _nameLength = 0;
        _lineHasText = false;
        _lineBegan = false;
    }

    /// <summary>Keeps the lines of the first From: header. Its name is known at the end of its line only, so every line that begins with f is kept till then.</summary>
    private void SeeFrom(ReadOnlySpan<byte> words)
    {
        if (words.IsEmpty)
            return;
        if (!_lineBegan)
        {
            _lineBegan = true;
            _isFrom &= words[0] is (byte)' ' or (byte)'\t';
            _takesFrom = _isFrom || (_fromHeaders == 0 && (words[0] | 0x20) == 'f');
            if (_takesFrom && !_isFrom)
                (_from, _fromLength) = (_from ?? new byte[FromRoom], 0);
        }
        if (!_takesFrom)
            return;
        var room = Math.Max(0, FromRoom - _fromLength);
        words[..Math.Min(words.Length, room)].CopyTo(_from.AsSpan(FromRoom - room));
        _fromLength += words.Length;
    }

    private static string TextOf(ReadOnlySpan<byte> line) => Encoding.UTF8.GetString(line[(line.IndexOf((byte)':') + 1)..]).Trim();

    private void Field(ReadOnlySpan<byte> name)
    {
        if (Ascii.EqualsIgnoreCase(name, "received"u8))
            _received++;
        else if (Ascii.EqualsIgnoreCase(name, "date"u8))
            _hasDate = true;
        else if (Ascii.EqualsIgnoreCase(name, "message-id"u8))
            _hasMessageId = true;
        else if (Ascii.EqualsIgnoreCase(name, "from"u8))
            _isFrom = ++_fromHeaders == 1;
    }
}
