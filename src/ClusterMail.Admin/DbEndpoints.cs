using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>db status</c>.</summary>
internal static class DbEndpoints
{
    public static void MapDb(this IEndpointRouteBuilder api) =>
        api.MapGet(Routes.Db, StatusAsync).Needs(Right.ReadCluster, "db.status").WithTags("db").WithSummary("Server, schema, sizes").Produces<DbStatus>();

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
