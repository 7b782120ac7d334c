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
                _reserve = (first, first + blockSize);
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
