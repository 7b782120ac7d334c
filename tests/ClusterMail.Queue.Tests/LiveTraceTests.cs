using System.Net;
using ClusterMail.Protocol;
using ClusterMail.Queue.Logs;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;

namespace ClusterMail.Queue.Tests;

/// <summary>Who sees what in a live trace (ADMIN-42).</summary>
public sealed class LiveTraceTests
{
    private static readonly LiveFilter Everything = new(null, null, null, null);

    private static ClientConnection Client(string session, string ip = "203.0.113.7") => new()
    {
        Remote = new IPEndPoint(IPAddress.Parse(ip), 4711),
        Local = new IPEndPoint(IPAddress.Loopback, 25),
        Purpose = ListenerPurpose.Relay,
        SessionId = session,
    };

    private static void Say(LiveTrace live, ClientConnection client, params string[] lines)
    {
        foreach (var line in lines)
            live.Saw(client, DateTimeOffset.UtcNow, line);
    }

    private static List<string> Read(LiveWatch watch)
    {
        var lines = new List<string>();
        while (watch.Lines.TryRead(out var line))
            lines.Add($"{line.Id} {line.Text}");
        return lines;
    }

    [Fact]
    public void ADMIN_42_nothing_is_asked_while_nobody_watches()
    {
        var live = new LiveTrace();
        var told = new List<bool>();
        live.Watched += told.Add;
        Assert.False(live.IsWatched);
        var first = live.Begin(Everything)!;
        var second = live.Begin(Everything)!;
        first.Dispose();
        Assert.True(live.IsWatched);
        second.Dispose();
        Assert.False(live.IsWatched);
        Assert.Equal([true, false], told);
    }

    [Fact]
    public void ADMIN_42_by_client_only_its_sessions_are_seen()
    {
        var live = new LiveTrace();
        using var watch = live.Begin(Everything with { Client = IPAddress.Parse("203.0.113.7") })!;
        Say(live, Client("S1"), "RECV <- EHLO a");
        Say(live, Client("S2", "198.51.100.1"), "RECV <- EHLO b");
        Assert.Equal(["S1 RECV <- EHLO a"], Read(watch));
    }

    [Fact]
    public void ADMIN_42_by_address_a_mail_is_seen_from_its_beginning_once_it_is_known_to_be_meant_and_the_next_one_is_not()
    {
        var live = new LiveTrace();
        using var watch = live.Begin(Everything with { Address = "Taro@Example.jp" })!;
        Say(live, Client("S1"), "RECV <- MAIL FROM:<a@example.net>", "SEND -> 250 ok", "RECV <- RCPT TO:<x@example.org>");
        Assert.Empty(Read(watch));
        Say(live, Client("S1"), "RECV <- RCPT TO:<taro@example.jp>", "SEND -> 250 ok");
        Assert.Equal(
            ["S1 RECV <- MAIL FROM:<a@example.net>", "S1 SEND -> 250 ok", "S1 RECV <- RCPT TO:<x@example.org>", "S1 RECV <- RCPT TO:<taro@example.jp>", "S1 SEND -> 250 ok"],
            Read(watch));
        Say(live, Client("S1"), "RECV <- MAIL FROM:<b@example.net>", "SEND -> 250 ok");
        Assert.Empty(Read(watch));
    }

    [Theory]
    [InlineData("example.jp", true)]
    [InlineData("example.org", false)]
    public void ADMIN_42_by_domain(string domain, bool seen)
    {
        var live = new LiveTrace();
        using var watch = live.Begin(Everything with { Domain = domain })!;
        Say(live, Client("S1"), "RECV <- MAIL FROM:<a@example.jp>");
        Assert.Equal(seen ? 1 : 0, Read(watch).Count);
    }

    [Fact]
    public async Task ADMIN_42_by_number_a_delivery_is_seen_with_route_dialogue_and_result()
    {
        await using var scene = await QueueScene.StartAsync();
        var work = await scene.OwnedAsync(recipients: ["a@example.net", "b@example.net"]);
        var live = new LiveTrace();
        using var meant = live.Begin(Everything with { Mail = work.Mail.Id.ToString() })!;
        using var other = live.Begin(Everything with { Mail = "B0000999999" })!;
        live.Tried(work,
        [
            new Conclusion { Key = work.Recipients[0].Key, State = RecipientState.Delivered, Reply = "250 2.0.0 Ok", Rule = "ROUTE-1 row 6", Dialogue = ["-> MAIL FROM:<sender@example.jp>"] },
            new Conclusion { Key = work.Recipients[1].Key, State = RecipientState.Waiting, Reply = "451 Later", Class = FailureClass.LineError, RetryAfter = TimeSpan.FromSeconds(120), Rule = "ROUTE-1 row 6" },
        ]);
        Assert.Equal(
            [
                $"{work.Mail.Id} ROUTE example.net: ROUTE-1 row 6",
                $"{work.Mail.Id} -> MAIL FROM:<sender@example.jp>",
                $"{work.Mail.Id} RESULT a@example.net=Delivered 250 2.0.0 Ok",
                $"{work.Mail.Id} RESULT b@example.net=Waiting 451 Later, LineError, next try in 120 s",
            ],
            Read(meant));
        Assert.Empty(Read(other));
    }

    [Fact]
    public void P6_a_reader_that_does_not_read_is_not_waited_for()
    {
        var live = new LiveTrace();
        using var watch = live.Begin(Everything)!;
        for (var i = 0; i < 10_000; i++)
            Say(live, Client("S1"), "RECV <- NOOP");
        Assert.Equal(10_000, Read(watch).Count + watch.TakeLeftOut());
        Assert.Equal(0, watch.TakeLeftOut());
    }

    [Fact]
    public void P6_there_are_only_so_many_watches()
    {
        var live = new LiveTrace();
        var watches = Enumerable.Range(0, LiveTrace.MaxWatches).Select(_ => live.Begin(Everything)!).ToList();
        Assert.Null(live.Begin(Everything));
        watches[0].Dispose();
        Assert.NotNull(live.Begin(Everything));
    }
}
