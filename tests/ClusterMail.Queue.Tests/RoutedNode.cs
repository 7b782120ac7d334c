using Akka.Actor;
using Akka.TestKit.Xunit;
using ClusterMail.Accounts;
using ClusterMail.Accounts.Passwords;
using ClusterMail.Queue.Deliver;
using ClusterMail.Queue.Schedule;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

/// <summary>The delivering half of a node as settings and accounts make it: real routes, real hosts, real sessions, real mailboxes.</summary>
public abstract class RoutedNode : TestKit
{
    private QueueScene _scene = null!;
    private IActorRef _dispatcher = null!;

    internal QueueScene Scene => _scene;

    /// <summary>Of the whole cluster to one next hop; to be set before the start.</summary>
    internal int Connections { get; set; } = 10;

    /// <summary>Of the node's file.</summary>
    internal static PasswordSeal Seal { get; } = new(Enumerable.Range(0, PasswordSeal.KeyLength).Select(i => (byte)i).ToArray());

    /// <summary>Puts a password into the recoverable store.</summary>
    internal Task SetOwnAsync(string address, string password) => Scene.Database.ExecuteAsync(
        "UPDATE account SET recoverable = $2, password_at = now() WHERE name || '@' || domain = $1", address, Seal.Close(password, Key(address)));

    /// <summary>As an administrator would: <c>account upstream set</c>.</summary>
    internal async Task SetUpstreamAsync(string address, string secret, string? user = null)
    {
        var mailbox = Protocol.Mailbox.FromStored(address);
        Assert.Empty(await new UpstreamAccounts(Scene.Database.Source).SetAsync(
            [new NewUpstreamLogin(mailbox.Domain, mailbox.LocalPart, user ?? address, Seal.For(UpstreamSeal.Purpose).Close(secret, Key(address)))], "test", default));
    }

    private static string Key(string address) => AccountIndex.Key(Protocol.Mailbox.FromStored(address).LocalPart, Protocol.Mailbox.FromStored(address).Domain);

    private protected async Task StartAsync(params (string Name, string Value)[] settings)
    {
        _scene = await QueueScene.StartAsync(settings);
        var hosts = new HostResolution(_scene.Settings.Current);
        var quota = new Quota(() => _scene.Settings.Current, new MailboxStore(_scene.Database.Source));
        var faulty = new FaultyGateways(new EventStore(_scene.Database.Source), "n1", TimeProvider.System, NullLogger<FaultyGateways>.Instance);
        var logins = Logins("n1");
        var options = new DestinationOptions { Connections = Connections };
        var region = Sys.ActorOf(Props.Create(() => new DispatcherActorTests.Region(() => options)));
        _dispatcher = Sys.ActorOf(DispatcherActor.Props(new DispatcherParts
        {
            Node = "n1",
            Destinations = new DestinationStore(_scene.Database.Source),
            Lease = _scene.Lease,
            Window = _scene.Window,
            Blocked = new BlockedDestinations(),
            Recorder = _scene.Recorder,
            Options = () => new DispatcherOptions(),
            WorkerOptions = () => _scene.Settings.Current.Worker with { Logins = logins },
            Route = (from, to, isSystemMail) => _scene.Settings.Current.Router.Decide(from, to, isSystemMail),
            Resolve = hosts.ResolveAsync,
            Forget = hosts.Forget,
            DeliverLocally = new LocalDelivery(quota, _scene.Recorder).Deliver,
            WaitOf = sender => _scene.Settings.Current.Hours.WaitOf(sender),
            Faulty = faulty.Tell,
            DestinationRegion = () => region,
        }));
        _dispatcher.Tell(new DispatcherActor.Deliver(true));
    }

    /// <summary>As a node has them.</summary>
    internal UpstreamLogins Logins(string node) =>
        new(new UpstreamStore(_scene.Database.Source), Seal, () => _scene.Settings.Current.Settings.Switch("compat.auth.recoverable_store"), node, TimeProvider.System, NullLogger<UpstreamLogins>.Instance);

    public override async ValueTask DisposeAsync()
    {
        // The actors first: what they still give back goes through the journals.
        await base.DisposeAsync();
        await _scene.DisposeAsync();
    }

    /// <summary>Queued, and the dispatcher told.</summary>
    internal async Task SendAsync(NewMail mail)
    {
        await _scene.Epoch.Store.AcceptAsync(_scene.Epoch.Epoch, [mail], default);
        WakeUp();
    }

    internal void WakeUp() => _dispatcher.Tell(new DispatcherActor.WakeUp());
}
