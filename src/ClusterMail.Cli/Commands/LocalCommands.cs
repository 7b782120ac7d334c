using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ClusterMail.Cli.Drill;
using ClusterMail.Cli.Local;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>up</c>, <c>down</c> and <c>node</c>: a cluster on this machine for trying out, development and tests.</summary>
public static class LocalCommands
{
    private const string Linux = "Linux only.";

    public static Verb Up(ConnectionOptions connection)
    {
        var nodes = new Option<int?>("--nodes") { Description = $"Nodes at least. Default: as many as there are, or {LocalCluster.DefaultNodes}.", HelpName = "N" };
        Numbers.Limit(nodes, 1, LocalCluster.MaxNodes);
        var basePort = new Option<int?>("--base-port")
        {
            Description = $"PostgreSQL listens on P, node i on P+{LocalNode.PortStride}i (SMTP) to P+{LocalNode.PortStride}i+5. Default: {LocalCluster.DefaultBasePort}.",
            HelpName = "P",
        };
        Numbers.Limit(basePort, 1024, 65535 - (LocalNode.PortStride * (LocalCluster.MaxNodes + 1)));
        var postgres = new Option<string?>("--postgres") { Description = "Folder of the PostgreSQL server binaries. Default: the newest below /usr/lib/postgresql, then PATH.", HelpName = "BIN" };
        var standby = new Option<bool>("--standby") { Description = "Also a second PostgreSQL on P+1, the synchronous standby of the first. It stays part of the cluster." };
        var shard = ShardOptions.New("A further database of the queue, empty, which you run; may be given several times. It stays part of the cluster.");
        var daemon = Daemon();
        var limit = Seconds("--timeout", 90, "Give up when the nodes are not ready after so many seconds.");
        var verb = new Verb(
            "up", $"Start a local cluster: a private PostgreSQL and some nodes on 127.0.0.1. Running it again starts what is missing. {Linux}",
            "clustermail up", "clustermail up --standby", "clustermail up --nodes 5 --data /var/tmp/farm --base-port 12500")
        { nodes, basePort, postgres, standby, shard, daemon, limit };
        verb.SetAction((parsed, cancel) => UpAsync(
            connection.Folder(parsed),
            new UpRequest(parsed.GetValue(nodes), parsed.GetValue(basePort), parsed.GetValue(postgres), parsed.GetValue(standby), parsed.GetValue(daemon), TimeSpan.FromSeconds(parsed.GetValue(limit)), ShardOptions.Read(parsed.GetValue(shard))),
            cancel));
        return verb;
    }

    public static Verb Down(ConnectionOptions connection)
    {
        var delete = new Option<bool>("--delete") { Description = "Also delete its data: mails, settings, logs." };
        var limit = StopLimit();
        var verb = new Verb("down", $"Stop the local cluster: nodes finish what they are doing, then PostgreSQL stops. {Linux}", "clustermail down", "clustermail down --delete --data /var/tmp/farm")
        { delete, limit };
        verb.SetAction((parsed, cancel) => DownAsync(connection.Folder(parsed), parsed.GetValue(delete), TimeSpan.FromSeconds(parsed.GetValue(limit)), cancel));
        return verb;
    }

    public static Command Node(ConnectionOptions connection) => new("node", $"Processes of the local cluster. {Linux}")
    {
        List(connection),
        Add(connection),
        Start(connection),
        Stop(connection),
        Signalling(connection, "kill", "Kill a node at once (SIGKILL), as a crash would.", Signal.Kill),
        Signalling(connection, "pause", "Freeze a node (SIGSTOP), as a stalled machine would.", Signal.Stop),
        Signalling(connection, "resume", "Let a paused node go on (SIGCONT).", Signal.Continue),
    };

    private sealed record UpRequest(int? Nodes, int? BasePort, string? Postgres, bool Standby, string? Daemon, TimeSpan Limit, IReadOnlyDictionary<string, string> Shards);

    private static async Task<int> UpAsync(string folder, UpRequest request, CancellationToken cancel)
    {
        var daemon = FindDaemon(request.Daemon);
        using var held = FolderLock.Take(folder);
        var watch = Stopwatch.StartNew();
        var cluster = await LocalCluster.CreateOrOpenAsync(folder, request.BasePort, request.Postgres, line => Say(watch, line), cancel);
        cluster.Grow(request.Nodes ?? (cluster.Nodes.Count == 0 ? LocalCluster.DefaultNodes : cluster.Nodes.Count));
        if (request.Standby)
            cluster.AddStandby();
        cluster.AddShards(request.Shards);
        await cluster.StartBaseAsync(cancel);
        await cluster.RenewAsync(daemon, request.Limit, cancel);
        await cluster.StartAsync(cluster.Nodes, daemon, request.Limit, cancel);
        if (DrillMark.Read(folder) is { IsAtWork: false } mark)
            Say(watch, Words.Say($"a drill ({mark.Kind}) was killed here: run 'clustermail drill clean' to put right what it left"));
        Say(watch, $"up: {cluster.Nodes.Count} nodes, described in {Path.Combine(folder, ClusterFile.FileName)}");
        return Exit.Done;
    }

    private static async Task<int> DownAsync(string folder, bool delete, TimeSpan limit, CancellationToken cancel)
    {
        if (!Directory.Exists(folder))
            throw NoCluster(folder);
        using (FolderLock.Take(folder))
        {
            var watch = Stopwatch.StartNew();
            var cluster = Open(folder, line => Say(watch, line));
            // A database that is held, and a node that is cut off, would not stop in order.
            if (DrillMark.Read(folder) is { IsAtWork: false } mark)
                await DrillRemains.EndHarmAsync(folder, cluster.BasePort, mark, cancel);
            await cluster.StopAsync(cluster.Nodes, limit, cancel);
            await cluster.StopPostgresAsync(cancel);
            if (delete)
                cluster.Delete();
            Say(watch, "down");
        }

        return Exit.Done;
    }

    private static Verb List(ConnectionOptions connection)
    {
        var smtp = new Option<bool>("--smtp") { Description = "Print only the SMTP addresses of running nodes, for scripts." };
        var verb = new Verb("list", "Processes and addresses of the local cluster.", "clustermail node list", "clustermail node list --json") { smtp };
        var json = Verbs.Json(verb);
        verb.SetAction(parsed =>
        {
            var folder = connection.Folder(parsed);
            var file = Open(folder, _ => { }).Describe();
            if (parsed.GetValue(smtp))
                Console.Out.Write(string.Concat(file.Nodes.Where(n => n.State == "running").Select(n => n.Smtp + "\n")));
            else
                Verbs.Show(new Answer<ClusterFile>(file, file.ToJson()), parsed.GetValue(json), Show);
            return Exit.Done;
        });
        return verb;
    }

    private static void Show(Screen screen, ClusterFile file)
    {
        var sheet = new Sheet(
            new("Node"), new("State"), new("Process", Right: true), new("SMTP"), new("Submission", Optional: true), new("SMTPS", Optional: true), new("PROXY", Optional: true), new("Admin"), new("Remoting", Optional: true));
        foreach (var node in file.Nodes)
        {
            var pid = node.Pid?.ToString(CultureInfo.InvariantCulture) ?? "-";
            sheet.Add(node.Name, node.State, pid, node.Smtp, node.Submission, node.Smtps, node.ProxySmtp, node.Admin, node.Remoting);
        }

        sheet.Print(screen);
    }

    private static Verb Add(ConnectionOptions connection)
    {
        var daemon = Daemon();
        var limit = Seconds("--timeout", 90, "Give up when it is not ready after so many seconds.");
        var verb = new Verb("add", "Add a node and wait until it is ready.", "clustermail node add") { daemon, limit };
        verb.SetAction((parsed, cancel) => WithClusterAsync(connection.Folder(parsed), async cluster =>
            await cluster.StartAsync([cluster.Add()], FindDaemon(parsed.GetValue(daemon)), TimeSpan.FromSeconds(parsed.GetValue(limit)), cancel)));
        return verb;
    }

    private static Verb Start(ConnectionOptions connection)
    {
        var name = NodeName();
        var daemon = Daemon();
        var limit = Seconds("--timeout", 90, "Give up when it is not ready after so many seconds.");
        var verb = new Verb("start", "Start a stopped or killed node and wait until it is ready.", "clustermail node start n2") { name, daemon, limit };
        verb.SetAction((parsed, cancel) => WithClusterAsync(connection.Folder(parsed), async cluster =>
            await cluster.StartAsync([cluster.Node(parsed.GetRequiredValue(name))], FindDaemon(parsed.GetValue(daemon)), TimeSpan.FromSeconds(parsed.GetValue(limit)), cancel)));
        return verb;
    }

    private static Verb Stop(ConnectionOptions connection)
    {
        var name = NodeName();
        var limit = StopLimit();
        var verb = new Verb("stop", "Stop a node cleanly: it drains, gives back what it owns, and ends.", "clustermail node stop n2") { name, limit };
        verb.SetAction((parsed, cancel) => WithClusterAsync(connection.Folder(parsed), async cluster =>
            await cluster.StopAsync([cluster.Node(parsed.GetRequiredValue(name))], TimeSpan.FromSeconds(parsed.GetValue(limit)), cancel)));
        return verb;
    }

    private static Verb Signalling(ConnectionOptions connection, string name, string description, Signal signal)
    {
        var node = NodeName();
        var verb = new Verb(name, description, $"clustermail node {name} n2") { node };
        verb.SetAction((parsed, cancel) => WithClusterAsync(connection.Folder(parsed), async cluster =>
        {
            await cluster.SignalAsync(cluster.Node(parsed.GetRequiredValue(node)), signal, cancel);
        }));
        return verb;
    }

    internal static async Task<int> WithClusterAsync(string folder, Func<LocalCluster, Task> work)
    {
        if (!Directory.Exists(folder))
            throw NoCluster(folder);
        using var held = FolderLock.Take(folder);
        var watch = Stopwatch.StartNew();
        await work(Open(folder, line => Say(watch, line)));
        return Exit.Done;
    }

    private static LocalCluster Open(string folder, Action<string> say) => LocalCluster.Open(folder, say) ?? throw NoCluster(folder);

    internal static CommandFailure NoCluster(string folder) =>
        new($"there is no local cluster in {folder}: run 'clustermail up --data {folder}', or name a node with --url and --token");

    /// <summary>The daemon lies beside this program when published.</summary>
    internal static string FindDaemon(string? asked)
    {
        if (!OperatingSystem.IsLinux())
            throw new CommandFailure($"a local cluster needs Linux: its nodes are started and stopped with signals");
        var path = Path.GetFullPath(asked ?? Path.Combine(AppContext.BaseDirectory, "clustermaild"));
        return File.Exists(path) ? path : throw new CommandFailure($"there is no {path}: build it with deploy/build, or name it with --daemon");
    }

    internal static Option<string?> Daemon() => new("--daemon") { Description = "The clustermaild to run. Default: the one beside this program.", HelpName = "FILE" };

    private static Option<int> StopLimit() =>
        Seconds("--timeout", (int)LocalCluster.StopLimit.TotalSeconds, "Kill a node that has not ended after so many seconds.");

    internal static Option<int> Seconds(string name, int seconds, string description)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "SECONDS", DefaultValueFactory = _ => seconds };
        Numbers.Limit(option, 1, 3600);
        return option;
    }

    private static Argument<string> NodeName() => new("NAME") { Description = "Its name, for example n2." };

    private static void Say(Stopwatch watch, string line) =>
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds,6:0.0} s  {line}"));
}
