using ClusterMail.Admin.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary>For balancers and supervisors (CLU-23): open, and saying no more than they need.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Routes.Live, () => Results.Ok(new Health("live", []))).WithSummary("The process runs").Produces<Health>();
        endpoints.MapGet(Routes.Ready, Ready).WithSummary("This node may be sent clients").Produces<Health>().Produces<Health>(StatusCodes.Status503ServiceUnavailable);
    }

    private static IResult Ready(IReadiness readiness, HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return readiness.Ready
            ? Results.Json(new Health("ready", []), AdminJson.Default.Health)
            : Results.Json(new Health("not ready", readiness.Reasons), AdminJson.Default.Health, statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
