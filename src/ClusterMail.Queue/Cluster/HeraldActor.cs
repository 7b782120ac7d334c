using System.Globalization;
using Akka.Actor;
using Akka.Event;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;

namespace ClusterMail.Queue.Cluster;

/// <summary>
/// Singleton that mails events to the administrator where the settings want it (CLU-33), gathered over half a minute, so that a storm is one mail; and tells people of logins the
/// next server refuses (APPROVE-426).
/// </summary>
public sealed class HeraldActor : ReceiveActor, IWithTimers
{
    /// <summary>Tells what is new now; it tells itself every half minute.</summary>
    public sealed record Look;

    private sealed record Done;
    private sealed record Failed(Exception Cause);

    private readonly EventMail _mail;
    private readonly UpstreamMail _logins;
    private readonly LeaseKeeper _lease;
    private readonly NumberBlocks _numbers;
    private readonly Func<NodeView> _view;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private bool _busy;

    public ITimerScheduler Timers { get; set; } = null!;

    public HeraldActor(EventMail mail, UpstreamMail logins, LeaseKeeper lease, NumberBlocks numbers, Func<NodeView> view)
    {
        (_mail, _logins, _lease, _numbers, _view) = (mail, logins, lease, numbers, view);
        Receive<Look>(_ => OnLook());
        Receive<Done>(_ => _busy = false);
        Receive<Failed>(failed =>
        {
            _busy = false;
            if (failed.Cause is not EpochFencedException && !Database.IsLost(failed.Cause))
                _log.Error(failed.Cause, "Mailing events failed");
        });
    }

    public static Props Props(EventMail mail, UpstreamMail logins, LeaseKeeper lease, NumberBlocks numbers, Func<NodeView> view) =>
        Akka.Actor.Props.Create(() => new HeraldActor(mail, logins, lease, numbers, view));

    protected override void PreStart() => Timers.StartPeriodicTimer("look", new Look(), TimeSpan.FromSeconds(30));

    private void OnLook()
    {
        if (_busy || _lease.Current is not { IsValid: true } lease)
            return;
        _busy = true;
        TellAsync(lease, _view()).PipeTo(Self, success: () => new Done(), failure: cause => new Failed(cause));
    }

    private async Task TellAsync(EpochLease lease, NodeView view)
    {
        await _logins.TellAsync(lease.Epoch, refused => RefusedLoginMails.Compose(_numbers, view, refused), CancellationToken.None).ConfigureAwait(false);
        var kinds = view.Settings.List("admin.event_mail");
        if (kinds.Count > 0 && view.Settings.Text("admin.address") is { Length: > 0 } admin && _numbers.TryTake(out var id))
            await _mail.TellAsync(lease.Epoch, kinds, news => Compose(id, view, Mailbox.FromStored(admin), news), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Plain text, one line an event; the null reverse-path, because nobody is to be told when it cannot be delivered.</summary>
    public static NewMail Compose(MessageId id, NodeView view, Mailbox admin, IReadOnlyList<EventRecord> news)
    {
        var lines = news.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.At.ToLocalTime():yyyy-MM-dd HH:mm:ss zzz}  {e.Node}  {e.Kind}: {e.Text}"));
        return PlainMail.Write(id, view, admin, news.Count == 1 ? $"[{view.HostName}] {news[0].Kind}: {news[0].Node}" : $"[{view.HostName}] {news.Count} events", string.Join("\r\n", lines) + "\r\n");
    }
}
