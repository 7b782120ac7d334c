using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using ClusterMail.Queue.Lease;
using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Outcome;

/// <summary>How the recipients of one attempt ended, with the notices that report it; written together (P2).</summary>
public sealed record Ending(EpochLease Lease, IReadOnlyList<Conclusion> Conclusions, IReadOnlyList<Notice> Notices)
{
    /// <summary>Content that is copied into mailboxes by writing it.</summary>
    public long Octets { get; init; }
}

/// <summary>
/// Group commit of outcomes. What it holds is bounded by the window: a recipient's place is given back only after its outcome is written.
/// They are written so that all nodes see them at once and are on disk a moment later (decision 36): the shorter nobody knows of a delivery, the less goes out twice when this
/// node is killed (P4). While the database is away it keeps everything and tries again; a fenced epoch's outcomes are logged as possible duplicates and dropped.
/// </summary>
public sealed partial class OutcomeJournal : IAsyncDisposable
{
    internal const int MaxBatch = 1000;

    /// <summary>Content copied into mailboxes in one commit: the others of the batch wait for it. A single larger mail goes alone with what came before it.</summary>
    private const long MaxBatchOctets = 8 * 1024 * 1024;

    private readonly OutcomePace _pace = new();
    private long _lastEnd;
    private int _lastMails;

    /// <summary>A commit of a thousand outcomes takes some 50 ms; one that takes so long waits for something.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// Mails another host has taken and the database does not know of yet: when this epoch ends before it does, another node delivers so many again (P4). So many are
    /// let wait, and twice as many more as the last commit held: what is delivered while one commit runs goes into the next, and a commit that takes twice as long as
    /// usual makes everything wait for it.
    /// </summary>
    private const int FewUnrecorded = 4;
    private const int UnrecordedByCommit = 2;

    private readonly EventStore _events;
    private readonly string _node;
    private readonly Action<int, bool> _written;
    private readonly ILogger _log;
    private readonly Channel<Ending> _waiting = Channel.CreateUnbounded<Ending>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeSpan _confirmAfter;
    private readonly OutcomeLine _line = new();
    private readonly Task _writer;
    private long _writingSince;
    private int _unrecorded;
    private bool _failing;
    private bool _sentAway;

    /// <param name="written">Called after each commit with the number of recipients whose place in the window is free again, and whether notices were queued.</param>
    /// <param name="confirmAfter">What is written is on disk at the latest after so long and the time of a commit. Default 20 ms.</param>
    public OutcomeJournal(EventStore events, string node, Action<int, bool> written, ILogger<OutcomeJournal> log, TimeSpan? confirmAfter = null)
    {
        (_events, _node, _written, _log, _confirmAfter) = (events, node, written, log, confirmAfter ?? TimeSpan.FromMilliseconds(20));
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>
    /// The last commit of outcomes failed, or has taken too long already, or too many outcomes wait for theirs: the database may be gone. No attempt is started then,
    /// because what is delivered and cannot be recorded is what another node delivers again (P4). Whoever was told so hears <see cref="Resumed"/>.
    /// </summary>
    public bool IsStalled
    {
        get
        {
            if (!Stalls())
                return false;
            Volatile.Write(ref _sentAway, true);
            // Between question and note the commit may have ended; nobody would say so any more.
            Interlocked.MemoryBarrier();
            return Stalls();
        }
    }

    /// <summary>It was stalled when somebody asked, and is no longer. Handlers must not block.</summary>
    public event Action? Resumed;

    /// <summary>It is stalled because the database does not answer, not only because a commit takes longer than the last ones.</summary>
    public bool IsAway => Volatile.Read(ref _failing) || (Volatile.Read(ref _writingSince) is var since and not 0 && Stopwatch.GetElapsedTime(since) > Patience);

    private bool Stalls() => IsAway || Volatile.Read(ref _unrecorded) >= FewUnrecorded + UnrecordedByCommit * Volatile.Read(ref _lastMails);

    /// <summary>See <see cref="OutcomeLine.IsBroken"/>.</summary>
    internal bool IsBroken => _line.IsBroken;

    /// <summary>Outcomes that were written and that a crash of the database may still undo.</summary>
    public int Unconfirmed => _line.Unconfirmed;

    public int Waiting => _waiting.Reader.CanCount ? _waiting.Reader.Count : 0;

    public void Add(Ending ending)
    {
        if (IsTaken(ending))
            Interlocked.Increment(ref _unrecorded);
        if (_waiting.Writer.TryWrite(ending))
            return;
        // The node has stopped; its rows went back.
        if (IsTaken(ending))
            Interlocked.Decrement(ref _unrecorded);
        _written(ending.Conclusions.Count, false);
        _ = LateAsync(ending.Conclusions, "the node was stopped");
    }

    /// <summary>Another host has it. A mailbox has it only with the commit.</summary>
    private static bool IsTaken(Ending ending) => ending.Conclusions.Any(conclusion => conclusion is { State: RecipientState.Delivered, IntoMailbox: null });

    private async Task WriteAsync()
    {
        var batch = new List<Ending>();
        Ending? held = null;
        Task<bool>? more = null;
        while (true)
        {
            if (held is null)
            {
                more ??= _waiting.Reader.WaitToReadAsync().AsTask();
                if (!more.IsCompleted && _line.Unconfirmed > 0 && await Task.WhenAny(more, Task.Delay(_confirmAfter)).ConfigureAwait(false) != more)
                {
                    await ConfirmAsync().ConfigureAwait(false);
                    continue;
                }
                if (!await more.ConfigureAwait(false))
                    break;
                more = null;
                if (_pace.IsFast(Stopwatch.GetElapsedTime(_lastEnd), _lastMails) && !_stop.IsCancellationRequested)
                    await Task.Delay(OutcomePace.Gathering).ConfigureAwait(false);
            }
            held = Take(batch, held);
            await WriteBatchAsync(batch).ConfigureAwait(false);
            _lastEnd = Stopwatch.GetTimestamp();
            Volatile.Write(ref _lastMails, batch.Count);
            Interlocked.Add(ref _unrecorded, -batch.Count(IsTaken));
            Ended();
            if (_line.UnconfirmedFor >= _confirmAfter)
                await ConfirmAsync().ConfigureAwait(false);
        }

        await ConfirmAsync().ConfigureAwait(false);
        await _line.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>One epoch a batch: the fence is checked once for the whole transaction.</summary>
    /// <returns>What belongs to the next batch.</returns>
    private Ending? Take(List<Ending> batch, Ending? held)
    {
        var (count, octets) = (0, 0L);
        batch.Clear();
        while (count < MaxBatch && octets < MaxBatchOctets && (held is not null || _waiting.Reader.TryRead(out held)))
        {
            if (batch.Count > 0 && batch[0].Lease.Epoch != held!.Lease.Epoch)
                return held;
            count += held!.Conclusions.Count;
            octets += held.Octets;
            batch.Add(held);
            held = null;
        }
        return held;
    }

    private async Task WriteBatchAsync(List<Ending> batch)
    {
        var lease = batch[0].Lease;
        if (!_line.IsOf(lease))
        {
            await ConfirmAsync().ConfigureAwait(false);
            await _line.TurnToAsync(lease).ConfigureAwait(false);
        }
        var conclusions = batch.SelectMany(ending => ending.Conclusions).ToArray();
        var notices = batch.SelectMany(ending => ending.Notices).ToArray();
        var lost = false;
        while (true)
        {
            try
            {
                var started = Began();
                var result = await _line.RecordAsync(batch, conclusions, notices).ConfigureAwait(false);
                QueueMetrics.Commits.Add(1, new KeyValuePair<string, object?>("kind", "outcome"));
                QueueMetrics.CommitBatch.Record(conclusions.Length, new KeyValuePair<string, object?>("kind", "outcome"));
                QueueMetrics.CommitTime.Record(Stopwatch.GetElapsedTime(started).TotalMilliseconds, new KeyValuePair<string, object?>("kind", "outcome"));
                Count(conclusions.Where(conclusion => !result.Late.Contains(conclusion.Key)));
                // After a lost answer the first try may have been the one that counted: then "late" only means "already written".
                if (!lost)
                    await LateAsync(conclusions.Where(c => result.Late.Contains(c.Key)), "recipient no longer owned").ConfigureAwait(false);
                _written(conclusions.Length, notices.Length > 0);
                return;
            }
            catch (Exception trouble) when (trouble is EpochFencedException || lease.HasEnded)
            {
                // With the epoch its connections are closed: whatever they say then, nothing can be written under it any more.
                lease.End();
                await LateAsync([.. conclusions, .. await _line.EndAsync().ConfigureAwait(false)], "epoch fenced").ConfigureAwait(false);
                _written(conclusions.Length, false);
                return;
            }
            catch (Exception trouble) when (Database.IsLost(trouble) || _line.IsBroken)
            {
                if (!await GoesOnAsync(conclusions.Length, trouble, first: !lost).ConfigureAwait(false))
                {
                    await LateAsync([.. conclusions, .. await _line.EndAsync().ConfigureAwait(false)], "stopped without the database").ConfigureAwait(false);
                    _written(conclusions.Length, false);
                    return;
                }
                lost = true;
            }
            catch (Exception bug)
            {
                Refused(_log, conclusions.Length, bug);
                if (batch.Count == 1)
                {
                    // The rows stay owned by this epoch; the reconciliation of the dispatcher gives them back.
                    await LateAsync(conclusions, "the database refused it").ConfigureAwait(false);
                    _written(conclusions.Length, false);
                    return;
                }
                foreach (var ending in batch.ToArray())
                    await WriteBatchAsync([ending]).ConfigureAwait(false);
                return;
            }
        }
    }

    /// <summary>Returns when all that was written is on disk, or cannot be any more.</summary>
    private async Task ConfirmAsync()
    {
        var lost = false;
        while (_line.Unconfirmed > 0)
        {
            try
            {
                Began();
                await _line.ConfirmAsync().ConfigureAwait(false);
                QueueMetrics.Commits.Add(1, new KeyValuePair<string, object?>("kind", "confirm"));
            }
            catch (Exception trouble) when (trouble is EpochFencedException || _line.HasEnded)
            {
                await LateAsync(await _line.EndAsync().ConfigureAwait(false), "epoch fenced").ConfigureAwait(false);
            }
            catch (Exception trouble)
            {
                if (!await GoesOnAsync(_line.Unconfirmed, trouble, first: !lost).ConfigureAwait(false))
                    await LateAsync(await _line.EndAsync().ConfigureAwait(false), "stopped without the database").ConfigureAwait(false);
                lost = true;
            }
        }
        Ended();
    }

    /// <summary>The database is away: the connection is given up, and all that it had not confirmed is written again over the next one.</summary>
    /// <returns>False when the node stops and does not wait for it.</returns>
    private async Task<bool> GoesOnAsync(int count, Exception trouble, bool first)
    {
        if (first)
            Lost(_log, count, trouble.Message);
        Volatile.Write(ref _failing, true);
        await _line.BreakAsync().ConfigureAwait(false);
        if (_stop.IsCancellationRequested)
            return false;
        if (!first)
            await Task.Delay(TimeSpan.FromMilliseconds(200)).ConfigureAwait(false);
        return true;
    }

    private long Began()
    {
        var now = Stopwatch.GetTimestamp();
        Volatile.Write(ref _writingSince, now);
        return now;
    }

    private void Ended()
    {
        Volatile.Write(ref _writingSince, 0);
        Volatile.Write(ref _failing, false);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sentAway) && !Stalls())
        {
            Volatile.Write(ref _sentAway, false);
            Resumed?.Invoke();
        }
    }

    private static void Count(IEnumerable<Conclusion> conclusions)
    {
        foreach (var conclusion in conclusions)
        {
            switch (conclusion.State)
            {
                case RecipientState.Delivered:
                    QueueMetrics.Delivered.Add(1);
                    break;
                case RecipientState.Waiting:
                    QueueMetrics.Deferred.Add(1);
                    break;
                case RecipientState.Failed:
                    QueueMetrics.Bounced.Add(1);
                    break;
            }
        }
    }

    private async Task LateAsync(IEnumerable<Conclusion> late, string why)
    {
        var silent = false;
        foreach (var conclusion in late)
        {
            QueueMetrics.Late.Add(1);
            // A late delivery into a mailbox has not happened: it is the commit that did not.
            if (conclusion.IntoMailbox is not null || (conclusion.State != RecipientState.Delivered && !conclusion.PossibleDuplicate))
                continue;
            QueueMetrics.PossibleDuplicates.Add(1);
            var text = $"possible duplicate: B{conclusion.Key.Mail:D10} recipient {conclusion.Key.Ordinal} was answered \"{conclusion.Reply}\" by {conclusion.RemoteHost}, but its outcome could not be recorded ({why})";
            PossibleDuplicate(_log, text);
            if (silent)
                continue;
            try
            {
                await _events.WriteAsync(_node, "possible-duplicate", text, About(conclusion.Key), CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception)
            {
                // The line in the program log stands. The outcomes behind it must not wait for one time-out after the other.
                silent = true;
            }
        }
    }

    // By these the trace of the mail finds the event.
    private static Dictionary<string, string> About(RecipientKey key) => new()
    {
        ["mail"] = key.Mail.ToString(CultureInfo.InvariantCulture),
        ["ordinal"] = key.Ordinal.ToString(CultureInfo.InvariantCulture),
    };

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        _stop.CancelAfter(TimeSpan.FromSeconds(5));
        await _writer.ConfigureAwait(false);
        _stop.Dispose();
    }

    [LoggerMessage(5201, LogLevel.Warning, "Cannot record {Count} outcomes ({Reason}); trying until the database is back or this epoch is fenced")]
    private static partial void Lost(ILogger log, int count, string reason);

    [LoggerMessage(5202, LogLevel.Warning, "{Text}")]
    private static partial void PossibleDuplicate(ILogger log, string text);

    [LoggerMessage(5203, LogLevel.Error, "The database refused {Count} outcomes")]
    private static partial void Refused(ILogger log, int count, Exception bug);
}
