using System.Globalization;
using System.Net;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// Three nodes, each in a network namespace of its own behind a bridge, so that a node can be cut off as by a pulled cable. PostgreSQL, sinks and
/// clients are on the bridge. Needs root.
/// </summary>
public sealed class NetworkFarm : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly Farm _ground;
    private readonly string _name;
    private readonly string _network;
    private readonly List<NetworkNode> _nodes = [];
    private Daemon? _database;

    private NetworkFarm(Farm ground, string name, string network)
    {
        _ground = ground;
        _name = name;
        _network = network;
    }

    public IReadOnlyList<NetworkNode> Nodes => _nodes;

    /// <summary>The address of the bridge, where sinks listen so that nodes reach them.</summary>
    public IPAddress Bridge => IPAddress.Parse(_network + ".1");

    /// <summary>Connection string that reaches the database from outside of the namespaces.</summary>
    public string Database => _ground.Cluster.Database;
    public string AdminToken => _ground.Cluster.AdminToken;

    /// <param name="settings">Set before the nodes start; clients on the bridge have to be allowed to relay by them.</param>
    public static async Task<NetworkFarm> StartAsync(int nodes, Func<IPAddress, IReadOnlyDictionary<string, string>> settings)
    {
        if (!Unix.IsRoot)
            throw new InvalidOperationException("Network namespaces can only be made by root: run the tests as root.");
        var number = Random.Shared.Next(1, 250);
        var network = string.Create(CultureInfo.InvariantCulture, $"10.77.{number}");
        var ground = await Farm.StartAsync(1, settings(IPAddress.Parse(network + ".1")));
        var farm = new NetworkFarm(ground, string.Create(CultureInfo.InvariantCulture, $"cm{number}"), network);
        try
        {
            // The one node of the ground made database and schema; it cannot be a member beside nodes that cannot reach its loopback.
            await ground.RunAsync("node", "stop", ground.Nodes[0].Name);
            await farm.BuildAsync(nodes);
            return farm;
        }
        catch (Exception e)
        {
            var output = farm.Output();
            await farm.DisposeAsync();
            throw new InvalidOperationException($"The farm on namespaces did not come up: {e.Message}\n{output}", e);
        }
    }

    /// <summary>No packet in or out any more: neither peers nor database nor destinations.</summary>
    public Task CutAsync(NetworkNode node) => IpAsync("link", "set", node.Cable, "down");

    public Task HealAsync(NetworkNode node) => IpAsync("link", "set", node.Cable, "up");

    /// <summary>The node no longer reaches its peers, but still the database and the destinations.</summary>
    public Task CutFromPeersAsync(NetworkNode node)
    {
        var peers = string.Join(", ", Nodes.Where(other => other != node).Select(other => other.Address));
        return DropAsync(node, $"ip saddr {{ {peers} }}", $"ip daddr {{ {peers} }}");
    }

    /// <summary>The node no longer reaches the database, but still its peers and the destinations. No reset either: packets vanish.</summary>
    public Task CutFromDatabaseAsync(NetworkNode node) => DropAsync(node, "tcp sport 5432", "tcp dport 5432");

    private static async Task DropAsync(NetworkNode node, string coming, string going)
    {
        await InsideAsync(node, "nft", "add", "table", "ip", "cut");
        await InsideAsync(node, "nft", "add chain ip cut in { type filter hook input priority 0 ; }");
        await InsideAsync(node, "nft", "add chain ip cut out { type filter hook output priority 0 ; }");
        await InsideAsync(node, "nft", $"add rule ip cut in {coming} drop");
        await InsideAsync(node, "nft", $"add rule ip cut out {going} drop");
    }

    /// <summary>Ends what <see cref="CutFromPeersAsync"/> or <see cref="CutFromDatabaseAsync"/> began.</summary>
    public Task HealRulesAsync(NetworkNode node) => InsideAsync(node, "nft", "delete", "table", "ip", "cut");

    /// <summary>The command line against the given node.</summary>
    public Task<Tool.Result> TryAsync(NetworkNode node, params IReadOnlyList<string> arguments) =>
        Tool.RunAsync(TimeSpan.FromSeconds(30), Farm.Program("clustermail"), [.. arguments, "--url", node.Admin, "--token", AdminToken]);

    public static async Task<bool> IsReadyAsync(NetworkNode node) =>
        await Farm.IsReadyAsync(new FarmNode(node.Name, null, "", "", "", "", node.Admin, ""));

    public string Output() => string.Concat(_nodes.Select(node => $"--- {node.Name}\n{node.Process?.Output}\n")) + _ground.Logs();

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            if (node.Process is { } process)
                await process.DisposeAsync();
            await Tool.RunAsync(Limit, "ip", "netns", "delete", node.Space);
        }

        await Tool.RunAsync(Limit, "ip", "link", "delete", _name);
        if (_database is not null)
            await _database.DisposeAsync();
        await _ground.DisposeAsync();
    }

    private async Task BuildAsync(int count)
    {
        await IpAsync("link", "add", _name, "type", "bridge");
        await IpAsync("addr", "add", $"{Bridge}/24", "dev", _name);
        await IpAsync("link", "set", _name, "up");
        var database = await LeadDatabaseToBridgeAsync();
        for (var number = 1; number <= count; number++)
            await AddAsync(number, database);
        await Until.TrueAsync(async () => (await Task.WhenAll(_nodes.Select(IsReadyAsync))).All(ready => ready), TimeSpan.FromSeconds(90), "all nodes in namespaces ready");
    }

    /// <summary>The private PostgreSQL listens on loopback only; HAProxy carries the bridge's connections there.</summary>
    private async Task<string> LeadDatabaseToBridgeAsync()
    {
        var parts = _ground.Cluster.Database.Split(';').Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[1], StringComparer.OrdinalIgnoreCase);
        var configuration = Path.Combine(_ground.Data, "database.cfg");
        await File.WriteAllTextAsync(configuration, $"""
            global
              maxconn 1000
            defaults
              mode tcp
              timeout connect 5s
              timeout client 1h
              timeout server 1h
            listen database
              bind {Bridge}:5432
              server postgres 127.0.0.1:{parts["Port"]}

            """);
        _database = Daemon.Start("haproxy", "-db", "-f", configuration);
        parts["Host"] = Bridge.ToString();
        parts["Port"] = "5432";
        return string.Join(';', parts.Select(part => $"{part.Key}={part.Value}"));
    }

    private async Task AddAsync(int number, string database)
    {
        var node = new NetworkNode(
            string.Create(CultureInfo.InvariantCulture, $"p{number}"),
            string.Create(CultureInfo.InvariantCulture, $"{_name}-p{number}"),
            string.Create(CultureInfo.InvariantCulture, $"{_name}v{number}"),
            IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"{_network}.{10 + number}")));
        _nodes.Add(node);
        await IpAsync("netns", "add", node.Space);
        await IpAsync("link", "add", node.Cable, "type", "veth", "peer", "name", "eth0", "netns", node.Space);
        await IpAsync("link", "set", node.Cable, "master", _name);
        await IpAsync("link", "set", node.Cable, "up");
        await IpAsync("-n", node.Space, "addr", "add", $"{node.Address}/24", "dev", "eth0");
        await IpAsync("-n", node.Space, "link", "set", "eth0", "up");
        await IpAsync("-n", node.Space, "link", "set", "lo", "up");
        await StartAsync(node, database);
    }

    private async Task StartAsync(NetworkNode node, string database)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_ground.Data, node.Name)).FullName;
        var token = Path.Combine(folder, "token");
        var configuration = Path.Combine(folder, "node.conf");
        foreach (var (file, text) in new[] { (token, AdminToken), (configuration, Configuration(node, database, folder, token)) })
        {
            await File.WriteAllTextAsync(file, text);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        node.Process = Daemon.Start("ip", "netns", "exec", node.Space, Farm.Program("clustermaild"), "--config", configuration);
    }

    private static string Configuration(NetworkNode node, string database, string folder, string token) => $$"""
        clustermail {
          node {
            name = "{{node.Name}}"
            roles = [receive, deliver, admin]
          }
          database = "{{database}}"
          listen {
            smtp = "{{node.Address}}:25"
            submission = "{{node.Address}}:587"
            smtps = "{{node.Address}}:465"
            proxy-smtp = "{{node.Address}}:2525"
            admin = "{{node.Address}}:8080"
            remoting = "{{node.Address}}:4053"
          }
          token-file = "{{token}}"
          spool = "{{folder}}/spool"
          log.format = text
        }

        """;

    private static Task<string> IpAsync(params IReadOnlyList<string> arguments) => Tool.MustAsync(Limit, "ip", arguments);

    private static Task<string> InsideAsync(NetworkNode node, params IReadOnlyList<string> command) => Tool.MustAsync(Limit, "ip", ["netns", "exec", node.Space, .. command]);
}

/// <param name="Space">Its network namespace.</param>
/// <param name="Cable">The bridge's end of its cable.</param>
public sealed record NetworkNode(string Name, string Space, string Cable, IPAddress Address)
{
    public IPEndPoint Receiver => new(Address, 25);
    public string Admin => $"http://{Address}:8080";
    internal Daemon? Process { get; set; }

    /// <summary>SIGSTOP or SIGCONT: <c>ip netns exec</c> has replaced itself by the node.</summary>
    public void Signal(int signal) => Unix.Signal(Process!.Pid, signal);
}
