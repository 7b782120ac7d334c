using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.TestKit.Xunit;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Receive;
using ClusterMail.Queue.Schedule;
using ClusterMail.Smtp.Server;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

public sealed class ReceiveTests : TestKit
{
    private readonly string _spool = Directory.CreateTempSubdirectory("clustermail-spool").FullName;
    private readonly BlockedDestinations _blocked = new();
    private readonly List<Work> _dispatched = [];
    private volatile ReceiverActor.Sight? _sight;
    private QueueScene _scene = null!;
    private AcceptJournal _journal = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _scene = await QueueScene.StartAsync();
        _journal = new AcceptJournal(_scene.Lease, new AcceptJournalOptions(), NullLogger<AcceptJournal>.Instance);
    }

    public override async ValueTask DisposeAsync()
    {
        // The actors first: what they still give back goes through the journals.
        await base.DisposeAsync();
        await _journal.DisposeAsync();
        await _scene.DisposeAsync();
        Directory.Delete(_spool, recursive: true);
    }

    private MailAcceptor Acceptor(Window? window = null) => new(_journal, _scene.Numbers, _scene.Lease, window ?? _scene.Window, _blocked,
        (_, to) => QueueScene.To(to.Domain), works => { lock (_dispatched) _dispatched.AddRange(works); });

    private async Task<Reply> AcceptAsync(MailAcceptor acceptor, params string[] recipients) => await acceptor.AcceptAsync(new ReceivedMail(
        _scene.Number(),
        new Protocol.Envelope(ReversePath.FromStored("s@example.jp")) { ForwardPaths = [.. recipients.Select(r => new ForwardPath(Mailbox.FromStored(r)))] },
        new MemoryContent("Subject: x\r\n\r\nx\r\n"u8.ToArray()), default,
        new ClientConnection { Remote = new IPEndPoint(IPAddress.Loopback, 1), Local = new IPEndPoint(IPAddress.Loopback, 25), Purpose = ListenerPurpose.Relay, SessionId = "1" }), default);

    [Fact]
    public async Task DELIV_4_what_fits_the_window_is_owned_and_handed_on_with_its_content()
    {
        Assert.Equal(250, (await AcceptAsync(Acceptor(), "a@one.example", "b@one.example", "c@two.example")).Code);
        Assert.Equal(3, await _scene.CountAsync("recipient WHERE owner IS NOT NULL"));
        Assert.Equal([2, 1], _dispatched.Select(work => work.Recipients.Length));
        Assert.All(_dispatched, work => Assert.NotNull(work.Content.Content));
        Assert.Equal(3, _scene.Window.Recipients);
    }

    [Fact]
    public async Task CLU_35_a_blocked_destination_takes_no_room_and_waits_in_the_queue()
    {
        _blocked.ReplaceDown(["two.example"]);
        _blocked.ReplaceFull(["full.example"]);
        Assert.Equal(250, (await AcceptAsync(Acceptor(), "a@one.example", "c@two.example", "d@full.example")).Code);
        Assert.Equal("one.example", Assert.Single(_dispatched).Route.Destination);
        Assert.Equal((1L, 2L), (await _scene.CountAsync("recipient WHERE owner IS NOT NULL"), await _scene.CountAsync("recipient WHERE owner IS NULL")));
        Assert.Equal(1, _scene.Window.Recipients);
    }

    [Fact]
    public async Task P6_with_a_full_window_mail_is_accepted_and_left_to_whoever_has_room()
    {
        var window = new Window(() => 1, () => 1000);
        Assert.Equal(250, (await AcceptAsync(Acceptor(window), "a@one.example", "b@one.example")).Code);
        Assert.Empty(_dispatched);
        Assert.Equal(2, await _scene.CountAsync("recipient WHERE owner IS NULL AND state = 'queued'"));
        Assert.Equal((0, 0L), (window.Recipients, window.Bytes));
    }

    [Fact]
    public async Task CLU_31_without_a_lease_mail_is_answered_451_and_nothing_keeps_its_place()
    {
        _scene.Epoch.Cut();
        var acceptor = Acceptor();
        Assert.Equal(451, acceptor.Unavailable?.Code);
        Assert.Equal(451, (await AcceptAsync(acceptor, "a@one.example")).Code);
        Assert.Equal((0, 0L, 0L), (_scene.Window.Recipients, _scene.Window.Bytes, await _scene.CountAsync("mail")));
    }

    private IActorRef Receiver()
    {
        var services = new SessionServices(new MailPolicy(_scene.Settings), Acceptor(), new SpoolFolder(_spool), NullLogger.Instance);
        return Sys.ActorOf(ReceiverActor.Props(services, sight => _sight = sight));
    }

    private static ListenerOptions On(int port) => new() { EndPoint = new IPEndPoint(IPAddress.Loopback, port) };

    private Task SeenAsync(Func<ReceiverActor.Sight, bool> what, string text) => Until.TrueAsync(() => _sight is { } sight && what(sight), QueueScene.Patience, text);

    private static async Task<string> GreetingAsync(string endPoint)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPEndPoint.Parse(endPoint));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadLineAsync() ?? "";
    }

    [Fact]
    public async Task ADMIN_1_a_port_that_is_taken_is_shown_and_opened_when_it_is_free()
    {
        var taken = new TcpListener(IPAddress.Loopback, 0) { ExclusiveAddressUse = true };
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var receiver = Receiver();
        receiver.Tell(new ReceiverActor.SetDoors(ReceiverActor.Doors.Open));
        receiver.Tell(new ReceiverActor.Listen([On(port)]));
        await SeenAsync(sight => !sight.Listening && sight.Fault?.Contains(port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal) == true, "the fault names the port");
        taken.Stop();
        await SeenAsync(sight => sight is { Listening: true, Fault: null }, "the port is open");
        Assert.StartsWith("220 ", await GreetingAsync(_sight!.Bound[0]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RECV_12_the_ports_asked_for_last_are_open_however_fast_they_were_asked_for()
    {
        var receiver = Receiver();
        receiver.Tell(new ReceiverActor.SetDoors(ReceiverActor.Doors.Open));
        receiver.Tell(new ReceiverActor.Listen([On(0)]));
        receiver.Tell(new ReceiverActor.Listen([On(0), On(0) with { ProxyProtocol = true }]));
        await SeenAsync(sight => sight is { Listening: true, Bound.Count: 2 }, "both are open");
    }

    [Fact]
    public async Task CLU_32_drained_ports_close_open_again_and_a_stop_is_answered()
    {
        var receiver = Receiver();
        receiver.Tell(new ReceiverActor.SetDoors(ReceiverActor.Doors.Open));
        receiver.Tell(new ReceiverActor.Listen([On(0)]));
        await SeenAsync(sight => sight.Listening, "open");
        receiver.Tell(new ReceiverActor.SetDoors(ReceiverActor.Doors.Draining));
        await SeenAsync(sight => sight is { Listening: false, Doors: ReceiverActor.Doors.Draining }, "drained");
        receiver.Tell(new ReceiverActor.SetDoors(ReceiverActor.Doors.Open));
        await SeenAsync(sight => sight is { Listening: true, Doors: ReceiverActor.Doors.Open, Bound.Count: 1 }, "open again");
        Assert.StartsWith("220 ", await GreetingAsync(_sight!.Bound[0]), StringComparison.Ordinal);
        await receiver.Ask<ReceiverActor.Stopped>(new ReceiverActor.Stop(TimeSpan.FromSeconds(5)), QueueScene.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task ADMIN_24_a_newer_version_is_followed_and_ADMIN_26_one_that_cannot_be_loaded_leaves_the_last_good_one()
    {
        await _scene.SaveAsync(("receive.max_rcpt", "7"));
        Assert.Equal((1, 7), (_scene.Settings.Current.Settings.Version, _scene.Settings.Current.Receive.MaxRecipients));
        await _scene.Database.ExecuteAsync("INSERT INTO setting_version (version, saved_by, values) VALUES (2, 'test', '{\"receive.max_rcpt\": {\"no\": \"text\"}}')");
        await _scene.Settings.FollowAsync(2, default);
        Assert.Equal(1, _scene.Settings.Current.Settings.Version);
        Assert.NotNull(_scene.Settings.FailingSince);
        await _scene.SaveAsync(("receive.max_rcpt", "8"));
        Assert.Equal((3, 8), (_scene.Settings.Current.Settings.Version, _scene.Settings.Current.Receive.MaxRecipients));
        Assert.Null(_scene.Settings.FailingSince);
    }

    [Fact]
    public async Task ADMIN_26_a_version_that_cannot_be_loaded_is_told_once_and_after_a_minute_the_node_is_not_ready_until_one_can()
    {
        await _scene.SaveAsync(("receive.max_rcpt", "7"));
        await _scene.Database.ExecuteAsync("INSERT INTO setting_version (version, saved_by, values) VALUES (2, 'test', '{\"receive.max_rcpt\": {\"no\": \"text\"}}')");
        await _scene.Settings.FollowAsync(2, default);
        await _scene.Settings.FollowAsync(2, default);
        Assert.Contains("n1 cannot load settings version 2 and goes on with 1", Assert.Single(_scene.Alarms), StringComparison.Ordinal);
        Assert.False(_scene.Settings.IsOverdue);
        _scene.SettingsClock.Advance(TimeSpan.FromSeconds(61));
        Assert.True(_scene.Settings.IsOverdue);
        await _scene.SaveAsync(("receive.max_rcpt", "8"));
        Assert.False(_scene.Settings.IsOverdue);
        Assert.Contains("all is well again", _scene.Alarms.Last(), StringComparison.Ordinal);
        Assert.Equal(2, _scene.Alarms.Count);
    }
}
