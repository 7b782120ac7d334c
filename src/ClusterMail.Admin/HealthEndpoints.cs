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
        endpoints.MapGet(Routes.Live, LiveAsync).WithSummary("The process works: it need not be started again").Produces<Health>().Produces<Health>(StatusCodes.Status503ServiceUnavailable);
        endpoints.MapGet(Routes.Ready, (IReadiness readiness, HttpContext context) => Ready(readiness, context, StatusCodes.Status503ServiceUnavailable))
            .WithSummary("This node may be sent clients").Produces<Health>().Produces<Health>(StatusCodes.Status503ServiceUnavailable);
        endpoints.MapGet(Routes.Balancer, (IReadiness readiness, HttpContext context) => Ready(readiness, context, StatusCodes.Status404NotFound))
            .WithSummary("This node may be sent clients; 404: no new ones, and those it has go on").Produces<Health>().Produces<Health>(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> LiveAsync(ILiveness liveness, HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return await liveness.TroubleAsync(context.RequestAborted) is { } trouble
            ? Results.Json(new Health("not live", [trouble]), AdminJson.Default.Health, statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Json(new Health("live", []), AdminJson.Default.Health);
    }

    private static IResult Ready(IReadiness readiness, HttpContext context, int notReady)
    {
        context.Response.Headers.CacheControl = "no-store";
        return readiness.Ready
            ? Results.Json(new Health("ready", []), AdminJson.Default.Health)
            : Results.Json(new Health("not ready", readiness.Reasons), AdminJson.Default.Health, statusCode: notReady);
    }
}
