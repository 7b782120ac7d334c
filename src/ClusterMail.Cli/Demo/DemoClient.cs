using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Cli.Demo;

/// <summary>Sends one small mail and shows the dialogue as it goes.</summary>
internal static class DemoClient
{
    /// <summary>What one reply may have in lines; a server that says more is not one of ours.</summary>
    private const int ReplyLines = 100;

    /// <returns>The last line of the reply after the content.</returns>
    /// <exception cref="CommandFailure">A command was refused.</exception>
    public static async Task<string> SendAsync(string address, string from, string to, string content, Action<string> say, CancellationToken cancel)
    {
        var colon = address.LastIndexOf(':');
        using var client = new TcpClient();
        await client.ConnectAsync(address[..colon], int.Parse(address[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture), cancel);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        await ReplyAsync(reader, "2", say, cancel);
        foreach (var command in new[] { "EHLO demo.invalid", $"MAIL FROM:<{from}>", $"RCPT TO:<{to}>" })
            await AskAsync(stream, reader, command, "2", say, cancel);
        await AskAsync(stream, reader, "DATA", "3", say, cancel);
        var taken = await AskAsync(stream, reader, content + ".", "2", say, cancel);
        await AskAsync(stream, reader, "QUIT", "2", say, cancel);
        return taken;
    }

    private static async Task<string> AskAsync(NetworkStream stream, StreamReader reader, string text, string expected, Action<string> say, CancellationToken cancel)
    {
        foreach (var line in text.Split("\r\n"))
            say("> " + line);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"), cancel);
        return await ReplyAsync(reader, expected, say, cancel);
    }

    private static async Task<string> ReplyAsync(StreamReader reader, string expected, Action<string> say, CancellationToken cancel)
    {
        for (var i = 0; i < ReplyLines; i++)
        {
            var line = await reader.ReadLineAsync(cancel) ?? throw new CommandFailure($"the node closed the connection");
            say("< " + line);
            if (line.Length >= 4 && line[3] == '-')
                continue;
            return line.StartsWith(expected, StringComparison.Ordinal) ? line : throw new CommandFailure($"the node refused: {line}");
        }

        throw new CommandFailure($"the node's reply does not end");
    }
}
