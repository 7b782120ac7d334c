using ClusterMail.Admin.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>account upstream</c>: what an account has at the next server.</summary>
internal static class UpstreamEndpoints
{
    public static void MapUpstream(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("accounts");
        api.MapGet(Routes.AccountUpstream, ShowAsync).Needs(Right.ReadDirectory, "account.upstream-show").WithSummary("An account's login at the next server, without its secret").Produces<UpstreamEntry>();
        api.MapPut(Routes.AccountUpstream, SetAsync).Needs(Right.SetPassword, "account.upstream-set").WithSummary("Sets an account's login at the next server").Produces<AccountDone>();
        api.MapDelete(Routes.AccountUpstream, RemoveAsync).Needs(Right.SetPassword, "account.upstream-remove").WithSummary("Takes an account's login at the next server away").Produces<AccountDone>();
        api.MapPost(Routes.UpstreamImport, ImportAsync).Needs(Right.ChangeDirectory, "account.upstream-import").WithSummary("Sets the logins of a file, all or none").Produces<UpstreamImported>();
    }

    private static Task<IResult> ShowAsync(string address, UpstreamDesk desk, HttpContext context, CancellationToken cancel) => desk.ShowAsync(address, context.Caller().Reach(Right.ReadDirectory), cancel);

    private static Task<IResult> SetAsync(string address, UpstreamLogin login, UpstreamDesk desk, HttpContext context, CancellationToken cancel) => desk.SetAsync(address, login, context.Caller(), cancel);

    private static Task<IResult> RemoveAsync(string address, UpstreamDesk desk, HttpContext context, CancellationToken cancel) => desk.RemoveAsync(address, context.Caller(), cancel);

    private static Task<IResult> ImportAsync(UpstreamImport import, UpstreamDesk desk, HttpContext context, CancellationToken cancel) => desk.ImportAsync(import.Text, context.Caller(), cancel);
}
