using System.Text;

namespace ClusterMail.Protocol.Grammar;

/// <summary>Reads a command line (RFC 5321 §4.1.1 and the extensions of RECV-26). Never throws, whatever the bytes.</summary>
public static class CommandGrammar
{
    /// <summary>Longest argument of HELO and EHLO, octets (RFC 5321 §4.5.3.1.2).</summary>
    private const int MaxName = 255;

    private static readonly SmtpCommand.Data Data = new();
    private static readonly SmtpCommand.Rset Rset = new();
    private static readonly SmtpCommand.Noop Noop = new();
    private static readonly SmtpCommand.Help Help = new();
    private static readonly SmtpCommand.StartTls StartTls = new();
    private static readonly SmtpCommand.Quit Quit = new();

    private static readonly Reply NotPrintable = new(500, new(5, 5, 2), "Syntax error: control character in command.");
    private static readonly Reply NotAscii = new(500, new(5, 5, 2), "Syntax error: character outside ASCII in command.");
    internal static readonly Reply BadArgument = new(501, new(5, 5, 2), "Syntax error in parameters or arguments.");
    private static readonly Reply NoArgument = new(501, new(5, 5, 2), "Syntax error: no argument allowed.");
    private static readonly Reply UnknownCommand = new(500, new(5, 5, 1), "Command unrecognized.");

    /// <param name="line">The line without its CRLF.</param>
    public static SmtpCommand Parse(ReadOnlySpan<byte> line, SmtpExtensions offered)
    {
        if (Unprintable(line) is { } malformed)
            return malformed;
        line = line.TrimEnd((byte)' ');         // RFC 5321 §4.1.1 asks receivers to tolerate it
        var space = line.IndexOf((byte)' ');
        var verb = space < 0 ? line : line[..space];
        var argument = space < 0 ? [] : line[(space + 1)..].TrimStart((byte)' ');
        return Dispatch(verb, argument, offered);
    }

    // The switch on length and first letter keeps the hot verbs at one comparison each.
    private static SmtpCommand Dispatch(ReadOnlySpan<byte> verb, ReadOnlySpan<byte> argument, SmtpExtensions offered) => verb.Length switch
    {
        4 when Is(verb, "MAIL"u8) => MailGrammar.ParseMail(argument, offered),
        4 when Is(verb, "RCPT"u8) => MailGrammar.ParseRcpt(argument, offered),
        4 when Is(verb, "DATA"u8) => Bare(Data, "DATA", argument),
        4 when Is(verb, "EHLO"u8) => Name(argument) is { } name ? new SmtpCommand.Ehlo(name) : Bad("EHLO"),
        4 when Is(verb, "HELO"u8) => Name(argument) is { } name ? new SmtpCommand.Helo(name) : Bad("HELO"),
        4 when Is(verb, "BDAT"u8) => Chunk(argument, offered),
        4 when Is(verb, "RSET"u8) => Bare(Rset, "RSET", argument),
        4 when Is(verb, "QUIT"u8) => Bare(Quit, "QUIT", argument),
        4 when Is(verb, "NOOP"u8) => Noop,
        4 when Is(verb, "HELP"u8) => Help,
        4 when Is(verb, "AUTH"u8) => Authentication(argument),
        4 when Is(verb, "VRFY"u8) => Text(argument, offered) is { } text ? new SmtpCommand.Vrfy(text) : Bad("VRFY"),
        4 when Is(verb, "EXPN"u8) => Text(argument, offered) is { } text ? new SmtpCommand.Expn(text) : Bad("EXPN"),
        8 when Is(verb, "STARTTLS"u8) => Bare(StartTls, "STARTTLS", argument),
        _ => Unserved(verb),
    };

    private static SmtpCommand.Malformed? Unprintable(ReadOnlySpan<byte> line)
    {
        var at = line.IndexOfAnyInRange((byte)0, (byte)0x1F);
        // A NUL comes from a binary protocol (a PROXY header, TLS on a clear port), never from a mail client.
        if (at >= 0)
            return new SmtpCommand.Malformed("?", NotPrintable, Fatal: line.Contains((byte)0));
        return line.Contains((byte)0x7F) ? new SmtpCommand.Malformed("?", NotPrintable) : null;
    }

    private static SmtpCommand Bare(SmtpCommand command, string verb, ReadOnlySpan<byte> argument) =>
        argument.IsEmpty ? command : new SmtpCommand.Malformed(verb, NoArgument);

    private static SmtpCommand.Malformed Bad(string verb) => new(verb, BadArgument);

    private static SmtpCommand Unserved(ReadOnlySpan<byte> verb) => Ascii.IsValid(verb)
        ? new SmtpCommand.Unknown(Encoding.ASCII.GetString(verb[..Math.Min(verb.Length, 20)]).ToUpperInvariant())
        : new SmtpCommand.Malformed("?", NotAscii);

    // Loose on purpose: clients put anything here, and nothing is decided by it but log lines (any printable word).
    private static string? Name(ReadOnlySpan<byte> argument) =>
        argument.IsEmpty || argument.Length > MaxName || argument.Contains((byte)' ') || !Ascii.IsValid(argument) ? null : Encoding.ASCII.GetString(argument);

    private static string? Text(ReadOnlySpan<byte> argument, SmtpExtensions offered)
    {
        if (argument.IsEmpty)
            return null;
        if (Ascii.IsValid(argument))
            return Encoding.ASCII.GetString(argument);
        // VRFY and EXPN may end with SMTPUTF8 (RFC 6531 §3.7.4.2); a text with C1 controls or broken UTF-8 is refused like any other.
        return offered.HasFlag(SmtpExtensions.SmtpUtf8) && PathGrammar.IsCleanUtf8(argument) ? Encoding.UTF8.GetString(argument) : null;
    }

    private static SmtpCommand Chunk(ReadOnlySpan<byte> argument, SmtpExtensions offered)
    {
        // Whatever is wrong here, a chunk follows whose end is not known: reading it as commands would be smuggling.
        if (!offered.HasFlag(SmtpExtensions.Chunking))
            return new SmtpCommand.Malformed("BDAT", UnknownCommand, Fatal: true);
        var space = argument.IndexOf((byte)' ');
        var digits = space < 0 ? argument : argument[..space];
        var rest = space < 0 ? [] : argument[(space + 1)..].TrimStart((byte)' ');
        if (!MailGrammar.TryNumber(digits, out var size) || size == long.MaxValue || !(rest.IsEmpty || Is(rest, "LAST"u8)))
            return new SmtpCommand.Malformed("BDAT", BadArgument, Fatal: true);
        return new SmtpCommand.Bdat(size, !rest.IsEmpty);
    }

    private static SmtpCommand Authentication(ReadOnlySpan<byte> argument)
    {
        if (argument.IsEmpty || !Ascii.IsValid(argument))
            return Bad("AUTH");
        var space = argument.IndexOf((byte)' ');
        var mechanism = space < 0 ? argument : argument[..space];
        var initial = space < 0 ? null : Encoding.ASCII.GetString(argument[(space + 1)..].TrimStart((byte)' '));
        return mechanism.Length > 20 || initial?.Contains(' ', StringComparison.Ordinal) == true
            ? Bad("AUTH")
            : new SmtpCommand.Auth(Encoding.ASCII.GetString(mechanism).ToUpperInvariant(), initial);
    }

    internal static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> upper) => Ascii.EqualsIgnoreCase(word, upper);
}
