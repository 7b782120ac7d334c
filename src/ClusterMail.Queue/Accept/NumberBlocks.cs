using ClusterMail.Protocol;
using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Accept;

/// <summary>Mail numbers in blocks from the cluster's one sequence, the next block fetched before the last is used up (MSGID-4).</summary>
public sealed partial class NumberBlocks(QueueStore store, int blockSize, ILogger<NumberBlocks> log)
{
    private readonly Lock _gate = new();
    private long _next;
    private long _end;
    private (long First, long End)? _reserve;
    private bool _fetching;
    private long _floor;
    private long _wakeUp = -1;

    /// <summary>An administrator may have raised the counter (MSGID-3): what is left of older blocks is dropped. Never throws.</summary>
    /// <param name="wakeUp">The counter of <see cref="Renewal.WakeUp"/>; unchanged, nothing is asked.</param>
    public async Task FollowAsync(long wakeUp)
    {
        if (wakeUp == Interlocked.Exchange(ref _wakeUp, wakeUp))
            return;
        try
        {
            var floor = await store.NumberFloorAsync(CancellationToken.None).ConfigureAwait(false);
            if (floor <= Volatile.Read(ref _floor))
                return;
            // The new block is there before the old ones go: no client is told to come again for it.
            var first = await store.AllotNumbersAsync(blockSize, CancellationToken.None).ConfigureAwait(false);
            lock (_gate)
            {
                _floor = floor;
                (_next, _end) = (first, first + blockSize);
                if (_reserve is { } reserve && reserve.First <= floor)
                    _reserve = null;
            }
        }
        catch (Exception trouble)
        {
            Interlocked.Exchange(ref _wakeUp, -1);
            NoNumbers(log, trouble.Message);
        }
    }

    public bool TryTake(out MessageId id)
    {
        lock (_gate)
        {
            if (_next == _end && _reserve is { } reserve)
                (_next, _end, _reserve) = (reserve.First, reserve.End, null);
            if (_reserve is null && !_fetching)
            {
                _fetching = true;
                _ = FetchAsync();
            }
            id = _next < _end ? new MessageId(_next++) : default;
            return id.Number > 0;
        }
    }

    /// <summary>Fetches the first block; called once at start so that the first mail finds numbers.</summary>
    public async Task PrimeAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            if (_fetching || _next < _end)
                return;
            _fetching = true;
        }
        await FetchAsync().WaitAsync(cancel).ConfigureAwait(false);
    }

    private async Task FetchAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            var first = await store.AllotNumbersAsync(blockSize, limit.Token).ConfigureAwait(false);
            lock (_gate)
                _reserve = first > _floor ? (first, first + blockSize) : null;
        }
        catch (Exception trouble)
        {
            // The next TryTake asks again; meanwhile the session answers 451.
            NoNumbers(log, trouble.Message);
        }
        finally
        {
            lock (_gate)
                _fetching = false;
        }
    }

    [LoggerMessage(5110, LogLevel.Warning, "No mail numbers from the database: {Reason}")]
    private static partial void NoNumbers(ILogger log, string reason);
}
