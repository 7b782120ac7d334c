using System.Threading.RateLimiting;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Admin.Access;

/// <summary>
/// 403, written into the audit before it is answered (EX-ADMIN-9). It reads the same whatever the reason, so that it tells nobody whether the thing he may not touch is there.
/// </summary>
/// <param name="subject">What he wanted to touch; null: the path says it.</param>
internal sealed class NotAllowed(string? subject = null) : IResult, IStatusCodeHttpResult
{
    private const int LongestSubject = 300;

    public int? StatusCode => StatusCodes.Status403Forbidden;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (caller, request) = (httpContext.Caller(), httpContext.Request);
        var what = Requests.Printable(subject ?? $"{request.Method} {request.Path.Value}{request.QueryString.Value}", LongestSubject);
        var act = httpContext.GetEndpoint()?.Metadata.GetMetadata<Needs>()?.Act ?? "api.request";
        AdminMetrics.Forbidden();
        httpContext.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("ClusterMail.Admin").NotAllowed(caller.Name, act, what);
        if (httpContext.RequestServices.GetRequiredService<RefusalLimit>().Pass(caller.Name))
            await httpContext.RequestServices.GetRequiredService<ConsoleAudit>().NoteAsync(caller.Author, AuditOutcome.Refused, new AuditNote(act, what), httpContext.RequestAborted);
        await Answers.Problem(
            StatusCodes.Status403Forbidden, "Your roles do not allow this.", rule: "ADMIN-12", hint: "clustermail whoami shows what you may do; a cluster administrator can change it.").ExecuteAsync(httpContext);
    }
}

/// <summary>The audit only grows, so a program that runs against a wall all day must not fill it: what is over the limit stands in the program's log alone.</summary>
internal sealed class RefusalLimit : IDisposable
{
    /// <summary>Rows of one console account in one minute on one node.</summary>
    public const int MostPerMinute = 60;

    private readonly PartitionedRateLimiter<string> _limiter = PartitionedRateLimiter.Create<string, string>(name => RateLimitPartition.GetFixedWindowLimiter(
        name, _ => new FixedWindowRateLimiterOptions { PermitLimit = MostPerMinute, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 }));

    public bool Pass(string caller)
    {
        using var lease = _limiter.AttemptAcquire(caller);
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
