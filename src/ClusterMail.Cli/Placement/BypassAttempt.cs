using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Cli.Placement;

/// <summary>
/// Tries what a user could try: outside mail handed straight to the existing server, past approval (APPROVE-414). MAIL and RCPT only, so nothing is sent.
/// </summary>
internal static class BypassAttempt
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private const int ReplyLines = 100;

    /// <summary>The last reply, and whether the server would have taken the mail; null: it could not be reached from here, or did not answer.</summary>
    /// <param name="nodes">Addresses of the farm's nodes: what they may do proves nothing about clients.</param>
    public static async Task<(bool Taken, string Reply, bool FromNode)?> RunAsync(DnsEndPoint server, IPAddress? client, string from, string to, IReadOnlyCollection<IPAddress> nodes, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        try
        {
            using var tcp = client is null ? new TcpClient() : new TcpClient(new IPEndPoint(client, 0));
            await tcp.ConnectAsync(server.Host, server.Port, limit.Token);
            var fromNode = tcp.Client.LocalEndPoint is IPEndPoint here && nodes.Contains(here.Address.IsIPv4MappedToIPv6 ? here.Address.MapToIPv4() : here.Address);
            await using var stream = tcp.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1);
            var reply = await ReplyAsync(reader, limit.Token);
            foreach (var command in new[] { "EHLO client.invalid", $"MAIL FROM:<{from}>", $"RCPT TO:<{to}>" })
            {
                if (!reply.StartsWith('2'))
                    return (false, reply, fromNode);
                await stream.WriteAsync(Encoding.UTF8.GetBytes(command + "\r\n"), limit.Token);
                reply = await ReplyAsync(reader, limit.Token);
            }
            await stream.WriteAsync("QUIT\r\n"u8.ToArray(), limit.Token);
            return (reply.StartsWith('2'), reply, fromNode);
        }
        catch (Exception trouble) when (trouble is SocketException or IOException || (trouble is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    private static async Task<string> ReplyAsync(StreamReader reader, CancellationToken cancel)
    {
        for (var i = 0; i < ReplyLines; i++)
        {
            var line = await reader.ReadLineAsync(cancel) ?? throw new IOException("closed");
            if (line.Length < 4 || line[3] != '-')
                return line;
        }
        throw new IOException("a reply without end");
    }
}
