using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using ClusterMail.Store.Approval;
using ClusterMail.Store.Content;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>db status</c>, <c>db keys</c>.</summary>
internal static class DbEndpoints
{
    public static void MapDb(this IEndpointRouteBuilder api)
    {
        api.MapGet(Routes.Db, StatusAsync).Needs(Right.ReadCluster, "db.status").WithTags("db").WithSummary("Server, schema, sizes").Produces<DbStatus>();
        api.MapGet(Routes.DbKeys, KeysAsync).Needs(Right.ReadCluster, "db.keys").WithTags("db").WithSummary("Keys that contents at rest are sealed with").Produces<ContentKeyList>();
    }

    private static async Task<IResult> KeysAsync(Shards shards, ContentKeys keys, HoldReader held, NodeName node, CancellationToken cancel)
    {
        var answers = await shards.AskAsync((shard, stop) => new SealedContents(shard.Source).CountAsync(stop), cancel);
        // A key that looks unused is a key that somebody throws away.
        if (answers.Missing.Count > 0)
            return Answers.Problem(StatusCodes.Status503ServiceUnavailable, $"{ShardWords.Missing(answers.Missing)}: which keys its contents need is not known.", hint: ShardWords.Hint);
        var counts = answers.Values.SelectMany(counted => counted).GroupBy(c => (c.Place, c.Key)).Select(same => new SealedCount(same.Key.Place, same.Key.Key, same.Sum(c => c.Contents)));
        return Results.Ok(new ContentKeyList(
            node.Name, keys.IsOn, keys.Current, [.. counts.Select(c => new ContentKeyEntry(c.Place, c.Key, c.Contents, c.Place == "held" ? held.Knows(c.Key) : keys.Has(c.Key)))]));
    }

    private static async Task<IResult> StatusAsync(Shards shards, CancellationToken cancel)
    {
        var answers = await shards.AskAsync((shard, stop) => new ClusterReader(shard.Source).DatabaseAsync(stop), cancel);
        return Results.Ok(Status(answers.Main) with
        {
            Shards = [.. answers.Given.Skip(1).Select(one => new DbShard(one.Shard.Name, Status(one.Value))), .. answers.Missing.Select(name => new DbShard(name, null))],
        });
    }

    private static DbStatus Status(DatabaseGlance glance) =>
        new(
            glance.Server, glance.Version, glance.Writable, glance.SynchronousCommit, glance.SynchronousStandbys, glance.Size, glance.Connections, glance.MaxConnections,
            glance.Applied, [.. ClusterReader.Scripts.Except(glance.Applied)], [.. glance.Tables.Select(t => new DbTable(t.Name, t.Bytes, t.Rows, t.Dead))])
        {
            Standbys = [.. glance.Standbys.Select(s => new DbStandby(s.Name, s.State, s.Sync, s.BehindBytes, s.LagSeconds))],
        };
}
