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

    private static async Task<IResult> KeysAsync(SealedContents contents, ContentKeys keys, HoldReader held, NodeName node, CancellationToken cancel)
    {
        var counts = await contents.CountAsync(cancel);
        return Results.Ok(new ContentKeyList(
            node.Name, keys.IsOn, keys.Current, [.. counts.Select(c => new ContentKeyEntry(c.Place, c.Key, c.Contents, c.Place == "held" ? held.Knows(c.Key) : keys.Has(c.Key)))]));
    }

    private static async Task<IResult> StatusAsync(ClusterReader cluster, CancellationToken cancel)
    {
        var glance = await cluster.DatabaseAsync(cancel);
        return Results.Ok(new DbStatus(
            glance.Server, glance.Version, glance.Writable, glance.SynchronousCommit, glance.SynchronousStandbys, glance.Size, glance.Connections, glance.MaxConnections,
            glance.Applied, [.. ClusterReader.Scripts.Except(glance.Applied)], [.. glance.Tables.Select(t => new DbTable(t.Name, t.Bytes, t.Rows, t.Dead))])
        {
            Standbys = [.. glance.Standbys.Select(s => new DbStandby(s.Name, s.State, s.Sync, s.BehindBytes, s.LagSeconds))],
        });
    }
}
