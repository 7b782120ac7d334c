using ClusterMail.Testing;

namespace ClusterMail.Store.Tests;

/// <summary>Several databases of one farm: which is which, what is asked of all, what is carried from one to the other.</summary>
public sealed class ShardStoreTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>As a migrated one of its own is; the template of the tests gives all the same farm.</summary>
    private static async Task<TestDatabase> FreshAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("UPDATE farm SET id = gen_random_uuid()");
        return database;
    }

    private static async Task<string?> FaultAsync(TestDatabase main, string name, TestDatabase shard) =>
        FarmStore.Fault((await FarmStore.ReadAsync(main.Source, Cancel)).Id, name, await FarmStore.ReadAsync(shard.Source, Cancel));

    [Fact]
    public async Task CLU_28_an_empty_database_becomes_a_shard_and_stays_one_under_its_name()
    {
        await using var main = await FreshAsync();
        await using var shard = await TestDatabase.CreateEmptyAsync();
        Assert.Contains("0001_queue", await ShardDatabase.PrepareAsync(main.ConnectionString, "east", shard.ConnectionString, Cancel));
        Assert.Empty(await ShardDatabase.PrepareAsync(main.ConnectionString, "east", shard.ConnectionString, Cancel));
        Assert.Null(await FaultAsync(main, "east", shard));
        Assert.Contains("is that of shard east", await FaultAsync(main, "west", shard), StringComparison.Ordinal);
        var twice = await Assert.ThrowsAsync<InvalidOperationException>(() => ShardDatabase.PrepareAsync(main.ConnectionString, "west", shard.ConnectionString, Cancel));
        Assert.Contains("is that of shard east", twice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CLU_28_the_main_database_another_farms_and_one_in_use_become_no_shard()
    {
        await using var main = await FreshAsync();
        await using var other = await FreshAsync();
        Assert.Contains("is the main database itself", (await RefusedAsync(main, "east", main)).Message, StringComparison.Ordinal);
        await Scene.RegisterAsync(new NodeStore(other.Source), "node1");
        Assert.Contains("another farm", (await RefusedAsync(main, "east", other)).Message, StringComparison.Ordinal);
        await using var shard = await FreshAsync();
        await ShardDatabase.PrepareAsync(other.ConnectionString, "east", shard.ConnectionString, Cancel);
        Assert.Contains("belongs to another farm (its shard east)", (await RefusedAsync(main, "east", shard)).Message, StringComparison.Ordinal);
        Assert.Equal("", (await FarmStore.ReadAsync(other.Source, Cancel)).Shard);
    }

    private static Task<InvalidOperationException> RefusedAsync(TestDatabase main, string name, TestDatabase shard) =>
        Assert.ThrowsAsync<InvalidOperationException>(() => ShardDatabase.PrepareAsync(main.ConnectionString, name, shard.ConnectionString, Cancel));

    [Fact]
    public async Task CLU_28_a_shard_that_is_away_is_named_and_the_others_answer()
    {
        await using var main = await FreshAsync();
        await using var away = Database.Open("Host=127.0.0.1;Port=1;Username=x;Database=x;Timeout=1", "test");
        var shards = new Shards([new Shard(Shard.MainName, main.Source), new Shard("east", main.Source), new Shard("west", away)]);
        var answers = await shards.AskAsync(async (shard, stop) => (await FarmStore.ReadAsync(shard.Source, stop)).Shard, Cancel);
        Assert.Equal(["main", "east"], answers.Given.Select(one => one.Shard.Name));
        Assert.Equal(["west"], answers.Missing);
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => new Shards([new Shard(Shard.MainName, away), new Shard("east", main.Source)])
            .AskAsync(async (shard, stop) => (await FarmStore.ReadAsync(shard.Source, stop)).Shard, Cancel));
    }

    [Theory]
    [InlineData("east", true)]
    [InlineData("e", true)]
    [InlineData("db-2", true)]
    [InlineData("main", false)]
    [InlineData("East", false)]
    [InlineData("2db", false)]
    [InlineData("", false)]
    [InlineData("a-name-of-21-characters", false)]
    public void CLU_28_names_of_shards(string name, bool good) => Assert.Equal(good, Shard.IsName(name));

    [Fact]
    public async Task CLU_33_an_event_of_a_shard_is_carried_once_also_when_it_was_broken_off_before_the_mark()
    {
        await using var main = await FreshAsync();
        await using var east = await FreshAsync();
        await new EventStore(east.Source).WriteAsync("n1", "node-fenced", "took over", new Dictionary<string, string> { ["mail"] = "12" }, Cancel);
        var carrier = new ShardEvents(main.Source);
        var shard = new Shard("east", east.Source);
        Assert.Equal(1, await carrier.CarryAsync(shard, Cancel));
        Assert.Equal(0, await carrier.CarryAsync(shard, Cancel));
        await east.ExecuteAsync("UPDATE event SET mailed_at = NULL");
        Assert.Equal(1, await carrier.CarryAsync(shard, Cancel));
        Assert.Equal("n1 node-fenced 12 east", await main.ScalarAsync<string>("SELECT string_agg(concat_ws(' ', node, kind, data ->> 'mail', data ->> 'shard'), '|') FROM event"));
        Assert.Equal(1, await main.ScalarAsync<long>("SELECT count(*) FROM event WHERE mailed_at IS NULL"));
    }

    [Fact]
    public async Task CLU_35_a_shard_claims_nothing_of_a_destination_that_is_down_in_the_main_database_and_again_when_it_is_up()
    {
        await using var main = await FreshAsync();
        await using var east = await Scene.StartAsync();
        await east.Queue.AcceptAsync(east.Epoch, [await east.MailAsync(owned: false, "a@example.net")], Cancel);
        var (here, there) = (new DestinationStore(main.Source), new DestinationStore(east.Database.Source));
        await here.MarkDownAsync("example.net", TimeSpan.FromMinutes(5), "451 away", Cancel);
        await there.MirrorAsync(await here.ListDownAsync(Cancel), Cancel);
        Assert.Empty(await east.ClaimAsync());
        Assert.Equal((await here.ListDownAsync(Cancel))[0], (await there.ListDownAsync(Cancel))[0]);
        await here.MarkUpAsync("example.net", Cancel);
        await there.MirrorAsync(await here.ListDownAsync(Cancel), Cancel);
        Assert.Single(await east.ClaimAsync());
    }
}
