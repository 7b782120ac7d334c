using System.Text;
using ClusterMail.Protocol.Grammar;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ClusterMail.Protocol.Tests.Grammar;

public sealed class CommandGrammarFuzzTests
{
    private static readonly byte[][] Seeds = [.. new[]
    {
        "MAIL FROM:<a@example.jp>", "MAIL FROM:<>", "MAIL FROM:", "MAIL FROM:<\"a \\\" b\"@[192.0.2.1]> SIZE=10 BODY=8BITMIME RET=FULL ENVID=Q+2Bx",
        "MAIL FROM:<太郎@例え.jp> SMTPUTF8 BODY=7BIT", "RCPT TO:<@r.example,@s.example:a.b@sub.example.jp>", "RCPT TO:<a@[IPv6:2001:db8::1]>",
        "RCPT TO:<postmaster> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+40b", "RCPT TO:<ü@example.jp> NOTIFY=NEVER", "BDAT 1234 LAST", "BDAT 0",
        "EHLO out.example.net", "HELO [192.0.2.1]", "DATA", "RSET", "NOOP x", "VRFY taro", "EXPN list", "HELP", "STARTTLS", "QUIT", "AUTH PLAIN AGEAYg==",
    }.Select(Encoding.UTF8.GetBytes)];

    private static readonly byte[] Spice = [.. "<>@:.\"\\ =+,;[]-_\r\n\0\t\u007fAaZz09%"u8, 0x80, 0xC3, 0xA9, 0xE2, 0x80, 0xA8, 0xF0, 0xFF];

    /// <summary>One change to a line: where, what, and with which octet.</summary>
    private readonly record struct Edit(int Kind, int At, int Length, byte Octet);

    private static readonly Gen<Edit> Edits =
        from kind in Gen.Choose(0, 3)
        from at in Gen.Choose(0, 599)
        from length in Gen.Choose(0, 39)
        from octet in Gen.Elements(Spice)
        select new Edit(kind, at, length, octet);

    private static readonly Gen<byte[]> Lines =
        from seed in Gen.Elements(Seeds)
        from count in Gen.Choose(0, 3)
        from edits in Edits.ArrayOf(count)
        select edits.Aggregate(seed, Change);

    /// <summary>Well-formed lines of every command with up to three changes, a thousand to a case; other ones at each run, a failure names its seed.</summary>
    [Fact]
    public void RECV_21_a_million_mutated_lines_are_refused_or_read_back_to_the_same_value()
    {
        var (lines, taken) = (0, 0);
        var cases = (from some in Lines.ArrayOf(1000) from offers in Gen.Choose(0, 31) select (some, offers)).ToArbitrary();
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(1200), Prop.ForAll(cases, one =>
        {
            // Every other case with everything offered, the rest with what chance offers.
            var offered = one.offers < 16 ? (SmtpExtensions)one.offers : SmtpExtensions.All;
            lines += one.some.Length;
            taken += one.some.Count(line => Check(line, offered));
        }));
        Assert.Equal(1_200_000, lines);
        Assert.InRange(taken, 100_000, 1_100_000);           // both halves of the promise were exercised
    }

    [Property(MaxTest = 20_000)]
    public bool RECV_21_any_octets_are_refused_or_read_back_to_the_same_value(byte[] octets)
    {
        Check(octets, SmtpExtensions.All);
        Check([.. "MAIL FROM:<"u8, .. octets, .. "@example.jp>"u8], SmtpExtensions.All);
        Check([.. "RCPT TO:<a@"u8, .. octets, (byte)'>'], SmtpExtensions.All);
        return true;
    }

    [Property(MaxTest = 5_000)]
    public Property RECV_21_every_well_formed_quoted_local_part_is_taken_as_it_is() =>
        Prop.ForAll(Gen.ArrayOf(Gen.Choose(32, 126)).Where(characters => characters.Length < 28).ToArbitrary(), characters =>
        {
            var quoted = "\"" + string.Concat(characters.Select(c => c is '"' or '\\' ? $"\\{(char)c}" : ((char)c).ToString())) + "\"";
            var command = CommandGrammar.Parse(Encoding.ASCII.GetBytes($"RCPT TO:<{quoted}@example.jp>"), SmtpExtensions.None);
            return command is SmtpCommand.Rcpt rcpt && rcpt.To.Mailbox.LocalPart == quoted;
        });

    private static byte[] Change(byte[] line, Edit edit)
    {
        if (line.Length == 0)
            return line;
        var at = edit.At % line.Length;
        return edit.Kind switch
        {
            0 => [.. line[..at], edit.Octet, .. line[(at + 1)..]],
            1 => [.. line[..at], edit.Octet, .. line[at..]],
            2 => [.. line[..at], .. line[(at + 1)..]],
            _ => [.. line, .. line[at..Math.Min(line.Length, at + edit.Length)]],
        };
    }

    /// <summary>True when the line was taken as a command.</summary>
    private static bool Check(ReadOnlySpan<byte> line, SmtpExtensions offered)
    {
        var command = CommandGrammar.Parse(line, offered);
        if (command is SmtpCommand.Malformed or SmtpCommand.Unknown)
            return false;
        var printed = command.ToString();
        if (printed.AsSpan().IndexOfAny("\r\n\0") >= 0)
            Assert.Fail($"A line end got through: {Convert.ToHexString(line)}");
        if (command is SmtpCommand.Auth)
            return true;
        if (!command.Equals(CommandGrammar.Parse(Encoding.UTF8.GetBytes(printed), offered)))
            Assert.Fail($"Not read back: {Encoding.UTF8.GetString(line)} as {printed}");
        return true;
    }
}
