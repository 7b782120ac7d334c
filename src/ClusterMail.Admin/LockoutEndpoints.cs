using ClusterMail.Admin.Contract;
using ClusterMail.Queue.Lockout;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>lockout</c>: addresses the cluster takes no connection from (LOCK-1, LOCK-2), and those a filter has denied (RELAY-51).</summary>
internal static class LockoutEndpoints
{
    public static void MapLockout(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("lockout");
        api.MapGet(Routes.Lockouts, ListAsync).Needs(Right.ReadCluster, "lockout.list").WithSummary("Addresses locked out or denied now").Produces<LockoutList>();
        api.MapDelete(Routes.Lockout, RemoveAsync).Needs(Right.Govern, "lockout.remove").WithSummary("Sets an address free, on all nodes within two seconds").Produces<LockoutRemoved>();
    }

    private static async Task<IResult> ListAsync(LockoutStore store, CancellationToken cancel)
    {
        var locked = await store.ListAsync(cancel);
        var denied = await store.DeniesAsync(cancel);
        return Results.Ok(new LockoutList(
        [
            .. locked.Select(row => new LockoutEntry(row.Address, row.Kind == LockoutKind.Connections ? "connections" : "auth", row.Since, row.Until, row.Count, row.Node, null)),
            .. denied.Select(row => new LockoutEntry(row.Address, "filter", row.AddedAt, row.Until, null, null, row.Filter)),
        ]));
    }

    private static async Task<IResult> RemoveAsync(string address, LockoutStore store, HttpContext context, CancellationToken cancel)
    {
        if (LockoutRules.KeyOf(address) is not { } key)
            return Answers.Wrong($"'{Requests.Printable(address, 60)}' is no IP address.", "LOCK-2");
        // A filter denies the address itself, also where lock-outs take a whole IPv6 network.
        var freed = await store.RemoveAsync(key, context.User(), cancel);
        freed |= key != address && await store.RemoveAsync(address, context.User(), cancel);
        return freed ? Results.Ok(new LockoutRemoved(key)) : Answers.NotFound($"{key} is neither locked out nor denied.", "clustermail lockout list shows who is.");
    }
}
