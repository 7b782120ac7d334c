using ClusterMail.Approval;
using ClusterMail.Approval.Holds;
using ClusterMail.Queue.Lease;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// Does what the outbox of approval has due, on every node: hands approved mail to the queue and writes the notices. Woken by what this node itself commits,
/// so that a release follows its decision at once; the poll takes over what a node that died has left (APPROVE-67, APPROVE-81).
/// </summary>
public sealed partial class HoldWorker : IAsyncDisposable
{
    private const int Batch = 20;
    private const int AtOnce = 4;

    /// <summary>A job is due again 30 s after a node took it and died; half of that is soon enough to look.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    /// <summary>Nothing here gets better by itself; an administrator is told.</summary>
    private static readonly TimeSpan AfterIntegrity = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);

    private readonly HoldWorkerParts _parts;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public HoldWorker(HoldWorkerParts parts, ILogger<HoldWorker> log) => (_parts, _log) = (parts, log);

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Something was committed that leaves work. Never blocks, never throws.</summary>
    public void Wake()
    {
        try
        {
            _signal.Release();
        }
        catch (Exception trouble) when (trouble is SemaphoreFullException or ObjectDisposedException)
        {
            // It is awake already, or gone.
        }
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _signal.WaitAsync(Poll, _stop.Token).ConfigureAwait(false);
                if (_parts.Lease.Current is { IsValid: true } lease)
                    await WorkAsync(lease).ConfigureAwait(false);
            }
            catch (Exception trouble) when (_stop.IsCancellationRequested || Database.IsLost(trouble))
            {
                // The next look finds it all again.
            }
            catch (Exception bug)
            {
                Failed(_log, bug);
            }
        }
    }

    private async Task WorkAsync(EpochLease lease)
    {
        IReadOnlyList<HoldJob> jobs;
        do
        {
            jobs = await _parts.Jobs.TakeAsync(Batch, _stop.Token).ConfigureAwait(false);
            await Parallel.ForEachAsync(jobs, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = _stop.Token }, (job, _) => TryAsync(lease, job)).ConfigureAwait(false);
        }
        while (jobs.Count == Batch);
        await _parts.Audit.ChainAsync(_stop.Token).ConfigureAwait(false);
    }

    private async ValueTask TryAsync(EpochLease lease, HoldJob job)
    {
        try
        {
            await DoAsync(lease, job).ConfigureAwait(false);
        }
        catch (EpochFencedException)
        {
            // It was paused, and works under a new epoch soon; whoever is alive need not wait out the term of the job.
            lease.End();
            await _parts.Jobs.PutOffAsync(job, TimeSpan.Zero, "the node that had it lost its lease", CancellationToken.None).ConfigureAwait(false);
        }
        catch (IntegrityException wrong)
        {
            await AlarmAsync(job, wrong).ConfigureAwait(false);
        }
        catch (Exception trouble) when (!Database.IsLost(trouble) && !_stop.IsCancellationRequested)
        {
            JobFailed(_log, job.Kind, new HoldId(job.Hold), job.Attempts, trouble);
            var pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 5 * Math.Pow(2, Math.Min(job.Attempts, 10))));
            await _parts.Jobs.PutOffAsync(job, pause, trouble.Message, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task DoAsync(EpochLease lease, HoldJob job)
    {
        var row = await _parts.Reader.FindAsync(job.Hold, _stop.Token).ConfigureAwait(false);
        var (mail, audit) = job.Kind == JobKind.Release
            ? row is null || !HeldStates.StatusOf(row.State).IsReleasing() ? (null, []) : (await _parts.Release.MakeAsync(row, _stop.Token).ConfigureAwait(false), Released(row))
            : (await _parts.Notice(job, row, _stop.Token).ConfigureAwait(false), (IReadOnlyList<AuditLine>)[]);
        if (!await _parts.Jobs.FinishAsync(lease.Epoch, job, mail, audit, _stop.Token).ConfigureAwait(false) || mail is null)
            return;
        if (job.Kind == JobKind.Release && row?.Decision is { } decision)
            ApprovalMetrics.Released(DateTimeOffset.UtcNow - decision.At);
        _parts.Queued();
    }

    private IReadOnlyList<AuditLine> Released(HoldRow row) =>
        [(ApprovalRecord.Of("RELEASED", _parts.Node, row) with { ResultId = row.Decision is { } decision ? new HoldId(decision.ResultId) : null, Reason = "content hash equal", Result = ResultCode.Ok }).Line()];

    /// <summary>APPROVE-69: the release stops, the mail stays, people are told.</summary>
    private async Task AlarmAsync(HoldJob job, IntegrityException wrong)
    {
        Tampered(_log, new HoldId(job.Hold), wrong.Message);
        var record = new ApprovalRecord("INTEGRITY") { Node = _parts.Node, Hold = new HoldId(job.Hold), Submission = new HoldId(wrong.Mail), Reason = wrong.Message, Result = ResultCode.Integrity };
        await _parts.Holds.AuditAsync([record.Line()], CancellationToken.None).ConfigureAwait(false);
        await _parts.Events.WriteAsync(_parts.Node, "approval-integrity", $"{new HoldId(job.Hold)} is not released: {wrong.Message}", null, CancellationToken.None).ConfigureAwait(false);
        await _parts.Jobs.PutOffAsync(job, AfterIntegrity, wrong.Message, CancellationToken.None).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
        _signal.Dispose();
    }

    [LoggerMessage(5511, LogLevel.Error, "Working on the outbox of approval failed")]
    private static partial void Failed(ILogger log, Exception bug);

    [LoggerMessage(5512, LogLevel.Warning, "The job {Kind} of {Hold} failed (attempt {Attempt}); it is tried again")]
    private static partial void JobFailed(ILogger log, string kind, HoldId hold, int attempt, Exception cause);

    [LoggerMessage(5513, LogLevel.Critical, "{Hold} must not leave: {Reason}")]
    private static partial void Tampered(ILogger log, HoldId hold, string reason);
}

/// <summary>What the worker works with.</summary>
public sealed record HoldWorkerParts
{
    public required string Node { get; init; }
    public required HoldJobs Jobs { get; init; }
    public required HoldReader Reader { get; init; }
    public required HoldStore Holds { get; init; }
    public required AuditStore Audit { get; init; }
    public required EventStore Events { get; init; }
    public required LeaseKeeper Lease { get; init; }
    public required ReleaseWork Release { get; init; }
    /// <summary>Writes the mail of a job that is one; null: there is nothing to be said any more.</summary>
    public required Func<HoldJob, HoldRow?, CancellationToken, Task<NewMail?>> Notice { get; init; }

    /// <summary>A mail was put into the queue: whoever delivers should look.</summary>
    public required Action Queued { get; init; }
}
