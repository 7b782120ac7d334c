using System.Diagnostics;
using ClusterMail.Queue.Lease;
using ClusterMail.Store;

namespace ClusterMail.Queue.Outcome;

/// <summary>
/// The connection of the outcomes of one epoch, and what was written over it and is not known to be on disk. When it breaks, that is written again over the next one
/// before anything else is: what is there already changes nothing. Used by one writer.
/// </summary>
internal sealed class OutcomeLine : IAsyncDisposable
{
    private readonly List<Ending> _written = [];
    private List<Ending> _again = [];
    private EpochLease? _lease;
    private OutcomeConnection? _connection;
    private long _since;

    /// <summary>Endings that a crash of the database may still undo.</summary>
    public int Unconfirmed => _written.Count + _again.Count;

    /// <summary>How long the oldest of them has been so.</summary>
    public TimeSpan UnconfirmedFor => Unconfirmed == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_since);

    /// <summary>Nothing can be written under its epoch any more.</summary>
    public bool HasEnded => _lease is { HasEnded: true };

    /// <summary>The connection broke, perhaps while nobody used it: what is said of it then is no word of the database.</summary>
    public bool IsBroken => _connection is { IsOpen: false };

    public bool IsOf(EpochLease lease) => _lease == lease;

    /// <summary>From now on for another epoch. Only when nothing is unconfirmed.</summary>
    public async Task TurnToAsync(EpochLease lease)
    {
        await BreakAsync().ConfigureAwait(false);
        _lease = lease;
    }

    /// <param name="batch">Whose conclusions and notices these are.</param>
    public async Task<RecordResult> RecordAsync(IReadOnlyCollection<Ending> batch, IReadOnlyList<Conclusion> conclusions, IReadOnlyList<Notice> notices)
    {
        await ConnectAsync().ConfigureAwait(false);
        var result = await _connection!.RecordAsync(_lease!.Epoch, conclusions, notices, CancellationToken.None).ConfigureAwait(false);
        Note(batch);
        return result;
    }

    /// <summary>Returns when everything written is on disk.</summary>
    public async Task ConfirmAsync()
    {
        await ConnectAsync().ConfigureAwait(false);
        await _connection!.ConfirmAsync(CancellationToken.None).ConfigureAwait(false);
        _written.Clear();
    }

    /// <summary>Gives the connection up; what it had not confirmed is to be written again.</summary>
    public async ValueTask BreakAsync()
    {
        if (_written.Count > 0)
        {
            _again = [.. _written, .. _again];
            _written.Clear();
        }
        if (_connection is not { } broken)
            return;
        _connection = null;
        await broken.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The epoch is over. What was written before the fence stands where the server is still the same.</summary>
    /// <returns>What may be undone.</returns>
    public async Task<IEnumerable<Conclusion>> EndAsync()
    {
        if (_connection is not null && _written.Count > 0)
        {
            try
            {
                await _connection.ConfirmAsync(CancellationToken.None).ConfigureAwait(false);
                _written.Clear();
            }
            catch (Exception)
            {
                // Whatever it was, it is not confirmed.
            }
        }
        await BreakAsync().ConfigureAwait(false);
        var open = _again;
        _again = [];
        return open.SelectMany(ending => ending.Conclusions);
    }

    private async Task ConnectAsync()
    {
        if (IsBroken)
            await BreakAsync().ConfigureAwait(false);
        _connection ??= await _lease!.Store.OpenOutcomesAsync(CancellationToken.None).ConfigureAwait(false);
        while (_again.Count > 0)
        {
            var chunk = _again[..Math.Min(_again.Count, OutcomeJournal.MaxBatch)];
            try
            {
                await _connection.RecordAsync(
                    _lease!.Epoch, [.. chunk.SelectMany(ending => ending.Conclusions)], [.. chunk.SelectMany(ending => ending.Notices)], CancellationToken.None).ConfigureAwait(false);
                Note(chunk);
            }
            catch (Exception refused) when (refused is not EpochFencedException && !Database.IsLost(refused) && !IsBroken)
            {
                // It was taken once. It must not hold up for ever what comes after it; the rows stay owned, and the reconciliation of the dispatcher finds them.
            }
            _again.RemoveRange(0, chunk.Count);
        }
    }

    private void Note(IReadOnlyCollection<Ending> batch)
    {
        if (_written.Count == 0)
            _since = Stopwatch.GetTimestamp();
        _written.AddRange(batch);
    }

    public ValueTask DisposeAsync() => BreakAsync();
}
