using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Cli.Demo;

/// <summary>The server mail is delivered to in the demonstration: takes everything, keeps the last mail, stores nothing.</summary>
internal sealed class DemoSink : IAsyncDisposable
{
    /// <summary>Octets of one mail that are looked at; the demonstration's own has a few hundred.</summary>
    private const int MailLimit = 1 << 20;
    private const int SessionLimit = 16;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _sessions = new(SessionLimit);
    private readonly TaskCompletionSource<string> _mail = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _mark;
    private readonly Task _accepting;

    /// <param name="mark">Text by which the mail waited for is known.</param>
    public DemoSink(string mark)
    {
        _mark = mark;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The mail with the mark, headers and all.</summary>
    public Task<string> Mail => _mail.Task;

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
            // The demonstration is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            await using (var stream = client.GetStream())
            {
                using var reader = new StreamReader(stream, Encoding.Latin1);
                await ReplyAsync(stream, "220 demo sink");
                while (await reader.ReadLineAsync(_stopping.Token) is { } line && await AnswerAsync(stream, reader, line))
                {
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The node went away or the demonstration is over; either is seen by whoever waits for the mail.
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
                var mail = await ReadMailAsync(reader);
                await ReplyAsync(stream, "250 2.0.0 taken by the demo sink");
                if (mail.Contains(_mark, StringComparison.Ordinal))
                    _mail.TrySetResult(mail);
                return true;
            case "QUIT":
                await ReplyAsync(stream, "221 2.0.0 bye");
                return false;
            case "EHLO" or "HELO" or "MAIL" or "RCPT" or "RSET" or "NOOP":
                await ReplyAsync(stream, "250 2.0.0 ok");
                return true;
            default:
                await ReplyAsync(stream, "500 5.5.1 unknown");
                return true;
        }
    }

    private async Task<string> ReadMailAsync(StreamReader reader)
    {
        var mail = new StringBuilder();
        while (await reader.ReadLineAsync(_stopping.Token) is { } line && line != ".")
            if (mail.Length < MailLimit)
                mail.Append(line).Append('\n');
        return mail.ToString();
    }

    private async Task ReplyAsync(NetworkStream stream, string line) => await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), _stopping.Token);
}
