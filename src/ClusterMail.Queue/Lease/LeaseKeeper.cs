using System.Diagnostics;
using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Lease;

/// <summary>Lengths of the node lease (design §3).</summary>
public sealed record LeaseOptions
{
    /// <summary>Default 6 s: a killed node's work goes on elsewhere within 8 s (P3).</summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Default 2 s: two renewals may fail before the lease does.</summary>
    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The node stops this long before the database would let others take over; default 500 ms.</summary>
    public TimeSpan Guard { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often this node looks for others whose lease has ended, and for a reason to renew at once; default 500 ms. It looks sooner where a lease ends before.</summary>
    public TimeSpan FenceEvery { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// After its own lease had lapsed a node judges nobody for so long: it was the database that was away, and the others come back in the same moment. What they delivered
    /// meanwhile and could not record would else go out twice. Default 3 s, in which a renewal that hangs is given up and tried anew.
    /// </summary>
    public TimeSpan Mercy { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>
/// Keeps this node's lease: registers, renews, notices the fence, registers again. Also fences others whose lease has ended: every node
/// does it, because a singleton for it could be on the very node that died.
/// </summary>
/// <param name="openStore">Opens the queue for an epoch and says what to dispose when the epoch is over.</param>
/// <param name="shard">Place of the database in the node's list: 0 is the main one.</param>
public sealed partial class LeaseKeeper(
    NodeStore nodes, NodeRegistration registration, LeaseOptions options, Func<long, (QueueStore Store, IAsyncDisposable Source)> openStore, ILogger<LeaseKeeper> log, int shard = 0) : IAsyncDisposable
{
    /// <summary>The clocks of the database and of this machine run at the same pace, but for what a timer and a question take.</summary>
    private static readonly TimeSpan AfterEnd = TimeSpan.FromMilliseconds(10);

    /// <summary>A look that is older says nothing of this moment; the next one was due long ago.</summary>
    private static readonly TimeSpan LookCounts = TimeSpan.FromSeconds(1);

    private IAsyncDisposable? _source;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _renewNow = new(0, 1);
    private volatile EpochLease? _current;
    private Task _renewing = Task.CompletedTask;
    private Task _fencing = Task.CompletedTask;
    private volatile bool _lost;
    private bool _lapsed;
    private long _mercyUntil;
    private long _lockouts;
    private long _lookedAt;

    /// <summary>Null before the first registration, and between a fence and the next registration.</summary>
    public EpochLease? Current => _current;

    /// <summary>What the last good renewal brought.</summary>
    public Renewal? LastRenewal { get; private set; }

    /// <summary>The version of the lists of lockouts that the last look saw; null: there was none within <see cref="LookCounts"/>.</summary>
    public long? LockoutVersion => Volatile.Read(ref _lookedAt) is var at and not 0 && Stopwatch.GetElapsedTime(at) < LookCounts ? Volatile.Read(ref _lockouts) : null;

    /// <summary>True when mail may be owned: the database took a write of ours within the lease.</summary>
    public bool IsValid => _current is { IsValid: true };

    /// <summary>The last renewal failed: the database may be gone, though the lease still stands.</summary>
    public bool IsFailing => _lost;

    /// <summary>A new epoch began. Handlers must not block.</summary>
    public event Action<EpochLease>? Began;

    /// <summary>The epoch was fenced: forget everything owned under it. Handlers must not block.</summary>
    public event Action<EpochLease>? Ended;

    /// <summary>After every good renewal. Handlers must not block.</summary>
    public event Action<Renewal>? Renewed;

    /// <summary>Recipients of a dead node were freed: claim now.</summary>
    public event Action<IReadOnlyList<FencedNode>>? Fenced;

    public string NodeName => registration.Name;

    /// <summary>In the log: with several databases a node has a lease in each.</summary>
    private string Who => shard == 0 ? registration.Name : $"{registration.Name} (shard {ShardName})";

    /// <summary>Name of the shard, for the log.</summary>
    public string ShardName { get; init; } = Shard.MainName;

    /// <summary>Tells a database that was put back from a backup from the one this node knew.</summary>
    public DatabaseMemory Memory { get; init; } = new(null);

    public void Start()
    {
        _renewing = Task.Run(RenewAsync);
        _fencing = Task.Run(FenceAsync);
    }

    private async Task RenewAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                if (_current is null)
                    await BeginAsync(started).ConfigureAwait(false);
                else
                    await ExtendAsync(_current, started).ConfigureAwait(false);
                if (_lost)
                    Regained(log, Who);
                _lost = _lapsed = false;
            }
            catch (Exception trouble) when (!_stop.IsCancellationRequested)
            {
                if (!_lost)
                    Lost(log, Who, trouble.Message);
                _lost = true;
                if (!IsValid && !_lapsed)
                    QueueMetrics.LeaseLosses.Add(1);
                _lapsed = !IsValid;
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
            await UntilRenewalAsync(_lost ? TimeSpan.FromMilliseconds(500) : options.RenewEvery).ConfigureAwait(false);
        }
    }

    private async Task BeginAsync(long started)
    {
        using (var look = Limit())
            if (await nodes.NoticeRestoreAsync(registration.Name, Memory.Last, look.Token).ConfigureAwait(false) is { } why)
            {
                // Nobody delivers before it is done, however long a million mails take.
                await nodes.Restores.StopAsync(registration.Name, why, Memory.Last, _stop.Token).ConfigureAwait(false);
                Restored(log, Who, why);
            }
        using var limit = Limit();
        var epoch = await nodes.RegisterAsync(registration, options.Length, limit.Token).ConfigureAwait(false);
        if (_source is not null)
            await _source.DisposeAsync().ConfigureAwait(false);
        (var store, _source) = openStore(epoch);
        var lease = new EpochLease(epoch, options.Length - options.Guard, started, store, shard);
        _current = lease;
        EpochBegan(log, Who, epoch);
        Began?.Invoke(lease);
        await ExtendAsync(lease, Stopwatch.GetTimestamp()).ConfigureAwait(false);
    }

    private async Task ExtendAsync(EpochLease lease, long started)
    {
        using var limit = Limit();
        var renewal = await nodes.RenewAsync(lease.Epoch, options.Length, Memory.Last is { } last && last.Epoch == lease.Epoch ? last.AliveUntil : null, limit.Token).ConfigureAwait(false);
        if (renewal.Fenced)
        {
            EpochFenced(log, Who, lease.Epoch);
            QueueMetrics.LeaseLosses.Add(1);
            lease.End();
            _current = null;
            Ended?.Invoke(lease);
            await BeginAsync(Stopwatch.GetTimestamp()).ConfigureAwait(false);
            return;
        }
        if (!lease.IsValid)
            Volatile.Write(ref _mercyUntil, Stopwatch.GetTimestamp() + (long)(options.Mercy.TotalSeconds * Stopwatch.Frequency));
        lease.Extend(started);
        LastRenewal = renewal;
        Memory.Remember(renewal.Remembered);
        Renewed?.Invoke(renewal);
    }

    private async Task FenceAsync()
    {
        TimeSpan? nextEnd = null;
        while (!_stop.IsCancellationRequested)
        {
            await WaitAsync(nextEnd ?? Beat.Until(options.FenceEvery)).ConfigureAwait(false);
            nextEnd = null;
            // A node that is not sure of its own lease does not judge others, nor does one that has just become so.
            if (!IsValid || Stopwatch.GetTimestamp() < Volatile.Read(ref _mercyUntil))
                continue;
            try
            {
                using var limit = Limit();
                var seen = await nodes.LookAsync(registration.Name, limit.Token).ConfigureAwait(false);
                Volatile.Write(ref _lockouts, seen.LockoutVersion);
                Volatile.Write(ref _lookedAt, Stopwatch.GetTimestamp());
                if (seen.NextEnd < options.FenceEvery - AfterEnd)
                    nextEnd = seen.NextEnd + AfterEnd;
                foreach (var node in seen.Fenced)
                    TookOver(log, Who, node.Name, node.Epoch, node.Recipients, node.Overdue.TotalMilliseconds);
                if (seen.Fenced.Count > 0)
                    Fenced?.Invoke(seen.Fenced);
                if (LastRenewal is { } renewal && renewal.WakeUp != seen.WakeUp && _renewNow.CurrentCount == 0)
                    _renewNow.Release();
            }
            catch (Exception trouble) when (!_stop.IsCancellationRequested)
            {
                FenceFailed(log, trouble.Message);
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>A renewal that hangs (packets dropped, not refused) must be given up while there is time for another one.</summary>
    private CancellationTokenSource Limit()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(options.Length / 2);
        return limit;
    }

    /// <summary>Ends early when there is something to learn: a switch was set, recipients were made due.</summary>
    private async Task UntilRenewalAsync(TimeSpan time)
    {
        try
        {
            await _renewNow.WaitAsync(time, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task WaitAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    /// <summary>Clean stop: the lease is given back, so that others need not wait for its end (CLU-32).</summary>
    public async Task LeaveAsync(CancellationToken cancel)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_renewing, _fencing).ConfigureAwait(false);
        if (_current is not { } lease)
            return;
        lease.End();
        await nodes.LeaveAsync(lease.Epoch, cancel).ConfigureAwait(false);
        Memory.Write();
        EpochLeft(log, Who, lease.Epoch);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_renewing, _fencing).ConfigureAwait(false);
        await Memory.Written.ConfigureAwait(false);
        _current?.Dispose();
        if (_source is not null)
            await _source.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
        _renewNow.Dispose();
    }

    [LoggerMessage(5001, LogLevel.Information, "{Node} owns recipients under epoch {Epoch}")]
    private static partial void EpochBegan(ILogger log, string node, long epoch);

    [LoggerMessage(5002, LogLevel.Warning, "{Node} cannot renew its lease: {Reason}. It stops accepting and delivering when the lease ends, and goes on by itself when the database is back")]
    private static partial void Lost(ILogger log, string node, string reason);

    [LoggerMessage(5003, LogLevel.Information, "{Node} renews its lease again")]
    private static partial void Regained(ILogger log, string node);

    [LoggerMessage(5004, LogLevel.Warning, "{Node}: epoch {Epoch} was fenced by another node; what it owned is delivered elsewhere. Registering again")]
    private static partial void EpochFenced(ILogger log, string node, long epoch);

    [LoggerMessage(5005, LogLevel.Warning, "{Node} took over from {Dead} (epoch {Epoch}): {Recipients} recipients, {Overdue:F0} ms after the end of its lease")]
    private static partial void TookOver(ILogger log, string node, string dead, long epoch, int recipients, double overdue);

    [LoggerMessage(5006, LogLevel.Warning, "Cannot look for nodes whose lease has ended: {Reason}")]
    private static partial void FenceFailed(ILogger log, string reason);

    [LoggerMessage(5008, LogLevel.Warning, "{Node}: the database was put back from a backup: {Reason}. What waited in it is stopped: clustermail db restored")]
    private static partial void Restored(ILogger log, string node, string reason);

    [LoggerMessage(5007, LogLevel.Information, "{Node} gave epoch {Epoch} back")]
    private static partial void EpochLeft(ILogger log, string node, long epoch);
}
