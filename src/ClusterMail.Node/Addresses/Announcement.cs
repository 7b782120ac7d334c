using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace ClusterMail.Node.Addresses;

/// <summary>
/// Tells the neighbours that an address lives at this interface now: ARP for IPv4 (RFC 5227 §3), an unsolicited neighbour advertisement for IPv6 (RFC 4861 §7.2.6). Sent by ourselves
/// (docs/decisions/0033).
/// </summary>
public static class Announcement
{
    private const ushort ArpProtocol = 0x0806;
    private static readonly IPAddress AllNodes = IPAddress.Parse("ff02::1");

    /// <exception cref="SocketException">Not allowed (CAP_NET_RAW), or the interface is down.</exception>
    public static void Send(IPAddress address, int interfaceIndex, PhysicalAddress hardware)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            SendArp(address, interfaceIndex, hardware);
        else
            SendAdvertisement(address, interfaceIndex, hardware);
    }

    private static void SendArp(IPAddress address, int index, PhysicalAddress hardware)
    {
        // Protocol 0: it sends and never receives.
        using var socket = new Socket(AddressFamily.Packet, SocketType.Dgram, (ProtocolType)0);
        var everybody = new LinkEndPoint(index, ArpProtocol);
        // Both forms, because some neighbours take only the one and some only the other.
        socket.SendTo(Arp(address, hardware, isReply: false), everybody);
        socket.SendTo(Arp(address, hardware, isReply: true), everybody);
    }

    private static void SendAdvertisement(IPAddress address, int index, PhysicalAddress hardware)
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6);
        socket.Bind(new IPEndPoint(address, 0));
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index);
        // RFC 4861 §7.1.2: what crossed a router is not believed. The kernel adds the checksum.
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);
        socket.SendTo(Advertisement(address, hardware), new IPEndPoint(new IPAddress(AllNodes.GetAddressBytes(), index), 0));
    }

    /// <summary>Sender and target are the address itself (RFC 826, RFC 5227).</summary>
    public static byte[] Arp(IPAddress address, PhysicalAddress hardware, bool isReply)
    {
        var packet = new byte[28];
        BinaryPrimitives.WriteUInt16BigEndian(packet, 1);                         // Ethernet
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), 0x0800);          // IPv4
        (packet[4], packet[5], packet[7]) = (6, 4, (byte)(isReply ? 2 : 1));
        hardware.GetAddressBytes().CopyTo(packet, 8);
        address.GetAddressBytes().CopyTo(packet, 14);
        if (isReply)
            hardware.GetAddressBytes().CopyTo(packet, 18);
        address.GetAddressBytes().CopyTo(packet, 24);
        return packet;
    }

    /// <summary>With the override flag, so that what neighbours knew is replaced, and the hardware address as option (RFC 4861 §4.4).</summary>
    public static byte[] Advertisement(IPAddress address, PhysicalAddress hardware)
    {
        var packet = new byte[32];
        (packet[0], packet[4]) = (136, 0x20);
        address.GetAddressBytes().CopyTo(packet, 8);
        (packet[24], packet[25]) = (2, 1);
        hardware.GetAddressBytes().CopyTo(packet, 26);
        return packet;
    }

    /// <summary>Everybody on a link: <c>sockaddr_ll</c> of packet(7).</summary>
    private sealed class LinkEndPoint(int index, ushort protocol) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            var octets = address.Buffer.Span;
            BinaryPrimitives.WriteUInt16BigEndian(octets[2..], protocol);
            BitConverter.TryWriteBytes(octets[4..], index);
            octets[11] = 6;
            octets.Slice(12, 6).Fill(0xff);
            return address;
        }
    }
}
