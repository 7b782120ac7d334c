using System.Diagnostics;
using ClusterMail.Store;

namespace ClusterMail.Queue.Lease;

/// <summary>
/// The right of this node to own recipients, for one epoch. Counted on a monotonic clock from the <em>start</em> of the last good renewal, so that
/// this node always believes itself dead before the database does (P4, CLU-30).
/// </summary>
public sealed class EpochLease : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeSpan _span;
    private CancellationTokenSource _running;
    private long _validUntil;
    private bool _ended;
    private bool _cut;

    /// <param name="epoch">From <c>NodeStore.RegisterAsync</c>.</param>
    /// <param name="span">Length of the lease less the guard.</param>
    /// <param name="renewalStarted">Stopwatch time at which the registration was begun.</param>
    /// <param name="store">The queue over connections that carry the epoch in their name, so that whoever fences it can end them.</param>
    /// <param name="shard">Which database gave it: 0 the main one. Each counts its epochs by itself.</param>
    public EpochLease(long epoch, TimeSpan span, long renewalStarted, QueueStore store, int shard = 0)
    {
        Epoch = epoch;
        Shard = shard;
        Store = store;
        _span = span;
        _running = new CancellationTokenSource();
        Extend(renewalStarted);
    }

    public long Epoch { get; }

    /// <summary>Place of the database in the node's list: 0 is the main one.</summary>
    public int Shard { get; }
    public QueueStore Store { get; }

    /// <summary>Asked before an attempt starts and again directly before its final dot.</summary>
    public bool IsValid => !Volatile.Read(ref _ended) && !Volatile.Read(ref _cut) && Stopwatch.GetTimestamp() < Volatile.Read(ref _validUntil);

    /// <summary>The database said so: another node owns what was ours. Final.</summary>
    public bool HasEnded => Volatile.Read(ref _ended);

    /// <summary>Cancelled when the lease lapses; running attempts are cut by it. After a late but good renewal there is a new one.</summary>
    public CancellationToken Running
    {
        get
        {
            lock (_gate)
                return _ended || _cut ? new CancellationToken(canceled: true) : _running.Token;
        }
    }

    /// <summary>A renewal that began at <paramref name="renewalStarted"/> was confirmed.</summary>
    public void Extend(long renewalStarted)
    {
        lock (_gate)
        {
            if (_ended || _cut)
                return;
            var validUntil = renewalStarted + (long)(_span.TotalSeconds * Stopwatch.Frequency);
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), validUntil);
            Volatile.Write(ref _validUntil, validUntil);
            if (left <= TimeSpan.Zero)
                return;
            if (_running.IsCancellationRequested)
                _running = new CancellationTokenSource();
            _running.CancelAfter(left);
        }
    }

    /// <summary>Fenced, or given back: nothing may be owned under this epoch any more.</summary>
    public void End() => Stop(ref _ended);

    /// <summary>Nothing new is begun and running attempts are cut, but what they came to may still be written: the node stops.</summary>
    public void Cut() => Stop(ref _cut);

    private void Stop(ref bool why)
    {
        lock (_gate)
        {
            if (Volatile.Read(ref why))
                return;
            Volatile.Write(ref why, true);
        }
        // Outside the lock: it runs what was registered on the token.
        _running.Cancel();
    }

    public void Dispose()
    {
        End();
    }
}
