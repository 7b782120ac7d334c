using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Lockout;
using ClusterMail.Queue.Login;
using ClusterMail.Queue.Senders;
using ClusterMail.Queue.Settings;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using ClusterMail.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

/// <summary>One node's receiver on a real database and real sockets: listeners for servers and for users, accounts with passwords, lock-out. Mail is taken and kept here.</summary>
internal sealed class AuthScene : IAsyncDisposable, IAcceptMail, ICertificateSource
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly PasswordCost Cheap = new(8192, 1, 4096);
    private static readonly X509Certificate2 Certificate = PeerCertificate.For("mx.example.jp");
    private readonly string _spool = Directory.CreateTempSubdirectory("clustermail-auth").FullName;
    private readonly PasswordHasher _hasher = new(() => Cheap);
    private readonly PasswordSeal _seal = new(RandomNumberGenerator.GetBytes(32));
    private SmtpListenerSet _listeners = null!;
    private SenderDoor? _senders;
    private long _lastNumber = 97;

    public required TestDatabase Database { get; init; }
    public DirectoryWatch Accounts { get; private set; } = null!;
    public SettingsWatch Settings { get; private set; } = null!;
    public DirectoryLogin Ldap { get; private set; } = null!;
    public LockoutGuard Guard { get; private set; } = null!;
    public LockoutExchange Exchange { get; private set; } = null!;
    public List<ReceivedMail> Mails { get; } = [];

    /// <summary>Port 25 in clear text with STARTTLS.</summary>
    public IPEndPoint Relay => _listeners.Bound[0].EndPoint;

    /// <summary>Port 587.</summary>
    public IPEndPoint Submission => _listeners.Bound[1].EndPoint;

    /// <summary>Port 465, TLS from the first octet.</summary>
    public IPEndPoint Smtps => _listeners.Bound[2].EndPoint;

    /// <summary>For listeners behind a balancer.</summary>
    public IPEndPoint Proxied => _listeners.Bound[3].EndPoint;

    /// <summary>Another node's guard on the same database, with the same settings.</summary>
    public (LockoutGuard Guard, LockoutExchange Exchange) Node(string name, Func<long?>? seen = null)
    {
        var guard = new LockoutGuard(() => Settings.Current.Lockout, TimeProvider.System);
        return (guard, new LockoutExchange(new LockoutStore(Database.Source), guard, Accounts.Denies, () => Settings.Current.Lockout, name, NullLogger<LockoutExchange>.Instance, seen));
    }

    public static Task<AuthScene> StartAsync(params (string Name, string Value)[] settings) => StartAsync(null, settings);

    /// <param name="senders">Makes what checks senders (CONF-19); null: nothing does.</param>
    public static async Task<AuthScene> StartAsync(Func<SettingsWatch, SenderDoor>? senders, params (string Name, string Value)[] settings)
    {
        var scene = new AuthScene { Database = await TestDatabase.CreateAsync() };
        scene.Ldap = new DirectoryLogin(() => scene.Settings.Current, new EventStore(scene.Database.Source), "n1", TimeProvider.System, NullLogger<DirectoryLogin>.Instance);
        scene.Accounts = new DirectoryWatch(new DirectoryReader(scene.Database.Source)) { Receivers = scene.Ldap };
        scene.Settings = new SettingsWatch(
            new SettingsStore(scene.Database.Source), scene.Accounts, new NodeFacts("n1", "mx.example.jp", [IPNetwork.Parse("127.0.0.0/8")]), NullLogger<SettingsWatch>.Instance);
        await scene.SaveAsync([("domain.table", "example.jp local"), ("relay.rules", ""), .. settings]);
        (scene.Guard, scene.Exchange) = scene.Node("n1");
        var check = new PasswordCheck(new CredentialStore(scene.Database.Source), scene._hasher, scene._seal);
        scene._senders = senders?.Invoke(scene.Settings);
        scene._listeners = new SmtpListenerSet(new SessionServices(new MailPolicy(scene.Settings, scene.Guard, senders: scene._senders), scene, new SpoolFolder(scene._spool), NullLogger.Instance)
        {
            Certificates = scene,
            Authenticate = new Authenticator(() => scene.Settings.Current, check, scene.Guard, scene.Ldap),
        });
        var any = new IPEndPoint(IPAddress.Loopback, 0);
        await scene._listeners.ApplyAsync(
        [
            new ListenerOptions { EndPoint = any }, new ListenerOptions { EndPoint = any, Purpose = ListenerPurpose.Submission },
            new ListenerOptions { EndPoint = any, Purpose = ListenerPurpose.Submission, ImplicitTls = true }, new ListenerOptions { EndPoint = any, ProxyProtocol = true },
        ]);
        await scene.AccountAsync("taro", "Secret123", flag: true);
        await scene.AccountAsync("hanako", "Secret456", flag: false);
        return scene;
    }

    public async Task SaveAsync(params (string Name, string Value)[] settings)
    {
        var version = await Database.ScalarAsync<long>("SELECT coalesce(max(version), 0) + 1 FROM setting_version");
        await Database.ExecuteAsync("INSERT INTO setting_version (version, saved_by, comment, values, overrides) VALUES ($1, 'test', '', $2::jsonb, '{}')",
            version, System.Text.Json.JsonSerializer.Serialize(settings.ToDictionary(s => s.Name, s => s.Value)));
        await Settings.FollowAsync(version, default);
    }

    public async Task AccountAsync(string name, string password, bool flag = true, bool suspended = false, string domain = "example.jp", string fullName = "")
    {
        var made = await _hasher.MakeAsync(password, $"{name}@{domain}", _seal, default);
        await ChangeAsync("INSERT INTO account (changed, domain, name, smtp_auth, suspended, full_name, password_hash, scram, recoverable) VALUES (next_directory_version(), $1, $2, $3, $4, $5, $6, $7, $8)",
            domain, name, flag, suspended, fullName, made.Hash, made.Scram!, made.Recoverable!);
    }

    public async Task ChangeAsync(string sql, params object[] values)
    {
        await Database.ExecuteAsync(sql, values);
        await Accounts.FollowAsync(await Database.ScalarAsync<long>("SELECT version FROM directory_version"), default);
    }

    public SslServerAuthenticationOptions? Current { get; } = new() { ServerCertificateContext = SslStreamCertificateContext.Create(Certificate, null, offline: true) };
    Reply? IAcceptMail.Unavailable => null;

    bool IAcceptMail.TryAllot(out MessageId id)
    {
        id = new MessageId(Interlocked.Increment(ref _lastNumber));
        return true;
    }

    ValueTask<Reply> IAcceptMail.AcceptAsync(ReceivedMail mail, CancellationToken cancel)
    {
        lock (Mails)
            Mails.Add(mail);
        return ValueTask.FromResult(ServerReplies.Received);
    }

    public async ValueTask DisposeAsync()
    {
        await _listeners.DisposeAsync();
        if (_senders is not null)
            await _senders.DisposeAsync();
        await Exchange.DisposeAsync();
        Ldap.Dispose();
        _hasher.Dispose();
        await Database.DisposeAsync();
        Directory.Delete(_spool, recursive: true);
    }
}
