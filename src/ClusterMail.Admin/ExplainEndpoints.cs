using System.Net;
using System.Net.Sockets;
using ClusterMail.Admin.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>explain</c>: the dry run of ADMIN-44.</summary>
internal static class ExplainEndpoints
{
    private const int MostRecipients = 100;

    private const int LongestName = 320;

    public static void MapExplain(this IEndpointRouteBuilder api)
    {
        api.MapPost(Routes.Explain, ExplainAsync).Needs(Right.ReadCluster, "explain.run").WithTags("explain").WithSummary("Dry run of one transaction: reply, route and the rules that decided")
            .Produces<ExplainResult>();
        api.MapPost(Routes.ExplainSpf, SpfAsync).Needs(Right.ReadCluster, "explain.spf").WithTags("explain").WithSummary("Dry run of SPF for a client, line by line").Produces<ExplainSpfResult>();
    }

    private static async Task<IResult> ExplainAsync(ExplainRequest request, IExplain explain, CancellationToken cancel)
    {
        if (!IsAddress(request.Ip))
            return Answers.Wrong($"'{Requests.Printable(request.Ip, 60)}' is no IP address.");
        if (request.To.Count is 0 or > MostRecipients)
            return Answers.Wrong($"Give from 1 to {MostRecipients} recipients.");
        return Results.Ok(await explain.ExplainAsync(request, cancel));
    }

    private static async Task<IResult> SpfAsync(ExplainSpfRequest request, IExplain explain, CancellationToken cancel)
    {
        if (!IsAddress(request.Ip))
            return Answers.Wrong($"'{Requests.Printable(request.Ip, 60)}' is no IP address.");
        if (request.Helo.Length > LongestName || request.From.Length > LongestName)
            return Answers.Wrong($"Give names and addresses of at most {LongestName} characters.");
        return Results.Ok(await explain.SpfAsync(request, cancel));
    }

    // .NET also takes "2" for 0.0.0.2.
    private static bool IsAddress(string text) => IPAddress.TryParse(text, out var address) && (address.AddressFamily != AddressFamily.InterNetwork || text.Count(c => c == '.') == 3);
}
