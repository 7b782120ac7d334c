using Akka.Actor;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Outcome;
using ClusterMail.Queue.Schedule;
using ClusterMail.Store;
using ClusterMail.Store.Content;

namespace ClusterMail.Node;

/// <summary>
/// What this node has to do with one shard: a lease of its own, the journals of what goes in and what comes out, and a window. The same parts as for the main database, so that
/// a shard that is away costs what is its own and nothing else.
/// </summary>
public sealed partial class NodeShard : IAsyncDisposable
{
    /// <summary>How long until a shard that was away, or is none of ours, is looked at again.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private readonly NodeShardParts _parts;
    private readonly NodeShardOptions _options;
    private readonly Shard _shard;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly DestinationStore _destinations;
    private readonly ShardEvents _events;
    private Task _watching = Task.CompletedTask;
    private bool _mirrored = true;
    private int _mirroring;
    private long _wakeUp = -1;

    public NodeShard(NodeShardParts parts, NodeShardOptions options, Shard shard, int place)
    {
        (_parts, _options, _shard) = (parts, options, shard);
        _log = parts.Logs.CreateLogger<NodeShard>();
        _destinations = new DestinationStore(shard.Source);
        _events = new ShardEvents(parts.Main);
        Lease = new LeaseKeeper(new NodeStore(shard.Source), parts.Registration, new LeaseOptions(), OpenStore, parts.Logs.CreateLogger<LeaseKeeper>(), place) { ShardName = options.Name, Memory = new DatabaseMemory(DatabaseMemory.FileIn(parts.Node.Spool, options.Name)) };
        Window = new Window(parts.MaxRecipients, parts.MaxBytes);
        Accepts = new AcceptJournal(Lease, parts.Accept, parts.Logs.CreateLogger<AcceptJournal>());
        Outcomes = new OutcomeJournal(new EventStore(parts.Main), parts.Node.Name, OnWritten, parts.Logs.CreateLogger<OutcomeJournal>());
        Standby = new StandbyWatch(new StandbyReader(shard.Source).LookAsync, parts.StandbyDemand, (kind, text) => parts.Tell(kind, $"shard {options.Name}: {text}"), TimeProvider.System,
            parts.Logs.CreateLogger<StandbyWatch>());
        Queue = new QueueStore(shard.Source, parts.Keys);
    }

    public string Name => _options.Name;
    public LeaseKeeper Lease { get; }
    public Window Window { get; }
    public AcceptJournal Accepts { get; }
    public OutcomeJournal Outcomes { get; }
    public StandbyWatch Standby { get; }

    /// <summary>Its queue, for what is done beside the hot path.</summary>
    public QueueStore Queue { get; }

    /// <summary>What is wrong with its database; null: nothing is known to be.</summary>
    public string? Fault { get; private set; }

    public ShardDoor Door => new(Name, Lease, new AcceptPlace(Accepts, Window), Standby);

    private (QueueStore, IAsyncDisposable) OpenStore(long epoch)
    {
        var opened = EpochStore.Open(_options.Database, $"clustermaild {_parts.Node.Name}", epoch, _parts.Keys);
        return (opened.Queue, opened);
    }

    private void OnWritten(int recipients, bool notices)
    {
        Window.Return(recipients, 0);
        if (notices)
            _parts.WakeUp();
    }

    /// <summary>What happens to its lease is told to the dispatcher, and what is down to it.</summary>
    public void Join(NodeDuties duties, IActorRef dispatcher)
    {
        Lease.Renewed += OnRenewed;
        Lease.Fenced += _ => _parts.WakeUp();
        Lease.Ended += ended => dispatcher.Tell(new DispatcherActor.Forget(ended));
        duties.SawDown += down => _ = MirrorAsync(down);
    }

    private void OnRenewed(Renewal renewal)
    {
        if (renewal.WakeUp != Interlocked.Exchange(ref _wakeUp, renewal.WakeUp))
            _parts.WakeUp();
    }

    public void Start() => _watching = Task.Run(WatchAsync);

    private async Task WatchAsync()
    {
        await BecomeAsync().ConfigureAwait(false);
        while (!_stop.IsCancellationRequested)
        {
            await CarryAsync().ConfigureAwait(false);
            await PauseAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(false);
        }
    }

    /// <summary>The node registers there when it is sure that the database is the right one: at its start, or when it comes back.</summary>
    private async Task BecomeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Fault = await FaultAsync(_parts.Main, _options, _shard.Source, _stop.Token).ConfigureAwait(false);
                if (Fault is null)
                {
                    Lease.Start();
                    Standby.Start();
                    return;
                }
                Wrong(_log, Fault);
            }
            catch (Exception trouble) when (!_stop.IsCancellationRequested)
            {
                Away(_log, Name, trouble.Message);
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            await PauseAsync(Again).ConfigureAwait(false);
        }
    }

    /// <summary>What is wrong with a shard's database: schema, farm or name, in one line; null: nothing.</summary>
    public static async Task<string?> FaultAsync(Npgsql.NpgsqlDataSource main, NodeShardOptions options, Npgsql.NpgsqlDataSource shard, CancellationToken cancel)
    {
        var pending = (await Database.StatusAsync(options.Database, cancel)).Pending;
        if (pending.Count > 0)
            return $"the schema of shard {options.Name} is not up to date ({string.Join(", ", pending)}). Type: clustermail db migrate --shard {options.Name}=TEXT";
        return FarmStore.Fault((await FarmStore.ReadAsync(main, cancel)).Id, options.Name, await FarmStore.ReadAsync(shard, cancel));
    }

    private async Task CarryAsync()
    {
        if (!_parts.Leads())
            return;
        try
        {
            while (await _events.CarryAsync(_shard, _stop.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception trouble)
        {
            // They are there when both databases are.
            if (trouble is not OperationCanceledException && !Database.IsLost(trouble))
                NotCarried(_log, Name, trouble);
        }
    }

    /// <summary>Tells the shard which destinations are down, so that its claims leave them alone; nothing while none is and none was. Never throws, and is not waited for.</summary>
    private async Task MirrorAsync(IReadOnlyList<DownDestination> down)
    {
        if (!Lease.IsValid || (down.Count == 0 && !_mirrored) || Interlocked.Exchange(ref _mirroring, 1) == 1)
            return;
        try
        {
            await _destinations.MirrorAsync(down, _stop.Token).ConfigureAwait(false);
            _mirrored = down.Count > 0;
        }
        catch (Exception)
        {
            // It is told again in two seconds; a host that is down is found down once more meanwhile.
        }
        finally
        {
            Interlocked.Exchange(ref _mirroring, 0);
        }
    }

    private async Task PauseAsync(TimeSpan time) =>
        await Task.Delay(time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Gives back what is owned; what cannot be given back goes when the lease ends.</summary>
    public async Task LeaveAsync(CancellationToken cancel)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        try
        {
            await Lease.LeaveAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception trouble) when (trouble is OperationCanceledException || Database.IsLost(trouble))
        {
            // The rows go back when the lease ends.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        await Lease.DisposeAsync().ConfigureAwait(false);
        await Standby.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    [LoggerMessage(7401, LogLevel.Error, "{Fault}. This node uses that database for nothing until it is put right")]
    private static partial void Wrong(ILogger log, string fault);

    [LoggerMessage(7402, LogLevel.Warning, "Shard {Shard} does not answer ({Reason}): its mail waits, new mail goes to the others. Trying again")]
    private static partial void Away(ILogger log, string shard, string reason);

    [LoggerMessage(7403, LogLevel.Error, "The events of shard {Shard} were not carried to those of the farm")]
    private static partial void NotCarried(ILogger log, string shard, Exception cause);
}

/// <summary>What a shard needs of the node.</summary>
public sealed record NodeShardParts
{
    public required NodeOptions Node { get; init; }
    public required NodeRegistration Registration { get; init; }
    public required Npgsql.NpgsqlDataSource Main { get; init; }
    public required ContentKeys Keys { get; init; }
    public required AcceptJournalOptions Accept { get; init; }
    public required Func<int> MaxRecipients { get; init; }
    public required Func<long> MaxBytes { get; init; }
    public required Func<StandbyDemand> StandbyDemand { get; init; }

    /// <summary>Kind and text of an event.</summary>
    public required Action<string, string> Tell { get; init; }

    /// <summary>Something became due.</summary>
    public required Action WakeUp { get; init; }

    /// <summary>This node leads; the leader carries the shards' events.</summary>
    public required Func<bool> Leads { get; init; }
    public required ILoggerFactory Logs { get; init; }
}
