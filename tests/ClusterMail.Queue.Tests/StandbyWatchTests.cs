using System.Collections.Concurrent;
using System.Net;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Queue.Tests;

/// <summary>A 250 on two disks, where the settings want that (P1).</summary>
public class StandbyWatchTests
{
    private sealed class Watched : IAsyncDisposable
    {
        private readonly SemaphoreSlim _looked = new(0);

        public Watched()
        {
            Watch = new StandbyWatch(Look, () => Demand, (kind, text) => Told.Enqueue($"{kind}: {text}"), Time, NullLogger<StandbyWatch>.Instance);
            Watch.Start();
        }

        public FakeTimeProvider Time { get; } = new();
        public StandbyDemand Demand { get; set; } = StandbyDemand.Refuse;
        public StandbyState State { get; set; } = StandbyState.Connected;
        public bool IsLost { get; set; }
        public int Looks { get; private set; }
        public ConcurrentQueue<string> Told { get; } = [];
        public StandbyWatch Watch { get; }

        private Task<StandbyState> Look(CancellationToken cancel)
        {
            Looks++;
            return IsLost ? Task.FromException<StandbyState>(new TimeoutException("away")) : Task.FromResult(State);
        }

        /// <summary>A second goes by, and what the look of it found is known.</summary>
        public async Task SecondAsync(Func<bool> seen)
        {
            await Until.TrueAsync(() =>
            {
                Time.Advance(TimeSpan.FromSeconds(1));
                return seen();
            }, QueueScene.Patience, "the look was taken in");
        }

        public ValueTask DisposeAsync() => Watch.DisposeAsync();
    }

    [Theory]
    [InlineData(StandbyState.NoneNamed)]
    [InlineData(StandbyState.NotWaitedFor)]
    [InlineData(StandbyState.Away)]
    [InlineData(StandbyState.Hidden)]
    public async Task P1_refuse_takes_no_mail_while_no_second_disk_is_sure_and_tells_each_turn_once(StandbyState state)
    {
        await using var watched = new Watched();
        await Until.TrueAsync(() => watched.Watch.State == StandbyState.Connected, QueueScene.Patience, "the first look");
        Assert.False(watched.Watch.Refuses);
        Assert.Empty(watched.Told);

        watched.State = state;
        await watched.SecondAsync(() => watched.Watch.State == state && !watched.Told.IsEmpty);
        Assert.True(watched.Watch.Refuses);
        var before = watched.Looks;
        await watched.SecondAsync(() => watched.Looks > before + 2);
        Assert.StartsWith("standby-missing: " + StandbyWatch.Why(state), Assert.Single(watched.Told), StringComparison.Ordinal);

        watched.State = StandbyState.Connected;
        await watched.SecondAsync(() => watched.Told.Count == 2);
        Assert.False(watched.Watch.Refuses);
        Assert.StartsWith("standby-back", watched.Told.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task P1_what_was_seen_more_than_five_seconds_ago_counts_for_nothing()
    {
        await using var watched = new Watched();
        await Until.TrueAsync(() => watched.Watch.State == StandbyState.Connected, QueueScene.Patience, "the first look");
        watched.IsLost = true;
        Assert.False(watched.Watch.Refuses);
        watched.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(watched.Watch.Refuses);
    }

    [Fact]
    public async Task P1_warn_takes_mail_and_off_does_not_even_look()
    {
        await using var watched = new Watched { State = StandbyState.Away, Demand = StandbyDemand.Warn };
        await watched.SecondAsync(() => !watched.Told.IsEmpty);
        Assert.True(watched.Watch.IsLacking);
        Assert.False(watched.Watch.Refuses);

        watched.Demand = StandbyDemand.Off;
        await watched.SecondAsync(() => watched.Watch.State is null);
        var looks = watched.Looks;
        for (var second = 0; second < 10; second++)
            watched.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(watched.Watch.IsLacking);
        Assert.InRange(watched.Looks, looks, looks + 1);
    }

    [Fact]
    public async Task P1_without_a_standby_MAIL_and_the_final_dot_are_answered_451_and_nothing_is_stored()
    {
        await using var scene = await QueueScene.StartAsync();
        await using var watched = new Watched { State = StandbyState.Away };
        await Until.TrueAsync(() => watched.Watch.State == StandbyState.Away, QueueScene.Patience, "the first look");
        await using var journal = new AcceptJournal(scene.Lease, new AcceptJournalOptions(), NullLogger<AcceptJournal>.Instance);
        var acceptor = new MailAcceptor(journal, scene.Numbers, scene.Lease, scene.Window, new(), (_, _) => QueueScene.To("example.net"), _ => { }, standby: watched.Watch);

        Assert.Equal((451, new EnhancedStatus(4, 3, 0)), (acceptor.Unavailable!.Code, acceptor.Unavailable.Status));
        Assert.Equal(451, (await acceptor.AcceptAsync(Mail(scene), default)).Code);
        Assert.Equal(0, await scene.CountAsync("mail"));

        watched.State = StandbyState.Connected;
        await watched.SecondAsync(() => !watched.Watch.Refuses);
        Assert.Null(acceptor.Unavailable);
        Assert.Equal(250, (await acceptor.AcceptAsync(Mail(scene), default)).Code);
        Assert.Equal(1, await scene.CountAsync("mail"));
    }

    private static ReceivedMail Mail(QueueScene scene) => new(
        scene.Number(), new Protocol.Envelope(ReversePath.FromStored("s@example.jp")) { ForwardPaths = [new ForwardPath(Mailbox.FromStored("a@example.net"))] },
        new MemoryContent("Subject: x\r\n\r\nx\r\n"u8.ToArray()), default,
        new ClientConnection { Remote = new IPEndPoint(IPAddress.Loopback, 1), Local = new IPEndPoint(IPAddress.Loopback, 25), Purpose = ListenerPurpose.Relay, SessionId = "1" });
}
