using System.Collections.Concurrent;
using System.Net;
using Akka.Actor;
using Akka.TestKit.Xunit;
using ClusterMail.Queue.Deliver;
using ClusterMail.Queue.Schedule;
using ClusterMail.Routing.Dns;
using ClusterMail.Smtp.Client;
using ClusterMail.Store;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Queue.Tests;

public sealed class DispatcherActorTests : TestKit
{
    private readonly BlockedDestinations _blocked = new();
    private readonly ConcurrentDictionary<string, (string NextHop, int Port)> _hosts = new();
    private QueueScene _scene = null!;
    private int _workers = 20;
    private TimeSpan _keepIdle = TimeSpan.FromMilliseconds(500);
    private IActorRef _region = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _scene = await QueueScene.StartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        // The actors first: what they still give back goes through the journals.
        await base.DisposeAsync();
        await _scene.DisposeAsync();
    }

    private IActorRef Start(bool delivering = true, Func<DestinationOptions>? destination = null)
    {
        var region = _region = Sys.ActorOf(Props.Create(() => new Region(destination ?? (() => new DestinationOptions()))));
        var dispatcher = Sys.ActorOf(DispatcherActor.Props(new DispatcherParts
        {
            Node = "n1",
            Destinations = new DestinationStore(_scene.Database.Source),
            Lease = _scene.Lease,
            Window = _scene.Window,
            Blocked = _blocked,
            Recorder = _scene.Recorder,
            Options = () => new DispatcherOptions { Workers = _workers, KeepIdle = _keepIdle },
            WorkerOptions = () => new WorkerOptions(new DeliveryOptions { HostName = "n1.example.jp", ConnectTimeout = TimeSpan.FromSeconds(10) }, TlsPolicy.None) { MaxMails = 5 },
            Route = (_, to, _) => QueueScene.To(to.Domain),
            Resolve = (route, _) => Task.FromResult(Hosts(route.Destination)),
            Forget = _ => { },
            DeliverLocally = new LocalDelivery(new Quota(() => _scene.Settings.Current, new MailboxStore(_scene.Database.Source)), _scene.Recorder).Deliver,
            DestinationRegion = () => region,
        }));
        dispatcher.Tell(new DispatcherActor.Deliver(delivering));
        return dispatcher;
    }

    private HostSet Hosts(string destination)
    {
        var (hop, port) = _hosts[destination];
        return new HostSet { NextHop = hop, Hosts = [new MailHost(hop, 10, [IPAddress.Loopback], port)], Ttl = TimeSpan.FromMinutes(5) };
    }

    private void Point(string destination, ScriptedPeer peer, string? hop = null) => _hosts[destination] = (hop ?? destination, peer.Port);

    /// <summary>One destination actor for each next hop, as sharding would make them.</summary>
    internal sealed class Region : ReceiveActor
    {
        public Region(Func<DestinationOptions> options) => Receive<DestinationActor.ICommand>(command =>
        {
            var name = Uri.EscapeDataString(command.NextHop);
            var child = Context.Child(name);
            (child.IsNobody() ? Context.ActorOf(DestinationActor.Props(options, TimeProvider.System), name) : child).Forward(command);
        });
    }

    private async Task QueueAsync(int count, string recipient)
    {
        var mails = Enumerable.Range(0, count).Select(_ => _scene.Mail(false, recipient)).ToArray();
        await _scene.Epoch.Store.AcceptAsync(_scene.Epoch.Epoch, mails, default);
    }

    private Task DeliveredAsync(long count) => _scene.ReachesAsync(count, "history WHERE outcome = 'delivered'");

    private Task EmptyAsync() => Until.TrueAsync(() => _scene.Window is { Recipients: 0, Bytes: 0 }, QueueScene.Patience, "the window is empty again");

    [Fact]
    public async Task DELIV_4_waiting_mail_is_claimed_and_delivered_over_few_connections()
    {
        await using var peer = ScriptedPeer.Start();
        Point("example.net", peer);
        await QueueAsync(100, "a@example.net");
        Start().Tell(new DispatcherActor.WakeUp());
        await DeliveredAsync(100);
        await EmptyAsync();
        Assert.Equal(100, peer.Sessions.Sum(session => session.WireContents.Count));
        Assert.InRange(peer.Sessions.Count, 1, 40);
    }

    [Fact]
    public async Task P3_what_comes_back_within_moments_of_a_wake_up_is_found_however_long_it_has_been_due()
    {
        await using var peer = ScriptedPeer.Start();
        Point("example.net", peer);
        await QueueAsync(1, "a@example.net");
        Start().Tell(new DispatcherActor.WakeUp());
        await DeliveredAsync(1);

        await QueueAsync(1, "b@example.net");
        await _scene.Database.ExecuteAsync("UPDATE recipient SET next_try = now() - interval '1 hour' WHERE owner IS NULL");

        // Nobody is in a hurry otherwise: everything is looked at ten seconds after the last time.
        await Until.TrueAsync(async () => await _scene.CountAsync("history WHERE outcome = 'delivered'") == 2, Reach.BetweenWhole - TimeSpan.FromSeconds(2), "the second mail is delivered");
    }

    [Fact]
    public async Task P4_nothing_is_sent_while_outcomes_wait_too_long_and_all_of_it_when_they_are_recorded()
    {
        await using var peer = ScriptedPeer.Start();
        Point("example.net", peer);
        var dispatcher = Start();
        _scene.Outcomes.Resumed += () => dispatcher.Tell(new DispatcherActor.Resume());
        await using (var other = await _scene.Database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken))
        await using (await other.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using var hold = new Npgsql.NpgsqlCommand("LOCK TABLE history", other);
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            dispatcher.Tell(new DispatcherActor.Accepted([await _scene.OwnedAsync(recipients: "a@example.net")]));
            await Until.TrueAsync(() => _scene.Outcomes.IsStalled, QueueScene.Patience, "an outcome that waits");
            dispatcher.Tell(new DispatcherActor.Accepted([await _scene.OwnedAsync(recipients: "b@example.net")]));
            // Longer than two ticks, each of which looks for what it could send.
            Assert.True(await Until.StaysAsync(() => peer.Sessions.Sum(session => session.WireContents.Count) == 1, TimeSpan.FromSeconds(1.5)));
        }

        await DeliveredAsync(2);
        await EmptyAsync();
    }

    [Fact]
    public async Task CLU_35_with_one_connection_a_deep_destination_does_not_starve_the_others()
    {
        _workers = 1;
        await using var deep = ScriptedPeer.Start();
        await using var other = ScriptedPeer.Start();
        Point("deep.example", deep);
        Point("other.example", other);
        var dispatcher = Start();
        var works = new List<Work>();
        for (var i = 0; i < 100; i++)
            works.Add(await _scene.OwnedAsync(recipients: "a@deep.example"));
        works.Add(await _scene.OwnedAsync(recipients: "b@other.example"));
        dispatcher.Tell(new DispatcherActor.Accepted(works));
        await DeliveredAsync(101);
        // It was its turn after the five mails of a session or two, not after the hundred.
        Assert.InRange(
            await _scene.CountAsync("history WHERE destination = 'deep.example' AND ended_at < (SELECT ended_at FROM history WHERE destination = 'other.example')"), 0, 60);
        await EmptyAsync();
        Assert.All(deep.Sessions, session => Assert.InRange(session.WireContents.Count, 0, 5));
    }

    [Fact]
    public async Task CLU_25_switched_off_it_gives_back_what_waits_and_answers_drained()
    {
        await using var peer = ScriptedPeer.Start();
        Point("example.net", peer);
        var dispatcher = Start(delivering: false);
        dispatcher.Tell(new DispatcherActor.Accepted([await _scene.OwnedAsync()]));
        await EmptyAsync();
        Assert.Equal(1, await _scene.CountAsync("recipient WHERE owner IS NULL AND attempt = 0"));
        await dispatcher.Ask<DispatcherActor.Drained>(new DispatcherActor.Drain(), QueueScene.Patience, TestContext.Current.CancellationToken);
        dispatcher.Tell(new DispatcherActor.Deliver(true));
        await DeliveredAsync(1);
    }

    [Fact]
    public async Task RETRY_3_when_nobody_can_be_reached_all_that_waits_is_deferred_and_the_destination_marked_down()
    {
        var gone = ScriptedPeer.Start();
        Point("example.net", gone);
        await gone.DisposeAsync();
        var dispatcher = Start();
        var works = new List<Work>();
        for (var i = 0; i < 20; i++)
            works.Add(await _scene.OwnedAsync());
        dispatcher.Tell(new DispatcherActor.Accepted(works));
        await _scene.ReachesAsync(20, "recipient WHERE owner IS NULL AND state = 'waiting' AND attempt = 1");
        await _scene.ReachesAsync(1, "destination WHERE key = 'example.net' AND down_until > now()");
        await EmptyAsync();
    }

    [Fact]
    public async Task QUEUE_6_retry_now_reaches_a_host_that_is_back_long_before_its_silence_ends()
    {
        var gone = ScriptedPeer.Start();
        Point("example.net", gone);
        await gone.DisposeAsync();
        var dispatcher = Start(destination: () => new DestinationOptions { FirstBackOff = TimeSpan.FromHours(1), LongestBackOff = TimeSpan.FromHours(1) });
        dispatcher.Tell(new DispatcherActor.Accepted([await _scene.OwnedAsync(), await _scene.OwnedAsync()]));
        await _scene.ReachesAsync(1, "destination WHERE key = 'example.net' AND down_until > now()");
        await _scene.ReachesAsync(2, "recipient WHERE owner IS NULL AND state = 'waiting' AND attempt = 1");
        await using var back = ScriptedPeer.Start();
        Point("example.net", back);
        dispatcher.Tell(new DispatcherActor.ForgetHosts("example.net"));
        await _scene.Queue.RetryNowAsync(new RecipientFilter(), "admin", default);
        dispatcher.Tell(new DispatcherActor.WakeUp());
        await DeliveredAsync(2);
        await EmptyAsync();
    }

    [Fact]
    public async Task DELIV_2_a_host_that_refuses_further_connections_gets_its_mail_over_those_it_takes()
    {
        await using var peer = ScriptedPeer.Start(new PeerScript { On = step => step is { Session: > 0, Line: "(connect)" } && step.Session % 2 == 1 ? "421 4.7.0 too many" + ScriptedPeer.Drop : null });
        Point("example.net", peer);
        var dispatcher = Start();
        var works = new List<Work>();
        for (var i = 0; i < 30; i++)
            works.Add(await _scene.OwnedAsync());
        dispatcher.Tell(new DispatcherActor.Accepted(works));
        await Until.TrueAsync(async () => await _scene.CountAsync("history") + await _scene.CountAsync("recipient WHERE state = 'waiting'") == 30, QueueScene.Patience, "all are concluded");
        Assert.InRange(await _scene.CountAsync("history WHERE outcome = 'delivered'"), 5, 30);
        await EmptyAsync();
    }

    [Fact]
    public async Task CLU_22_idle_connections_above_its_part_are_let_go_as_soon_as_another_node_waits_for_them()
    {
        // Nothing but the other node's need closes them.
        _keepIdle = TimeSpan.FromHours(1);
        using var both = new Barrier(2);
        await using var peer = ScriptedPeer.Start(new PeerScript
        {
            On = step =>
            {
                if (step.Verb == "MAIL")
                    Assert.True(both.SignalAndWait(QueueScene.Patience));
                return null;
            },
        });
        Point("example.net", peer);
        var dispatcher = Start(destination: () => new DestinationOptions { Connections = 2 });
        dispatcher.Tell(new DispatcherActor.Accepted([await _scene.OwnedAsync(), await _scene.OwnedAsync()]));
        await DeliveredAsync(2);
        await Until.TrueAsync(async () => (await LookAsync(dispatcher)).Idle == 2, QueueScene.Patience, "two idle connections");

        var other = CreateTestProbe();
        _region.Tell(new DestinationActor.Want("example.net", "n2", 2, 0), other);
        Assert.Equal(0, (await other.ExpectMsgAsync<DestinationActor.Allotted>(QueueScene.Patience, cancellationToken: TestContext.Current.CancellationToken)).Connections);
        Assert.Equal(1, (await other.ExpectMsgAsync<DestinationActor.Allotted>(QueueScene.Patience, cancellationToken: TestContext.Current.CancellationToken)).Connections);
        Assert.Equal(1, (await LookAsync(dispatcher)).Idle);
    }

    private static Task<DispatcherActor.Sight> LookAsync(IActorRef dispatcher) =>
        dispatcher.Ask<DispatcherActor.Sight>(new DispatcherActor.Look(), QueueScene.Patience, TestContext.Current.CancellationToken);

    [Fact]
    public async Task OUT_1_a_session_the_host_closed_meanwhile_costs_no_attempt()
    {
        // The first session takes one mail and closes without a word when the next one begins.
        await using var peer = ScriptedPeer.Start(new PeerScript { On = step => step is { Session: 0, Verb: "MAIL", Count: 1 } ? ScriptedPeer.Drop : null });
        Point("example.net", peer);
        var dispatcher = Start(destination: () => new DestinationOptions { Connections = 1 });
        dispatcher.Tell(new DispatcherActor.Accepted([await _scene.OwnedAsync(), await _scene.OwnedAsync()]));
        await DeliveredAsync(2);
        Assert.Equal(2, await _scene.CountAsync("history WHERE attempts = 1"));
        Assert.Equal(2, peer.Sessions.Count);
        await EmptyAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CLU_35_a_destination_may_have_a_third_of_what_is_free_of_the_window_whether_it_answers_or_not_and_little_at_any_time(bool answers)
    {
        const int full = 450;
        var silentAt = answers ? "MAIL" : "(connect)";
        await using var peer = ScriptedPeer.Start(new PeerScript { On = step => step.Line.StartsWith(silentAt, StringComparison.Ordinal) ? ScriptedPeer.Silent : null });
        Point("much.example", peer);
        Point("little.example", peer);
        var dispatcher = Start(destination: () => new DestinationOptions { Connections = 1 });
        await AcceptAsync("much.example", 150);
        await AcceptAsync("little.example", 99);
        await Until.TrueAsync(() => peer.Sessions.Count == 2, QueueScene.Patience, "two connections");
        // Where a session is open it has the first mail in its hands, and the next one waits.
        if (answers)
        {
            await Until.TrueAsync(async () => (await dispatcher.Ask<DispatcherActor.Sight>(new DispatcherActor.Look(), QueueScene.Patience)).Waiting == 0, QueueScene.Patience, "the first mails are being sent");
            await AcceptAsync("much.example", 150);
            await AcceptAsync("little.example", 99);
        }

        _scene.Window.Take(_scene.Window.Free - full - 3, 0);
        Assert.True(await Until.StaysAsync(() => !_blocked.Contains("much.example"), TimeSpan.FromSeconds(1.5)));

        _scene.Window.Take(3, 0);
        await Until.TrueAsync(() => _blocked.Contains("much.example"), QueueScene.Patience, "it is full");
        _scene.Window.Take(_scene.Window.Free, 0);
        Assert.True(await Until.StaysAsync(() => _blocked.Contains("much.example") && !_blocked.Contains("little.example"), TimeSpan.FromSeconds(1.5)));

        _scene.Window.Return(5000, 0);
        await Until.TrueAsync(() => !_blocked.Contains("much.example"), QueueScene.Patience, "there is room again");

        async Task AcceptAsync(string domain, int count) =>
            dispatcher.Tell(new DispatcherActor.Accepted([await _scene.OwnedAsync(recipients: [.. Enumerable.Range(0, count).Select(n => $"a{n}@{domain}")])]));
    }

    [Fact]
    public async Task DELIV_2_two_domains_at_one_provider_share_its_connections()
    {
        await using var peer = ScriptedPeer.Start();
        Point("one.example", peer, "mx.provider.example:25");
        Point("two.example", peer, "mx.provider.example:25");
        var dispatcher = Start(destination: () => new DestinationOptions { Connections = 1 });
        dispatcher.Tell(new DispatcherActor.Accepted([await _scene.OwnedAsync(recipients: "a@one.example"), await _scene.OwnedAsync(recipients: "b@two.example")]));
        await DeliveredAsync(2);
        Assert.Equal(2, Assert.Single(peer.Sessions).WireContents.Count);
    }

    [Fact]
    public async Task P4_what_was_owned_under_a_fenced_epoch_is_forgotten()
    {
        await using var silent = ScriptedPeer.Start(new PeerScript { On = step => step.Line == "(connect)" ? ScriptedPeer.Silent : null });
        Point("example.net", silent);
        var dispatcher = Start();
        var work = await _scene.OwnedAsync();
        dispatcher.Tell(new DispatcherActor.Accepted([work]));
        await Until.TrueAsync(() => silent.Sessions.Count == 1, QueueScene.Patience, "a connection is tried");
        await _scene.FenceAsync(work.Lease.Epoch);
        await Until.TrueAsync(() => work.Lease.HasEnded, QueueScene.Patience, "the fence is noticed");
        dispatcher.Tell(new DispatcherActor.Forget(work.Lease));
        await EmptyAsync();
    }

    [Fact]
    public async Task P6_a_mail_whose_content_is_gone_keeps_no_place_in_the_window()
    {
        await using var peer = ScriptedPeer.Start();
        Point("example.net", peer);
        var dispatcher = Start();
        var work = await _scene.OwnedAsync();
        work.Content.Content!.Dispose();
        await _scene.Database.ExecuteAsync("DELETE FROM recipient");
        await _scene.Database.ExecuteAsync("DELETE FROM mail");
        dispatcher.Tell(new DispatcherActor.Accepted([new Work
        {
            Mail = work.Mail, Route = work.Route, Recipients = work.Recipients, Lease = work.Lease, Content = new ContentShare(null, 0, 1, _scene.Window),
        }]));
        await EmptyAsync();
    }
}
