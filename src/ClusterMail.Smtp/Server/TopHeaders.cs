using System.Globalization;
using System.Net.Sockets;
using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>What this server writes above an accepted content: Received: always (HDR-1), Date: and Message-ID: for submissions that lack them (HDR-4).</summary>
internal static class TopHeaders
{
    public static byte[] Make(ReceiveOptions options, ClientConnection client, Envelope envelope, MessageId id, DateTimeOffset now, ContentFacts facts)
    {
        var date = Date(now);
        var text = new StringBuilder(256)
            .Append("Received: from ").Append(client.Helo).Append(" (unverified [").Append(Literal(client)).Append("])\r\n by ")
            .Append(options.HostName).Append(" (").Append(options.Software).Append(") with ").Append(Protocol(client, envelope))
            .Append(" id <").Append(id.At(options.HostName)).Append(">;\r\n ").Append(date).Append("\r\n");
        if (client.Purpose == ListenerPurpose.Submission && !facts.HasDate)
            text.Append("Date: ").Append(date).Append("\r\n");
        if (client.Purpose == ListenerPurpose.Submission && !facts.HasMessageId)
            text.Append("Message-ID: <").Append(id.At(options.HostName)).Append(">\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>RFC 5322 §3.3, with this machine's offset from UTC.</summary>
    public static string Date(DateTimeOffset now)
    {
        var offset = now.Offset;
        var sign = offset < TimeSpan.Zero ? '-' : '+';
        return now.ToString("ddd, d MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture)
            + sign + offset.ToString("hhmm", CultureInfo.InvariantCulture);
    }

    /// <summary>RFC 3848, RFC 6531 §4.3.</summary>
    private static string Protocol(ClientConnection client, Envelope envelope)
    {
        if (!client.Extended)
            return "SMTP";
        var name = envelope.SmtpUtf8 ? "UTF8SMTP" : "ESMTP";
        return name + (client.TlsVersion is null ? "" : "S") + (client.AuthenticatedAs is null ? "" : "A");
    }

    private static string Literal(ClientConnection client) => client.Remote.AddressFamily == AddressFamily.InterNetworkV6
        ? $"IPv6:{client.Remote.Address}"
        : client.Remote.Address.ToString();
}
