using System.Diagnostics;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster;
using Akka.Configuration;
using ClusterMail.Queue.Lease;
using ClusterMail.Store;

namespace ClusterMail.Node.Cluster;

/// <summary>
/// Keeps this node in the cluster: starts the clustered actor system, forms or joins through the database (no seed list), and starts a fresh one after
/// the old was downed, so that a healed partition needs nobody. Mail in hand is not touched by any of this: the dispatcher lives elsewhere.
/// </summary>
public sealed partial class ClusterKeeper(
    NodeOptions node, LeaseKeeper lease, NodeStore nodes, LeaseStore leases, EventStore events, Placement placement, ILogger<ClusterKeeper> log) : IAsyncDisposable
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _stop = new();
    private volatile ActorSystem? _system;
    private Task _running = Task.CompletedTask;

    /// <summary>Null while there is none (starting, between a downing and the next start).</summary>
    public ActorSystem? System => _system;

    public bool IsMember => _system is { } system && Akka.Cluster.Cluster.Get(system).SelfMember.Status is MemberStatus.Up or MemberStatus.WeaklyUp;

    public void Start() => _running = Task.Run(RunAsync);

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await LiveAsync().ConfigureAwait(false);
            }
            catch (Exception trouble) when (!_stop.IsCancellationRequested)
            {
                Trouble(log, node.Name, trouble.Message);
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            if (!_stop.IsCancellationRequested)
                await Task.Delay(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        }
    }

    /// <summary>One life of the clustered actor system, from start to its end.</summary>
    private async Task LiveAsync()
    {
        while (!lease.IsValid)
            await Task.Delay(TimeSpan.FromMilliseconds(100), _stop.Token).ConfigureAwait(false);
        var system = ActorSystem.Create("clustermail", Setup());
        _system = system;
        try
        {
            var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Akka.Cluster.Cluster.Get(system).RegisterOnMemberRemoved(() => left.TrySetResult());
            placement.Start(system);
            system.ActorOf(MembershipLog.Props(node.Name, events), "membership");
            await JoinAsync(system).ConfigureAwait(false);
            await Task.WhenAny(system.WhenTerminated, left.Task).WaitAsync(_stop.Token).ConfigureAwait(false);
            Downed(log, node.Name);
        }
        finally
        {
            if (!_stop.IsCancellationRequested)
            {
                _system = null;
                placement.Stop();
                await MarkAsync(false).ConfigureAwait(false);
                await system.Terminate().WaitAsync(TimeSpan.FromSeconds(20)).ConfigureAwait(false);
            }
        }
    }

    private ActorSystemSetup Setup()
    {
        using var reader = new StreamReader(typeof(ClusterKeeper).Assembly.GetManifestResourceStream("cluster.conf")!);
        var config = ConfigurationFactory.ParseString($$"""
            akka.remote.dot-netty.tcp { hostname = "{{node.Remoting.Address}}", port = {{node.Remoting.Port}} }
            akka.cluster.roles = [{{string.Join(", ", node.Roles)}}]
            """).WithFallback(ConfigurationFactory.ParseString(reader.ReadToEnd()));
        return BootstrapSetup.Create().WithConfig(config).And(new PostgresLeaseSetup(leases));
    }

    /// <summary>Asks the database whom to join until this node is up. Exactly one of several that start at once is told to form the cluster.</summary>
    private async Task JoinAsync(ActorSystem system)
    {
        var cluster = Akka.Cluster.Cluster.Get(system);
        var asked = 0L;
        while (!cluster.IsUp)
        {
            if (system.WhenTerminated.IsCompleted)
                return;
            if (lease.Current is { } current && (asked == 0 || Stopwatch.GetElapsedTime(asked) > JoinPatience))
            {
                asked = Stopwatch.GetTimestamp();
                await AskAndJoinAsync(cluster, current.Epoch).ConfigureAwait(false);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), _stop.Token).ConfigureAwait(false);
        }
        await MarkAsync(true).ConfigureAwait(false);
        Up(log, node.Name, cluster.State.Members.Count);
    }

    private async Task AskAndJoinAsync(Akka.Cluster.Cluster cluster, long epoch)
    {
        var members = await nodes.FormOrJoinAsync(epoch, _stop.Token).ConfigureAwait(false);
        var others = members.Select(Address.Parse).Where(address => address != cluster.SelfAddress).ToArray();
        if (others.Length == 0)
        {
            Forming(log, node.Name);
            await cluster.JoinAsync(cluster.SelfAddress, _stop.Token).ConfigureAwait(false);
        }
        else
        {
            Joining(log, node.Name, string.Join(", ", others.AsEnumerable()));
            cluster.JoinSeedNodes(others);
        }
    }

    private async Task MarkAsync(bool member)
    {
        try
        {
            if (lease.Current is { HasEnded: false } current)
                await nodes.SetMemberAsync(current.Epoch, member, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception trouble) when (Database.IsLost(trouble))
        {
            // A node that is not alive in the database is nobody's seed.
        }
    }

    /// <summary>A new epoch is a new row in the database: it must say again that this node is a member.</summary>
    public async Task ReassertAsync()
    {
        try
        {
            if (IsMember)
                await MarkAsync(true).ConfigureAwait(false);
        }
        catch (Exception trouble)
        {
            Trouble(log, node.Name, trouble.Message);
        }
    }

    /// <summary>Leaves the cluster in order: singletons and shards are handed over first (CLU-32).</summary>
    public async Task LeaveAsync(TimeSpan limit)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_system is not { } system)
            return;
        placement.Stop();
        await MarkAsync(false).ConfigureAwait(false);
        try
        {
            await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(limit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The others find it unreachable and go on without it.
            await system.Terminate().WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _system = null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_system is { } system)
            await system.Terminate().ConfigureAwait(false);
        _stop.Dispose();
    }

    [LoggerMessage(7101, LogLevel.Information, "{Node} forms the cluster")]
    private static partial void Forming(ILogger log, string node);

    [LoggerMessage(7102, LogLevel.Information, "{Node} joins {Members}")]
    private static partial void Joining(ILogger log, string node, string members);

    [LoggerMessage(7103, LogLevel.Information, "{Node} is up in a cluster of {Count}")]
    private static partial void Up(ILogger log, string node, int count);

    [LoggerMessage(7104, LogLevel.Warning, "{Node} was removed from the cluster; it joins again by itself. Mail goes on meanwhile as long as the database can be reached")]
    private static partial void Downed(ILogger log, string node);

    [LoggerMessage(7105, LogLevel.Warning, "{Node}: trouble with the cluster: {Reason}; trying again")]
    private static partial void Trouble(ILogger log, string node, string reason);
}
