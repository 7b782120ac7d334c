using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Protocol.Grammar;

/// <summary>Paths and mailboxes of RFC 5321 §4.1.2, with the UTF-8 forms of RFC 6531 §3.3 where allowed. Never throws.</summary>
public static class PathGrammar
{
    /// <summary>RFC 5321 §4.5.3.1.1, octets.</summary>
    private const int MaxLocalPart = 64;

    /// <summary>RFC 5321 §4.5.3.1.2, octets.</summary>
    private const int MaxDomain = 255;

    /// <summary>RFC 1035 §2.3.4, octets.</summary>
    private const int MaxLabel = 63;

    private static readonly SearchValues<byte> AtomBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~"u8);

    // The underscore is no host name character, but names with it live in DNS and receive mail.
    private static readonly SearchValues<byte> LabelBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    private static readonly SearchValues<byte> Ipv6Bytes = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    /// <summary>A mailbox as people and tables write it, without brackets: local part, at sign, domain.</summary>
    public static bool TryMailbox(ReadOnlySpan<char> text, bool utf8, [NotNullWhen(true)] out Mailbox? mailbox)
    {
        mailbox = null;
        if (text.Length > MaxLocalPart + MaxDomain + 1)
            return false;
        Span<byte> bytes = stackalloc byte[(MaxLocalPart + MaxDomain + 1) * 3];
        ReadOnlySpan<byte> rest = bytes[..Encoding.UTF8.GetBytes(text, bytes)];
        return TryMailbox(ref rest, utf8, out mailbox) && rest.IsEmpty && mailbox.Domain.Length > 0;
    }

    /// <summary>Takes <c>&lt;[@route:]local@domain&gt;</c> off the front of <paramref name="rest"/>. The domain may be missing (RELAY-15); the caller judges.</summary>
    internal static bool TryPath(ref ReadOnlySpan<byte> rest, bool utf8, [NotNullWhen(true)] out Mailbox? mailbox)
    {
        mailbox = null;
        if (rest.IsEmpty || rest[0] != '<')
            return false;
        rest = rest[1..];
        if (!TrySkipSourceRoute(ref rest, utf8) || !TryMailbox(ref rest, utf8, out mailbox) || rest.IsEmpty || rest[0] != '>')
            return false;
        rest = rest[1..];
        return rest.IsEmpty || rest[0] == ' ';
    }

    /// <summary>True for well-formed UTF-8 without control, separator or line characters of any plane.</summary>
    internal static bool IsCleanUtf8(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out var rune, out var length) != OperationStatus.Done || !IsClean(rune))
                return false;
            text = text[length..];
        }
        return true;
    }

    private static bool IsClean(Rune rune) => rune.Value is ' ' || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    /// <summary><c>@a,@b:</c> is read and thrown away, as RFC 5321 appendix C asks.</summary>
    private static bool TrySkipSourceRoute(ref ReadOnlySpan<byte> rest, bool utf8)
    {
        if (rest.IsEmpty || rest[0] != '@')
            return true;
        while (!rest.IsEmpty && rest[0] == '@')
        {
            rest = rest[1..];
            if (!TryDomain(ref rest, utf8, out _) || rest.IsEmpty)
                return false;
            var separator = rest[0];
            rest = rest[1..];
            if (separator == ':')
                return true;
            if (separator != ',')
                return false;
        }
        return false;
    }

    private static bool TryMailbox(ref ReadOnlySpan<byte> rest, bool utf8, [NotNullWhen(true)] out Mailbox? mailbox)
    {
        mailbox = null;
        if (rest.IsEmpty)
            return false;
        var length = rest[0] == '"' ? QuotedLength(rest, utf8) : DotStringLength(rest, utf8);
        if (length is <= 0 or > MaxLocalPart)
            return false;
        var local = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[length..];
        var domain = "";
        if (!rest.IsEmpty && rest[0] == '@')
        {
            rest = rest[1..];
            if (!TryDomain(ref rest, utf8, out domain))
                return false;
        }
        mailbox = new Mailbox(local, domain);
        return true;
    }

    /// <summary>Atoms joined by single dots; -1 when not so.</summary>
    private static int DotStringLength(ReadOnlySpan<byte> text, bool utf8)
    {
        var at = 0;
        while (true)
        {
            var atom = AtomLength(text[at..], AtomBytes, utf8);
            if (atom <= 0)
                return -1;
            at += atom;
            if (at >= text.Length || text[at] != '.')
                return at;
            at++;
        }
    }

    /// <summary>Octets of the run at the front made of <paramref name="ascii"/> and, where allowed, clean UTF-8; -1 for octets that are neither.</summary>
    private static int AtomLength(ReadOnlySpan<byte> text, SearchValues<byte> ascii, bool utf8)
    {
        var at = 0;
        while (true)
        {
            var run = text[at..].IndexOfAnyExcept(ascii);
            if (run < 0)
                return text.Length;
            at += run;
            if (text[at] < 0x80)
                return at;
            if (!utf8 || Rune.DecodeFromUtf8(text[at..], out var rune, out var length) != OperationStatus.Done || !IsClean(rune))
                return -1;
            at += length;
        }
    }

    private static int QuotedLength(ReadOnlySpan<byte> text, bool utf8)
    {
        var at = 1;
        while (at < text.Length && at <= MaxLocalPart)
        {
            var octet = text[at];
            if (octet == '"')
                return at + 1;
            if (octet >= 0x80)
            {
                if (!utf8 || Rune.DecodeFromUtf8(text[at..], out var rune, out var length) != OperationStatus.Done || !IsClean(rune))
                    return -1;
                at += length;
                continue;
            }
            if (octet == '\\')
                at++;
            if (at >= text.Length || text[at] is < 0x20 or >= 0x7F)
                return -1;
            at++;
        }
        return -1;
    }

    private static bool TryDomain(ref ReadOnlySpan<byte> rest, bool utf8, out string domain)
    {
        domain = "";
        var length = !rest.IsEmpty && rest[0] == '[' ? LiteralLength(rest) : DomainLength(rest, utf8);
        if (length is <= 0 or > MaxDomain)
            return false;
        domain = Encoding.UTF8.GetString(rest[..length]);
        rest = rest[length..];
        return true;
    }

    private static int DomainLength(ReadOnlySpan<byte> text, bool utf8)
    {
        var at = 0;
        while (true)
        {
            var label = AtomLength(text[at..], LabelBytes, utf8);
            if (label is <= 0 or > MaxLabel || text[at] == '-' || text[at + label - 1] == '-' || HasForeignDot(text.Slice(at, label)))
                return -1;
            at += label;
            if (at >= text.Length || text[at] != '.')
                return at;
            at++;
        }
    }

    /// <summary>U+3002, U+FF0E and U+FF61 would become label separators on the way to DNS (RFC 3490 §3.1): one name here, another there.</summary>
    private static bool HasForeignDot(ReadOnlySpan<byte> label) =>
        label.IndexOf("\u3002"u8) >= 0 || label.IndexOf("\uFF0E"u8) >= 0 || label.IndexOf("\uFF61"u8) >= 0;

    /// <summary><c>[192.0.2.1]</c> or <c>[IPv6:2001:db8::1]</c> (RFC 5321 §4.1.3); general literals have no meaning here.</summary>
    private static int LiteralLength(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)']');
        if (end < 0 || end > 60)
            return -1;
        var inner = text[1..end];
        var valid = inner.Length > 5 && CommandGrammar.Is(inner[..5], "IPv6:"u8) ? IsIpv6(inner[5..]) : IsIpv4(inner);
        return valid ? end + 1 : -1;
    }

    private static bool IsIpv6(ReadOnlySpan<byte> text) =>
        text.Contains((byte)':') && !text.ContainsAnyExcept(Ipv6Bytes)
        && IPAddress.TryParse(Encoding.ASCII.GetString(text), out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Four decimal numbers; a leading zero is refused, because some read it as octal.</summary>
    private static bool IsIpv4(ReadOnlySpan<byte> text)
    {
        var count = 0;
        foreach (var range in text.Split((byte)'.'))
        {
            var number = text[range];
            if (++count > 4 || number.Length > 3 || !MailGrammar.TryNumber(number, out var value) || value > 255 || (number.Length > 1 && number[0] == '0'))
                return false;
        }
        return count == 4;
    }
}
