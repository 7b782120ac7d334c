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
/// While the database is away it keeps everything and tries again; a fenced epoch's outcomes are logged as possible duplicates and dropped (P4).
/// </summary>
public sealed partial class OutcomeJournal : IAsyncDisposable
{
    private const int MaxBatch = 1000;

    /// <summary>Content copied into mailboxes in one commit: the others of the batch wait for it. A single larger mail goes alone with what came before it.</summary>
    private const long MaxBatchOctets = 8 * 1024 * 1024;

    /// <summary>Under load outcomes are gathered so long: nobody waits for one, and a commit costs the same for one as for twenty.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(4);

    /// <summary>A commit that ended so lately means load; a single mail's outcome is written at once.</summary>
    private static readonly TimeSpan Busy = TimeSpan.FromMilliseconds(20);

    private long _lastEnd;

    /// <summary>A commit of a thousand outcomes takes some 50 ms; one that takes so long waits for something.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    /// <summary>So many outcomes may wait that long. With more of them patience is short: each is a mail that comes twice if the node dies now.</summary>
    private const int ManyUnrecorded = 250;

    private static readonly TimeSpan ShortPatience = TimeSpan.FromMilliseconds(100);

    private readonly EventStore _events;
    private readonly string _node;
    private readonly Action<int, bool> _written;
    private readonly ILogger _log;
    private readonly Channel<Ending> _waiting = Channel.CreateUnbounded<Ending>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writer;
    private long _writingSince;
    private int _unrecorded;
    private int _askedInVain;

    /// <param name="written">Called after each commit with the number of recipients whose place in the window is free again, and whether notices were queued.</param>
    public OutcomeJournal(EventStore events, string node, Action<int, bool> written, ILogger<OutcomeJournal> log)
    {
        (_events, _node, _written, _log) = (events, node, written, log);
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>
    /// A commit of outcomes has taken too long already: the database may be gone. No attempt is started then, because what is delivered and cannot be
    /// recorded is what another node delivers again (P4). Who was told so hears <see cref="CaughtUp"/>.
    /// </summary>
    public bool IsStalled
    {
        get
        {
            if (Volatile.Read(ref _writingSince) is not (var since and not 0)
                || Stopwatch.GetElapsedTime(since) <= PatienceWith(Volatile.Read(ref _unrecorded)))
                return false;
            Interlocked.Exchange(ref _askedInVain, 1);
            // The commit that ended meanwhile did not see the question.
            return Volatile.Read(ref _writingSince) == since;
        }
    }

    /// <summary>The commit has ended for which somebody was told to wait. Handlers must not block.</summary>
    public event Action? CaughtUp;

    /// <summary>How long a commit may take before no attempt is started any more.</summary>
    /// <param name="unrecorded">Outcomes in it and behind it.</param>
    public static TimeSpan PatienceWith(int unrecorded) => unrecorded > ManyUnrecorded ? ShortPatience : Patience;

    public int Waiting => _waiting.Reader.CanCount ? _waiting.Reader.Count : 0;

    public void Add(Ending ending)
    {
        Interlocked.Add(ref _unrecorded, ending.Conclusions.Count);
        if (_waiting.Writer.TryWrite(ending))
            return;
        Interlocked.Add(ref _unrecorded, -ending.Conclusions.Count);
        // The node has stopped; its rows went back.
        _written(ending.Conclusions.Count, false);
        _ = LateAsync(ending.Conclusions, "the node was stopped");
    }

    private async Task WriteAsync()
    {
        var batch = new List<Ending>();
        Ending? held = null;
        while (held is not null || await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            if (held is null && _lastEnd != 0 && Stopwatch.GetElapsedTime(_lastEnd) < Busy && !_stop.IsCancellationRequested)
                await Task.Delay(Gathering).ConfigureAwait(false);
            var count = 0;
            batch.Clear();
            // One epoch a batch: the fence is checked once for the whole transaction.
            var octets = 0L;
            while (count < MaxBatch && octets < MaxBatchOctets && (held is not null || _waiting.Reader.TryRead(out held)))
            {
                if (batch.Count > 0 && batch[0].Lease.Epoch != held!.Lease.Epoch)
                    break;
                count += held!.Conclusions.Count;
                octets += held.Octets;
                batch.Add(held);
                held = null;
            }
            Volatile.Write(ref _writingSince, Stopwatch.GetTimestamp());
            await WriteBatchAsync(batch, count).ConfigureAwait(false);
            Volatile.Write(ref _writingSince, 0);
            Interlocked.Add(ref _unrecorded, -count);
            _lastEnd = Stopwatch.GetTimestamp();
            if (Interlocked.Exchange(ref _askedInVain, 0) == 1)
                CaughtUp?.Invoke();
        }
    }

    private async Task WriteBatchAsync(List<Ending> batch, int count)
    {
        var lease = batch[0].Lease;
        var conclusions = batch.SelectMany(ending => ending.Conclusions).ToArray();
        var notices = batch.SelectMany(ending => ending.Notices).ToArray();
        var lost = false;
        while (true)
        {
            try
            {
                var started = Stopwatch.GetTimestamp();
                var result = await lease.Store.RecordAsync(lease.Epoch, conclusions, notices, CancellationToken.None).ConfigureAwait(false);
                QueueMetrics.Commits.Add(1, new KeyValuePair<string, object?>("kind", "outcome"));
                QueueMetrics.CommitBatch.Record(count, new KeyValuePair<string, object?>("kind", "outcome"));
                QueueMetrics.CommitTime.Record(Stopwatch.GetElapsedTime(started).TotalMilliseconds, new KeyValuePair<string, object?>("kind", "outcome"));
                Count(conclusions.Where(conclusion => !result.Late.Contains(conclusion.Key)));
                // After a lost answer the first try may have been the one that counted: then "late" only means "already written".
                if (!lost)
                    await LateAsync(conclusions.Where(c => result.Late.Contains(c.Key)), "recipient no longer owned").ConfigureAwait(false);
                _written(count, notices.Length > 0);
                return;
            }
            catch (Exception trouble) when (trouble is EpochFencedException || lease.HasEnded)
            {
                // With the epoch its connections are closed: whatever they say then, nothing can be written under it any more.
                lease.End();
                await LateAsync(conclusions, "epoch fenced").ConfigureAwait(false);
                _written(count, false);
                return;
            }
            catch (Exception trouble) when (Database.IsLost(trouble))
            {
                if (!lost)
                    Lost(_log, count, trouble.Message);
                lost = true;
                if (_stop.IsCancellationRequested)
                {
                    await LateAsync(conclusions, "stopped without the database").ConfigureAwait(false);
                    _written(count, false);
                    return;
                }
                await Task.Delay(TimeSpan.FromMilliseconds(200)).ConfigureAwait(false);
            }
            catch (Exception bug)
            {
                Refused(_log, count, bug);
                if (batch.Count == 1)
                {
                    // The rows stay owned by this epoch; the reconciliation of the dispatcher gives them back.
                    await LateAsync(conclusions, "the database refused it").ConfigureAwait(false);
                    _written(count, false);
                    return;
                }
                foreach (var ending in batch.ToArray())
                    await WriteBatchAsync([ending], ending.Conclusions.Count).ConfigureAwait(false);
                return;
            }
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
