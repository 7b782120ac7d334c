using System.Net;
using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Schedule;
using ClusterMail.Routing;
using ClusterMail.Settings;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

/// <summary>Which database takes the next mail, and what happens when that one does not.</summary>
public sealed class ShardChoiceTests
{
    private static AcceptJournal Journal(QueueScene scene) => new(scene.Lease, new AcceptJournalOptions(), NullLogger<AcceptJournal>.Instance);

    private static ShardChoice Choice(string weights, params (string Name, QueueScene Scene, AcceptJournal Journal)[] doors) => new(
        [.. doors.Select(door => new ShardDoor(door.Name, door.Scene.Lease, new AcceptPlace(door.Journal, door.Scene.Window), null))], () => ShardWeights.Parse(weights));

    private static MailAcceptor Acceptor(QueueScene main, AcceptJournal journal, ShardChoice choice, Route? route = null) => new(
        journal, main.Numbers, main.Lease, main.Window, new BlockedDestinations(), (_, to) => route ?? QueueScene.To(to.Domain), static _ => { }, shards: choice);

    private static async Task<int> AcceptAsync(QueueScene main, MailAcceptor acceptor) => (await acceptor.AcceptAsync(new ReceivedMail(
        main.Number(), new Protocol.Envelope(ReversePath.FromStored("s@example.jp")) { ForwardPaths = [new ForwardPath(Mailbox.FromStored("a@example.net"))] },
        new MemoryContent("Subject: x\r\n\r\nx\r\n"u8.ToArray()), default,
        new ClientConnection { Remote = new IPEndPoint(IPAddress.Loopback, 1), Local = new IPEndPoint(IPAddress.Loopback, 25), Purpose = ListenerPurpose.Relay, SessionId = "1" }), default)).Code;

    [Fact]
    public async Task CLU_28_turns_follow_the_weights_and_are_spread_evenly()
    {
        await using var scene = await QueueScene.StartAsync();
        await using var journal = Journal(scene);
        var choice = Choice("", ("main", scene, journal), ("east", scene, journal), ("west", scene, journal));
        Assert.Equal([0, 1, 2, 0, 1, 2], Enumerable.Range(0, 6).Select(_ => choice.Turn([100, 100, 100])));
        var turns = Enumerable.Range(0, 70).Select(_ => choice.Turn([50, 10, 10])).ToArray();
        Assert.Equal([50, 10, 10], Enumerable.Range(0, 3).Select(shard => turns.Count(turn => turn == shard)));
        // Never more than five of the heavy one in a row: a light one gets its tenth evenly, and not at the end.
        Assert.All(Enumerable.Range(0, 60), from => Assert.Contains(turns.Skip(from).Take(10), turn => turn != 0));
    }

    [Fact]
    public async Task CLU_28_one_that_takes_none_saves_nothing_up_and_none_at_all_is_the_main_one()
    {
        await using var scene = await QueueScene.StartAsync();
        await using var journal = Journal(scene);
        var choice = Choice("main=0 east=0", ("main", scene, journal), ("east", scene, journal));
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(0, choice.Turn([100, 0])));
        Assert.Equal([0, 1, 0, 1], Enumerable.Range(0, 4).Select(_ => choice.Turn([100, 100])));
        Assert.Equal(-1, choice.Turn([0, 0]));
        Assert.Same(journal, Assert.Single(choice.Next()).Journal);
    }

    [Fact]
    public async Task CLU_28_mails_go_by_turns_each_wholly_into_one_database_under_numbers_of_the_main_one()
    {
        await using var main = await QueueScene.StartAsync();
        await using var east = await QueueScene.StartAsync();
        await using var first = Journal(main);
        await using var second = Journal(east);
        var acceptor = Acceptor(main, first, Choice("", ("main", main, first), ("east", east, second)));
        for (var i = 0; i < 10; i++)
            Assert.Equal(250, await AcceptAsync(main, acceptor));
        Assert.Equal((5, 5, 5, 5), (await main.CountAsync("mail"), await main.CountAsync("recipient"), await east.CountAsync("mail"), await east.CountAsync("recipient")));
        Assert.Empty((await Numbers(main)).Intersect(await Numbers(east)));
    }

    [Fact]
    public async Task CLU_28_what_goes_into_a_mailbox_here_goes_to_the_main_database_where_the_mailboxes_are()
    {
        await using var main = await QueueScene.StartAsync();
        await using var east = await QueueScene.StartAsync();
        await using var first = Journal(main);
        await using var second = Journal(east);
        var local = new Route { Kind = RouteKind.Mailbox, Destination = Router.Local, Rule = "ROUTE-1 row 2" };
        var acceptor = Acceptor(main, first, Choice("main=0", ("main", main, first), ("east", east, second)), local);
        Assert.Equal(250, await AcceptAsync(main, acceptor));
        Assert.Equal((1, 0), (await main.CountAsync("mail"), await east.CountAsync("mail")));
    }

    [Fact]
    public async Task P1_a_shard_that_surely_did_not_take_a_mail_costs_no_451_the_main_database_takes_it()
    {
        await using var main = await QueueScene.StartAsync();
        await using var east = await QueueScene.StartAsync();
        await using var first = Journal(main);
        await using var second = Journal(east);
        var acceptor = Acceptor(main, first, Choice("main=0", ("main", main, first), ("east", east, second)));
        // What assert_epoch says to a fenced epoch, at the moment of the commit: no renewal has noticed before it.
        await east.Database.ExecuteAsync("""
            CREATE FUNCTION fenced() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fenced' USING ERRCODE = 'CM001'; END $$;
            CREATE TRIGGER fenced BEFORE INSERT ON mail FOR EACH ROW EXECUTE FUNCTION fenced();
            """);
        Assert.Equal(250, await AcceptAsync(main, acceptor));
        Assert.Equal((1, 0), (await main.CountAsync("mail"), await east.CountAsync("mail")));
    }

    [Fact]
    public async Task P1_a_lost_answer_of_a_shard_is_settled_there_and_the_mail_is_in_one_database()
    {
        await using var main = await QueueScene.StartAsync();
        await using var east = await QueueScene.StartAsync();
        await using var first = Journal(main);
        await using var second = Journal(east);
        var choice = Choice("main=0", ("main", main, first), ("east", east, second));
        var acceptor = Acceptor(main, first, choice);
        await using var blocker = await east.Database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var hold = await blocker.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var command = blocker.CreateCommand())
        {
            command.CommandText = "LOCK TABLE recipient IN SHARE MODE";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        // Elsewhere, as the session of a client is: a lone mail keeps its thread.
        var answer = Task.Run(() => AcceptAsync(main, acceptor));
        await Until.TrueAsync(async () => await east.CountAsync(
            $"(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%epoch={east.Epoch.Epoch}' AND wait_event_type = 'Lock') k") > 0,
            QueueScene.Patience, "the backend waits for the lock and is killed");
        await Until.TrueAsync(() => !choice.Doors[1].IsOpen, QueueScene.Patience, "the shard left out at once");
        await hold.RollbackAsync(TestContext.Current.CancellationToken);
        Assert.Equal(250, await answer);
        Assert.Equal(1, await main.CountAsync("mail") + await east.CountAsync("mail"));
        await Until.TrueAsync(() => choice.Doors[1].IsOpen, QueueScene.Patience, "the shard tried again");
    }

    private static async Task<long[]> Numbers(QueueScene scene) => await scene.Database.ScalarAsync<long[]>("SELECT array_agg(id) FROM mail");
}
