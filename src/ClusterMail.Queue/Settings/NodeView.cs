using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using System.Security.Authentication;
using ClusterMail.Approval.Holds;
using ClusterMail.Ldap;
using ClusterMail.Policy;
using ClusterMail.Policy.Senders;
using ClusterMail.Queue.Deliver;
using ClusterMail.Queue.Lockout;
using ClusterMail.Queue.Schedule;
using ClusterMail.Routing;
using ClusterMail.Settings;
using ClusterMail.Smtp.Client;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Queue.Settings;

/// <summary>What a node's own configuration file says and settings may override or must know.</summary>
public sealed record NodeFacts(string Name, string MachineName, ImmutableArray<IPNetwork> Balancers)
{
    /// <summary>Addresses the node listens on and their ports, to recognise a next hop that is this cluster itself (FALL-6).</summary>
    public ImmutableArray<IPEndPoint> Listening { get; init; } = [];

    /// <summary>Addresses of the machine, for a listener on all of them. Default none.</summary>
    public ImmutableArray<IPAddress> Addresses { get; init; } = [];
}

/// <summary>Everything the node decides by, of one settings version: parsed once, shared by all, never changed (ADMIN-24, ADMIN-25).</summary>
public sealed class NodeView
{
    private readonly FrozenDictionary<string, HostCredential> _credentials;

    /// <param name="directory">Accounts and aliases; they change without a new version of the settings.</param>
    public NodeView(SettingSet settings, NodeFacts node, DirectoryWatch directory)
    {
        Settings = settings;
        HostName = settings.Text("net.host_name") is { Length: > 0 } name ? name : node.MachineName;
        Policy = PolicySnapshot.Create(settings, directory.Accounts, directory.Aliases, directory.Denies, directory.Usage, directory.Book, directory.Receivers);
        Ldap = LdapRules.From(settings);
        SealsContent = settings.Switch("store.encrypt_at_rest");
        Calendar = BusinessCalendar.Parse(settings.Text("approval.business_calendar")).Calendar;
        ServiceAddresses = ServiceAddressTable.Parse(settings.Text("cluster.service_addresses")).Addresses;
        Router = new Router
        {
            Table = RouteTable.Parse(settings.Text("route.table"), out _),
            Gateway = settings.Text("route.gateway"),
            GatewayLogin = GatewayLogin.TryParse(settings.Text("route.gateway_credential").Trim(), out var login, out _) ? login : null,
            Postmaster = (settings.Text("upstream.postmaster") is { Length: > 0 } own ? own : settings.Text("admin.address")) is { Length: > 0 } postmaster ? Protocol.Mailbox.FromStored(postmaster) : null,
            Port = (int)settings.Integer("delivery.port"),
            ForwardAll = settings.Switch("route.forward_all"),
            Directory = Policy.Directory,
            Own = OwnFrom(settings, node, HostName, ServiceAddresses),
        };
        Hours = new DeliveryHours(settings, Policy.Directory, TimeProvider.System);
        TlsProtocols = settings.Text("tls.min_version") == "1.3" ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13;
        Retry = RetryFrom(settings);
        _credentials = Credentials(settings.Text("route.credentials"));
        Receive = ReceiveFrom(settings, node, HostName, Policy);
        Senders = SenderOptions.From(settings, HostName);
        Lockout = new LockoutRules(settings, Receive.Balancers, Policy);
        Worker = WorkerFrom(settings);
        Dispatch = DispatchFrom(settings);
        Logging = LoggingFrom(settings);
        ShardWeights = ShardWeights.Parse(string.Join(' ', settings.List(ShardWeights.Setting)));
        Copies = [.. settings.List("receive.copy_to").Select(Protocol.Mailbox.FromStored)];
        Destination = new DestinationOptions { Connections = (int)settings.Integer("delivery.destination_connections") };
    }

    public SettingSet Settings { get; }

    /// <summary>Addresses that one node at a time holds (CLU-23); empty: there are none.</summary>
    public ImmutableArray<ServiceAddress> ServiceAddresses { get; }
    public string HostName { get; }
    public PolicySnapshot Policy { get; }
    public Router Router { get; }
    public RetryRules Retry { get; }

    /// <summary>UDLV.</summary>
    public DeliveryHours Hours { get; }

    /// <summary>How much of the new mail each database of the queue takes.</summary>
    public ShardWeights ShardWeights { get; }

    /// <summary><c>tls.min_version</c> and newer, inbound and outbound (RECV-4).</summary>
    public SslProtocols TlsProtocols { get; }
    public ReceiveOptions Receive { get; }

    /// <summary>How senders are checked (CONF-19).</summary>
    public SenderOptions Senders { get; }
    public LockoutRules Lockout { get; }

    /// <summary>What trying one password costs; for passwords set from now on, and at the next login for the others.</summary>
    public WorkerOptions Worker { get; }
    public DispatcherOptions Dispatch { get; }
    public DestinationOptions Destination { get; }

    /// <summary>What the receiver keeps for acceptlog and receivelog (LOG-1, LOG-3).</summary>
    public ReceiveLogging Logging { get; }

    /// <summary>The directory of domains with <c>login=ldap</c> (STORE-2); null: there is none.</summary>
    public LdapOptions? Ldap { get; }

    /// <summary>New contents are sealed (DELIV-11).</summary>
    public bool SealsContent { get; }

    /// <summary>Hours that count for the deadlines of held mail (APPROVE-61).</summary>
    public BusinessCalendar Calendar { get; }

    /// <summary>Who gets a copy of every mail accepted (COPY-1).</summary>
    public ImmutableArray<Protocol.Mailbox> Copies { get; }

    /// <summary>In whose time people of this address's domain read: its own (DOM-2), else the node's.</summary>
    public TimeZoneInfo ZoneOf(Protocol.Mailbox address) =>
        Policy.Directory.Domains.Find(address.Domain) is { TimeZone: { Length: > 0 } zone } && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : TimeZoneInfo.Local;

    private static ReceiveLogging LoggingFrom(SettingSet set) => !set.Switch("log.acceptlog") ? ReceiveLogging.None
        : ReceiveLogging.Connections | set.Choice("log.receivelog") switch
        {
            "on" => ReceiveLogging.Refusals | ReceiveLogging.Everything,
            "refusals" => ReceiveLogging.Refusals,
            _ => ReceiveLogging.None,
        };

    /// <summary>FALL-6: the setting <c>listen</c> takes the place of the node's own file here too. A listener on every address counts with those the machine has.</summary>
    private static OwnNames OwnFrom(SettingSet set, NodeFacts node, string hostName, ImmutableArray<ServiceAddress> services)
    {
        var (entries, _) = ListenTable.Parse(set.Text("listen"));
        var listening = entries.IsEmpty ? node.Listening : [.. entries.Select(entry => new IPEndPoint(entry.Address ?? IPAddress.Any, entry.Port))];
        var everywhere = listening.Any(end => end.Address.Equals(IPAddress.Any) || end.Address.Equals(IPAddress.IPv6Any));
        return new OwnNames([hostName], [.. listening.Select(end => end.Address), .. everywhere ? node.Addresses : [], .. services.Select(service => service.Address)], listening.Select(end => end.Port));
    }

    private static ReceiveOptions ReceiveFrom(SettingSet set, NodeFacts node, string hostName, PolicySnapshot policy) => new()
    {
        HostName = hostName,
        Software = set.Text("receive.banner_text") is { Length: > 0 } banner ? banner : "ClusterMail",
        MaxSessions = (int)set.Integer("receive.max_sessions"),
        MaxSessionsPerAddress = (int)set.Integer("receive.max_sessions_per_address"),
        MaxBytes = set.Integer("receive.max_bytes"),
        MaxRecipients = (int)set.Integer("receive.max_rcpt"),
        DeferExtraRecipients = set.Text("receive.rcpt_limit_mode") == "extra-deferred",
        MaxReceived = (int)set.Integer("receive.max_received"),
        IdleTimeout = set.Seconds("receive.idle_seconds"),
        SessionTimeout = set.Seconds("receive.session_seconds"),
        MinBytesPerSecond = (int)set.Integer("receive.min_bytes_per_second"),
        MaxCommandLine = (int)set.Integer("receive.max_command_line"),
        MaxCommands = (int)set.Integer("receive.max_commands"),
        MaxErrors = (int)set.Integer("receive.max_errors"),
        MaxContentInMemory = (int)set.Integer("receive.max_content_in_memory"),
        MaxContentMemory = set.Integer("receive.max_content_memory"),
        MaxSpool = set.Integer("receive.max_spool"),
        Balancers = [.. node.Balancers, .. set.List("receive.balancers").Select(Network).OfType<IPNetwork>()],
        HiddenAddresses = [.. set.List("listen.deny").Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>()],
        AuthMethods = Methods(policy),
        AuthInClear = policy.Auth.AllowClear,
        Headers = HeaderTemplates.Parse(set.Text("receive.header_template")).Templates,
        SubmissionClients = [.. set.List("receive.submission_clients").Select(Network).OfType<IPNetwork>()],
        ReverseDns = set.Switch("receive.reverse_dns"),
        OfferPipelining = set.Switch("receive.pipelining"),
        Offer8BitMime = set.Switch("receive.8bitmime"),
        OfferSmtpUtf8 = set.Switch("receive.smtputf8"),
        OfferChunking = set.Switch("receive.chunking"),
        OfferDsn = set.Switch("receive.dsn"),
        OfferEnhancedStatusCodes = set.Switch("receive.enhanced_status_codes"),
    };

    /// <summary>Where every account's password is in the directory, what only the database could judge is not offered (STORE-2).</summary>
    private static ImmutableArray<string> Methods(PolicySnapshot policy)
    {
        var keeping = policy.Directory.Domains.All.Where(domain => domain.Keeps).ToArray();
        return keeping.Length > 0 && keeping.All(domain => policy.Directory.Domains.ByLdap(domain.Name))
            ? [.. policy.Auth.Methods.Where(method => method is "PLAIN" or "LOGIN")]
            : policy.Auth.Methods;
    }

    private static RetryRules RetryFrom(SettingSet set) => new()
    {
        Interval = set.Seconds("delivery.retry_seconds"),
        Fixed = set.Switch("delivery.retry_fixed"),
        RefusalRetries = (int)set.Integer("delivery.refusal_retries"),
        LineErrorPeriod = set.Hours("delivery.line_error_hours"),
        NoAnswerPeriod = set.Hours("delivery.no_answer_hours"),
        Jitter = set.Switch("delivery.retry_jitter"),
    };

    private static IPNetwork? Network(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;

    private WorkerOptions WorkerFrom(SettingSet set) => new(
        new DeliveryOptions
        {
            HostName = HostName,
            ConnectTimeout = set.Seconds("delivery.connect_seconds"),
            IdleTimeout = set.Seconds("delivery.idle_seconds"),
            TlsProtocols = TlsProtocols,
            RecordDialogue = set.Text("log.senderlog") == "long" ? RecordDialogue.Always : RecordDialogue.Failures,
        },
        Enum.TryParse<TlsPolicy>(set.Text("delivery.tls"), ignoreCase: true, out var tls) ? tls : TlsPolicy.Opportunistic)
    {
        MaxMails = (int)set.Integer("delivery.connection_mails"),
        MaxAge = set.Seconds("delivery.connection_seconds"),
        Credential = name => _credentials.GetValueOrDefault(name),
        MaxPerHour = (int)set.Integer("upstream.max_per_hour"),
        MaxRecipients = (int)set.Integer("upstream.max_rcpt"),
    };

    private static DispatcherOptions DispatchFrom(SettingSet set) => new()
    {
        Workers = (int)set.Integer("delivery.workers_per_node"),
        ClaimPerDestination = Math.Max(25, (int)set.Integer("delivery.window_recipients") / 16),
        NoAnswerPeriod = set.Hours("delivery.no_answer_hours"),
    };

    /// <summary>Lines <c>name user password</c>; a faulty line was refused when it was saved and is left out here.</summary>
    private static FrozenDictionary<string, HostCredential> Credentials(string text) => text.ReplaceLineEndings("\n").Split('\n')
        .Where(line => line.Length > 0 && line[0] is not ('\'' or ' '))
        .Select(line => line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length == 3)
        .DistinctBy(words => words[0], StringComparer.Ordinal)
        .ToFrozenDictionary(words => words[0], words => new HostCredential(words[1], words[2]), StringComparer.Ordinal);
}
