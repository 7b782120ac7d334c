using Akka.Actor;
using Akka.Event;
using ClusterMail.Store;

namespace ClusterMail.Queue.Cluster;

/// <summary>Singleton that keeps the tables tidy: mails without recipients, partitions ahead, history past its retention (LOG-17). Each job is safe to run twice.</summary>
public sealed class ReaperActor : ReceiveActor, IWithTimers
{
    private sealed record Tick;
    private sealed record Done(int Swept);
    private sealed record Failed(Exception Cause);

    private readonly QueueStore _store;
    private readonly Func<int> _retentionDays;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private bool _busy;

    public ITimerScheduler Timers { get; set; } = null!;

    public ReaperActor(QueueStore store, Func<int> retentionDays)
    {
        (_store, _retentionDays) = (store, retentionDays);
        Receive<Tick>(_ => OnTick());
        Receive<Done>(done =>
        {
            _busy = false;
            if (done.Swept > 0)
                _log.Info("Removed {0} mails without recipients", done.Swept);
        });
        Receive<Failed>(failed =>
        {
            _busy = false;
            if (!Database.IsLost(failed.Cause))
                _log.Error(failed.Cause, "Housekeeping failed");
        });
    }

    public static Props Props(QueueStore store, Func<int> retentionDays) => Akka.Actor.Props.Create(() => new ReaperActor(store, retentionDays));

    protected override void PreStart() => Timers.StartPeriodicTimer("tick", new Tick(), TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));

    private void OnTick()
    {
        if (_busy)
            return;
        _busy = true;
        TidyAsync().PipeTo(Self, success: swept => new Done(swept), failure: cause => new Failed(cause));
    }

    private async Task<int> TidyAsync()
    {
        await _store.MaintainPartitionsAsync(_retentionDays(), CancellationToken.None);
        return await _store.SweepAsync(CancellationToken.None);
    }
}
