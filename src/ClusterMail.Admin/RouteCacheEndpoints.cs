using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Admin;

/// <summary><c>route cache drop</c> (MXC-5).</summary>
internal static class RouteCacheEndpoints
{
    private const int LongestDomain = 255;

    public static void MapRouteCache(this IEndpointRouteBuilder api) =>
        api.MapPost(Routes.RouteCacheDrop, DropAsync).Needs(Right.Govern, "route.cache-drop").WithTags("route").WithSummary("Forget what DNS said of one domain, or of all, on every node").Produces<RouteCacheDropped>();

    private static async Task<IResult> DropAsync(RouteCacheDropRequest wanted, RouteCacheStore store, ILogger<RouteCacheStore> logger, HttpContext context, CancellationToken cancel)
    {
        if (wanted.Domain is null != wanted.All)
            return Answers.Wrong("This says neither or both of what to forget.", "MXC-5", "Give a domain, or all.");
        if (wanted.Domain is { Length: 0 or > LongestDomain })
            return Answers.Wrong($"A domain has 1 to {LongestDomain} characters.", "MXC-5");
        var key = wanted.Domain is null ? null : DomainName.Normalize(wanted.Domain);
        await store.DropAsync(key, context.User(), cancel);
        var message = key is null ? "All nodes forget what DNS said of every destination." : $"All nodes forget what DNS said of {Requests.Printable(key, LongestDomain)}.";
        logger.Acted(context.User().Name, "drop", "route cache", message);
        return Results.Ok(new RouteCacheDropped(key, message));
    }
}
