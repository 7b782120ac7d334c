using System.Buffers;
using System.Text;
using ClusterMail.Protocol.Grammar;

namespace ClusterMail.Smtp.Server;

/// <summary>Lines of one session as commands.</summary>
internal sealed class CommandReader(SessionRecord record)
{
    /// <summary>Octets of overlong lines a session may send.</summary>
    private const long MaxSkipped = 1_048_576;

    /// <summary>Whoever takes lines that are no commands (AUTH) reads on where this one stopped.</summary>
    public LineReader Lines { get; } = new();

    /// <summary>More of what no line may be than anybody sends by mistake.</summary>
    public bool IsFlooded => Lines.Skipped > MaxSkipped;

    /// <summary>The next command in <paramref name="buffer"/>, which moves behind its line; null when there is no whole line.</summary>
    public SmtpCommand? Next(ref ReadOnlySequence<byte> buffer, ReceiveOptions options)
    {
        var longest = IsAuth(buffer) ? Math.Max(Auth.AuthDialogue.MaxLine, options.MaxCommandLine) : options.MaxCommandLine;
        var state = Lines.TryTake(ref buffer, longest, out var line);
        if (IsFlooded)
            return null;
        SmtpCommand? command = state switch
        {
            LineState.Good => CommandGrammar.Parse(line.IsSingleSegment ? line.FirstSpan : line.ToArray(), Offered(options)),
            LineState.BareLineEnd => new SmtpCommand.Malformed("?", ServerReplies.BareLineEnd),
            LineState.TooLong => new SmtpCommand.Malformed("?", ServerReplies.LineTooLong),
            _ => null,
        };
        if (command is not null)
            record.Received(line, command);
        return command;
    }

    /// <summary>An initial response may make the line longer than other commands are (RFC 4954 §4.1).</summary>
    private static bool IsAuth(in ReadOnlySequence<byte> buffer)
    {
        var first = buffer.FirstSpan;
        return first.Length > 4 && Ascii.EqualsIgnoreCase(first[..5], "AUTH "u8);
    }

    private static SmtpExtensions Offered(ReceiveOptions options) =>
        (options.Offer8BitMime ? SmtpExtensions.EightBitMime : 0) | (options.OfferSmtpUtf8 ? SmtpExtensions.SmtpUtf8 : 0)
        | (options.OfferChunking ? SmtpExtensions.Chunking : 0) | (options.OfferDsn ? SmtpExtensions.Dsn : 0);
}
