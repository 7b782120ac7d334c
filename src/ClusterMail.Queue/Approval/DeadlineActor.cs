using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using ClusterMail.Approval;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Notices;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using ClusterMail.Store;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// Singleton that lets time pass for held mail: reminders, escalation, expiry (APPROVE-59), the chain of the audit, contents whose time is over. It asks for
/// the head of one index, so that a hundred thousand held mails cost nothing while none is due. A second instance does no harm: each act is a guarded
/// transition (APPROVE-87).
/// </summary>
public sealed class DeadlineActor : ReceiveActor, IWithTimers
{
    /// <summary>APPROVE-62: longer without a tick means that nobody could decide; what came due meanwhile waits so long.</summary>
    public static readonly TimeSpan Gap = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(30);

    private const int Batch = 200;
    private const int Drops = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan HousekeepingEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AnchorEvery = TimeSpan.FromHours(1);

    /// <summary>Entries without a hash for longer are an alarm (APPROVE-333).</summary>
    private static readonly TimeSpan Unchained = TimeSpan.FromSeconds(10);

    private sealed record Tick;
    private sealed record Done(TimeSpan? Next, int PutOff);
    private sealed record Failed(Exception Cause);

    private readonly DeadlineParts _parts;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private DateTimeOffset _keptHouse = DateTimeOffset.MinValue;
    private DateTimeOffset _anchored = DateTimeOffset.MinValue;

    public ITimerScheduler Timers { get; set; } = null!;

    public DeadlineActor(DeadlineParts parts)
    {
        _parts = parts;
        Receive<Tick>(_ => WorkAsync().PipeTo(Self, failure: cause => new Failed(cause)));
        Receive<Done>(OnDone);
        Receive<Failed>(OnFailed);
    }

    public static Props Props(DeadlineParts parts) => Akka.Actor.Props.Create(() => new DeadlineActor(parts));

    protected override void PreStart() => Again(TimeSpan.Zero);

    private void OnDone(Done done)
    {
        if (done.PutOff > 0)
            _log.Warning("The farm stood still for more than {0}: {1} held mails whose time came meanwhile wait {2} more (APPROVE-62)", Gap, done.PutOff, Grace);
        Again(done.Next is { } next && next < Pause ? next : Pause);
    }

    private void OnFailed(Failed failed)
    {
        if (!Database.IsLost(failed.Cause))
            _log.Error(failed.Cause, "The deadlines of held mail were not looked after");
        Again(Pause);
    }

    private void Again(TimeSpan after) => Timers.StartSingleTimer("tick", new Tick(), after < Shortest ? Shortest : after);

    private async Task<Done> WorkAsync()
    {
        var (putOff, next) = await _parts.Store.TickAsync(Gap, Grace, CancellationToken.None).ConfigureAwait(false);
        if (putOff > 0)
            await _parts.Events.WriteAsync(_parts.Node, "approval-grace", $"{putOff} held mails whose time came while the farm stood still wait {Grace.TotalMinutes:F0} minutes more", null, CancellationToken.None).ConfigureAwait(false);
        if (next == TimeSpan.Zero)
            foreach (var hold in await _parts.Store.DueAsync(Batch, CancellationToken.None).ConfigureAwait(false))
                await ActAsync(hold).ConfigureAwait(false);
        await _parts.Audit.ChainAsync(CancellationToken.None).ConfigureAwait(false);
        await _parts.Watch.RotateAsync(_parts.Time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);
        var now = _parts.Time.GetUtcNow();
        if (now - _keptHouse >= HousekeepingEvery)
            await KeepHouseAsync(now).ConfigureAwait(false);
        return new Done(next, putOff);
    }

    /// <summary>The latest of what is due: an expiry makes a reminder pointless.</summary>
    private async Task ActAsync(long number)
    {
        if (await _parts.Reader.FindAsync(number, CancellationToken.None).ConfigureAwait(false) is not { IsOpen: true } row)
            return;
        var now = _parts.Time.GetUtcNow();
        if (IsDue(row.BeginAt, now))
            await _parts.Desk.ActAsync(new HoldId(number), _ => new Trigger.Begin(now), new Actor(), CancellationToken.None).ConfigureAwait(false);
        else if (IsDue(row.ExpireAt, now))
            await _parts.Desk.ActAsync(new HoldId(number), current => new Trigger.Expire(Action(current), now), new Actor(), CancellationToken.None).ConfigureAwait(false);
        else if (IsDue(row.EscalateAt, now))
            await EscalateAsync(row, now).ConfigureAwait(false);
        else if (IsDue(row.RemindAt, now))
            await RemindAsync(row, now).ConfigureAwait(false);
    }

    // The database said it was due; its clock is the one that counts, and ours may lag a little.
    private static bool IsDue(DateTimeOffset? at, DateTimeOffset now) => at is { } time && time <= now + TimeSpan.FromSeconds(2);

    private static ExpiryAction Action(HoldRow row) => row.OnExpire switch { "release" => ExpiryAction.Release, "keep" => ExpiryAction.Keep, _ => ExpiryAction.Reject };

    private async Task EscalateAsync(HoldRow row, DateTimeOffset now)
    {
        ImmutableArray<Mailbox> targets = row.EscalateTo.IsEmpty ? _parts.Fallback(Mailbox.FromStored(row.Requester)) : [.. row.EscalateTo.Select(Mailbox.FromStored)];
        var answer = await _parts.Desk.ActAsync(new HoldId(row.Id), _ => new Trigger.Escalate(EscalationCause.Deadline, targets, now), new Actor(), CancellationToken.None).ConfigureAwait(false);
        // Nobody to escalate to: it must not come due again at once.
        if (!answer.IsDone && answer.Row is { IsOpen: true } open)
            await _parts.Store.ApplyAsync(Unchanged(open) with { EndsEscalation = true }, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>One mail an hour and approver at most, however many mails wait for him: it is the whole list (APPROVE-59).</summary>
    private async Task RemindAsync(HoldRow row, DateTimeOffset now)
    {
        await _parts.Jobs.AddAsync(0, [.. row.Approvers.Where(approver => approver.Waits).Select(approver => new NewJob(NoticeJobs.Reminder(now), approver.Address))], CancellationToken.None).ConfigureAwait(false);
        await _parts.Store.ApplyAsync(Unchanged(row) with { RemindIn = row.RemindEvery ?? TimeSpan.FromDays(1) }, CancellationToken.None).ConfigureAwait(false);
        _parts.Wake();
    }

    private static HoldChange Unchanged(HoldRow row) => new()
    {
        Hold = row.Id,
        Version = row.Version,
        Stage = row.Stage,
        Waiting = [.. row.Approvers.Where(approver => approver.Waits).Select(approver => approver.Address)],
    };

    /// <summary>A proxy's window ends within a day: the approver is told, once (APPROVE-209).</summary>
    private async Task TellEndingsAsync()
    {
        foreach (var proxy in await _parts.Approval.EndingAsync(ProxyTerm.Notice, NoticeKind.ProxyEnding.Word(), CancellationToken.None).ConfigureAwait(false))
            await _parts.Jobs.AnswerAsync(0, [new NewAnswer(NoticeJobs.Ending(proxy.Until!.Value), proxy.Approver, new CommandAnswer { Now = proxy.Proxy, Until = proxy.Until }.Write())], CancellationToken.None).ConfigureAwait(false);
    }

    private async Task KeepHouseAsync(DateTimeOffset now)
    {
        _keptHouse = now;
        await TellEndingsAsync().ConfigureAwait(false);
        while (await _parts.Store.DropContentsAsync(_parts.KeepRejected(), Drops, _parts.Node, CancellationToken.None).ConfigureAwait(false) == Drops)
        {
        }
        await _parts.Approvers.LookAsync(now, CancellationToken.None).ConfigureAwait(false);
        var (entries, oldest) = await _parts.Audit.WaitingAsync(CancellationToken.None).ConfigureAwait(false);
        if (oldest > Unchained)
            await _parts.Events.WriteAsync(_parts.Node, "approval-audit", $"{entries} entries of the audit wait for their hash, the oldest for {oldest.TotalSeconds:F0} s", null, CancellationToken.None).ConfigureAwait(false);
        if (now - _anchored < AnchorEvery)
            return;
        _anchored = now;
        // APPROVE-332: the program log is outside the database; whoever ships it away has what a chain made anew does not fit.
        if (await _parts.Audit.HeadAsync(CancellationToken.None).ConfigureAwait(false) is { } head)
            _log.Info("Head of the approval audit: {0}:{1}", head.Seq, head.Hash);
    }
}

/// <summary>What the deadlines work with.</summary>
public sealed record DeadlineParts
{
    public required string Node { get; init; }
    public required HoldStore Store { get; init; }
    public required HoldReader Reader { get; init; }
    public required HoldJobs Jobs { get; init; }
    public required AuditStore Audit { get; init; }
    public required EventStore Events { get; init; }
    public required ApprovalStore Approval { get; init; }
    public required HoldDesk Desk { get; init; }
    public required ApprovalWatch Watch { get; init; }
    public required MissingApprovers Approvers { get; init; }

    /// <summary>Who is asked when a line names nobody: fallback approver, else administrators (T5).</summary>
    public required Func<Mailbox, ImmutableArray<Mailbox>> Fallback { get; init; }

    /// <summary><c>approval.keep_rejected_days</c>.</summary>
    public required Func<TimeSpan> KeepRejected { get; init; }
    public required Action Wake { get; init; }
    public required TimeProvider Time { get; init; }
}
