using System.Buffers;
using System.Globalization;
using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>Header octets under way, in a pooled buffer; a mail's headers are built once and copied once.</summary>
internal ref struct HeaderText : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(1024);
    private int _used;

    public HeaderText() { }

    public void Add(ReadOnlySpan<byte> octets)
    {
        Reserve(octets.Length);
        octets.CopyTo(_buffer.AsSpan(_used));
        _used += octets.Length;
    }

    /// <summary>A text of our own.</summary>
    public void Add(string text)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        _used += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_used));
    }

    /// <summary>A word a stranger chose. What has a meaning in a header becomes a question mark: it must not look like something this server says.</summary>
    public void AddWord(string word)
    {
        Reserve(word.Length);
        foreach (var c in word)
            _buffer[_used++] = c is > ' ' and <= '~' and not ('(' or ')' or '\\' or '"' or '<' or '>' or ';' or ',') ? (byte)c : (byte)'?';
    }

    public void AddId(MessageId id, string host)
    {
        Add(id.ToString());
        Add("@"u8);
        Add(host);
    }

    /// <summary>RFC 5322 §3.3, with this machine's offset from UTC.</summary>
    public void AddDate(DateTimeOffset now)
    {
        Reserve(64);
        now.TryFormat(_buffer.AsSpan(_used), out var written, "ddd, d MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture);
        _used += written;
        var offset = now.Offset;
        _buffer[_used++] = offset < TimeSpan.Zero ? (byte)'-' : (byte)'+';
        offset.TryFormat(_buffer.AsSpan(_used), out written, "hhmm", CultureInfo.InvariantCulture);
        _used += written;
    }

    public readonly byte[] ToArray() => _buffer.AsSpan(0, _used).ToArray();

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private void Reserve(int more)
    {
        if (_used + more <= _buffer.Length)
            return;
        var grown = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _used + more));
        _buffer.AsSpan(0, _used).CopyTo(grown);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = grown;
    }
}
