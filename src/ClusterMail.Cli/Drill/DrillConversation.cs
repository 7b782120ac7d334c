using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Cli.Drill;

/// <summary>One SMTP connection of a drill's client.</summary>
internal sealed class DrillConversation : IDisposable
{
    /// <summary>A paused node takes connections and never greets: such a client goes to the next one.</summary>
    private static readonly TimeSpan GreetingLimit = TimeSpan.FromSeconds(5);

    /// <summary>Longer than a node asks after a commit whose answer it lost (20 s), so that its 451 is heard.</summary>
    private static readonly TimeSpan ReplyLimit = TimeSpan.FromSeconds(30);

    /// <summary>What one reply may have in lines; a server that says more is not one of ours.</summary>
    private const int ReplyLines = 100;

    private readonly TcpClient _client;
    private readonly StreamReader _reader;

    private DrillConversation(TcpClient client) => (_client, _reader) = (client, new StreamReader(client.GetStream(), Encoding.Latin1));

    /// <summary>The first line of the server.</summary>
    public string Greeting { get; private set; } = "";

    /// <param name="address"><c>host:port</c>, <c>[::1]:25</c> for IPv6.</param>
    /// <exception cref="SocketException">No connection.</exception>
    /// <exception cref="OperationCanceledException">No greeting within 5 s.</exception>
    public static async Task<DrillConversation> OpenAsync(string address)
    {
        var (host, port) = HostAndPort.Split(address);
        var client = new TcpClient { NoDelay = true };
        try
        {
            using var bound = new CancellationTokenSource(GreetingLimit);
            await client.ConnectAsync(host, port, bound.Token);
            var conversation = new DrillConversation(client);
            conversation.Greeting = await conversation.ReadAsync(bound.Token);
            return conversation;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <returns>The last line of the reply.</returns>
    public async Task<string> AskAsync(string text)
    {
        using var bound = new CancellationTokenSource(ReplyLimit);
        await _client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"), bound.Token);
        return await ReadAsync(bound.Token);
    }

    private async Task<string> ReadAsync(CancellationToken cancel)
    {
        for (var i = 0; i < ReplyLines; i++)
        {
            var line = await _reader.ReadLineAsync(cancel) ?? throw new IOException("the connection was closed");
            if (line.Length < 4 || line[3] != '-')
                return line;
        }
        throw new IOException("the reply does not end");
    }

    public void Dispose()
    {
        _reader.Dispose();
        _client.Dispose();
    }
}
