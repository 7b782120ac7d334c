namespace ClusterMail.Store.Tests;

public sealed class NewsStoreTests
{
    [Fact]
    public async Task MXC_5_ROUTE_1_one_question_brings_what_is_down_what_was_dropped_and_who_leads()
    {
        await using var scene = await Scene.StartAsync();
        var (news, drops, leases) = (new NewsStore(scene.Database.Source), new RouteCacheStore(scene.Database.Source), new LeaseStore(scene.Database.Source));
        var nothing = await news.LookAsync("leader", 0, default);
        Assert.Equal((0, 0, null), (nothing.Down.Count, nothing.Drops.Count, nothing.Holder));

        await new DestinationStore(scene.Database.Source).MarkDownAsync("example.org", TimeSpan.FromMinutes(5), "421 later", default);
        await drops.DropAsync("example.net", "n1", default);
        await drops.DropAsync(null, "n1", default);
        await leases.TryAcquireAsync("leader", "n2", TimeSpan.FromMinutes(1), default);
        await leases.TryAcquireAsync("other", "n3", TimeSpan.FromMinutes(1), default);

        var (down, dropped, holder) = await news.LookAsync("leader", 0, default);
        Assert.Equal(("example.org", "421 later"), (Assert.Single(down).Key, down[0].LastReply));
        Assert.Equal(["example.net", null], dropped.Select(drop => drop.Domain));
        Assert.Equal("n2", holder);
        var (nodes, leader) = await new NodeStore(scene.Database.Source).ListAsync("leader", default);
        Assert.Equal(("node1", "n2"), (Assert.Single(nodes).Name, leader));
        Assert.Null((await new NodeStore(scene.Database.Source).ListAsync("nobody's", default)).Holder);
        Assert.Equal([null], (await news.LookAsync("leader", dropped[0].Id, default)).Drops.Select(drop => drop.Domain));
    }
}
