using System.Net;

namespace ClusterMail.Testing.Processes;

/// <summary>A real authoritative name server (nsd) on a loopback address of its own, port 53. Needs root for that port.</summary>
public sealed class NameServer : IAsyncDisposable
{
    private readonly Daemon _daemon;
    private readonly string _folder;

    private NameServer(Daemon daemon, string folder, IPAddress address)
    {
        _daemon = daemon;
        _folder = folder;
        Address = address;
    }

    public IPAddress Address { get; }

    /// <param name="zones">Zone name to its records, without SOA and NS: <c>@ MX 10 mx1</c>.</param>
    public static async Task<NameServer> StartAsync(IReadOnlyDictionary<string, string> zones, string address = "127.0.0.53")
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-nsd-").FullName;
        foreach (var (zone, records) in zones)
            await File.WriteAllTextAsync(Path.Combine(folder, zone + ".zone"), $"$ORIGIN {zone}.\n$TTL 60\n@ SOA ns.{zone}. admin.{zone}. 1 60 60 60 60\n@ NS ns.{zone}.\nns A {address}\n{records}\n");
        var configuration = Path.Combine(folder, "nsd.conf");
        await File.WriteAllTextAsync(configuration, $"""
            server:
              ip-address: {address}
              port: 53
              username: ""
              zonesdir: "{folder}"
              database: ""
              pidfile: "{folder}/nsd.pid"
              xfrdfile: "{folder}/xfrd.state"
              zonelistfile: "{folder}/zone.list"
              server-count: 1
              verbosity: 1
            remote-control:
              control-enable: no
            {string.Concat(zones.Keys.Select(zone => $"zone:\n  name: {zone}\n  zonefile: {zone}.zone\n"))}
            """);
        var daemon = Daemon.Start("nsd", "-d", "-c", configuration);
        try
        {
            await Until.TrueAsync(() => AnswersAsync(IPAddress.Parse(address)), TimeSpan.FromSeconds(10), "nsd answering");
            return new NameServer(daemon, folder, IPAddress.Parse(address));
        }
        catch (TimeoutException e)
        {
            var output = daemon.Output;
            await daemon.DisposeAsync();
            throw new InvalidOperationException($"{e.Message}: {output}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<bool> AnswersAsync(IPAddress address)
    {
        using var socket = new System.Net.Sockets.TcpClient();
        try
        {
            await socket.ConnectAsync(address, 53);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
