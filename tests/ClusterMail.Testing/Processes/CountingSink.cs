using System.Globalization;
using System.Net;

namespace ClusterMail.Testing.Processes;

/// <summary>The real <c>smtp-sink</c>: what the farm says to somebody else's server, and how much of it.</summary>
public sealed class CountingSink : IAsyncDisposable
{
    private readonly Daemon _daemon;
    private readonly string _folder;

    private CountingSink(Daemon daemon, string folder, IPEndPoint endPoint)
    {
        _daemon = daemon;
        _folder = folder;
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    /// <param name="dump">Keep every mail in a file, so that they can be counted one by one.</param>
    public static async Task<CountingSink> StartAsync(bool dump = true)
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-sink-").FullName;
        var endPoint = new IPEndPoint(IPAddress.Loopback, Ports.Block(1));
        IReadOnlyList<string> user = Unix.IsRoot ? ["-u", "root"] : [];
        IReadOnlyList<string> keep = dump ? ["-D", Path.Combine(folder, "mails")] : [];
        var daemon = Daemon.Start("smtp-sink", [.. user, "-c", "-m", "512", .. keep, $"127.0.0.1:{endPoint.Port.ToString(CultureInfo.InvariantCulture)}", "512"]);
        await Until.TrueAsync(async () => await OpensAsync(endPoint), TimeSpan.FromSeconds(10), "smtp-sink listening");
        return new CountingSink(daemon, folder, endPoint);
    }

    /// <summary>Every value of the named header that arrived, in order of arrival.</summary>
    public IReadOnlyList<string> Headers(string name)
    {
        var file = Path.Combine(_folder, "mails");
        return File.Exists(file)
            ? [.. File.ReadLines(file).Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim())]
            : [];
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<bool> OpensAsync(IPEndPoint endPoint)
    {
        try
        {
            using var conversation = await SmtpConversation.OpenAsync(endPoint);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
