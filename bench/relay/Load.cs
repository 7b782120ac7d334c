using System.Globalization;
using System.Text;

namespace ClusterMail.Bench.Relay;

/// <summary>What the source sends in one run.</summary>
/// <param name="Mails">How many.</param>
/// <param name="Size">Octets of content, headers included; the final dot is not.</param>
/// <param name="Rate">Mails a second; null: as fast as the sessions get them through.</param>
internal sealed record Load(int Mails, int Size, int Sessions, int Recipients, bool Tls, bool Reuse, bool Pipelining, bool Resume, double? Rate = null)
{
    private const int LineLength = 76;

    /// <summary>
    /// Lines as an attachment has them. They repeat nothing, so that neither PostgreSQL nor a file system can store the mail smaller than it is; the same in each run.
    /// </summary>
    public byte[] Lines()
    {
        var random = new Random(1);
        var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8.ToArray();
        var lines = new byte[Math.Max(0, Size - Head(0).Length)];
        for (var at = 0; at < lines.Length; at++)
        {
            lines[at] = (at % (LineLength + 2)) switch
            {
                LineLength => (byte)'\r',
                LineLength + 1 => (byte)'\n',
                _ => alphabet[random.Next(alphabet.Length)],
            };
        }

        if (lines.Length >= 2)
            (lines[^2], lines[^1]) = ((byte)'\r', (byte)'\n');
        return lines;
    }

    /// <summary>Headers a server would otherwise have to add, of one length for every number.</summary>
    public static byte[] Head(int number) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"From: source@bench.test\r\nTo: r0@sink.test\r\nSubject: mail {number:00000000}\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <{number:00000000}@bench.test>\r\n\r\n"));

    public IReadOnlyList<byte[]> Commands() =>
    [
        "MAIL FROM:<source@bench.test>\r\n"u8.ToArray(),
        .. Enumerable.Range(0, Recipients).Select(index => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"RCPT TO:<r{index}@sink.test>\r\n"))),
        "DATA\r\n"u8.ToArray(),
    ];
}
