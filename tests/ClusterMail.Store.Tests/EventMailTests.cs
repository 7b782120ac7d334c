namespace ClusterMail.Store.Tests;

/// <summary>Events told to the administrator: each once, whatever happens in between (CLU-33).</summary>
public sealed class EventMailTests
{
    private static readonly string[] Kinds = ["node-fenced", "leader"];

    [Fact]
    public async Task CLU_33_what_is_new_is_one_mail_in_its_order_and_told_once()
    {
        await using var scene = await Scene.StartAsync();
        var events = new EventStore(scene.Database.Source);
        await events.WriteAsync("n1", "leader", "first", null, default);
        await events.WriteAsync("n2", "node-fenced", "second", null, default);
        List<string> told = [];
        Assert.Equal(2, await TellAsync(scene, scene.Epoch, news => told.AddRange(news.Select(e => e.Text))));
        Assert.Equal(["first", "second"], told);
        Assert.Equal((1, 1), (await scene.CountAsync("mail"), await scene.CountAsync("recipient WHERE owner IS NULL AND forward_path = 'admin@example.jp'")));
        Assert.Equal(0, await TellAsync(scene, scene.Epoch, news => Assert.Fail("told twice")));
        await events.WriteAsync("n1", "leader", "third", null, default);
        told.Clear();
        Assert.Equal(1, await TellAsync(scene, scene.Epoch, news => told.AddRange(news.Select(e => e.Text))));
        Assert.Equal(["third"], told);
    }

    [Fact]
    public async Task CLU_33_kinds_nobody_asked_for_and_news_of_yesterday_are_not_told()
    {
        await using var scene = await Scene.StartAsync();
        var events = new EventStore(scene.Database.Source);
        await events.WriteAsync("n1", "settings", "not asked for", null, default);
        await events.WriteAsync("n1", "leader", "old", null, default);
        await scene.Database.ExecuteAsync("UPDATE event SET at = now() - interval '25 hours' WHERE text = 'old'");
        Assert.Equal(0, await TellAsync(scene, scene.Epoch, _ => Assert.Fail("there was nothing to tell")));
        Assert.Equal(0, await scene.CountAsync("mail"));
    }

    [Fact]
    public async Task CLU_33_under_a_fenced_epoch_nothing_is_queued_and_nothing_counts_as_told()
    {
        await using var scene = await Scene.StartAsync();
        await new EventStore(scene.Database.Source).WriteAsync("n1", "leader", "news", null, default);
        await scene.Database.ExecuteAsync("UPDATE node SET fenced_at = now(), fenced_by = 'n2' WHERE epoch = $1", scene.Epoch);
        await Assert.ThrowsAsync<EpochFencedException>(() => TellAsync(scene, scene.Epoch, _ => { }));
        Assert.Equal((0, 1), (await scene.CountAsync("mail"), await scene.CountAsync("event WHERE kind = 'leader' AND mailed_at IS NULL")));
        // Another node tells it.
        Assert.Equal(1, await TellAsync(scene, await Scene.RegisterAsync(scene.Nodes, "node2"), _ => { }));
    }

    [Fact]
    public async Task CLU_33_a_storm_goes_out_in_mails_of_a_hundred_events()
    {
        await using var scene = await Scene.StartAsync();
        await scene.Database.ExecuteAsync("INSERT INTO event (node, kind, text) SELECT 'n1', 'leader', 'storm ' || n FROM generate_series(1, 150) AS n");
        Assert.Equal((100, 50, 0), (await TellAsync(scene, scene.Epoch, _ => { }), await TellAsync(scene, scene.Epoch, _ => { }), await TellAsync(scene, scene.Epoch, _ => { })));
        Assert.Equal(2, await scene.CountAsync("mail"));
    }

    private static async Task<int> TellAsync(Scene scene, long epoch, Action<IReadOnlyList<EventRecord>> look)
    {
        var number = await scene.Queue.AllotNumbersAsync(1, default);
        return await new EventMail(scene.Database.Source).TellAsync(epoch, Kinds, news =>
        {
            look(news);
            return Scene.Mail(number, owned: false, "admin@example.jp") with { ReversePath = "" };
        }, default);
    }
}
