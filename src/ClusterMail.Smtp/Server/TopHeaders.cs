using System.Net;
using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>What this server writes above an accepted content: Received: always (HDR-1), Date: and Message-ID: for submissions that lack them (HDR-4). Nothing else is touched.</summary>
internal static class TopHeaders
{
    public static byte[] Make(ReceiveOptions options, ClientConnection client, Envelope envelope, MessageId id, DateTimeOffset now, ContentFacts facts)
    {
        var text = new HeaderText();
        try
        {
            text.Add("Received: "u8);
            options.Headers.For(client.Remote.Address).Write(ref text, options, client, envelope, id, now);
            text.Add("\r\n"u8);
            if ((facts.HasDate && facts.HasMessageId) || !IsSubmission(options, client))
                return text.ToArray();
            if (!facts.HasDate)
            {
                text.Add("Date: "u8);
                text.AddDate(now);
                text.Add("\r\n"u8);
            }
            if (!facts.HasMessageId)
            {
                text.Add("Message-ID: <"u8);
                text.AddId(id, options.HostName);
                text.Add(">\r\n"u8);
            }
            return text.ToArray();
        }
        finally
        {
            text.Dispose();
        }
    }

    private static bool IsSubmission(ReceiveOptions options, ClientConnection client) =>
        client.Purpose == ListenerPurpose.Submission || client.AuthenticatedAs is not null || Contains(options, client.Remote.Address);

    private static bool Contains(ReceiveOptions options, IPAddress address)
    {
        foreach (var network in options.SubmissionClients)
            if (network.Contains(address))
                return true;
        return false;
    }
}
