using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Node.Addresses;

/// <summary>Asks an SMTP listener for its greeting, as a client would.</summary>
public static class GreetingProbe
{
    /// <summary>A node at work greets within milliseconds.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Null: it answered. Any reply is an answer, a 421 too: a node that is full is not dead, and one with closed doors says so itself. Else what is wrong, as the end of a sentence.
    /// </summary>
    /// <param name="mayBeSilent">A connection that is taken and closed without a word is an answer too: a lockout of our own address (LOCK-1), which concerns nobody else.</param>
    public static async Task<string?> AskAsync(IPEndPoint server, bool mayBeSilent)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, limit.Token);
            var buffer = new byte[512];
            var read = await socket.ReceiveAsync(buffer, limit.Token);
            if (read < 3 || !buffer.AsSpan(0, 3).ContainsAnyInRange((byte)'0', (byte)'9') || buffer[0] is not ((byte)'2' or (byte)'4' or (byte)'5'))
                return read == 0 && mayBeSilent ? null : $"{server} closes without a greeting";
            await LeaveAsync(socket, buffer, limit.Token);
            return null;
        }
        catch (Exception silence) when (silence is SocketException or OperationCanceledException)
        {
            return silence is OperationCanceledException ? $"{server} gives no greeting within {Limit.TotalSeconds:0} s" : $"{server}: {silence.Message}";
        }
    }

    /// <summary>As one should, so that nobody's log speaks of a broken connection.</summary>
    private static async Task LeaveAsync(Socket socket, byte[] buffer, CancellationToken cancel)
    {
        try
        {
            await socket.SendAsync("QUIT\r\n"u8.ToArray(), cancel);
            await socket.ReceiveAsync(buffer, cancel);
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException)
        {
            // It has greeted, and that was the question.
        }
    }
}
