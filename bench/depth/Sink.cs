using System.Globalization;
using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Depth;

/// <summary><c>smtp-sink -c</c>: the running counter it prints is read, so that the end of a run is the arrival of its last mail.</summary>
internal sealed class Sink : IAsyncDisposable
{
    private readonly Daemon _daemon;

    private Sink(Daemon daemon, IPEndPoint endPoint)
    {
        _daemon = daemon;
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    public static async Task<Sink> StartAsync()
    {
        var port = Ports.Block(1);
        IReadOnlyList<string> user = Unix.IsRoot ? ["-u", "nobody"] : [];
        // script gives it a terminal, without which its counter would stay in a buffer; carriage returns become lines.
        var command = string.Create(CultureInfo.InvariantCulture, $"exec smtp-sink {string.Join(' ', user)} -c -m 1000 127.0.0.1:{port} 1000");
        var daemon = Daemon.Start("script", "-qfec", command, "/dev/null");
        var sink = new Sink(daemon, new IPEndPoint(IPAddress.Loopback, port));
        await Until.TrueAsync(sink.OpensAsync, TimeSpan.FromSeconds(10), "smtp-sink listening");
        return sink;
    }

    /// <summary>Mails received since it started.</summary>
    public long Count
    {
        get
        {
            // sess=3 quit=2 mesg=17
            var text = _daemon.Output;
            var at = text.LastIndexOf("mesg=", StringComparison.Ordinal);
            var digits = at < 0 ? "" : string.Concat(text[(at + 5)..].TakeWhile(char.IsAsciiDigit));
            return digits.Length == 0 ? 0 : long.Parse(digits, CultureInfo.InvariantCulture);
        }
    }

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();

    private async Task<bool> OpensAsync()
    {
        try
        {
            using var conversation = await SmtpConversation.OpenAsync(EndPoint);
            return conversation.Last.StartsWith("220", StringComparison.Ordinal);
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
