using System.Buffers.Binary;
using System.Text;

namespace ClusterMail.Approval.Tests;

/// <summary>Writes a winmail.dat as Exchange packs a mail's text ([MS-OXTNEF]).</summary>
internal static class Tnef
{
    private const uint Body = 0x1000001F;
    private const uint Html = 0x10130102;

    public static byte[] WithText(string text) => File([Property(Body, Encoding.Unicode.GetBytes(text + '\0'))]);

    public static byte[] WithHtml(string html) => File([Property(Html, Encoding.UTF8.GetBytes(html))]);

    /// <summary>A decision mail that has nothing but the packed text.</summary>
    public static string Mail(string subject, byte[] tnef) =>
        $"Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/ms-tnef; name=\"winmail.dat\"\r\nContent-Disposition: attachment; filename=\"winmail.dat\"\r\n"
        + $"Content-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(tnef, Base64FormattingOptions.InsertLineBreaks)}\r\n--b--\r\n";

    private static byte[] File(IReadOnlyList<byte[]> properties) =>
    [
        .. Number(0x223E9F78), 1, 0,
        .. Attribute(0x00089006, Number(0x00010000)),
        .. Attribute(0x00069007, [.. Number(65001), .. Number(0)]),
        .. Attribute(0x00069003, [.. Number((uint)properties.Count), .. properties.SelectMany(property => property)]),
    ];

    private static byte[] Property(uint tag, byte[] value) =>
        [.. Number(tag), .. Number(1), .. Number((uint)value.Length), .. value, .. new byte[(4 - (value.Length % 4)) % 4]];

    private static byte[] Attribute(uint tag, byte[] data)
    {
        var sum = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(sum, (ushort)data.Sum(octet => octet));
        return [1, .. Number(tag), .. Number((uint)data.Length), .. data, .. sum];
    }

    private static byte[] Number(uint value)
    {
        var octets = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(octets, value);
        return octets;
    }
}
