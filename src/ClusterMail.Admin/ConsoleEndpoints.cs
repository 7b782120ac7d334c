using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>console</c>: who may use this API, with which role (ADMIN-12, ADMIN-14).</summary>
internal static class ConsoleEndpoints
{
    public static void MapConsole(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("console");
        api.MapGet(Routes.ConsoleAccounts, ListAsync).Needs(Right.ManageConsole, "console.list").WithSummary("Console accounts by name").Produces<ConsoleAccountList>();
        api.MapPost(Routes.ConsoleAccounts, AddAsync).Needs(Right.ManageConsole, "console.add").WithSummary("Creates a console account").Produces<ConsoleDone>();
        api.MapGet(Routes.ConsoleAccount, GetAsync).NeedsOrOwn(Right.ManageConsole, "console.show").WithSummary("One console account").Produces<ConsoleAccount>();
        api.MapPatch(Routes.ConsoleAccount, ChangeAsync).Needs(Right.ManageConsole, "console.change").WithSummary("Gives other roles or domains, suspends, puts in force again").Produces<ConsoleDone>();
        api.MapDelete(Routes.ConsoleAccount, RemoveAsync).Needs(Right.ManageConsole, "console.remove").WithSummary("Removes a console account, its sessions and tokens").Produces<ConsoleDone>();
        api.MapPut(Routes.ConsolePassword, PasswordAsync).NeedsOrOwn(Right.ManageConsole, "console.password").WithSummary("Sets a password and ends the sessions").Produces<ConsoleDone>();
        api.MapPost(Routes.ConsoleUnlock, UnlockAsync).Needs(Right.ManageConsole, "console.unlock").WithSummary("Ends the lock of five failed logins").Produces<ConsoleDone>();
        api.MapGet(Routes.ConsoleTokens, TokensAsync).NeedsOrOwn(Right.ManageConsole, "console.tokens").WithSummary("Tokens of a console account").Produces<ConsoleTokenList>();
        api.MapPost(Routes.ConsoleTokens, AddTokenAsync).NeedsOrOwn(Right.ManageConsole, "console.token-add").WithSummary("Makes a token; it is shown once").Produces<ConsoleTokenMade>();
        api.MapDelete(Routes.ConsoleToken, RevokeTokenAsync).NeedsOrOwn(Right.ManageConsole, "console.token-revoke").WithSummary("Revokes a token").Produces<ConsoleDone>();
        api.MapPost(Routes.SecondFactor, BeginFactorAsync).NeedsOrOwn(Right.OnlyOwn, "console.totp-begin").WithSummary("Begins a second factor; its secret is shown once").Produces<SecondFactorBegun>();
        api.MapPut(Routes.SecondFactor, ConfirmFactorAsync).NeedsOrOwn(Right.OnlyOwn, "console.totp-enable").WithSummary("Puts the second factor in force").Produces<SecondFactorEnabled>();
        api.MapDelete(Routes.SecondFactor, EndFactorAsync).NeedsOrOwn(Right.ManageConsole, "console.totp-disable").WithSummary("Takes the second factor away").Produces<ConsoleDone>();
    }

    private static async Task<IResult> ListAsync(ConsoleDesk desk, CancellationToken cancel) => Results.Ok(new ConsoleAccountList([.. (await desk.Store.ListAsync(cancel)).Select(Account)]));

    private static async Task<IResult> GetAsync(string name, ConsoleDesk desk, CancellationToken cancel) =>
        await desk.Store.FindAsync(name, cancel) is { } row ? Results.Ok(Account(row)) : ConsoleDesk.Missing(name);

    private static Task<IResult> AddAsync(ConsoleAdd account, ConsoleDesk desk, HttpContext context, CancellationToken cancel) => desk.AddAsync(account, context.User(), cancel);

    private static Task<IResult> ChangeAsync(string name, ConsoleChange change, ConsoleDesk desk, HttpContext context, CancellationToken cancel) =>
        desk.ChangeAsync(name, change, context.User(), cancel);

    private static Task<IResult> RemoveAsync(string name, ConsoleDesk desk, HttpContext context, CancellationToken cancel) => desk.RemoveAsync(name, context.User(), cancel);

    private static Task<IResult> PasswordAsync(string name, ConsolePassword password, ConsoleDesk desk, HttpContext context, CancellationToken cancel) =>
        desk.SetPasswordAsync(name, password, context.Caller(), cancel);

    private static Task<IResult> UnlockAsync(string name, ConsoleDesk desk, HttpContext context, CancellationToken cancel) => desk.UnlockAsync(name, context.User(), cancel);

    private static async Task<IResult> TokensAsync(string name, ConsoleDesk desk, CancellationToken cancel) => await desk.Store.FindAsync(name, cancel) is { } row
        ? Results.Ok(new ConsoleTokenList([.. (await desk.Store.TokensAsync(row.Name, cancel)).Select(token => new ConsoleToken(token.Name, token.CreatedAt, token.ExpiresAt, token.UsedAt))]))
        : ConsoleDesk.Missing(name);

    private static Task<IResult> AddTokenAsync(string name, ConsoleTokenAdd token, ConsoleDesk desk, HttpContext context, CancellationToken cancel) =>
        desk.AddTokenAsync(name, token, context.User(), cancel);

    private static Task<IResult> RevokeTokenAsync(string name, string token, ConsoleDesk desk, HttpContext context, CancellationToken cancel) =>
        desk.RevokeTokenAsync(name, token, context.User(), cancel);

    private static Task<IResult> BeginFactorAsync(string name, SecondFactorDesk desk, HttpContext context, CancellationToken cancel) => desk.BeginAsync(context.Caller(), cancel);

    private static Task<IResult> ConfirmFactorAsync(string name, SecondFactorCode code, SecondFactorDesk desk, HttpContext context, CancellationToken cancel) =>
        desk.ConfirmAsync(code, context.Caller(), cancel);

    private static Task<IResult> EndFactorAsync(string name, [FromBody] SecondFactorOff off, SecondFactorDesk desk, HttpContext context, CancellationToken cancel) =>
        desk.DisableAsync(name, off, context.Caller(), cancel);

    private static ConsoleAccount Account(ConsoleAccountRow row) => new(
        row.Name, row.Roles, row.Domains, row.Suspended, row.SecondFactor, row.PasswordAt, row.LockedUntil, row.LastLoginAt, row.Sessions, row.Tokens, row.CreatedAt, row.ChangedAt, row.ChangedBy);
}
