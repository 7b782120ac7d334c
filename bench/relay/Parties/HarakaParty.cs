using System.Globalization;
using System.Net;
using System.Text.Json;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Relay.Parties;

/// <summary>
/// Haraka from npm with two workers and its own queue on disk, and no plugin but one that lets the source relay and names the sink. Seen with strace: a worker calls
/// fsync on the queue file, renames it, and only then writes its 250; the folder is not synced.
/// </summary>
internal sealed class HarakaParty : IParty
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Daemon _daemon;
    private readonly string _folder;

    private HarakaParty(Daemon daemon, string folder, IPEndPoint endPoint, string version, IReadOnlyList<string> settings)
    {
        (_daemon, _folder, EndPoint, Version, Settings) = (daemon, folder, endPoint, version, settings);
        Server = new ProcessTree(daemon.Pid);
    }

    public string Name => "Haraka";
    public string Version { get; }
    public string Durability => "file on disk before 250 (fsync), its name in the folder not (no fsync of the folder)";
    public IReadOnlyList<string> Settings { get; }
    public IPEndPoint EndPoint { get; }
    public ProcessTree Server { get; }
    public ProcessTree? Database => null;

    public static async Task<HarakaParty> StartAsync(Surroundings around)
    {
        var package = Path.Combine(Peers.Folder("haraka"), "node_modules", "Haraka");
        var version = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(package, "package.json"))).RootElement.GetProperty("version").GetString()!;
        var endPoint = new IPEndPoint(IPAddress.Loopback, Ports.Block(1));
        var folder = Directory.CreateTempSubdirectory("clustermail-haraka-").FullName;
        var settings = await WriteAsync(package, folder, endPoint, around);
        var party = new HarakaParty(Daemon.Start("node", Path.Combine(package, "bin", "haraka"), "-c", folder), folder, endPoint, $"{version}, Node.js {await NodeAsync()}", settings);
        try
        {
            await Until.TrueAsync(() => Peers.AnswersAsync(endPoint), Limit, "Haraka answering");
            return party;
        }
        catch (TimeoutException e)
        {
            var said = party._daemon.Output;
            await party.DisposeAsync();
            throw new InvalidOperationException($"Haraka did not start: {said}", e);
        }
    }

    public Task<bool> IsEmptyAsync() => Task.FromResult(!Directory.EnumerateFiles(Path.Combine(_folder, "queue")).Any());
    public Task<Counters?> CountersAsync() => Task.FromResult<Counters?>(null);
    public Task<NodeFigures?> FiguresAsync() => Task.FromResult<NodeFigures?>(null);

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        await Tool.RunAsync(Limit, "rm", "-rf", "--", _folder);
    }

    private static async Task<string> NodeAsync() => (await Tool.MustAsync(Limit, "node", "--version")).Trim();

    private static async Task<IReadOnlyList<string>> WriteAsync(string package, string folder, IPEndPoint endPoint, Surroundings around)
    {
        foreach (var name in new[] { "config", "plugins", "queue" })
            Directory.CreateDirectory(Path.Combine(folder, name));
        string[] smtp = [$"listen={endPoint}", "nodes=2"];
        string[] outbound = ["concurrency_max=100", "local_mx_ok=true", $"enable_tls={(around.TlsOut ? "true" : "false")}"];
        string[] log = ["level=WARN"];
        string[] plugins = [.. around.TlsIn ? ["tls"] : Array.Empty<string>(), "to_sink"];
        // It has no defaults in its code for what stands there.
        File.Copy(Path.Combine(package, "config", "connection.ini"), Path.Combine(folder, "config", "connection.ini"));
        await ConfigureAsync("smtp.ini", smtp);
        await ConfigureAsync("outbound.ini", outbound);
        await ConfigureAsync("log.ini", ["[main]", .. log]);
        await ConfigureAsync("plugins", plugins);
        await ConfigureAsync("me", ["haraka.test"]);
        if (around.Certificate is { } certificate)
        {
            await ConfigureAsync("tls.ini", ["key=tls_key.pem", "cert=tls_cert.pem"]);
            File.Copy(certificate.Key, Path.Combine(folder, "config", "tls_key.pem"));
            File.Copy(certificate.Certificate, Path.Combine(folder, "config", "tls_cert.pem"));
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "plugins", "to_sink.js"), $$"""
            exports.hook_connect = (next, connection) => { connection.relaying = true; next() }
            exports.hook_rcpt = (next) => next(OK)
            exports.hook_get_mx = (next) => next(OK, { priority: 0, exchange: '127.0.0.1', port: {{around.Sink.Port.ToString(CultureInfo.InvariantCulture)}} })
            """);
        return [.. smtp.Skip(1), .. outbound, .. log, $"plugins: {string.Join(", ", plugins)}"];

        Task ConfigureAsync(string name, IReadOnlyList<string> lines) => File.WriteAllLinesAsync(Path.Combine(folder, "config", name), lines);
    }
}
