using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// A whole farm as a user starts it: <c>clustermail up</c>, nodes and a private PostgreSQL as processes of their own. Everything is asked through
/// the command line and <c>cluster.json</c>, which is the contract with the outside.
/// </summary>
public sealed class Farm : IAsyncDisposable
{
    private static readonly TimeSpan UpLimit = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(60);

    /// <summary>Of a crowded machine; that it takes 5 s at most (ADMIN-24) is tested where it is the question.</summary>
    private static readonly TimeSpan InForceLimit = TimeSpan.FromSeconds(30);

    /// <summary>A stranger's, refused before anybody asks DNS.</summary>
    private static readonly object AnyTransaction = new { ip = "192.0.2.1", from = "a@example.net", to = new[] { "b@example.org" } };

    private readonly IReadOnlyList<string> _environment;
    private readonly string _command;

    private Farm(string command, string data, ClusterFile cluster, IReadOnlyList<string> environment)
    {
        _command = command;
        Data = data;
        Cluster = cluster;
        _environment = environment;
    }

    /// <summary>The folder given to <c>--data</c>.</summary>
    public string Data { get; }

    /// <summary>cluster.json as last read.</summary>
    public ClusterFile Cluster { get; private set; }
    public IReadOnlyList<FarmNode> Nodes => Cluster.Nodes;
    public PostgresControl Postgres => new(Data);

    public static string Program(string name) => Path.Combine(Tool.Root, "out", name);

    /// <param name="settings">Set before it is handed out, and in force on every node then.</param>
    /// <param name="environment">Variables the nodes get on top of ours, as <c>NAME=value</c>.</param>
    public static Task<Farm> StartAsync(int nodes = 3, IReadOnlyDictionary<string, string>? settings = null, params IReadOnlyList<string> environment) =>
        StartAsync(Program("clustermail"), nodes, settings, [], environment);

    /// <summary>The same from the programs of another build.</summary>
    /// <param name="programs">A folder that <c>deploy/build</c> filled.</param>
    public static Task<Farm> StartFromAsync(string programs, int nodes, IReadOnlyDictionary<string, string> settings) =>
        StartAsync(Path.Combine(programs, "clustermail"), nodes, settings, [], []);

    /// <summary>The same with a synchronous standby of the database.</summary>
    public static Task<Farm> StartWithStandbyAsync(int nodes, IReadOnlyDictionary<string, string> settings) =>
        StartAsync(Program("clustermail"), nodes, settings, ["--standby"], []);

    /// <summary>The same with further databases of the queue: names and connection strings of empty ones.</summary>
    public static Task<Farm> StartWithShardsAsync(int nodes, IReadOnlyDictionary<string, string> settings, params IReadOnlyList<(string Name, string Database)> shards) =>
        StartAsync(Program("clustermail"), nodes, settings, [.. shards.SelectMany(shard => (string[])["--shard", $"{shard.Name}={shard.Database}"])], []);

    private static async Task<Farm> StartAsync(string command, int nodes, IReadOnlyDictionary<string, string>? settings, IReadOnlyList<string> more, IReadOnlyList<string> environment)
    {
        if (!File.Exists(command))
            throw new InvalidOperationException($"{command} is missing: run deploy/build first (tests/run does).");
        var data = Directory.CreateTempSubdirectory("clustermail-farm-").FullName;
        Unix.LetThrough(data);
        var basePort = Ports.Block(10 * (nodes + 3));
        try
        {
            await Tool.MustAsync(UpLimit, "env", [.. environment, command, "up", "--nodes", Text(nodes), "--data", data, "--base-port", Text(basePort), .. more]);
            var farm = new Farm(command, data, ReadCluster(data), environment);
            if (settings is not null)
                await farm.SetAsync(settings);
            return farm;
        }
        catch (Exception e)
        {
            var logs = LogTails(data);
            await DownAsync(command, data);
            throw new InvalidOperationException($"The farm did not come up: {e.Message}\n{logs}", e);
        }
    }

    /// <summary>Runs <c>clustermail</c> against this farm; its standard output.</summary>
    public Task<string> RunAsync(params IReadOnlyList<string> arguments) =>
        Tool.MustAsync(CommandLimit, _command, [.. arguments, "--data", Data]);

    /// <summary>The same for a command that may fail.</summary>
    public Task<Tool.Result> TryAsync(params IReadOnlyList<string> arguments) =>
        Tool.RunAsync(CommandLimit, _command, [.. arguments, "--data", Data]);

    public async Task<JsonElement> JsonAsync(params IReadOnlyList<string> arguments)
    {
        var text = await RunAsync([.. arguments, "--json"]);
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>Saves settings and waits until every running node works by them.</summary>
    public async Task SetAsync(IReadOnlyDictionary<string, string> settings)
    {
        await RunAsync(["settings", "set", .. settings.Select(setting => $"{setting.Key}={setting.Value}")]);
        var version = (await JsonAsync("cluster", "status")).GetProperty("settingsVersion").GetInt64();
        foreach (var node in Nodes.Where(node => node.Pid is { } pid && Unix.IsAlive(pid)))
            await Until.TrueAsync(async () => await VersionAsync(node) >= version, InForceLimit, $"{node.Name} working by version {version} of the settings");
    }

    /// <summary>The dry run answers with the version the node judges by, not with the newest; -1 while it does not answer.</summary>
    private async Task<long> VersionAsync(FarmNode node)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Cluster.AdminToken);
        try
        {
            using var answer = await client.PostAsJsonAsync(new Uri(node.Admin.TrimEnd('/') + "/api/v1/explain"), AnyTransaction);
            answer.EnsureSuccessStatusCode();
            return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("settingsVersion").GetInt64();
        }
        catch (Exception e) when (e is TaskCanceledException or HttpRequestException { StatusCode: null or >= HttpStatusCode.InternalServerError })
        {
            return -1;
        }
    }

    public Task SetAsync(string name, string value) => SetAsync(new Dictionary<string, string> { [name] = value });

    /// <summary>Turns <c>receive</c> or <c>deliver</c> on or off in the whole cluster, and waits until every node must know: they learn it with their next renewal.</summary>
    public async Task SwitchAsync(string what, string state)
    {
        await RunAsync("cluster", "switch", what, state);
        await Task.Delay(TimeSpan.FromSeconds(5));
    }

    /// <summary>SIGKILL, through no program that could be kind about it.</summary>
    public void Kill(FarmNode node) => Unix.Signal(node.Pid ?? throw new InvalidOperationException($"{node.Name} is not running"), Unix.Kill);

    public void Pause(FarmNode node) => Unix.Signal(node.Pid!.Value, Unix.Stop);

    public void Resume(FarmNode node) => Unix.Signal(node.Pid!.Value, Unix.Continue);

    /// <summary>Starts whatever node of the farm is not running; returns when all are ready.</summary>
    public async Task RestartAsync()
    {
        await Tool.MustAsync(UpLimit, "env", [.. _environment, _command, "up", "--nodes", Text(Nodes.Count), "--data", Data]);
        Cluster = ReadCluster(Data);
    }

    /// <summary>Whether its health endpoint says it takes mail.</summary>
    public static async Task<bool> IsReadyAsync(FarmNode node)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(3) };
        try
        {
            using var answer = await client.GetAsync(new Uri(node.Admin.TrimEnd('/') + "/health/ready"));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    public async Task AllReadyAsync(TimeSpan limit) =>
        await Until.TrueAsync(async () => (await Task.WhenAll(Nodes.Select(IsReadyAsync))).All(ready => ready), limit, "every node ready");

    /// <summary>The ends of all logs below the data folder, for the message of a failed test.</summary>
    public string Logs() => LogTails(Data);

    public async ValueTask DisposeAsync()
    {
        // A stopped process does not hear SIGTERM.
        foreach (var node in Nodes)
            if (node.Pid is { } pid)
                Unix.Signal(pid, Unix.Continue);
        if (Environment.GetEnvironmentVariable("CLUSTERMAIL_KEEP_LOGS") is { Length: > 0 } folder)
            await Tool.RunAsync(CommandLimit, "cp", "-r", Data, Path.Combine(folder, Path.GetFileName(Data)));
        await DownAsync(_command, Data);
    }

    private static async Task DownAsync(string command, string data)
    {
        await Tool.RunAsync(TimeSpan.FromSeconds(120), command, "down", "--data", data);
        var elsewhere = PostgresControl.FolderOf(data);
        foreach (var folder in new[] { data, elsewhere })
            if (folder is not null && Directory.Exists(folder))
                await Tool.RunAsync(CommandLimit, "rm", "-rf", "--", folder);
    }

    private static ClusterFile ReadCluster(string data) =>
        JsonSerializer.Deserialize<ClusterFile>(File.ReadAllText(Path.Combine(data, "cluster.json")), JsonSerializerOptions.Web)
        ?? throw new InvalidOperationException("cluster.json is empty");

    private static string LogTails(string data)
    {
        var files = Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".log", StringComparison.Ordinal) || Path.GetFileName(file) is "log").ToList();
        return string.Concat(files.Select(file => $"--- {file}\n{string.Join('\n', Tail(file))}\n"));
    }

    private static IEnumerable<string> Tail(string file)
    {
        try
        {
            return File.ReadLines(file).TakeLast(30);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [e.Message];
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>cluster.json.</summary>
public sealed record ClusterFile(string Database, string AdminToken, IReadOnlyList<FarmNode> Nodes);

/// <summary>A node of cluster.json; addresses are host:port, <paramref name="Admin"/> is a URL.</summary>
public sealed record FarmNode(string Name, int? Pid, string Smtp, string Submission, string Smtps, string ProxySmtp, string Admin, string Remoting)
{
    [JsonIgnore]
    public IPEndPoint Receiver => IPEndPoint.Parse(Smtp);
}
