using System.Collections.Immutable;
using System.Text;

namespace ClusterMail.Protocol.Grammar;

/// <summary>How far <see cref="ReplyReader.Read"/> got.</summary>
public enum ReplyState : byte
{
    /// <summary>The last line has not come yet; feed what arrives next.</summary>
    Incomplete,
    Complete,

    /// <summary>Not an SMTP reply, or beyond a limit: the session cannot go on, for nobody knows what the next octets answer.</summary>
    Malformed,
}

/// <summary>
/// Reads replies (RFC 5321 §4.2.1) out of the octets of one session, line by line, so that a peer that sends one octet at a time costs no
/// more than one that sends all at once. A line may end in a bare LF: some servers do that, and nothing is smuggled in a reply.
/// </summary>
/// <param name="maxLine">Octets of one line with its end. RFC 5321 §4.5.3.1.5 allows 512; servers send more. Default 2048.</param>
/// <param name="maxLines">Lines of one reply. Default 100.</param>
public sealed class ReplyReader(int maxLine = 2048, int maxLines = 100)
{
    private const int Remembered = 4;
    private const int RememberedLength = 96;

    // A session hears the same few lines over and over ("250 2.1.0 Ok"); the last ones are kept so that they are not built again for each mail.
    private readonly (byte[] Line, Reply Reply)[] _remembered = new (byte[], Reply)[Remembered];
    private readonly List<string> _lines = [];
    private int _nextSlot;
    private int _code;

    /// <summary>Takes complete lines from the front of <paramref name="octets"/>.</summary>
    /// <param name="consumed">Octets taken, also when <see cref="ReplyState.Incomplete"/>: the rest is to be given again with what follows.</param>
    /// <param name="reply">Set when <see cref="ReplyState.Complete"/>.</param>
    public ReplyState Read(ReadOnlySpan<byte> octets, out int consumed, out Reply? reply)
    {
        consumed = 0;
        reply = null;
        while (true)
        {
            var rest = octets[consumed..];
            var end = rest.IndexOf((byte)'\n');
            if (end < 0)
                return rest.Length >= maxLine ? ReplyState.Malformed : ReplyState.Incomplete;
            if (end >= maxLine)
                return ReplyState.Malformed;
            consumed += end + 1;
            var line = rest[..end];
            if (line.Length > 0 && line[^1] == '\r')
                line = line[..^1];
            if (_lines.Count == 0 && Recall(line) is { } known)
            {
                reply = known;
                return ReplyState.Complete;
            }
            if (!Append(line, out var last))
                return ReplyState.Malformed;
            if (last)
            {
                reply = Build(line);
                return ReplyState.Complete;
            }
        }
    }

    /// <summary>Forgets a reply begun but not ended; for the moment TLS starts.</summary>
    public void Reset() => _lines.Clear();

    private bool Append(ReadOnlySpan<byte> line, out bool last)
    {
        last = false;
        if (_lines.Count >= maxLines || line.Length < 3 || !TryCode(line, out var code) || (_lines.Count > 0 && code != _code))
            return false;
        if (line.Length > 3 && line[3] is not ((byte)' ' or (byte)'-'))
            return false;
        _code = code;
        last = line.Length == 3 || line[3] == ' ';
        _lines.Add(line.Length <= 4 ? "" : Text(line[4..]));
        return true;
    }

    private static bool TryCode(ReadOnlySpan<byte> line, out int code)
    {
        code = 0;
        // RFC 5321 §4.2: Reply-code = %x32-35 %x30-35 %x30-39
        if (line[0] is < (byte)'2' or > (byte)'5' || line[1] is < (byte)'0' or > (byte)'5' || line[2] is < (byte)'0' or > (byte)'9')
            return false;
        code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        return true;
    }

    private Reply Build(ReadOnlySpan<byte> lastLine)
    {
        var reply = WithStatus(_code, _lines);
        if (_lines.Count == 1 && lastLine.Length <= RememberedLength)
        {
            _remembered[_nextSlot] = (lastLine.ToArray(), reply);
            _nextSlot = (_nextSlot + 1) % Remembered;
        }
        _lines.Clear();
        return reply;
    }

    private Reply? Recall(ReadOnlySpan<byte> line)
    {
        foreach (var (known, reply) in _remembered)
            if (known is not null && line.SequenceEqual(known))
                return reply;
        return null;
    }

    /// <summary>Takes the enhanced code off each line when all lines carry the same one and it fits the reply code (RFC 2034 §4); else the text stays whole.</summary>
    private static Reply WithStatus(int code, List<string> lines)
    {
        if (!EnhancedStatus.TryParse(lines[0], out var status, out var length) || status.Class != code / 100)
            return new Reply(code, null, [.. lines]);
        var texts = ImmutableArray.CreateBuilder<string>(lines.Count);
        foreach (var line in lines)
        {
            if (!EnhancedStatus.TryParse(line, out var other, out var otherLength) || other != status || otherLength != length)
                return new Reply(code, null, [.. lines]);
            texts.Add(line.Length > length ? line[(length + 1)..] : "");
        }
        return new Reply(code, status, texts.MoveToImmutable());
    }

    // A stranger's text goes into logs and error mails: what could move a cursor or end a line there becomes a question mark.
    private static string Text(ReadOnlySpan<byte> octets)
    {
        var text = Encoding.UTF8.GetString(octets);
        return text.AsSpan().IndexOfAnyInRange('\0', '\u001f') < 0 && text.AsSpan().IndexOfAnyInRange('\u007f', '\u009f') < 0
            ? text
            : string.Concat(text.Select(c => c == '\t' ? ' ' : char.IsControl(c) ? '?' : c));
    }
}
