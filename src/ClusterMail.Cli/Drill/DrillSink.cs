using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ClusterMail.Drill;

namespace ClusterMail.Cli.Drill;

/// <summary>The server the drill's mail is delivered to: takes everything and writes down each Message-ID before it says 250.</summary>
internal sealed class DrillSink : IAsyncDisposable
{
    private const int SessionLimit = 1000;

    /// <summary>A far server takes so long for MAIL. Without it a node would have nothing in hand when it is harmed, and there would be no takeover to measure.</summary>
    private static readonly TimeSpan Slowness = TimeSpan.FromMilliseconds(50);

    private readonly TcpListener _listener;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _sessions = new(SessionLimit);
    private readonly ConcurrentQueue<Arrival> _arrivals = new();
    private readonly ConcurrentDictionary<string, byte> _ids = new();
    private readonly Task _accepting;

    /// <exception cref="CommandFailure">The address is not ours, or the port is taken.</exception>
    public DrillSink(IPEndPoint listen, TimeProvider clock)
    {
        (_listener, _clock) = (new TcpListener(listen), clock);
        try
        {
            _listener.Start();
        }
        catch (SocketException taken)
        {
            throw new CommandFailure($"the drill's sink cannot listen on {listen}: {taken.Message}. Choose another address with --sink");
        }
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;
    public IReadOnlyList<Arrival> Arrivals => [.. _arrivals];
    public int Count => _arrivals.Count;

    public bool Has(string id) => _ids.ContainsKey(id);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await _sessions.WaitAsync(_stopping.Token);
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The drill is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.Latin1);
                await ReplyAsync(stream, "220 drill sink");
                while (await reader.ReadLineAsync(_stopping.Token) is { } line && await AnswerAsync(stream, reader, line))
                {
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The node was harmed, or the drill is over: what has arrived is written down.
        }
        finally
        {
            _sessions.Release();
        }
    }

    /// <returns>False: the session is over.</returns>
    private async Task<bool> AnswerAsync(NetworkStream stream, StreamReader reader, string line)
    {
        switch (line.Length >= 4 ? line[..4].ToUpperInvariant() : "")
        {
            case "DATA":
                await ReplyAsync(stream, "354 go on");
                if (await ReadIdAsync(reader) is not { } id)
                    return false;
                _ids[id] = 0;
                _arrivals.Enqueue(new Arrival(id, _clock.GetUtcNow()));
                await ReplyAsync(stream, "250 2.0.0 taken by the drill sink");
                return true;
            case "QUIT":
                await ReplyAsync(stream, "221 2.0.0 bye");
                return false;
            case "EHLO":
                await ReplyAsync(stream, "250-drill sink\r\n250 PIPELINING");
                return true;
            case "MAIL":
                await Task.Delay(Slowness, _stopping.Token);
                await ReplyAsync(stream, "250 2.0.0 ok");
                return true;
            case "HELO" or "RCPT" or "RSET" or "NOOP":
                await ReplyAsync(stream, "250 2.0.0 ok");
                return true;
            default:
                await ReplyAsync(stream, "500 5.5.1 unknown");
                return true;
        }
    }

    /// <returns>The Message-ID without angle brackets; null when the content broke off.</returns>
    private async Task<string?> ReadIdAsync(StreamReader reader)
    {
        var id = "";
        while (await reader.ReadLineAsync(_stopping.Token) is { } line)
        {
            if (line == ".")
                return id;
            if (id.Length == 0 && line.StartsWith("Message-ID:", StringComparison.OrdinalIgnoreCase))
                id = line["Message-ID:".Length..].Trim().Trim('<', '>');
        }
        return null;
    }

    private async Task ReplyAsync(NetworkStream stream, string line) => await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), _stopping.Token);
}
