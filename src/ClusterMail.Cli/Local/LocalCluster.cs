using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ClusterMail.Store;

namespace ClusterMail.Cli.Local;

/// <summary>A cluster on this machine for trying out, development and tests: a private PostgreSQL and some nodes, all below one folder.</summary>
public sealed class LocalCluster
{
    public const int DefaultNodes = 3;
    public const int DefaultBasePort = 2500;

    /// <summary>Nodes a local cluster has at most; their ports must stay below the next cluster's.</summary>
    public const int MaxNodes = 20;

    /// <summary>A node drains up to 60 s (CLU-32); then a little for leaving the cluster.</summary>
    public static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(75);

    private static readonly TimeSpan SignalLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly string _folder;
    private readonly Action<string> _say;
    private LocalState _state;

    private LocalCluster(string folder, LocalState state, Action<string> say) => (_folder, _state, _say) = (folder, state, say);

    public IReadOnlyList<LocalNode> Nodes => [.. _state.Nodes.Select(number => new LocalNode(_folder, _state, number))];

    private string TokenFile => Path.Combine(_folder, "token");
    private string PasswordKeyFile => Path.Combine(_folder, "password-key");
    private string Certificate => Path.Combine(_folder, "tls", "certificate.pem");
    private string CertificateKey => Path.Combine(_folder, "tls", "key.pem");

    /// <param name="basePort">Null: as it was created, or the default.</param>
    /// <exception cref="CommandFailure">It exists with another base port, or no PostgreSQL is installed.</exception>
    public static async Task<LocalCluster> CreateOrOpenAsync(string folder, int? basePort, string? postgres, Action<string> say, CancellationToken cancel)
    {
        if (LocalState.Read(folder) is { } state)
        {
            if (basePort is { } asked && asked != state.BasePort)
                throw new CommandFailure($"{folder} has base port {state.BasePort}: run 'clustermail down --delete --data {folder}' first, or leave --base-port out");
            return new LocalCluster(folder, postgres is null ? state : state with { PostgresBinaries = PrivatePostgres.FindBinaries(postgres) }, say);
        }

        var binaries = PrivatePostgres.FindBinaries(postgres);
        Directory.CreateDirectory(folder);
        state = new LocalState
        {
            BasePort = basePort ?? DefaultBasePort,
            PostgresBinaries = binaries,
            PostgresFolder = await PrivatePostgres.ChooseFolderAsync(folder, cancel),
            SuperuserPassword = LocalState.NewSecret(),
            Password = LocalState.NewSecret(),
            AdminToken = LocalState.NewSecret(),
            Nodes = [],
        };
        return new LocalCluster(folder, state, say);
    }

    /// <returns>Null: there is no local cluster in the folder.</returns>
    public static LocalCluster? Open(string folder, Action<string> say) =>
        LocalState.Read(folder) is { } state ? new LocalCluster(folder, state, say) : null;

    /// <exception cref="CommandFailure">No such node; the message names those there are.</exception>
    public LocalNode Node(string name) =>
        Nodes.FirstOrDefault(n => n.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new CommandFailure($"there is no node {name} in {_folder}; there are {string.Join(", ", Nodes.Select(n => n.Name))}");

    /// <summary>PostgreSQL, with its standby where there is one; schema, token and certificate.</summary>
    public async Task StartBaseAsync(CancellationToken cancel)
    {
        await WithPairAsync(pair => pair.StartAsync(RefuseTakenPorts, cancel));
        await new PrivatePostgres(_state, _state.Primary).CreateDatabaseAsync(cancel);
        var scripts = await Database.MigrateAsync(_state.ConnectionString, cancel);
        _say(scripts.Count == 0 ? "schema is up to date" : $"schema: {string.Join(", ", scripts)}");
        await PrepareShardsAsync(cancel);
        PrivateFile.Replace(TokenFile, _state.AdminToken + "\n");
        // Made once: another key would open none of the passwords kept under this one.
        if (!File.Exists(PasswordKeyFile))
            PrivateFile.Replace(PasswordKeyFile, Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)) + "\n");
        SelfSignedCertificate.Ensure(Certificate, CertificateKey);
    }

    /// <summary>One that is away keeps nobody from starting: its mail waits for it.</summary>
    private async Task PrepareShardsAsync(CancellationToken cancel)
    {
        foreach (var (name, database) in _state.Shards ?? new Dictionary<string, string>())
        {
            try
            {
                var scripts = await ShardDatabase.PrepareAsync(_state.ConnectionString, name, database, cancel);
                _say(scripts.Count == 0 ? $"schema of shard {name} is up to date" : $"schema of shard {name}: {string.Join(", ", scripts)}");
            }
            catch (InvalidOperationException fault)
            {
                throw new CommandFailure($"{fault.Message}");
            }
            catch (Exception away) when (Database.IsLost(away))
            {
                _say($"shard {name} does not answer: {away.Message}");
            }
        }
    }

    /// <summary>From the next <see cref="StartBaseAsync"/> on these are databases of the queue too.</summary>
    public void AddShards(IReadOnlyDictionary<string, string> shards) =>
        _state = _state with { Shards = shards.Concat((_state.Shards ?? new Dictionary<string, string>()).Where(known => !shards.ContainsKey(known.Key))).ToDictionary(one => one.Key, one => one.Value) };

    /// <summary>Grows the cluster to <paramref name="count"/> nodes; never shrinks it.</summary>
    public void Grow(int count)
    {
        var next = Enumerable.Range(1, MaxNodes).Except(_state.Nodes).Take(Math.Max(0, count - _state.Nodes.Count)).ToList();
        _state = _state with { Nodes = [.. _state.Nodes.Concat(next).Order()] };
    }

    /// <summary>The node with the next free number, written down but not started.</summary>
    public LocalNode Add()
    {
        if (_state.Nodes.Count == MaxNodes)
            throw new CommandFailure($"a local cluster has at most {MaxNodes} nodes");
        var known = _state.Nodes;
        Grow(known.Count + 1);
        return new LocalNode(_folder, _state, _state.Nodes.Except(known).Single());
    }

    /// <summary>Starts those of <paramref name="nodes"/> that are not running and returns when all of them are ready.</summary>
    /// <exception cref="CommandFailure">A port is taken, a node ended, or one was not ready within <paramref name="limit"/>.</exception>
    public Task StartAsync(IReadOnlyList<LocalNode> nodes, string daemon, TimeSpan limit, CancellationToken cancel) => StartAsync(nodes, daemon, NodeDress.Plain, limit, cancel);

    /// <inheritdoc cref="StartAsync(IReadOnlyList{LocalNode}, string, TimeSpan, CancellationToken)"/>
    public async Task StartAsync(IReadOnlyList<LocalNode> nodes, string daemon, NodeDress dress, TimeSpan limit, CancellationToken cancel)
    {
        var missing = nodes.Where(n => NodeProcess.Find(n) is null).ToList();
        RefuseTakenPorts([.. missing.SelectMany(n => n.Ports)]);
        _state.Write(_folder);
        var watch = Stopwatch.StartNew();
        var processes = new Dictionary<LocalNode, NodeProcess>();
        foreach (var node in missing)
        {
            node.WriteConfiguration(TokenFile, PasswordKeyFile, Certificate, CertificateKey);
            processes[node] = NodeProcess.Start(node, daemon, dress);
        }

        try
        {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
            await Task.WhenAll(nodes.Select(n => WaitUntilReadyAsync(http, n, processes.GetValueOrDefault(n) ?? NodeProcess.Find(n), watch, limit, cancel)));
        }
        finally
        {
            Describe().Write(_folder);
        }
    }

    /// <summary>Stops nodes cleanly, side by side; kills one that has not ended within <paramref name="limit"/>.</summary>
    public async Task StopAsync(IReadOnlyList<LocalNode> nodes, TimeSpan limit, CancellationToken cancel)
    {
        await Task.WhenAll(nodes.Select(n => StopAsync(n, limit, cancel)));
        Describe().Write(_folder);
    }

    /// <summary>Kill, pause or resume; returns when it has happened.</summary>
    public async Task SignalAsync(LocalNode node, Signal signal, CancellationToken cancel)
    {
        if (NodeProcess.Find(node) is not { } process || !process.Send(signal))
            throw new CommandFailure($"{node.Name} is not running: start it with 'clustermail node start {node.Name}'");
        var done = signal switch
        {
            Signal.Stop => await process.WaitUntilAsync(p => p.IsPaused, SignalLimit, cancel),
            Signal.Continue => await process.WaitUntilAsync(p => !p.IsPaused, SignalLimit, cancel),
            _ => await process.WaitForExitAsync(SignalLimit, cancel),
        };
        Describe().Write(_folder);
        if (!done)
            throw new CommandFailure($"{node.Name} did not react to {signal} within {SignalLimit.TotalSeconds:0} s");
        _say($"{node.Name} {signal switch { Signal.Stop => "paused", Signal.Continue => "goes on", _ => "killed" }} (process {process.Pid})");
    }

    /// <inheritdoc cref="LocalState.BasePort"/>
    public int BasePort => _state.BasePort;

    /// <summary>The server that takes writes.</summary>
    public PrivatePostgres Primary => new(_state, _state.Primary);

    public Task StopPostgresAsync(CancellationToken cancel) => WithPairAsync(pair => pair.StopAsync(cancel));

    /// <summary>From the next <see cref="StartBaseAsync"/> on there is a standby.</summary>
    public void AddStandby() => _state = _state with { Standby = true };

    /// <summary>Ends the primary and promotes the standby; the old one stays down.</summary>
    /// <exception cref="CommandFailure">There is no standby, or it may not have all that was acknowledged: nothing was done.</exception>
    public Task FailOverAsync(bool crash, CancellationToken cancel) => WithPairAsync(pair => pair.FailOverAsync(crash, cancel));

    /// <summary>The same, and the old primary comes back as the synchronous standby of the new one.</summary>
    public Task SwitchoverAsync(bool crash, CancellationToken cancel) =>
        WithPairAsync(async pair => await pair.AttachAsync(diverged: await pair.FailOverAsync(crash, cancel), cancel));

    /// <summary>Restarts, one after the other, nodes that run with a connection string from before there was a standby: they would not follow a fail-over.</summary>
    public async Task RenewAsync(string daemon, TimeSpan limit, CancellationToken cancel)
    {
        foreach (var node in Nodes.Where(node => NodeProcess.Find(node) is not null && !node.KnowsDatabase))
        {
            await StopAsync([node], StopLimit, cancel);
            await StartAsync([node], daemon, limit, cancel);
        }
    }

    /// <summary>What the servers turned out to be is kept also when it ends badly.</summary>
    private async Task WithPairAsync(Func<PostgresPair, Task> work)
    {
        var pair = new PostgresPair(_state, state => state.Write(_folder), _say);
        try
        {
            await work(pair);
        }
        finally
        {
            _state = pair.State;
        }
    }

    /// <summary>Removes everything <c>up</c> created, and the folder itself when nothing else is in it. The cluster must be down.</summary>
    public void Delete()
    {
        foreach (var folder in Nodes.Select(n => n.Folder).Append(Path.GetDirectoryName(Certificate)!).Append(_state.PostgresFolder))
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        foreach (var file in new[] { ClusterFile.FileName, LocalState.FileName, Drill.DrillMark.FileName, "token", "password-key" })
            File.Delete(Path.Combine(_folder, file));
        if (Directory.Exists(_folder) && Directory.GetFileSystemEntries(_folder) is [] or [_] && OnlyLockLeft())
            Directory.Delete(_folder, recursive: true);
        _say($"{_folder} deleted");
    }

    /// <summary>What runs now.</summary>
    public ClusterFile Describe() =>
        new() { Database = _state.ConnectionString, AdminToken = _state.AdminToken, Nodes = [.. Nodes.Select(n => n.Describe())] };

    private bool OnlyLockLeft() => Directory.GetFileSystemEntries(_folder).All(entry => Path.GetFileName(entry) == FolderLock.FileName);

    private async Task StopAsync(LocalNode node, TimeSpan limit, CancellationToken cancel)
    {
        if (NodeProcess.Find(node) is not { } process)
            return;
        process.Send(Signal.Terminate);
        // A paused process sees its SIGTERM only when it goes on.
        process.Send(Signal.Continue);
        if (await process.WaitForExitAsync(limit, cancel))
        {
            _say($"{node.Name} stopped");
            return;
        }

        process.Send(Signal.Kill);
        await process.WaitForExitAsync(TimeSpan.FromSeconds(10), cancel);
        _say($"{node.Name} did not stop within {limit.TotalSeconds:0} s and was killed");
    }

    private async Task WaitUntilReadyAsync(HttpClient http, LocalNode node, NodeProcess? process, Stopwatch watch, TimeSpan limit, CancellationToken cancel)
    {
        while (!await IsReadyAsync(http, node, cancel))
        {
            if (process?.IsAlive != true)
                throw new CommandFailure($"{node.Name} ended while starting. Its last lines ({node.LogFile}):{LastLines(node)}");
            if (process.IsPaused)
                throw new CommandFailure($"{node.Name} is paused: run 'clustermail node resume {node.Name}'");
            if (watch.Elapsed > limit)
                throw new CommandFailure($"{node.Name} was not ready within {limit.TotalSeconds:0} s. Its last lines ({node.LogFile}):{LastLines(node)}");
            await Task.Delay(Poll, cancel);
        }

        _say($"{node.Name} ready: SMTP on 127.0.0.1:{node.Smtp}, admin on {node.AdminUrl}");
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, LocalNode node, CancellationToken cancel)
    {
        try
        {
            using var answer = await http.GetAsync(node.AdminUrl + Admin.Contract.Routes.Ready, cancel);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    private static string LastLines(LocalNode node)
    {
        const int lines = 20;
        return File.Exists(node.LogFile) ? string.Concat(File.ReadLines(node.LogFile).TakeLast(lines).Select(l => "\n    " + l)) : " none";
    }

    /// <summary>Asked before anything starts: a node that cannot listen would only say so in its log.</summary>
    private static void RefuseTakenPorts(IReadOnlyList<int> ports)
    {
        foreach (var port in ports)
        {
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
            }
            catch (SocketException)
            {
                throw new CommandFailure($"port {port} on 127.0.0.1 is taken: see 'ss -ltnp sport = :{port}', or choose other ports with --base-port");
            }
        }
    }
}
