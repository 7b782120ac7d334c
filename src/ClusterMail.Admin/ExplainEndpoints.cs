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

    public static void MapExplain(this IEndpointRouteBuilder api) =>
        api.MapPost(Routes.Explain, ExplainAsync).Needs(Right.ReadCluster, "explain.run").WithTags("explain").WithSummary("Dry run of one transaction: reply, route and the rules that decided")
            .Produces<ExplainResult>();

    private static async Task<IResult> ExplainAsync(ExplainRequest request, IExplain explain, CancellationToken cancel)
    {
        // .NET also takes "2" for 0.0.0.2.
        if (!IPAddress.TryParse(request.Ip, out var address) || (address.AddressFamily == AddressFamily.InterNetwork && request.Ip.Count(c => c == '.') != 3))
            return Answers.Wrong($"'{Requests.Printable(request.Ip, 60)}' is no IP address.");
        if (request.To.Count is 0 or > MostRecipients)
            return Answers.Wrong($"Give from 1 to {MostRecipients} recipients.");
        return Results.Ok(await explain.ExplainAsync(request, cancel));
    }
}
