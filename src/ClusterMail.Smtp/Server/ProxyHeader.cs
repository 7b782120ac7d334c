using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Smtp.Server;

/// <summary>A PROXY protocol header (version 1 or 2 of haproxy's proxy-protocol.txt): who is behind the balancer.</summary>
/// <param name="Source">The client; null for LOCAL (a health check of the balancer itself) and UNKNOWN: then the connection's own addresses stand.</param>
/// <param name="Destination">The address the client connected to.</param>
public sealed record ProxyHeader(IPEndPoint? Source, IPEndPoint? Destination)
{
    /// <summary>Octets of a version 1 line with its CRLF, as that document says.</summary>
    private const int MaxV1 = 107;

    /// <summary>Octets of addresses and TLVs taken of version 2; the format would allow 65535.</summary>
    private const int MaxV2 = 4096;

    private const int V2Fixed = 16;

    public static ReadOnlySpan<byte> V2Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static readonly ProxyHeader Own = new(null, null);

    /// <summary>Reads a header off the front of <paramref name="buffer"/>. Null with no error: more octets are needed.</summary>
    public static ProxyHeader? TryRead(ref ReadOnlySequence<byte> buffer, out string? error)
    {
        error = null;
        if (buffer.IsEmpty)
            return null;
        Span<byte> start = stackalloc byte[V2Fixed];
        start = start[..(int)Math.Min(buffer.Length, V2Fixed)];
        buffer.Slice(0, start.Length).CopyTo(start);
        var signature = Math.Min(start.Length, V2Signature.Length);
        if (start[..signature].SequenceEqual(V2Signature[..signature]))
            return start.Length < V2Fixed ? null : ReadV2(ref buffer, start, out error);
        var word = Math.Min(start.Length, 6);
        if (start[..word].SequenceEqual("PROXY "u8[..word]))
            return ReadV1(ref buffer, out error);
        error = "no header";
        return null;
    }

    private static ProxyHeader? ReadV1(ref ReadOnlySequence<byte> buffer, out string? error)
    {
        error = null;
        Span<byte> bytes = stackalloc byte[MaxV1];
        bytes = bytes[..(int)Math.Min(buffer.Length, MaxV1)];
        buffer.Slice(0, bytes.Length).CopyTo(bytes);
        var end = bytes.IndexOf("\r\n"u8);
        if (end < 0)
        {
            error = bytes.Length == MaxV1 ? "version 1 line too long" : bytes.Contains((byte)'\n') ? "version 1 line without CRLF" : null;
            return null;
        }
        buffer = buffer.Slice(end + 2);
        var words = Encoding.Latin1.GetString(bytes[..end]).Split(' ');
        if (words is ["PROXY", "UNKNOWN", ..])
            return Own;
        if (words is ["PROXY", var family, var from, var to, var fromPort, var toPort]
            && EndPoint(family, from, fromPort) is { } source && EndPoint(family, to, toPort) is { } destination)
            return new ProxyHeader(source, destination);
        error = "malformed version 1 line";
        return null;
    }

    private static IPEndPoint? EndPoint(string family, string address, string port)
    {
        var expected = family switch
        {
            "TCP4" => AddressFamily.InterNetwork,
            "TCP6" => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        // IPAddress also reads "1" and "127.1" as IPv4; a balancer writes all four parts.
        if (!IPAddress.TryParse(address, out var parsed) || parsed.AddressFamily != expected || address.Contains('%', StringComparison.Ordinal)
            || (expected == AddressFamily.InterNetwork && address.Count(c => c == '.') != 3))
            return null;
        return ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new IPEndPoint(Plain(parsed), number) : null;
    }

    private static ProxyHeader? ReadV2(ref ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> start, out string? error)
    {
        error = null;
        var length = BinaryPrimitives.ReadUInt16BigEndian(start[14..]);
        if (start[12] is not (0x20 or 0x21))
            error = "unknown version or command";
        else if (length > MaxV2)
            error = "version 2 header too long";
        if (error is not null || buffer.Length < V2Fixed + length)
            return null;
        var isLocal = start[12] == 0x20;
        Span<byte> addresses = stackalloc byte[36];
        addresses = addresses[..Math.Min(36, (int)length)];
        buffer.Slice(V2Fixed, addresses.Length).CopyTo(addresses);
        buffer = buffer.Slice(V2Fixed + length);
        if (isLocal || start[13] == 0x00)
            return Own;
        switch (start[13])
        {
            case 0x11 when addresses.Length >= 12:
                return new ProxyHeader(At(addresses[..4], addresses[8..]), At(addresses[4..8], addresses[10..]));
            case 0x21 when addresses.Length >= 36:
                return new ProxyHeader(At(addresses[..16], addresses[32..]), At(addresses[16..32], addresses[34..]));
            default:
                error = "unknown address family, or addresses cut short";
                return null;
        }
    }

    private static IPEndPoint At(ReadOnlySpan<byte> address, ReadOnlySpan<byte> port) =>
        new(Plain(new IPAddress(address)), BinaryPrimitives.ReadUInt16BigEndian(port));

    internal static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
