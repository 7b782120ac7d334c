using Akka.Actor;
using Akka.TestKit.Xunit;
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

    /// <summary>What the recoverable store has.</summary>
    internal Dictionary<string, string> Passwords { get; } = [];

    private protected async Task StartAsync(params (string Name, string Value)[] settings)
    {
        _scene = await QueueScene.StartAsync(settings);
        var hosts = new HostResolution(_scene.Settings.Current);
        var quota = new Quota(() => _scene.Settings.Current, new MailboxStore(_scene.Database.Source));
        var faulty = new FaultyGateways(new EventStore(_scene.Database.Source), "n1", TimeProvider.System, NullLogger<FaultyGateways>.Instance);
        var region = Sys.ActorOf(Props.Create(() => new DispatcherActorTests.Region(() => new DestinationOptions())));
        _dispatcher = Sys.ActorOf(DispatcherActor.Props(new DispatcherParts
        {
            Node = "n1",
            Destinations = new DestinationStore(_scene.Database.Source),
            Lease = _scene.Lease,
            Window = _scene.Window,
            Blocked = new BlockedDestinations(),
            Recorder = _scene.Recorder,
            Options = () => new DispatcherOptions(),
            WorkerOptions = () => _scene.Settings.Current.Worker with { OwnPassword = (account, _) => Task.FromResult(Passwords.GetValueOrDefault(account.ToString())) },
            Route = (from, to) => _scene.Settings.Current.Router.Decide(from, to),
            Resolve = hosts.ResolveAsync,
            Forget = hosts.Forget,
            DeliverLocally = new LocalDelivery(quota, _scene.Recorder).Deliver,
            WaitOf = sender => _scene.Settings.Current.Hours.WaitOf(sender),
            Faulty = faulty.Tell,
            DestinationRegion = () => region,
        }));
        _dispatcher.Tell(new DispatcherActor.Deliver(true));
    }

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
