using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Admin;

/// <summary>
/// Stands in front of every endpoint: who asks and whether he may, before anything else is looked at, body and parameters included, and every failure turned into a problem.
/// </summary>
internal static class Guard
{
    /// <summary>Wraps the endpoint itself, not a filter: filters run after the body was read and bound, and would answer a stranger's bad body with its fault.</summary>
    public static void Protect(EndpointBuilder endpoint)
    {
        var inner = endpoint.RequestDelegate ?? throw new InvalidOperationException($"{endpoint.DisplayName} has nothing to protect.");
        endpoint.RequestDelegate = context => RunAsync(context, inner);
    }

    private static async Task RunAsync(HttpContext context, RequestDelegate inner)
    {
        var logger = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("ClusterMail.Admin");
        var request = context.Request;
        try
        {
            context.Response.Headers.CacheControl = "no-store";
            if (await StopAsync(context, logger) is { } stopped)
                await stopped.ExecuteAsync(context);
            else
                await inner(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            await Explain(e, request, logger).ExecuteAsync(context);
        }
    }

    /// <summary>What is answered instead of the endpoint; null: it may run.</summary>
    private static async Task<IResult?> StopAsync(HttpContext context, ILogger logger)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<OpenToStrangers>() is not null)
            return null;
        if (await context.RequestServices.GetRequiredService<Doorkeeper>().AdmitAsync(context, context.RequestAborted) is not { } caller)
        {
            AdminMetrics.Refused();
            logger.Refused(context.Request.Method, Requests.Printable(context.Request.Path.Value ?? "", 200), context.Source());
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Answers.Problem(StatusCodes.Status401Unauthorized, "The admin token is missing or wrong.");
        }
        context.Features.Set(caller);
        var needs = metadata?.GetMetadata<Needs>() ?? new Needs(Right.Undeclared, "api.request");
        return caller.May(needs.Right) || (needs.Own && caller.Is(context.GetRouteValue("name") as string)) ? null : new NotAllowed();
    }

    private static IResult Explain(Exception exception, HttpRequest request, ILogger logger)
    {
        switch (exception)
        {
            case BadHttpRequestException bad:
                return Answers.Problem(bad.StatusCode, "The request cannot be read.", (bad.InnerException ?? bad).Message);
            case TimeoutException:
                return Answers.Problem(StatusCodes.Status503ServiceUnavailable, "The cluster did not answer in time.", exception.Message, hint: "Try again, or ask another node.");
            case not null when Database.IsLost(exception):
                AdminMetrics.NoDatabase();
                logger.DatabaseAway(request.Method, request.Path, exception.Message);
                return Answers.Problem(
                    StatusCodes.Status503ServiceUnavailable, "The database cannot be reached now.", hint: "Look at clustermail db status, and try again.");
            default:
                logger.Failed(exception!, request.Method, request.Path);
                return Answers.Problem(StatusCodes.Status500InternalServerError, "This request failed; the program log has the reason.");
        }
    }
}
