using System.Collections.Immutable;
using System.Text;

namespace ClusterMail.Approval.Tokens;

/// <summary>Finds <see cref="ReleaseMark"/>s in the header block of a mail. Whoever it passed may have put lines above; what was held begins behind the mark.</summary>
/// <param name="Behind">Octets from the beginning of the mail to the end of the mark's field.</param>
public sealed record MarkedMail(ReleaseMark Mark, int Behind)
{
    /// <summary>Octets of a header block that are looked at.</summary>
    public const int HeadLimit = 65_536;

    /// <summary>A mail has one; more are somebody's play, and each costs a look into the database.</summary>
    private const int MarksLimit = 4;

    /// <param name="head">The beginning of the mail, with CRLF.</param>
    public static ImmutableArray<MarkedMail> FindAll(ReadOnlySpan<byte> head)
    {
        var found = ImmutableArray.CreateBuilder<MarkedMail>();
        var at = 0;
        while (at < head.Length && !head[at..].StartsWith("\r\n"u8) && found.Count < MarksLimit)
        {
            var end = EndOfField(head, at);
            if (Value(head[at..end]) is { } value && ReleaseMark.Parse(value) is { } mark)
                found.Add(new MarkedMail(mark, end));
            at = end;
        }
        return found.ToImmutable();
    }

    private static string? Value(ReadOnlySpan<byte> field)
    {
        var colon = field.IndexOf((byte)':');
        return colon > 0 && Ascii.EqualsIgnoreCase(field[..colon].TrimEnd((byte)' '), ReleaseMark.Header) ? Encoding.Latin1.GetString(field[(colon + 1)..]) : null;
    }

    /// <summary>Behind its last line: one that is not followed by a folded line.</summary>
    private static int EndOfField(ReadOnlySpan<byte> head, int at)
    {
        do
        {
            var line = head[at..].IndexOf("\r\n"u8);
            if (line < 0)
                return head.Length;
            at += line + 2;
        }
        while (at < head.Length && head[at] is (byte)' ' or (byte)'\t');
        return at;
    }
}
