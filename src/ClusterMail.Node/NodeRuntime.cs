using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using System.Reflection;
using Akka.Actor;
using Akka.Configuration;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Admin.Pages;
using ClusterMail.Node.Cluster;
using ClusterMail.Protocol;
using ClusterMail.Queue;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Addresses;
using ClusterMail.Queue.Bounce;
using ClusterMail.Queue.Cluster;
using ClusterMail.Queue.Deliver;
using ClusterMail.Queue.Lease;
using ClusterMail.Queue.Lockout;
using ClusterMail.Queue.Login;
using ClusterMail.Queue.Logs;
using ClusterMail.Queue.Outcome;
using ClusterMail.Queue.Receive;
using ClusterMail.Queue.Schedule;
using ClusterMail.Queue.Senders;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using ClusterMail.Store.Content;

namespace ClusterMail.Node;

/// <summary>The node put together: every part once, in the order in which a mail meets them. Starts and stops them in order (CLU-32).</summary>
public sealed class NodeRuntime : IAsyncDisposable
{
    private const int NumberBlock = 1000;

    /// <summary>Settings by which the listeners change.</summary>
    private static readonly string[] ListenerSettings = ["listen", "net.ip_version", "cluster.service_addresses"];

    private readonly NodeOptions _node;
    private readonly ILoggerFactory _logs;
    private readonly ActorSystem _local;
    private readonly NodeCertificates _certificates;
    private readonly AcceptJournal _accepts;
    private readonly OutcomeJournal _outcomes;
    private readonly NumberBlocks _numbers;
    private readonly ContentKeyWatch _keyWatch;
    private readonly UpstreamLogins _logins;
    private readonly LockoutExchange _lockouts;
    private readonly IActorRef _receiver;
    private readonly IActorRef _dispatcher;
    private readonly NodeAddresses _addresses;
    private volatile ReceiverActor.Sight? _receiverSight;
    private volatile DispatcherActor.Sight? _dispatcherSight;

    public NodeRuntime(NodeOptions node, Shards databases, RecoverableKey key, ILoggerFactory logs)
    {
        (_node, _logs) = (node, logs);
        var source = databases.Main.Source;
        Keys = new ContentKeys(() => Settings!.Current.SealsContent, key.Seal is { } own ? [.. own.Former.Prepend(own).Select(seal => new ContentKey(seal.Derive("clustermail content at rest")))] : []);
        var queue = new QueueStore(source, Keys);
        var destinations = new DestinationStore(source);
        var leases = new LeaseStore(source);
        var events = new EventStore(source);
        Nodes = new NodeStore(source);
        Mailboxes = new MailboxStore(source, Keys);
        Quota = new Quota(() => Settings!.Current, Mailboxes);
        Approval = new NodeApproval(node.Name, source, databases, key, Keys, () => Settings!.Current, logs);
        Ldap = new DirectoryLogin(() => Settings!.Current, events, node.Name, TimeProvider.System, logs.CreateLogger<DirectoryLogin>());
        Directory = new DirectoryWatch(new DirectoryReader(source)) { Usage = Quota, Receivers = Ldap, Book = system => Approval.Watch.Current.Book(system) };
        Settings = new SettingsWatch(new SettingsStore(source), Directory, Facts(node), logs.CreateLogger<SettingsWatch>()) { Alarm = text => Tell(events, "settings", text) };
        Passwords = new PasswordHasher(() => PasswordCost.From(Settings.Current.Settings));
        PasswordCheck = new PasswordCheck(new CredentialStore(source), Passwords, key.Seal);
        Lease = new LeaseKeeper(Nodes, Registration(node), new LeaseOptions(), OpenStore, logs.CreateLogger<LeaseKeeper>()) { Memory = new DatabaseMemory(DatabaseMemory.FileIn(node.Spool, Shard.MainName)) };
        Blocked = new BlockedDestinations();
        Hosts = new HostResolution(Settings.Current);
        // Each database has its part, so that all together stay within what the settings allow (P6).
        var parts = databases.All.Count;
        var recipients = () => (int)Settings.Current.Settings.Integer("delivery.window_recipients") / parts;
        var bytes = () => Settings.Current.Settings.Integer("delivery.window_bytes") / parts;
        Window = new Window(recipients, bytes);
        var accept = new AcceptJournalOptions();
        accept = accept with { MaxWaitingBytes = accept.MaxWaitingBytes / parts };
        var demand = () => StandbyWatch.Parse(Settings.Current.Settings.Text("database.require_synchronous_standby"));
        var shardParts = new NodeShardParts
        {
            Node = node,
            Registration = Registration(node),
            Main = source,
            Keys = Keys,
            Accept = accept,
            MaxRecipients = recipients,
            MaxBytes = bytes,
            StandbyDemand = demand,
            Tell = (kind, text) => Tell(events, kind, text),
            WakeUp = WakeUp,
            Leads = () => Duties?.Leader == node.Name,
            Logs = logs,
        };
        Shards = [.. node.Shards.Select((options, i) => new NodeShard(shardParts, options, databases.All[i + 1], i + 1))];
        _keyWatch = new ContentKeyWatch(Keys, Approval.Seal, databases, events, node.Name, TimeProvider.System, logs.CreateLogger<ContentKeyWatch>());
        Keys.Missed += _keyWatch.Missed;
        Settings.Changed += (_, _) => _keyWatch.CheckSwitch();
        Settings.Changed += Hosts.Follow;
        Settings.Changed += (before, after) => OnSettings(before, after, destinations);

        _local = ActorSystem.Create("clustermail-node", ConfigurationFactory.ParseString("""
            akka { loglevel = INFO, stdout-loglevel = OFF, loggers = ["ClusterMail.Node.Logging.AkkaLogBridge, clustermaild"], log-dead-letters = off
                   coordinated-shutdown { exit-clr = off, run-by-clr-shutdown-hook = off }
                   scheduler { implementation = "ClusterMail.Node.Cluster.DueScheduler, clustermaild", tick-duration = 100ms } }
            """));
        _numbers = new NumberBlocks(queue, NumberBlock, logs.CreateLogger<NumberBlocks>());
        var recorder = new OutcomeRecorder(() => Settings.Current.Retry, () => Settings.Current.Hours, new NoticeWriter(() => Settings.Current, _numbers), logs.CreateLogger<OutcomeRecorder>()) { Live = Live };
        _outcomes = new OutcomeJournal(events, node.Name, OnWritten, logs.CreateLogger<OutcomeJournal>());
        recorder.Journal = _outcomes;
        recorder.Further = [.. Shards.Select(shard => shard.Outcomes)];
        var local = new LocalDelivery(Quota, recorder);
        var carried = new ShardMailboxes(new MailboxImport(source, queue, Keys), Quota, recorder);
        _logins = new UpstreamLogins(
            new UpstreamStore(source), key.Seal, () => Settings.Current.Settings.Switch("compat.auth.recoverable_store"), node.Name, TimeProvider.System, logs.CreateLogger<UpstreamLogins>());
        _dispatcher = _local.ActorOf(DispatcherActor.Props(new DispatcherParts
        {
            Node = node.Name,
            Destinations = destinations,
            Lease = Lease,
            Window = Window,
            Blocked = Blocked,
            Recorder = recorder,
            Options = () => Settings.Current.Dispatch,
            WorkerOptions = () => Worker,
            Route = (from, to, isSystemMail) => Settings.Current.Router.Decide(from, to, isSystemMail),
            Resolve = Hosts.ResolveAsync,
            Forget = Hosts.Forget,
            WaitOf = sender => Settings.Current.Hours.WaitOf(sender),
            ClosedWithin = span => Settings.Current.Hours.ClosedWithin(span, ReversePath.Null),
            Faulty = new FaultyGateways(events, node.Name, TimeProvider.System, logs.CreateLogger<FaultyGateways>()).Tell,
            DeliverLocally = work => { if (work.Lease.Shard == 0) local.Deliver(work); else carried.Deliver(work); },
            Shards = [.. Shards.Select(shard => new ShardHand(shard.Lease, shard.Window))],
            DestinationRegion = () => Placement!.Gate,
            Show = sight => _dispatcherSight = sight,
        }), "dispatcher");
        _outcomes.Resumed += () => _dispatcher.Tell(new DispatcherActor.Resume());
        Approval.Assemble(_numbers, Lease, () => Placement!.Holds, Ldap.SuperiorAsync, WakeUp);
        Standby = new StandbyWatch(new StandbyReader(source).LookAsync, demand,
            (kind, text) => Tell(events, kind, text), TimeProvider.System, logs.CreateLogger<StandbyWatch>());
        _accepts = new AcceptJournal(Lease, accept, logs.CreateLogger<AcceptJournal>());
        Choice = new ShardChoice([new ShardDoor(Shard.MainName, Lease, new AcceptPlace(_accepts, Window), Standby), .. Shards.Select(shard => shard.Door)], () => Settings.Current.ShardWeights);
        Acceptor = new MailAcceptor(_accepts, _numbers, Lease, Window, Blocked,
            (from, to) => Settings.Current.Router.Decide(from, to), works => _dispatcher.Tell(new DispatcherActor.Accepted(works)),
            () => Settings.Current.Copies, Approval.Door, Keys, Standby, Shards.IsEmpty ? null : Choice);
        Lease.Renewed += renewal => _ = _numbers.FollowAsync(renewal.WakeUp);
        _certificates = new NodeCertificates(node.Certificate, node.CertificateKey, Settings.Current, logs.CreateLogger<NodeCertificates>(),
            trouble => Tell(events, "certificate", trouble));
        Settings.Changed += (_, after) => _certificates.Follow(after);
        Lockout = new LockoutGuard(() => Settings.Current.Lockout, TimeProvider.System);
        _lockouts = new LockoutExchange(new LockoutStore(source), Lockout, Directory.Denies, () => Settings.Current.Lockout, node.Name, logs.CreateLogger<LockoutExchange>(), () => Lease.LockoutVersion);
        Pages = new NodePages(node.Name, new SiteParts
        {
            Desk = Approval.Pages,
            Personal = Approval.Personal,
            Proxies = Approval.Proxies,
            Lists = () => Approval.Watch.Current,
            Factors = new PageFactorStore(source),
            ApprovalLog = Approval.HistoryAsync,
            Passwords = PasswordCheck,
            Lockout = Lockout,
            View = () => Settings.Current,
            Certificates = _certificates,
            Time = TimeProvider.System,
            Log = logs.CreateLogger("ClusterMail.Admin.Pages"),
        }, Lease, events);
        var logStore = new SessionLogStore(source);
        Sessions = new SessionJournal(logStore, events, node.Name, () => Settings.Current.Logging, new SessionJournalOptions(), logs.CreateLogger<SessionJournal>());
        Senders = new SenderDoor(() => Hosts.Senders, () => Sessions.Watch, TimeProvider.System, logs.CreateLogger<SenderDoor>());
        Live.Watched += isWatched => Sessions.Watch = isWatched ? Live : null;
        _receiver = _local.ActorOf(ReceiverActor.Props(new SessionServices(new MailPolicy(Settings, Lockout, Hosts.NameAsync, () => Approval.Watch.Current, Senders, Approval.Waits), Acceptor, new SpoolFolder(node.Spool), logs.CreateLogger("ClusterMail.Smtp.Server"))
        {
            Certificates = _certificates,
            Authenticate = new Authenticator(() => Settings.Current, PasswordCheck, Lockout, Ldap),
            Log = Sessions,
        }, sight => _receiverSight = sight), "receiver");
        Placement = new Placement(
            () => Settings.Current.Destination,
            () => LeaderActor.Props(Nodes, leases, events, () => Settings.Current.Settings.List("cluster.leader_preference"), TimeProvider.System),
            () => ReaperActor.Props([queue, .. Shards.Select(shard => shard.Queue)], Mailboxes, new AccountStore(source), logStore, () => (int)Settings.Current.Settings.Integer("log.retention_days")),
            () => HeraldActor.Props(new EventMail(source), new UpstreamMail(source), Lease, _numbers, () => Settings.Current),
            () => AddressCoordinatorActor.Props(new AddressStore(source), () => Settings.Current.ServiceAddresses),
            Approval,
            () => _dispatcher);
        Cluster = new ClusterKeeper(node, Lease, Nodes, leases, events, Placement, logs.CreateLogger<ClusterKeeper>());
        Duties = new NodeDuties(node, Lease, Settings, Directory, new NewsStore(source), Nodes, Blocked, Hosts, Approval.Watch, _receiver, _dispatcher, logs.CreateLogger<NodeDuties>());
        _addresses = new NodeAddresses(node, this, source, events, _local);
        Lease.Began += began => _ = Cluster.ReassertAsync();
        foreach (var shard in Shards)
            shard.Join(Duties, _dispatcher);
        NodeFigures.Observe(this, () => _dispatcherSight, () => _accepts.WaitingBytes, () => _outcomes.Waiting);
    }

    public static string Version { get; } = typeof(NodeRuntime).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public NodeStore Nodes { get; }
    public SettingsWatch Settings { get; }
    public DirectoryWatch Directory { get; }
    public NodeApproval Approval { get; }

    /// <summary>The pages of approval, while the settings want them.</summary>
    public NodePages Pages { get; }

    /// <summary>One for the whole node, so that logins and imports together stay within its bounds.</summary>
    public PasswordHasher Passwords { get; }
    public PasswordCheck PasswordCheck { get; }

    /// <summary>Keys of contents in queue and mailboxes (DELIV-11).</summary>
    public ContentKeys Keys { get; }

    /// <summary>Whether a 250 is a promise on two disks, where the settings want that (P1).</summary>
    public StandbyWatch Standby { get; }

    /// <summary>Judges the accounts of domains with <c>login=ldap</c> (STORE-2).</summary>
    public DirectoryLogin Ldap { get; }
    public LeaseKeeper Lease { get; }
    /// <summary>The further databases of the queue.</summary>
    public ImmutableArray<NodeShard> Shards { get; }

    /// <summary>Which of all databases takes the next mail.</summary>
    public ShardChoice Choice { get; }
    public BlockedDestinations Blocked { get; }
    public HostResolution Hosts { get; }

    /// <summary>SPF, DKIM and DMARC of what strangers send (CONF-19).</summary>
    public SenderDoor Senders { get; }
    public LockoutGuard Lockout { get; }
    public MailboxStore Mailboxes { get; }
    public Quota Quota { get; }
    public Window Window { get; }
    public MailAcceptor Acceptor { get; }
    public Placement Placement { get; }
    public ClusterKeeper Cluster { get; }
    public NodeDuties Duties { get; }

    /// <summary>What happens here, for those who watch (ADMIN-42).</summary>
    public LiveTrace Live { get; } = new();

    /// <summary>What the receiver tells its logs.</summary>
    public SessionJournal Sessions { get; }

    /// <summary>What the receiver last showed; null before its first word.</summary>
    public ReceiverActor.Sight? Receiver => _receiverSight;

    public Task<DispatcherActor.Sight> DispatcherAsync() => _dispatcher.Ask<DispatcherActor.Sight>(new DispatcherActor.Look(), TimeSpan.FromSeconds(2));

    public void WakeUp() => _dispatcher.Tell(new DispatcherActor.WakeUp());

    public async Task StartAsync(CancellationToken cancel)
    {
        QueueMetrics.Begin();
        Duties.Start();
        Pages.Start();
        Lease.Start();
        foreach (var shard in Shards)
            shard.Start();
        _lockouts.Start();
        Standby.Start();
        _receiver.Tell(new ReceiverActor.Listen(NodeListeners.Of(_node, Settings.Current.Settings)));
        Cluster.Start();
        Approval.Start();
        _ = _keyWatch.CheckAsync(CancellationToken.None);
        await _numbers.PrimeAsync(cancel);
        _addresses.Start();
    }

    /// <summary>Drain, hand over, give back (CLU-32): no new connection, transactions finish, deliveries end, rows go back, the cluster is left.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        await _addresses.StopAsync();
        Duties.Cease();
        await Pages.DisposeAsync();
        var received = _receiver.Ask<ReceiverActor.Stopped>(new ReceiverActor.Stop(limit), limit + TimeSpan.FromSeconds(5));
        _dispatcher.Tell(new DispatcherActor.Deliver(false));
        var drained = _dispatcher.Ask<DispatcherActor.Drained>(new DispatcherActor.Drain(), limit);
        await Task.WhenAll(received, drained).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _accepts.DisposeAsync();
        await Task.WhenAll(Shards.Select(shard => shard.Accepts.DisposeAsync().AsTask()));
        if (!drained.IsCompletedSuccessfully)
        {
            // What still runs is cut, so that its outcome is known before the journal closes.
            Lease.Current?.Cut();
            foreach (var shard in Shards)
                shard.Lease.Current?.Cut();
            await _dispatcher.Ask<DispatcherActor.Drained>(new DispatcherActor.Drain(), TimeSpan.FromSeconds(5))
                .ContinueWith(_ => { }, TaskScheduler.Default);
        }
        await Approval.DisposeAsync();
        await _local.Terminate();
        await _outcomes.DisposeAsync();
        await Task.WhenAll(Shards.Select(shard => shard.Outcomes.DisposeAsync().AsTask()));
        await Senders.DisposeAsync();
        await Sessions.DisposeAsync();
        await Duties.DisposeAsync();
        await Cluster.LeaveAsync(TimeSpan.FromSeconds(15));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var left = Shards.Select(shard => shard.LeaveAsync(patience.Token)).ToArray();
        try
        {
            await Lease.LeaveAsync(patience.Token);
        }
        catch (Exception trouble) when (trouble is OperationCanceledException || Database.IsLost(trouble))
        {
            // The rows go back when the lease ends.
        }
        await Task.WhenAll(left);
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Lease.DisposeAsync();
        foreach (var shard in Shards)
            await shard.DisposeAsync();
        await _lockouts.DisposeAsync();
        await Standby.DisposeAsync();
        _certificates.Dispose();
        Passwords.Dispose();
        Ldap.Dispose();
        _local.Dispose();
    }

    /// <summary>What cannot be written down now is in the program's log all the same.</summary>
    private void Tell(EventStore events, string kind, string text) =>
        events.WriteAsync(_node.Name, kind, text, null, CancellationToken.None).ContinueWith(done => done.Exception, TaskScheduler.Default);

    /// <summary>How this node connects to next hops now.</summary>
    public WorkerOptions Worker
    {
        get
        {
            var options = Settings.Current.Worker;
            return options with { Logins = _logins, Delivery = options.Delivery with { Watched = () => Live.IsWatched } };
        }
    }

    private (QueueStore, IAsyncDisposable) OpenStore(long epoch)
    {
        var opened = EpochStore.Open(_node.Database, $"clustermaild {_node.Name}", epoch, Keys);
        return (opened.Queue, opened);
    }

    private void OnWritten(int recipients, bool notices)
    {
        Window.Return(recipients, 0);
        if (notices)
            WakeUp();
    }

    private void OnSettings(NodeView before, NodeView after, DestinationStore destinations)
    {
        if (ListenerSettings.Any(name => before.Settings.Text(name) != after.Settings.Text(name)))
            _receiver.Tell(new ReceiverActor.Listen(NodeListeners.Of(_node, after.Settings)));
        // ROUTE-2: a corrected route is not to wait for the end of the old one's silence.
        if (before.Settings.Text("route.table") != after.Settings.Text("route.table") || before.Settings.Text("route.gateway") != after.Settings.Text("route.gateway"))
            destinations.ClearAllAsync(CancellationToken.None).ContinueWith(done => { _ = done.Exception; WakeUp(); }, TaskScheduler.Default);
    }

    private static NodeFacts Facts(NodeOptions node) => new(node.Name, Dns.GetHostName(), node.Balancers)
    {
        Listening = [.. NodeListeners.Of(node, ClusterMail.Settings.SettingSet.Empty).Select(listener => listener.EndPoint)],
        Addresses = [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(link => link.GetIPProperties().UnicastAddresses).Select(one => one.Address)],
    };

    private static NodeRegistration Registration(NodeOptions node) => new(
        node.Name, $"akka.tcp://clustermail@{node.Remoting}", $"http://{node.Admin}", node.Smtp?.ToString() ?? "", Version, node.Roles);
}
