using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin.Access;

/// <summary>Tells from a request's token who asks. The farm's own needs no database, so that it opens when nothing else does.</summary>
internal sealed class Doorkeeper(AdminToken farm, LoginStore logins)
{
    private const int LongestUser = 64;

    /// <summary>Null: a stranger.</summary>
    public async Task<Caller?> AdmitAsync(HttpContext context, CancellationToken cancel)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        if (farm.Opens(authorization))
            return Farm(context);
        if (OpaqueToken.Read(authorization) is not { } token)
            return null;
        var hash = token.Hash;
        if (await (token.IsSession ? logins.SessionAsync(hash, cancel) : logins.TokenAsync(hash, cancel)) is not { } found)
            return null;
        var author = new Author(found.Name) { Means = token.IsSession ? "session" : $"token {found.Token}", Source = context.Source(), IsAuditor = found.Roles.Contains(RoleNames.Auditor) };
        return new Caller(found.Name, found.Roles, found.Domains, author) { Session = token.IsSession ? hash : null, ExpiresAt = found.ExpiresAt, SecondFactor = found.SecondFactor };
    }

    /// <summary>Whoever holds the farm's token may say what he is called: it stands beside what he changes, and the audit says that he said so.</summary>
    private static Caller Farm(HttpContext context)
    {
        var said = Requests.Printable(context.Request.Headers[Routes.UserHeader].ToString(), LongestUser).Trim();
        return new Caller(Caller.Farm, [RoleNames.ClusterAdministrator], [], new Author(said.Length == 0 ? "admin" : said)
        {
            Who = Caller.Farm,
            Means = said.Length == 0 ? "farm token" : $"farm token, as {said}",
            Source = context.Source(),
        });
    }
}
