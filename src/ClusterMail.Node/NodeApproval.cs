using System.Runtime.CompilerServices;
using Akka.Actor;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin;
using ClusterMail.Approval.Holds;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Node;

/// <summary>The parts of approval of this node, put together: what keeps held mail, decides about it and releases it.</summary>
public sealed class NodeApproval : IAsyncDisposable
{
    private readonly string _node;
    private readonly NpgsqlDataSource _source;
    private readonly Shards _databases;
    private readonly ILoggerFactory _logs;
    private readonly Func<NodeView> _view;
    private readonly HoldStore _holds;
    private readonly HoldJobs _jobs;
    private readonly AuditStore _audit;
    private readonly EventStore _events;
    private readonly ContentSeal? _seal;
    private readonly ApprovalStore _store;
    private readonly LinkStore _links;
    private readonly ApprovalLogReader _log;
    private HoldWorker? _worker;

    public NodeApproval(string node, NpgsqlDataSource source, Shards databases, RecoverableKey key, ContentKeys keys, Func<NodeView> view, ILoggerFactory logs)
    {
        (_node, _source, _databases, _logs, _view) = (node, source, databases, logs, view);
        _seal = key.Seal is { } own ? new ContentSeal(Held(own), [.. own.Former.Select(former => new ContentSeal(Held(former)))]) : null;
        (_holds, _jobs, _audit, _events) = (new HoldStore(source), new HoldJobs(source, keys), new AuditStore(source), new EventStore(source));
        (_store, _links, _log) = (new ApprovalStore(source), new LinkStore(source), new ApprovalLogReader(source));
        Reader = new HoldReader(source, _seal);
        Watch = new ApprovalWatch(_store, _seal, view, logs.CreateLogger<ApprovalWatch>());
    }

    /// <summary>Keys of held contents; null: the node's file names none.</summary>
    public ContentSeal? Seal => _seal;

    public HoldReader Reader { get; }
    public ApprovalWatch Watch { get; }

    /// <summary>Envelopes of past mails.</summary>
    public EnvelopeReader Envelopes => new(_databases);
    public HoldDesk Desk { get; private set; } = null!;
    public ApprovalDoor Door { get; private set; } = null!;

    /// <summary>Whether a mail of a requester waits for a decision.</summary>
    public Func<Protocol.Mailbox, CancellationToken, ValueTask<bool>> Waits { get; private set; } = null!;

    /// <summary>What the pages show and do.</summary>
    public PageDesk Pages { get; private set; } = null!;

    public PersonalDesk Personal { get; private set; } = null!;
    public ProxyDesk Proxies { get; private set; } = null!;

    /// <summary>Where everybody hands in acts on held mails.</summary>
    public IHoldActs Acts { get; private set; } = null!;

    private static byte[] Held(PasswordSeal key) => key.Derive("clustermail held content");

    private HoldRules Rules(TimeProvider time) => new(() => Watch.Current, () => _view().Settings.Switch("approval.allow_withdraw"), time) { HasPage = () => _view().Settings.Text("approval.web.url").Length > 0 };

    /// <param name="region">The actors of held mails; nobody while there is no cluster.</param>
    /// <param name="superiors">For <c>@manager</c> in domains with <c>login=ldap</c>.</param>
    /// <param name="queued">A mail was put into the queue.</param>
    public void Assemble(NumberBlocks numbers, LeaseKeeper lease, Func<IActorRef> region, OutsideSuperior superiors, Action queued)
    {
        var time = TimeProvider.System;
        Desk = new HoldDesk(_holds, Reader, numbers, _node, Rules(time), Wake, _logs.CreateLogger<HoldDesk>());
        Acts = new HoldGate(Desk, Reader, region);
        Proxies = new ProxyDesk(_store, () => Watch.Current, time);
        var decisions = new DecisionDesk(Acts, Desk, Reader, _holds, _jobs, () => Watch.Current, time);
        Waits = decisions.IsAwaitedAsync;
        Door = new ApprovalDoor(
            new HoldPlanner(numbers, _seal, _node, new HeldSpace(Reader.KeptAsync, () => _view().Settings.Integer("approval.hold_limit"), time), new Partners(new PartnerReader(_databases), time), time, superiors), decisions, Commands(time),
            new ReleasedAgain(Reader, _holds, () => Watch.Current, _node), Wake, _logs.CreateLogger<ApprovalDoor>());
        var cases = new HeldCases(Reader, _view);
        Pages = new PageDesk(Acts, Desk, Reader, _holds, _links, cases, () => Watch.Current, _node, Wake, time);
        Personal = new PersonalDesk(new PersonalParts
        {
            Node = _node,
            Acts = Acts,
            Reader = Reader,
            Own = new PersonalReader(_source),
            Holds = _holds,
            Jobs = _jobs,
            Numbers = numbers,
            Lists = () => Watch.Current,
            Done = Wake,
            Time = time,
        });
        _worker = new HoldWorker(new HoldWorkerParts
        {
            Node = _node,
            Jobs = _jobs,
            Reader = Reader,
            Holds = _holds,
            Audit = _audit,
            Events = _events,
            Lease = lease,
            Release = new ReleaseWork(Reader, numbers, () => Watch.Current, _view),
            Notice = Notices(cases, numbers, time).MakeAsync,
            Queued = queued,
        }, _logs.CreateLogger<HoldWorker>());
    }

    private CommandDesk Commands(TimeProvider time) => new(new CommandParts
    {
        Node = _node,
        Acts = Acts,
        Holds = _holds,
        Jobs = _jobs,
        Proxies = Proxies,
        Done = Wake,
        Time = time,
    });

    private NoticeWork Notices(HeldCases cases, NumberBlocks numbers, TimeProvider time)
    {
        var lists = () => Watch.Current;
        var pages = new PageLinks(_links, _view);
        var waiting = new WaitingLists(Reader, _holds, cases, pages, lists, _view, time);
        return new NoticeWork(Reader, cases, waiting, new CommandAnswers(Reader, waiting, pages, HistoryAsync, lists, _view, time), pages, numbers, lists, _view, time);
    }

    /// <summary>The approval log as <c>clustermail log approval</c> prints it.</summary>
    public async IAsyncEnumerable<(DateTimeOffset At, string Line)> HistoryAsync(LogSpan span, TimeZoneInfo zone, [EnumeratorCancellation] CancellationToken cancel)
    {
        var level = (int)_view().Settings.Integer("approval.log_level");
        var format = new ApprovalLogFormat(zone, level);
        await foreach (var row in _log.LinesAsync(span, votes: level >= 2, cancel))
            if (format.Line(row) is { } line)
                yield return (row.At, line);
    }

    public void Start() => _worker!.Start();

    public Props Deadlines() => DeadlineActor.Props(new DeadlineParts
    {
        Node = _node,
        Store = _holds,
        Reader = Reader,
        Jobs = _jobs,
        Audit = _audit,
        Events = _events,
        Approval = _store,
        Desk = Desk,
        Watch = Watch,
        Approvers = new MissingApprovers(new ApproverStore(_source), Reader, Desk, Resolver),
        Fallback = requester => Resolver().Fallback(requester, [requester]),
        KeepRejected = () => TimeSpan.FromDays(_view().Settings.Integer("approval.keep_rejected_days")),
        Wake = Wake,
        Time = TimeProvider.System,
    });

    private ApproverResolver Resolver()
    {
        var policy = _view().Policy;
        return new ApproverResolver(policy.Directory, Watch.Current.Register, policy.Approval.Options, DateTimeOffset.UtcNow);
    }

    private void Wake() => _worker?.Wake();

    public async ValueTask DisposeAsync()
    {
        if (_worker is not null)
            await _worker.DisposeAsync();
    }
}
