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
    }

    private void Field(ReadOnlySpan<byte> name)
    {
        if (Ascii.EqualsIgnoreCase(name, "received"u8))
            _received++;
        else if (Ascii.EqualsIgnoreCase(name, "date"u8))
            _hasDate = true;
        else if (Ascii.EqualsIgnoreCase(name, "message-id"u8))
            _hasMessageId = true;
    }
}
