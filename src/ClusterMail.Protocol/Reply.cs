using System.Collections.Immutable;
using System.Text;

namespace ClusterMail.Protocol;

/// <summary>An SMTP reply (RFC 5321 §4.2): code, enhanced status where there is one, one or more lines of text.</summary>
/// <param name="Code">Three digits.</param>
/// <param name="Status">Written in front of each line's text when present (RFC 2034).</param>
/// <param name="Lines">Texts without code and without line end; at least one.</param>
public sealed record Reply(int Code, EnhancedStatus? Status, ImmutableArray<string> Lines)
{
    private byte[]? _wire;

    public Reply(int code, EnhancedStatus? status, string text) : this(code, status, [text]) { }

    public bool IsPositive => Code is >= 200 and < 400;
    public bool IsTransient => Code is >= 400 and < 500;
    public bool IsPermanent => Code >= 500;

    /// <summary>First line as a person reads it: <c>550 5.1.1 User unknown</c>.</summary>
    public override string ToString() => Line(0, ' ');

    /// <summary>All lines joined with " / ", for logs and error mails; at most <paramref name="limit"/> characters.</summary>
    public string ToLogText(int limit = 512)
    {
        var text = Lines.Length == 1 ? ToString() : $"{ToString()} / {string.Join(" / ", Lines.Skip(1))}";
        return text.Length <= limit ? text : text[..limit];
    }

    /// <summary>The bytes on the wire, every line ended by CRLF. Encoded once, because most replies are constants.</summary>
    public ReadOnlyMemory<byte> Wire => _wire ??= Encode();

    public bool Equals(Reply? other) => other is not null && Code == other.Code && Status == other.Status && Lines.SequenceEqual(other.Lines);

    public override int GetHashCode() => HashCode.Combine(Code, Status, Lines.IsDefaultOrEmpty ? "" : Lines[0]);

    private byte[] Encode()
    {
        var text = new StringBuilder();
        for (var i = 0; i < Lines.Length; i++)
            text.Append(Line(i, i == Lines.Length - 1 ? ' ' : '-')).Append("\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private string Line(int index, char separator) =>
        Status is { } status ? $"{Code}{separator}{status} {Lines[index]}" : $"{Code}{separator}{Lines[index]}";
}
