using System.Globalization;
using System.Net;
using Npgsql;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// Three nodes, each in a network namespace of its own behind a bridge, so that a node can be cut off as by a pulled cable. PostgreSQL, sinks and
/// clients are on the bridge. Needs root.
/// </summary>
public sealed class NetworkFarm : IAsyncDisposable
{
    /// <summary>On the bridge, the first server's; the second has the next.</summary>
    public const int DatabasePort = 5432;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly Farm _ground;
    private readonly string _name;
    private readonly string _network;
    private readonly List<NetworkNode> _nodes = [];
    private readonly bool _clocks;
    private readonly int _number;
    private Daemon? _database;
    private NetworkClient? _client;

    private NetworkFarm(Farm ground, int number, string name, string network, bool clocks)
    {
        _clocks = clocks;
        _number = number;
        _ground = ground;
        _name = name;
        _network = network;
    }

    public IReadOnlyList<NetworkNode> Nodes => _nodes;

    /// <summary>The address of the bridge, where sinks listen so that nodes reach them.</summary>
    public IPAddress Bridge => IPAddress.Parse(_network + ".1");

    /// <summary>An address of the bridge's network that no host has, by its last number.</summary>
    public IPAddress Vacant(int last) => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"{_network}.{last}"));

    /// <summary>The same in IPv6; its network has 64 bits.</summary>
    public IPAddress VacantV6(int last) => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"fd77:{_number}::{last}"));

    /// <summary>A host on the bridge that is no node; one for a farm.</summary>
    public async Task<NetworkClient> AddClientAsync() => _client = await NetworkClient.BuildAsync(_name, _network, _number);

    /// <summary>Connection string that reaches the database from outside of the namespaces.</summary>
    public string Database => _ground.Cluster.Database;
    public string AdminToken => _ground.Cluster.AdminToken;

    /// <param name="settings">Set before the nodes start; clients on the bridge have to be allowed to relay by them.</param>
    /// <param name="standby">The database has a synchronous standby, and the nodes know both.</param>
    /// <param name="clocks">Each node reads its time of day through <see cref="NetworkNode.SetClock"/>.</param>
    public static async Task<NetworkFarm> StartAsync(
        int nodes, Func<IPAddress, IReadOnlyDictionary<string, string>> settings, bool standby = false, bool clocks = false)
    {
        if (!Unix.IsRoot)
            throw new InvalidOperationException("Network namespaces can only be made by root: run the tests as root.");
        var number = await ReserveAsync();
        var (name, network) = (BridgeName(number), string.Create(CultureInfo.InvariantCulture, $"10.77.{number}"));
        NetworkFarm farm;
        Farm ground;
        try
        {
            var all = settings(IPAddress.Parse(network + ".1"));
            ground = standby ? await Farm.StartWithStandbyAsync(1, all) : await Farm.StartAsync(1, all);
            farm = new NetworkFarm(ground, number, name, network, clocks);
        }
        catch
        {
            await Tool.RunAsync(Limit, "ip", "link", "delete", name);
            throw;
        }

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

    /// <summary>SIGKILL; <see cref="RestartAsync"/> starts it again.</summary>
    public async Task KillAsync(NetworkNode node)
    {
        node.IsDown = true;
        node.Signal(Unix.Kill);
        await Until.TrueAsync(() => !node.Process!.IsRunning, Limit, $"{node.Name} dead");
    }

    /// <summary>SIGTERM, and its time to end in order.</summary>
    public async Task StopAsync(NetworkNode node)
    {
        node.IsDown = true;
        await node.Process!.StopAsync(TimeSpan.FromSeconds(110));
    }

    /// <summary>Starts a node that was killed; it is not waited for.</summary>
    public async Task RestartAsync(NetworkNode node)
    {
        await node.Process!.DisposeAsync();
        Launch(node);
        node.IsDown = false;
    }

    /// <summary>Starts nodes that ended by themselves again, as systemd does with the unit file: one that finds no database ends and says so (ADMIN-5).</summary>
    public async Task SuperviseAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            foreach (var node in _nodes.Where(node => !node.IsDown && !node.Process!.IsRunning))
                await RestartAsync(node);
            await Task.Delay(TimeSpan.FromSeconds(2), cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends a node in order and starts another release in its place, which is not waited for.</summary>
    /// <param name="program">Its <c>clustermaild</c>.</param>
    public async Task ReplaceAsync(NetworkNode node, string program)
    {
        await node.Process!.StopAsync(TimeSpan.FromSeconds(110));
        await node.Process.DisposeAsync();
        node.Program = program;
        Launch(node);
    }

    /// <summary>What is done to the database servers, past the nodes.</summary>
    public PostgresControl Postgres => _ground.Postgres;

    /// <summary>The command line on the data folder of the database's cluster: <c>db switchover</c>.</summary>
    public Task<Tool.Result> TryOnGroundAsync(params IReadOnlyList<string> arguments) => _ground.TryAsync(arguments);

    public async Task AllReadyAsync(TimeSpan limit)
    {
        try
        {
            await Until.TrueAsync(async () => (await Task.WhenAll(_nodes.Select(IsReadyAsync))).All(ready => ready), limit, "all nodes in namespaces ready");
        }
        catch (TimeoutException late)
        {
            // What they said until now, not when the wait began.
            var ready = await Task.WhenAll(_nodes.Select(IsReadyAsync));
            throw new TimeoutException($"{late.Message}: {string.Join(' ', _nodes.Where((_, index) => !ready[index]).Select(node => node.Name))}\n{Output()}", late);
        }
    }

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

        if (_client is not null)
            await Tool.RunAsync(Limit, "ip", "netns", "delete", _client.Space);
        await Tool.RunAsync(Limit, "ip", "link", "delete", _name);
        if (_database is not null)
            await _database.DisposeAsync();
        await _ground.DisposeAsync();
    }

    private static string BridgeName(int number) => string.Create(CultureInfo.InvariantCulture, $"cm{number}");

    /// <summary>A number no other farm of this machine has: whoever could make the bridge has it.</summary>
    private static async Task<int> ReserveAsync()
    {
        const int Attempts = 20;
        for (var attempt = 1; ; attempt++)
        {
            var number = Random.Shared.Next(1, 250);
            var made = await Tool.RunAsync(Limit, "ip", "link", "add", BridgeName(number), "type", "bridge");
            if (made.ExitCode == 0)
                return number;
            if (attempt == Attempts || !made.Errors.Contains("File exists", StringComparison.Ordinal))
                throw new InvalidOperationException($"No bridge could be made: {made.Errors}");
        }
    }

    private async Task BuildAsync(int count)
    {
        await IpAsync("addr", "add", $"{Bridge}/24", "dev", _name);
        await IpAsync("link", "set", _name, "up");
        var database = await LeadDatabaseToBridgeAsync();
        for (var number = 1; number <= count; number++)
            await AddAsync(number, database);
        await AllReadyAsync(TimeSpan.FromSeconds(180));
    }

    /// <summary>The private PostgreSQL listens on loopback only; HAProxy carries the bridge's connections there, one port for each server.</summary>
    private async Task<string> LeadDatabaseToBridgeAsync()
    {
        var given = new NpgsqlConnectionStringBuilder(_ground.Cluster.Database);
        var servers = given.Host!.Split(',').Select(host => host.Contains(':', StringComparison.Ordinal) ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{given.Port}")).ToList();
        var configuration = Path.Combine(_ground.Data, "database.cfg");
        await File.WriteAllTextAsync(configuration, $"""
            global
              maxconn 1000
            defaults
              mode tcp
              timeout connect 5s
              timeout client 1h
              timeout server 1h
            {string.Join('\n', servers.Select((server, number) => $"""
            listen database{number}
              bind {Bridge}:{DatabasePort + number}
              server postgres {server}
            """))}

            """);
        _database = Daemon.Start("haproxy", "-db", "-f", configuration);
        given.Host = string.Join(',', servers.Select((_, number) => string.Create(CultureInfo.InvariantCulture, $"{Bridge}:{DatabasePort + number}")));
        return given.ConnectionString;
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

        node.Folder = folder;
        if (_clocks)
            node.SetClock(TimeSpan.Zero);
        Launch(node);
    }

    private void Launch(NetworkNode node)
    {
        IReadOnlyList<string> environment = _clocks ? ["env", .. FalseClock.Environment(node.Clock)] : [];
        node.Process = Daemon.Start("ip", ["netns", "exec", node.Space, .. environment, node.Program, "--config", Path.Combine(node.Folder, "node.conf")]);
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
}
