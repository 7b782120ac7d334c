using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClusterMail.Testing;

/// <summary>
/// A real name server (nsd) on a loopback port, serving the zones a test gives it and SERVFAIL or REFUSED for anything else. Ends with the object.
/// </summary>
public sealed class DnsServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private DnsServer(Process process, string folder, IPEndPoint endPoint)
    {
        _process = process;
        _folder = folder;
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    public static bool IsInstalled => File.Exists("/usr/sbin/nsd");

    /// <param name="zones">Zone name without final dot, and its records in master file form, relative to the zone. SOA and NS are added.</param>
    public static async Task<DnsServer> StartAsync(IReadOnlyDictionary<string, string> zones)
    {
        for (var attempt = 0; ; attempt++)
        {
            var server = await TryStartAsync(zones, FreePort());
            if (server is not null)
                return server;
            // Somebody took the port between our looking and nsd's binding.
            if (attempt == 4)
                throw new InvalidOperationException("nsd does not start");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<DnsServer?> TryStartAsync(IReadOnlyDictionary<string, string> zones, int port)
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-nsd-").FullName;
        var configuration = new StringBuilder($"""
            server:
              ip-address: 127.0.0.1@{port}
              zonesdir: "{folder}"
              database: ""
              pidfile: "{folder}/nsd.pid"
              xfrdfile: "{folder}/xfrd.state"
              zonelistfile: "{folder}/zone.list"
              logfile: "{folder}/nsd.log"
              username: ""
              chroot: ""
              server-count: 1
              rrl-ratelimit: 0
            remote-control:
              control-enable: no

            """);
        foreach (var (name, records) in zones)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.zone"), $"$ORIGIN {name}.\n$TTL 300\n@ SOA ns.invalid. admin.invalid. 1 3600 600 86400 300\n@ NS ns.invalid.\n{records}\n");
            configuration.Append($"zone:\n  name: \"{name}\"\n  zonefile: \"{name}.zone\"\n");
        }
        await File.WriteAllTextAsync(Path.Combine(folder, "nsd.conf"), configuration.ToString());
        var process = Process.Start(new ProcessStartInfo("/usr/sbin/nsd", ["-d", "-c", Path.Combine(folder, "nsd.conf")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var server = new DnsServer(process, folder, new IPEndPoint(IPAddress.Loopback, port));
        if (await server.AnswersAsync())
            return server;
        await server.DisposeAsync();
        return null;
    }

    /// <summary>TCP is bound together with UDP; when it takes a connection the server is there.</summary>
    private async Task<bool> AnswersAsync()
    {
        for (var i = 0; i < 500 && !_process.HasExited; i++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(EndPoint);
                return !_process.HasExited;
            }
            catch (SocketException)
            {
                await Task.Delay(10);
            }
        }
        return false;
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
