using System.Globalization;
using Akka.Actor;
using Akka.Event;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;
using MimeKit;

namespace ClusterMail.Queue.Cluster;

/// <summary>Singleton that mails events to the administrator where the settings want it (CLU-33), gathered over half a minute, so that a storm is one mail.</summary>
public sealed class HeraldActor : ReceiveActor, IWithTimers
{
    /// <summary>Tells what is new now; it tells itself every half minute.</summary>
    public sealed record Look;

    private sealed record Done;
    private sealed record Failed(Exception Cause);

    private readonly EventMail _mail;
    private readonly LeaseKeeper _lease;
    private readonly NumberBlocks _numbers;
    private readonly Func<NodeView> _view;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private bool _busy;

    public ITimerScheduler Timers { get; set; } = null!;

    public HeraldActor(EventMail mail, LeaseKeeper lease, NumberBlocks numbers, Func<NodeView> view)
    {
        (_mail, _lease, _numbers, _view) = (mail, lease, numbers, view);
        Receive<Look>(_ => OnLook());
        Receive<Done>(_ => _busy = false);
        Receive<Failed>(failed =>
        {
            _busy = false;
            if (failed.Cause is not EpochFencedException && !Database.IsLost(failed.Cause))
                _log.Error(failed.Cause, "Mailing events failed");
        });
    }

    public static Props Props(EventMail mail, LeaseKeeper lease, NumberBlocks numbers, Func<NodeView> view) =>
        Akka.Actor.Props.Create(() => new HeraldActor(mail, lease, numbers, view));

    protected override void PreStart() => Timers.StartPeriodicTimer("look", new Look(), TimeSpan.FromSeconds(30));

    private void OnLook()
    {
        var view = _view();
        var kinds = view.Settings.List("admin.event_mail");
        if (_busy || kinds.Count == 0 || view.Settings.Text("admin.address") is not { Length: > 0 } admin
            || _lease.Current is not { IsValid: true } lease || !_numbers.TryTake(out var id))
            return;
        _busy = true;
        _mail.TellAsync(lease.Epoch, kinds, news => Compose(id, view, Mailbox.FromStored(admin), news), CancellationToken.None)
            .PipeTo(Self, success: _ => new Done(), failure: cause => new Failed(cause));
    }

    /// <summary>Plain text, one line an event; the null reverse-path, because nobody is to be told when it cannot be delivered.</summary>
    public static NewMail Compose(MessageId id, NodeView view, Mailbox admin, IReadOnlyList<EventRecord> news)
    {
        var lines = news.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.At.ToLocalTime():yyyy-MM-dd HH:mm:ss zzz}  {e.Node}  {e.Kind}: {e.Text}"));
        using var message = new MimeMessage();
        message.From.Add(new MailboxAddress("ClusterMail", $"postmaster@{view.HostName}"));
        message.To.Add(new MailboxAddress("", admin.ToString()));
        message.Subject = news.Count == 1 ? $"[{view.HostName}] {news[0].Kind}: {news[0].Node}" : $"[{view.HostName}] {news.Count} events";
        message.MessageId = id.At(view.HostName);
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Body = new TextPart("plain") { Text = string.Join("\r\n", lines) + "\r\n" };
        using var content = new MemoryStream();
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        message.WriteTo(format, content);
        return new NewMail
        {
            Id = id,
            ReversePath = "",
            Content = new MemoryContent(content.ToArray()),
            Recipients = [new NewRecipient(0, admin.ToString(), view.Router.Decide(ReversePath.Null, admin).Destination, Owned: false) { Notify = Notify.Never }],
        };
    }
}
