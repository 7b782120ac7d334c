using System.Net;
using System.Net.Sockets;
using ClusterMail.Cli.Local;
using CliWrap.Buffered;

namespace ClusterMail.Cli.Tests;

/// <summary>A local cluster as a user has one: the built programs, a folder, and nothing left of it afterwards.</summary>
internal sealed class LocalFarm : IAsyncDisposable
{
    private const int MostNodes = 3;

    private readonly TemporaryFolder _folder = new();

    public string Data => Path.Combine(_folder.Path, "data");
    public int BasePort { get; } = FreePorts();
    public ClusterFile File => ClusterFile.Read(Data)!;

    /// <summary>Where PostgreSQL keeps its files: not below our folder when the tests run as root.</summary>
    private string? _postgres;

    public static async Task<LocalFarm> UpAsync(int nodes)
    {
        var farm = new LocalFarm();
        await farm.DoneAsync("up", "--nodes", $"{nodes}", "--base-port", $"{farm.BasePort}", "--daemon", Cli.Daemon);
        farm._postgres = LocalState.Read(farm.Data)!.PostgresFolder;
        return farm;
    }

    public Task<BufferedCommandResult> RunAsync(params IReadOnlyList<string> arguments) => Cli.RunAsync([.. arguments, "--data", Data]);

    /// <summary>A command that must succeed; what it printed.</summary>
    public async Task<string> DoneAsync(params IReadOnlyList<string> arguments)
    {
        var result = await RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"clustermail {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.StandardError}{result.StandardOutput}");
        return result.StandardOutput;
    }

    /// <summary>Processes whose command line names a folder of this farm.</summary>
    public IReadOnlyList<int> Processes() => [.. Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), out var pid) ? pid : 0)
        .Where(pid => pid > 0 && CommandLine(pid) is var line && (line.Contains(_folder.Path, StringComparison.Ordinal) || (_postgres is { } postgres && line.Contains(postgres, StringComparison.Ordinal))))];

    public async ValueTask DisposeAsync()
    {
        if (Directory.Exists(Data))
            await RunAsync("down", "--delete", "--timeout", "20");
        _folder.Dispose();
    }

    private static string CommandLine(int pid)
    {
        try
        {
            return System.IO.File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static int FreePorts()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var port = Random.Shared.Next(3_000, 3_200) * 10;
            if (IsFree(port) && Enumerable.Range(1, MostNodes).SelectMany(node => Enumerable.Range(port + (LocalNode.PortStride * node), 6)).All(IsFree))
                return port;
        }

        throw new InvalidOperationException("no free ports found");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
