using System.Globalization;
using System.Text;

namespace ClusterMail.Protocol.Grammar;

/// <summary>
/// One command of a client (RFC 5321 §4.1). <see cref="object.ToString"/> gives the line without its CRLF, which the grammar reads back to the same
/// value; only AUTH hides its secret.
/// </summary>
public abstract record SmtpCommand
{
    private SmtpCommand() { }

    public sealed record Helo(string Name) : SmtpCommand
    {
        public override string ToString() => $"HELO {Name}";
    }

    public sealed record Ehlo(string Name) : SmtpCommand
    {
        public override string ToString() => $"EHLO {Name}";
    }

    /// <param name="From">The path; null path for both <c>&lt;&gt;</c> and nothing at all.</param>
    /// <param name="Blank">Nothing stood after the colon (RECV-25).</param>
    public sealed record Mail(ReversePath From, bool Blank = false) : SmtpCommand
    {
        /// <summary>SIZE=, octets; 0 when not given; more than fits is <see cref="long.MaxValue"/>.</summary>
        public long Size { get; init; }
        public BodyType Body { get; init; }
        public bool SmtpUtf8 { get; init; }
        public Ret Ret { get; init; }
        public string? EnvelopeId { get; init; }

        public Envelope ToEnvelope() => new(From)
        {
            DeclaredSize = Size,
            Body = Body,
            SmtpUtf8 = SmtpUtf8,
            Ret = Ret,
            EnvelopeId = EnvelopeId,
        };

        public override string ToString()
        {
            var line = new StringBuilder("MAIL FROM:").Append(Blank ? "" : From.ToString());
            if (Size > 0)
                line.Append(CultureInfo.InvariantCulture, $" SIZE={Size}");
            if (Body == BodyType.EightBitMime)
                line.Append(" BODY=8BITMIME");
            if (SmtpUtf8)
                line.Append(" SMTPUTF8");
            if (Ret != Ret.Unspecified)
                line.Append(Ret == Ret.Full ? " RET=FULL" : " RET=HDRS");
            if (EnvelopeId is not null)
                line.Append(" ENVID=").Append(EnvelopeId);
            return line.ToString();
        }
    }

    public sealed record Rcpt(ForwardPath To) : SmtpCommand
    {
        public override string ToString()
        {
            var line = new StringBuilder("RCPT TO:").Append(To);
            if (To.Notify != Notify.Unspecified)
                line.Append(" NOTIFY=").Append(To.Notify.ToString().ToUpperInvariant().Replace(" ", "", StringComparison.Ordinal));
            if (To.OriginalRecipient is not null)
                line.Append(" ORCPT=").Append(To.OriginalRecipient);
            return line.ToString();
        }
    }

    public sealed record Data : SmtpCommand
    {
        public override string ToString() => "DATA";
    }

    /// <param name="Size">Octets of the chunk that follows the line (RFC 3030).</param>
    /// <param name="Last">The content ends with this chunk.</param>
    public sealed record Bdat(long Size, bool Last) : SmtpCommand
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"BDAT {Size}{(Last ? " LAST" : "")}");
    }

    public sealed record Rset : SmtpCommand
    {
        public override string ToString() => "RSET";
    }

    public sealed record Noop : SmtpCommand
    {
        public override string ToString() => "NOOP";
    }

    public sealed record Vrfy(string Argument) : SmtpCommand
    {
        public override string ToString() => $"VRFY {Argument}";
    }

    public sealed record Expn(string Argument) : SmtpCommand
    {
        public override string ToString() => $"EXPN {Argument}";
    }

    public sealed record Help : SmtpCommand
    {
        public override string ToString() => "HELP";
    }

    public sealed record StartTls : SmtpCommand
    {
        public override string ToString() => "STARTTLS";
    }

    public sealed record Quit : SmtpCommand
    {
        public override string ToString() => "QUIT";
    }

    /// <param name="InitialResponse">Base64 as sent, or null. A secret: never printed.</param>
    public sealed record Auth(string Mechanism, string? InitialResponse) : SmtpCommand
    {
        public override string ToString() => InitialResponse is null ? $"AUTH {Mechanism}" : $"AUTH {Mechanism} ***";
    }

    /// <summary>A verb nobody serves; at most 20 characters of it, in upper case.</summary>
    public sealed record Unknown(string Verb) : SmtpCommand
    {
        public override string ToString() => Verb;
    }

    /// <param name="Reply">What is wrong, as the client is told.</param>
    /// <param name="Fatal">What follows on the wire cannot be told from content (a chunk of unknown size, binary rubbish): the connection must end.</param>
    public sealed record Malformed(string Verb, Reply Reply, bool Fatal = false) : SmtpCommand
    {
        public override string ToString() => $"{Verb} (malformed)";
    }
}
