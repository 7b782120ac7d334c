using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>login</c>, <c>logout</c>, <c>whoami</c>.</summary>
internal static class SessionEndpoints
{
    /// <summary>Octets a stranger may send; a login needs a few hundred.</summary>
    private const long LargestLogin = 16 * 1024;

    public static void MapSession(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("session");
        api.MapPost(Routes.Login, LogInAsync).WithMetadata(new OpenToStrangers(), new RequestSizeLimitAttribute(LargestLogin)).WithSummary("Begins a session").Produces<LoggedIn>();
        api.MapGet(Routes.Session, Show).Needs(Right.Anyone, "session.show").WithSummary("Who you are, and what you may do").Produces<WhoAmI>();
        api.MapDelete(Routes.Session, LogOutAsync).Needs(Right.Anyone, "session.logout").WithSummary("Ends the session").Produces<ConsoleDone>();
    }

    private static Task<IResult> LogInAsync(LogIn login, LoginDesk desk, HttpContext context, CancellationToken cancel) => desk.LogInAsync(login, context.Source(), cancel);

    private static IResult Show(HttpContext context)
    {
        var caller = context.Caller();
        return Results.Ok(new WhoAmI(caller.Name, caller.Roles, caller.Domains, caller.Author.Means, caller.ExpiresAt, caller.SecondFactor));
    }

    private static async Task<IResult> LogOutAsync(LoginStore logins, HttpContext context, CancellationToken cancel)
    {
        if (context.Caller().Session is not { } session)
            return Answers.Problem(StatusCodes.Status409Conflict, "This is a token, no session.", hint: "clustermail console token revoke takes a token out of force.");
        await logins.EndAsync(session, context.User(), cancel);
        return Results.Ok(new ConsoleDone(context.Caller().Name, "The session has ended."));
    }
}
