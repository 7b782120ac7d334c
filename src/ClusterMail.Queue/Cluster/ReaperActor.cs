using Akka.Actor;
using Akka.Event;
using ClusterMail.Store;

namespace ClusterMail.Queue.Cluster;

/// <summary>Singleton that keeps the tables tidy: mails without recipients, mailboxes without accounts, partitions ahead, history past its retention (LOG-17), accounts and aliases removed 30 days ago (ACCT-4). Each job is safe to run twice.</summary>
public sealed class ReaperActor : ReceiveActor, IWithTimers
{
    private sealed record Tick;
    private sealed record Done(int Swept, int Forgotten, int Purged);
    private sealed record Failed(Exception Cause);

    private readonly IReadOnlyList<QueueStore> _stores;
    private readonly MailboxStore _boxes;
    private readonly AccountStore _accounts;
    private readonly SessionLogStore _logs;
    private readonly Func<int> _retentionDays;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private bool _busy;

    public ITimerScheduler Timers { get; set; } = null!;

    public ReaperActor(IReadOnlyList<QueueStore> stores, MailboxStore boxes, AccountStore accounts, SessionLogStore logs, Func<int> retentionDays)
    {
        (_stores, _boxes, _accounts, _logs, _retentionDays) = (stores, boxes, accounts, logs, retentionDays);
        Receive<Tick>(_ => OnTick());
        Receive<Done>(done =>
        {
            _busy = false;
            if (done.Swept > 0)
                _log.Info("Removed {0} mails without recipients", done.Swept);
            if (done.Purged > 0)
                _log.Info("Removed {0} mailboxes whose accounts are gone", done.Purged);
            if (done.Forgotten > 0)
                _log.Info("Forgot {0} accounts and aliases that were removed 30 days ago", done.Forgotten);
        });
        Receive<Failed>(failed =>
        {
            _busy = false;
            if (!Database.IsLost(failed.Cause))
                _log.Error(failed.Cause, "Housekeeping failed");
        });
    }

    /// <param name="stores">The queue in each database, the main one first.</param>
    public static Props Props(IReadOnlyList<QueueStore> stores, MailboxStore boxes, AccountStore accounts, SessionLogStore logs, Func<int> retentionDays) =>
        Akka.Actor.Props.Create(() => new ReaperActor(stores, boxes, accounts, logs, retentionDays));

    protected override void PreStart() => Timers.StartPeriodicTimer("tick", new Tick(), TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));

    private void OnTick()
    {
        if (_busy)
            return;
        _busy = true;
        TidyAsync().PipeTo(Self, failure: cause => new Failed(cause));
    }

    private async Task<Done> TidyAsync()
    {
        await _logs.MaintainAsync(_retentionDays(), CancellationToken.None);
        var swept = await TidyAsync(_stores[0]);
        // A shard that is away has its turn in the next minute; the others need not wait for it.
        foreach (var shard in _stores.Skip(1))
        {
            try
            {
                swept += await TidyAsync(shard);
            }
            catch (Exception away) when (Database.IsLost(away))
            {
                // Its leases tell that it is away.
            }
        }
        var forgotten = await _accounts.PurgeAsync(CancellationToken.None);
        return new Done(swept, forgotten, await _boxes.PurgeOrphansAsync(CancellationToken.None));
    }

    private async Task<int> TidyAsync(QueueStore store)
    {
        await store.MaintainPartitionsAsync(_retentionDays(), CancellationToken.None);
        return await store.SweepAsync(CancellationToken.None);
    }
}
