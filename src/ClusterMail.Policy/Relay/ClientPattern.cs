using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Policy.Relay;

/// <summary>An IP pattern as value and mask (RELAY-6, RELAY-10): the client's address AND mask equals value.</summary>
internal readonly record struct ClientPattern(bool IsV6, UInt128 Value, UInt128 Mask)
{
    private const int WidestV4Bits = 8;
    private const int WidestV6Bits = 16;

    /// <summary><c>*.*.*.*</c> matches every client, those with IPv6 too (RELAY-6): "everybody else" must not leave a family out.</summary>
    public bool IsAll => !IsV6 && Mask == 0 && Value == 0;

    /// <summary>So wide that it is "the Internet", in one line or in a few: wider than /8, or than /16 for IPv6.</summary>
    public bool IsEveryone => FixedBits < (IsV6 ? WidestV6Bits : WidestV4Bits);

    /// <summary>RELAY-62 wants a range wider than /24 confirmed; for IPv6, wider than the /64 of one network.</summary>
    public bool IsWide => FixedBits < (IsV6 ? 64 : 24);

    private int FixedBits => (int)UInt128.PopCount(Mask);

    /// <summary>True when the text is meant as an IP pattern, right or wrong: then it is never read as a domain.</summary>
    public static bool LooksLikeOne(ReadOnlySpan<char> text)
    {
        if (text.Contains('@') || text[0] is '[' or '#')
            return false;
        if (text.Contains(':'))
            return true;
        var slash = text.IndexOf('/');
        var address = slash >= 0 ? text[..slash] : text;
        var lastDot = address.LastIndexOf('.');
        if (lastDot < 0)
            return slash >= 0;
        var last = address[(lastDot + 1)..];
        // No top-level domain is a number (RFC 3696 §2). A last "*" is an address when all other parts are parts of one.
        return slash >= 0 || (last.Length > 0 && !last.ContainsAnyExceptInRange('0', '9')) || (last is "*" && !address.ContainsAnyExcept("0123456789.*"));
    }

    /// <summary>The complaint, or null when <paramref name="pattern"/> is good.</summary>
    public static string? Parse(string text, out ClientPattern pattern)
    {
        pattern = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var address = slash < 0 ? text : text[..slash];
        var prefix = -1;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > 128))
            return $"'{text[(slash + 1)..]}' is no prefix length";
        return address.Contains(':', StringComparison.Ordinal) ? ParseV6(address, prefix, out pattern) : ParseV4(address, prefix, out pattern);
    }

    public static UInt128 ValueOf(IPAddress address, out bool isV6)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        isV6 = length == 16;
        return isV6 ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    private static string? ParseV4(string address, int prefix, out ClientPattern pattern)
    {
        pattern = default;
        var octets = address.Split('.');
        if (octets.Length != 4)
            return $"'{address}' is no address: four numbers or * are needed";
        uint value = 0, mask = 0;
        foreach (var octet in octets)
        {
            value <<= 8;
            mask <<= 8;
            if (octet == "*")
                continue;
            if (octet.Length > 3 || !byte.TryParse(octet, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return $"'{octet}' is no number from 0 to 255 and no *";
            value |= number;
            mask |= 0xff;
        }
        if (prefix > 32)
            return $"/{prefix} is longer than an IPv4 address";
        if (prefix >= 0 && mask != uint.MaxValue)
            return "takes * or a prefix length, not both";
        if (prefix >= 0)
            mask = prefix == 0 ? 0 : uint.MaxValue << (32 - prefix);
        pattern = new ClientPattern(IsV6: false, value & mask, mask);
        return null;
    }

    private static string? ParseV6(string text, int prefix, out ClientPattern pattern)
    {
        pattern = default;
        if (!IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6 || text.AsSpan().ContainsAny("%[]"))
            return $"'{text}' is no IPv6 address";
        // Clients on IPv4 are always shown as IPv4, so a mapped pattern has to become one.
        if (address.IsIPv4MappedToIPv6 && prefix is < 0 or >= 96)
            return ParseV4(address.MapToIPv4().ToString(), prefix < 0 ? -1 : prefix - 96, out pattern);
        var mask = prefix < 0 ? UInt128.MaxValue : prefix == 0 ? 0 : UInt128.MaxValue << (128 - prefix);
        pattern = new ClientPattern(IsV6: true, ValueOf(address, out _) & mask, mask);
        return null;
    }
}
