using System.Buffers;
using System.Text;

namespace ClusterMail.Protocol.Grammar;

/// <summary>The arguments of MAIL and RCPT: path, then parameters (RFC 5321 §4.1.1.2, §4.1.1.3).</summary>
internal static class MailGrammar
{
    /// <summary>RFC 3461 §4.4.</summary>
    private const int MaxEnvelopeId = 100;

    /// <summary>RFC 3461 §4.2.</summary>
    private const int MaxOriginalRecipient = 500;

    private static readonly Reply UnknownParameter = new(555, new(5, 5, 4), "Unrecognized parameter.");
    private static readonly Reply BadParameter = new(501, new(5, 5, 4), "Invalid parameter value.");
    private static readonly Reply NeedsUtf8 = new(553, new(5, 6, 7), "Address needs SMTPUTF8.");

    private static readonly SearchValues<byte> KeywordBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"u8);

    /// <summary>ENVID and ORCPT are printed into error mails: what decodes to a control character would let a stranger write header lines there.</summary>
    private static readonly SearchValues<byte> XtextBytes =
        SearchValues.Create("!\"#$%&'()*,-./0123456789:;<>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    public static SmtpCommand ParseMail(ReadOnlySpan<byte> argument, SmtpExtensions offered)
    {
        if (!TryKeyword(ref argument, "FROM:"u8))
            return new SmtpCommand.Malformed("MAIL", CommandGrammar.BadArgument);
        if (argument.IsEmpty)
            return new SmtpCommand.Mail(ReversePath.Null, Blank: true);          // RECV-25
        var isNull = argument.StartsWith("<>"u8);
        Mailbox? mailbox = null;
        if (isNull)
            argument = argument[2..];
        else if (!PathGrammar.TryPath(ref argument, offered.HasFlag(SmtpExtensions.SmtpUtf8), out mailbox))
            return new SmtpCommand.Malformed("MAIL", CommandGrammar.BadArgument);

        var mail = new SmtpCommand.Mail(isNull ? ReversePath.Null : new ReversePath(mailbox));
        Seen seen = default;
        while (!argument.IsEmpty)
        {
            if (!TryParameter(ref argument, out var key, out var value, out var hasValue))
                return new SmtpCommand.Malformed("MAIL", BadParameter);
            if (MailParameter(ref mail, ref seen, key, value, hasValue, offered) is { } refusal)
                return new SmtpCommand.Malformed("MAIL", refusal);
        }
        return mailbox is { NeedsSmtpUtf8: true } && !mail.SmtpUtf8 ? new SmtpCommand.Malformed("MAIL", NeedsUtf8) : mail;
    }

    public static SmtpCommand ParseRcpt(ReadOnlySpan<byte> argument, SmtpExtensions offered)
    {
        if (!TryKeyword(ref argument, "TO:"u8) || !PathGrammar.TryPath(ref argument, offered.HasFlag(SmtpExtensions.SmtpUtf8), out var mailbox)
            || (mailbox.Domain.Length == 0 && !mailbox.LocalPart.Equals("postmaster", StringComparison.OrdinalIgnoreCase)))
            return new SmtpCommand.Malformed("RCPT", CommandGrammar.BadArgument);

        var path = new ForwardPath(mailbox);
        Seen seen = default;
        while (!argument.IsEmpty)
        {
            if (!TryParameter(ref argument, out var key, out var value, out var hasValue))
                return new SmtpCommand.Malformed("RCPT", BadParameter);
            if (RcptParameter(ref path, ref seen, key, value, hasValue, offered) is { } refusal)
                return new SmtpCommand.Malformed("RCPT", refusal);
        }
        return new SmtpCommand.Rcpt(path);
    }

    /// <summary>Digits only, at most 20; more than fits is <see cref="long.MaxValue"/>.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> digits, out long value)
    {
        value = 0;
        if (digits.IsEmpty || digits.Length > 20)
            return false;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            value = value > (long.MaxValue - 9) / 10 ? long.MaxValue : value * 10 + (digit - '0');
        }
        return true;
    }

    [Flags]
    private enum Seen : byte
    {
        Size = 1,
        Body = 2,
        SmtpUtf8 = 4,
        Ret = 8,
        EnvelopeId = 16,
        Notify = 32,
        OriginalRecipient = 64,
    }

    private static Reply? MailParameter(
        ref SmtpCommand.Mail mail, ref Seen seen, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, SmtpExtensions offered)
    {
        var dsn = offered.HasFlag(SmtpExtensions.Dsn);
        if (CommandGrammar.Is(key, "SIZE"u8))
        {
            if (!First(ref seen, Seen.Size) || !TryNumber(value, out var size))
                return BadParameter;
            mail = mail with { Size = size };
        }
        else if (CommandGrammar.Is(key, "BODY"u8) && offered.HasFlag(SmtpExtensions.EightBitMime))
        {
            // BINARYMIME is known but not offered: it would let bare CR and LF in (RFC 3030 §3).
            if (CommandGrammar.Is(value, "BINARYMIME"u8))
                return UnknownParameter;
            var eightBit = CommandGrammar.Is(value, "8BITMIME"u8);
            if (!First(ref seen, Seen.Body) || !(eightBit || CommandGrammar.Is(value, "7BIT"u8)))
                return BadParameter;
            mail = mail with { Body = eightBit ? BodyType.EightBitMime : BodyType.SevenBit };
        }
        else if (CommandGrammar.Is(key, "SMTPUTF8"u8) && offered.HasFlag(SmtpExtensions.SmtpUtf8))
        {
            if (!First(ref seen, Seen.SmtpUtf8) || hasValue)
                return BadParameter;
            mail = mail with { SmtpUtf8 = true };
        }
        else if (dsn && CommandGrammar.Is(key, "RET"u8))
        {
            var full = CommandGrammar.Is(value, "FULL"u8);
            if (!First(ref seen, Seen.Ret) || !(full || CommandGrammar.Is(value, "HDRS"u8)))
                return BadParameter;
            mail = mail with { Ret = full ? Ret.Full : Ret.Headers };
        }
        else if (dsn && CommandGrammar.Is(key, "ENVID"u8))
        {
            if (!First(ref seen, Seen.EnvelopeId) || value.Length > MaxEnvelopeId || !IsXtext(value))
                return BadParameter;
            mail = mail with { EnvelopeId = Encoding.ASCII.GetString(value) };
        }
        else
        {
            return UnknownParameter;
        }
        return null;
    }

    private static Reply? RcptParameter(
        ref ForwardPath path, ref Seen seen, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, SmtpExtensions offered)
    {
        if (!offered.HasFlag(SmtpExtensions.Dsn))
            return UnknownParameter;
        if (CommandGrammar.Is(key, "NOTIFY"u8))
        {
            if (!First(ref seen, Seen.Notify) || !hasValue || !TryNotify(value, out var notify))
                return BadParameter;
            path = path with { Notify = notify };
        }
        else if (CommandGrammar.Is(key, "ORCPT"u8))
        {
            if (!First(ref seen, Seen.OriginalRecipient) || !IsOriginalRecipient(value))
                return BadParameter;
            path = path with { OriginalRecipient = Encoding.ASCII.GetString(value) };
        }
        else
        {
            return UnknownParameter;
        }
        return null;
    }

    private static bool First(ref Seen seen, Seen parameter)
    {
        var first = (seen & parameter) == 0;
        seen |= parameter;
        return first;
    }

    /// <summary>NEVER alone, or a list of the others, each at most once (RFC 3461 §4.1).</summary>
    private static bool TryNotify(ReadOnlySpan<byte> value, out Notify notify)
    {
        notify = Notify.Unspecified;
        if (CommandGrammar.Is(value, "NEVER"u8))
        {
            notify = Notify.Never;
            return true;
        }
        foreach (var range in value.Split((byte)','))
        {
            var word = value[range];
            var one = CommandGrammar.Is(word, "SUCCESS"u8) ? Notify.Success
                : CommandGrammar.Is(word, "FAILURE"u8) ? Notify.Failure
                : CommandGrammar.Is(word, "DELAY"u8) ? Notify.Delay
                : Notify.Unspecified;
            if (one == Notify.Unspecified || (notify & one) != 0)
                return false;
            notify |= one;
        }
        return true;
    }

    /// <summary><c>rfc822;addr</c>: a type of keyword characters, a semicolon, xtext (RFC 3461 §4.2).</summary>
    private static bool IsOriginalRecipient(ReadOnlySpan<byte> value)
    {
        var semicolon = value.IndexOf((byte)';');
        return value.Length <= MaxOriginalRecipient && semicolon > 0 && !value[..semicolon].ContainsAnyExcept(KeywordBytes)
            && semicolon + 1 < value.Length && IsXtext(value[(semicolon + 1)..]);
    }

    private static bool IsXtext(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return false;
        while (true)
        {
            var at = value.IndexOfAnyExcept(XtextBytes);
            if (at < 0)
                return true;
            if (value[at] != '+' || at + 2 >= value.Length || !IsUpperHex(value[at + 1]) || !IsUpperHex(value[at + 2]))
                return false;
            var decoded = Convert.FromHexString([(char)value[at + 1], (char)value[at + 2]])[0];
            if (decoded is < 0x20 or 0x7F)
                return false;
            value = value[(at + 3)..];
            if (value.IsEmpty)
                return true;
        }
    }

    private static bool IsUpperHex(byte value) => char.IsAsciiHexDigitUpper((char)value);

    /// <summary>The word and its colon, then one optional space (RECV-21).</summary>
    private static bool TryKeyword(ref ReadOnlySpan<byte> argument, ReadOnlySpan<byte> keyword)
    {
        if (argument.Length < keyword.Length || !CommandGrammar.Is(argument[..keyword.Length], keyword))
            return false;
        argument = argument[keyword.Length..];
        if (!argument.IsEmpty && argument[0] == ' ')
            argument = argument[1..];
        return true;
    }

    /// <summary>SP keyword [ "=" value ]; what stands directly behind the path's bracket is no parameter.</summary>
    private static bool TryParameter(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value, out bool hasValue)
    {
        key = value = default;
        hasValue = false;
        if (rest[0] != ' ')
            return false;
        rest = rest.TrimStart((byte)' ');
        var end = rest.IndexOf((byte)' ');
        var parameter = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[end..];
        var equals = parameter.IndexOf((byte)'=');
        hasValue = equals >= 0;
        key = hasValue ? parameter[..equals] : parameter;
        value = hasValue ? parameter[(equals + 1)..] : [];
        return !key.IsEmpty && key[0] != '-' && !key.ContainsAnyExcept(KeywordBytes) && !(hasValue && value.IsEmpty);
    }
}
