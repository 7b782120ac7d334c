using System.Diagnostics;
using ClusterMail.Protocol;
using ClusterMail.Queue.Lease;
using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Accept;

/// <summary>Limits of the group commit on the accepting side.</summary>
public sealed record AcceptJournalOptions
{
    /// <summary>Mails in one commit; default 500.</summary>
    public int MaxBatch { get; init; } = 500;

    /// <summary>Octets of content in one commit; default 8 MiB.</summary>
    public long MaxBatchBytes { get; init; } = 8_388_608;

    /// <summary>Octets that may wait for a commit; default 128 MiB, then MAIL is answered 452 (P6).</summary>
    public long MaxWaitingBytes { get; init; } = 134_217_728;

    /// <summary>A second commit starts beside a running one only when this many mails wait: few big commits beat many small ones. Default 16.</summary>
    public int SecondCommitFrom { get; init; } = 16;

    /// <summary>
    /// Shortest time from the start of one commit to that of the next while commits hold several mails: more mails share one. A lone client never waits for it.
    /// Default 2 ms.
    /// </summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Large mails streamed into the database at once; default 4.</summary>
    public int LargeAtOnce { get; init; } = 4;

    /// <summary>A commit that takes so long may wait for a database that is gone; with several, mail goes to another meanwhile. Default 1 s.</summary>
    public TimeSpan Slow { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>So long after trouble with a database its journal counts as troubled. Default 5 s.</summary>
    public TimeSpan AvoidFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a lost commit answer is asked after before the client gets 451; default 20 s (RFC 5321 §4.5.3.2.6 lets it wait 10 min).</summary>
    public TimeSpan SettleFor { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>
/// Group commit of accepted mails (design §3): sessions hand in finished mails; whatever arrived while the last commit ran goes into the next
/// one as a single transaction.
/// </summary>
public sealed partial class AcceptJournal : IAsyncDisposable
{
    /// <summary>While one commit waits for the disk the next can be prepared; a third would only make both smaller.</summary>
    private const int MaxRunning = 2;

    private readonly LeaseKeeper _lease;
    private readonly AcceptJournalOptions _options;
    private readonly ILogger _log;
    private readonly Lock _starting = new();
    private readonly Queue<Entry> _waiting = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _large;
    private readonly Timer _paced;
    private long _waitingBytes;
    private long _lastStart;
    private int _lastBatch;
    private int _running;
    private bool _pacing;
    private bool _closed;
    private long _troubledAt;

    private sealed record Entry(NewMail Mail) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource<CommitResult> _done = new();
        private CommitResult _result;

        public Task<CommitResult> Done => _done.Task;

        /// <summary>When it was handed in, as <see cref="Stopwatch.GetTimestamp"/> has it.</summary>
        public long Since { get; } = Stopwatch.GetTimestamp();

        /// <summary>The session goes on where this is called.</summary>
        public void End(CommitResult result) => _done.TrySetResult(result);

        /// <summary>The session goes on beside this.</summary>
        public void EndElsewhere(CommitResult result)
        {
            _result = result;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        void IThreadPoolWorkItem.Execute() => End(_result);
    }

    /// <param name="IsAlone">One mail, and one before it: of a client that nobody else is beside.</param>
    private readonly record struct Batch(List<Entry> Entries, bool IsAlone);

    public AcceptJournal(LeaseKeeper lease, AcceptJournalOptions options, ILogger<AcceptJournal> log)
    {
        (_lease, _options, _log) = (lease, options, log);
        _large = new SemaphoreSlim(options.LargeAtOnce);
        _paced = new Timer(_ => OnPaced());
    }

    public long WaitingBytes => Volatile.Read(ref _waitingBytes);

    /// <summary>The limit is <see cref="MailContent.Length"/> summed over waiting mails, which other limits keep small each.</summary>
    public bool IsFull => WaitingBytes > _options.MaxWaitingBytes;

    /// <summary>A commit was lost a moment ago, or one is slow: with several databases mail goes to another one.</summary>
    public bool IsTroubled =>
        (Volatile.Read(ref _troubledAt) is var at and not 0 && Stopwatch.GetElapsedTime(at) < _options.AvoidFor)
        || (Volatile.Read(ref _running) > 0 && Stopwatch.GetElapsedTime(Volatile.Read(ref _lastStart)) > _options.Slow);

    /// <summary>
    /// Completes when the mail is committed, with the lease under which it is owned; without one when it is not committed and never will be by us. A mail that comes alone keeps the
    /// calling thread until then (decision 41).
    /// </summary>
    public async Task<CommitResult> CommitAsync(NewMail mail, CancellationToken cancel)
    {
        if (mail.Content.Memory is null)
            return await CommitLargeAsync(mail, cancel).ConfigureAwait(false);
        var entry = new Entry(mail);
        Interlocked.Add(ref _waitingBytes, mail.Content.Length);
        lock (_starting)
        {
            if (_closed)
            {
                Interlocked.Add(ref _waitingBytes, -mail.Content.Length);
                return CommitResult.Refused;
            }
            _waiting.Enqueue(entry);
        }
        // To the database on the thread of the session: handing it to another one is a wait more for a lone client.
        if (NextBatch() is { } batch)
            _ = RunCommitAsync(batch);
        return await entry.Done.ConfigureAwait(false);
    }

    private void StartCommit()
    {
        if (NextBatch() is { } batch)
            _ = Task.Run(() => RunCommitAsync(batch));
    }

    /// <summary>
    /// What the next commit takes when one may run: at once while none does, beside a running one only when much waits, since few big commits beat many
    /// small ones. Asked when a mail comes and when a commit ends, so nothing polls.
    /// </summary>
    private Batch? NextBatch()
    {
        lock (_starting)
        {
            var waiting = _waiting.Count;
            if (waiting == 0 || _running == MaxRunning || (_running > 0 && waiting < _options.SecondCommitFrom) || IsPaced(waiting))
                return null;
            _running++;
            var taken = Take();
            var batch = new Batch(taken, taken.Count == 1 && _lastBatch < 2);
            (_lastStart, _lastBatch) = (Stopwatch.GetTimestamp(), taken.Count);
            return batch;
        }
    }

    /// <summary>True: others are likely to come within the pace, and a timer will look again.</summary>
    private bool IsPaced(int waiting)
    {
        if (_lastBatch < 2 || waiting >= _options.SecondCommitFrom || _closed || Stopwatch.GetElapsedTime(_lastStart) >= _options.Pace)
            return false;
        if (!_pacing)
        {
            _pacing = true;
            _paced.Change(1, Timeout.Infinite);
        }
        return true;
    }

    private void OnPaced()
    {
        lock (_starting)
            _pacing = false;
        StartCommit();
    }

    private async Task RunCommitAsync(Batch taken)
    {
        var batch = taken.Entries;
        var begun = Stopwatch.GetTimestamp();
        var results = await CommitBatchAsync(taken).ConfigureAwait(false);
        lock (_starting)
        {
            _running--;
            if (_running == 0 && _waiting.Count == 0 && _closed)
                _idle.TrySetResult();
        }
        // The next commit is under way before this one's sessions have their say: the last of them goes on here.
        StartCommit();
        foreach (var entry in batch)
            QueueMetrics.CommitWait.Record(Stopwatch.GetElapsedTime(entry.Since, begun).TotalMilliseconds);
        for (var index = 0; index < batch.Count - 1; index++)
            batch[index].EndElsewhere(results[index]);
        batch[^1].End(results[^1]);
    }

    private List<Entry> Take()
    {
        long bytes = 0;
        var batch = new List<Entry>(Math.Min(_waiting.Count, _options.MaxBatch));
        while (batch.Count < _options.MaxBatch && bytes < _options.MaxBatchBytes && _waiting.TryDequeue(out var entry))
        {
            bytes += entry.Mail.Content.Length;
            batch.Add(entry);
        }
        Interlocked.Add(ref _waitingBytes, -bytes);
        return batch;
    }

    /// <returns>How each of them ended; no trouble is thrown.</returns>
    private async Task<CommitResult[]> CommitBatchAsync(Batch taken)
    {
        var batch = taken.Entries;
        var result = CommitResult.Refused;
        try
        {
            if (_lease.Current is not { IsValid: true } lease)
            {
                result = CommitResult.NotThere;
            }
            else
            {
                var started = Stopwatch.GetTimestamp();
                var mails = batch.ConvertAll(entry => entry.Mail);
                result = await TryAsync(lease, mails,
                    () => taken.IsAlone ? lease.Store.AcceptAloneAsync(lease.Epoch, mails[0], _stop.Token) : lease.Store.AcceptAsync(lease.Epoch, mails, _stop.Token)).ConfigureAwait(false);
                QueueMetrics.Commits.Add(1, new KeyValuePair<string, object?>("kind", "accept"));
                QueueMetrics.CommitBatch.Record(batch.Count, new KeyValuePair<string, object?>("kind", "accept"));
                QueueMetrics.CommitTime.Record(Stopwatch.GetElapsedTime(started).TotalMilliseconds, new KeyValuePair<string, object?>("kind", "accept"));
            }
        }
        catch (Exception bug)
        {
            // One mail the database refuses (our bug) must not take its neighbours with it: each is tried alone.
            BatchRefused(_log, batch.Count, bug);
            if (batch.Count > 1)
            {
                var alone = new CommitResult[batch.Count];
                for (var index = 0; index < alone.Length; index++)
                    alone[index] = (await CommitBatchAsync(new Batch([batch[index]], IsAlone: false)).ConfigureAwait(false))[0];
                return alone;
            }
        }
        return [.. Enumerable.Repeat(result, batch.Count)];
    }

    private async Task<CommitResult> CommitLargeAsync(NewMail mail, CancellationToken cancel)
    {
        await _large.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_lease.Current is not { IsValid: true } lease)
                return CommitResult.NotThere;
            QueueMetrics.Commits.Add(1, new KeyValuePair<string, object?>("kind", "accept"));
            return await TryAsync(lease, [mail], () => lease.Store.AcceptLargeAsync(lease.Epoch, mail, cancel)).ConfigureAwait(false);
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            BatchRefused(_log, 1, bug);
            return CommitResult.Refused;
        }
        finally
        {
            _large.Release();
        }
    }

    /// <summary>A lost answer is settled by asking the database which numbers it has.</summary>
    private async Task<CommitResult> TryAsync(EpochLease lease, IReadOnlyList<NewMail> mails, Func<Task> commit)
    {
        try
        {
            await commit().ConfigureAwait(false);
            return new CommitResult(lease, false);
        }
        catch (EpochFencedException)
        {
            lease.End();
            return CommitResult.NotThere;
        }
        catch (Exception trouble) when (Database.IsLost(trouble) || trouble is ObjectDisposedException)
        {
            Volatile.Write(ref _troubledAt, Stopwatch.GetTimestamp());
            return await SettleAsync(lease, mails, trouble).ConfigureAwait(false);
        }
    }

    private async Task<CommitResult> SettleAsync(EpochLease lease, IReadOnlyList<NewMail> mails, Exception trouble)
    {
        AnswerLost(_log, mails.Count, trouble.Message);
        var numbers = mails.Select(mail => mail.Id.Number).ToArray();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < _options.SettleFor && !_stop.IsCancellationRequested)
        {
            try
            {
                // By the connections of the epoch in force: those of the lost one may be closed by now.
                var known = await (_lease.Current ?? lease).Store.WhichExistAsync(numbers, _stop.Token).ConfigureAwait(false);
                Settled(_log, known.Count, numbers.Length);
                return known.Count > 0 ? new CommitResult(lease, false) : CommitResult.NotThere;      // one transaction: all or none
            }
            catch (Exception again) when (Database.IsLost(again) || again is ObjectDisposedException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250)).ConfigureAwait(false);
            }
        }
        return CommitResult.Refused;
    }

    public async ValueTask DisposeAsync()
    {
        lock (_starting)
        {
            _closed = true;
            if (_running == 0 && _waiting.Count == 0)
                _idle.TrySetResult();
        }
        await _idle.Task.ConfigureAwait(false);
        await _paced.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        _stop.Dispose();
        _large.Dispose();
    }

    [LoggerMessage(5101, LogLevel.Error, "The database refused a batch of {Count} mails")]
    private static partial void BatchRefused(ILogger log, int count, Exception bug);

    [LoggerMessage(5102, LogLevel.Warning, "The answer to a commit of {Count} mails was lost ({Reason}); asking whether it happened")]
    private static partial void AnswerLost(ILogger log, int count, string reason);

    [LoggerMessage(5103, LogLevel.Information, "The lost commit is settled: {Known} of {Count} mails are there")]
    private static partial void Settled(ILogger log, int known, int count);
}
