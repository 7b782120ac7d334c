using System.Net;
using ClusterMail.Store;
using ClusterMail.Testing;

namespace ClusterMail.Node.Tests;

/// <summary>What a node checks of its databases before it starts.</summary>
public sealed class NodeShardsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static NodeOptions Options(TestDatabase main, params (string Name, string Database)[] shards) => new()
    {
        Name = "n1",
        Roles = ["receive"],
        Database = main.ConnectionString,
        Shards = [.. shards.Select(shard => new NodeShardOptions(shard.Name, shard.Database))],
        Admin = new IPEndPoint(IPAddress.Loopback, 1),
        Remoting = new IPEndPoint(IPAddress.Loopback, 1),
        TokenFile = "",
        Spool = "",
    };

    private static async Task<TestDatabase> FreshAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("UPDATE farm SET id = gen_random_uuid()");
        return database;
    }

    private static async Task<string> RefusedAsync(NodeOptions options) =>
        (await Assert.ThrowsAsync<InvalidOperationException>(() => NodeShards.CheckAsync(options, Cancel))).Message;

    [Fact]
    public async Task CLU_28_a_node_starts_with_its_shards_and_with_one_that_is_away()
    {
        await using var main = await FreshAsync();
        await using var east = await FreshAsync();
        await ShardDatabase.PrepareAsync(main.ConnectionString, "east", east.ConnectionString, Cancel);
        await NodeShards.CheckAsync(Options(main), Cancel);
        await NodeShards.CheckAsync(Options(main, ("east", east.ConnectionString), ("west", "Host=127.0.0.1;Port=1;Username=x;Database=x;Timeout=1")), Cancel);
    }

    [Fact]
    public async Task CLU_28_two_shards_with_one_database_another_farms_and_an_old_schema_are_one_line_each()
    {
        await using var main = await FreshAsync();
        await using var other = await FreshAsync();
        await using var east = await FreshAsync();
        await using var empty = await TestDatabase.CreateEmptyAsync();
        await ShardDatabase.PrepareAsync(main.ConnectionString, "east", east.ConnectionString, Cancel);
        Assert.Equal("the database of shard west is that of shard east: each shard needs a database of its own, and keeps its name",
            await RefusedAsync(Options(main, ("east", east.ConnectionString), ("west", east.ConnectionString))));
        Assert.Equal("shard east is the main database itself: give it a database of its own", await RefusedAsync(Options(main, ("east", main.ConnectionString))));
        Assert.StartsWith("the database of shard east belongs to another farm (its shard east)", await RefusedAsync(Options(other, ("east", east.ConnectionString))), StringComparison.Ordinal);
        Assert.StartsWith("the schema of shard west is not up to date (0001_queue", await RefusedAsync(Options(main, ("west", empty.ConnectionString))), StringComparison.Ordinal);
    }
}
