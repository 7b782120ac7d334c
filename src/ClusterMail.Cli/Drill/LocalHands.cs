using ClusterMail.Cli.Commands;
using ClusterMail.Cli.Local;

namespace ClusterMail.Cli.Drill;

/// <summary>What a drill does to a local cluster by itself: its own processes and its private PostgreSQL, nothing else on the machine.</summary>
internal sealed class LocalHands(string folder, string daemon)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);

    public string Folder => folder;
    public IReadOnlyList<LocalNode> Nodes => Open().Nodes;
    public PrivatePostgres Database => Open().Primary;

    /// <summary>Of the cluster; PostgreSQL listens there.</summary>
    public int BasePort => Open().BasePort;

    /// <summary>What the drill at work wrote down; null: none is.</summary>
    public DrillMark? Mark => DrillMark.Read(folder);

    public LocalNode Node(string name) => Open().Node(name);

    public Task SignalAsync(string node, Signal signal, CancellationToken cancel) => WithAsync(cluster => cluster.SignalAsync(cluster.Node(node), signal, cancel));

    public Task StartAsync(string node, CancellationToken cancel) => WithAsync(cluster => cluster.StartAsync([cluster.Node(node)], daemon, StartLimit, cancel));

    public Task StopAsync(string node, CancellationToken cancel) => WithAsync(cluster => cluster.StopAsync([cluster.Node(node)], LocalCluster.StopLimit, cancel));

    /// <summary>Stops a node in order and starts it again in <paramref name="dress"/>.</summary>
    public Task DressAsync(string node, NodeDress dress, CancellationToken cancel) => WithAsync(async cluster =>
    {
        await cluster.StopAsync([cluster.Node(node)], LocalCluster.StopLimit, cancel);
        await cluster.StartAsync([cluster.Node(node)], daemon, dress, StartLimit, cancel);
    });

    public Task StopDatabaseAsync(CancellationToken cancel) => WithAsync(cluster => cluster.StopPostgresAsync(cancel));

    public Task StartDatabaseAsync(CancellationToken cancel) => WithAsync(cluster => cluster.StartBaseAsync(cancel));

    public Task FailOverDatabaseAsync(CancellationToken cancel) => WithAsync(cluster => cluster.FailOverAsync(crash: false, cancel));

    /// <summary>Everything runs again, whatever was stopped or paused.</summary>
    public Task RepairAsync(CancellationToken cancel) => WithAsync(async cluster =>
    {
        await cluster.StartBaseAsync(cancel);
        foreach (var node in cluster.Nodes)
            if (NodeProcess.Find(node) is { IsPaused: true })
                await cluster.SignalAsync(node, Signal.Continue, cancel);
        await cluster.StartAsync(cluster.Nodes, daemon, StartLimit, cancel);
    });

    private LocalCluster Open() => LocalCluster.Open(folder, _ => { }) ?? throw LocalCommands.NoCluster(folder);

    private async Task WithAsync(Func<LocalCluster, Task> work)
    {
        using var held = FolderLock.Take(folder);
        await work(Open());
    }
}
