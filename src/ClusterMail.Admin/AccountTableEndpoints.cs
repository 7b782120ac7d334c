using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>account hours|destination|relay</c>: the tables of one account, edited whole in the original's text formats (05 F, 05 G, PERS-2).</summary>
internal static class AccountTableEndpoints
{
    public static void MapAccountTables(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("accounts");
        api.MapGet(Routes.AccountTable, GetAsync).Needs(Right.ReadDirectory, "account.table").WithSummary("An account's own table as it was written").Produces<AccountTable>();
        api.MapPut(Routes.AccountTable, PutAsync).Needs(Right.ChangeDirectory, "account.table-put").WithSummary("Saves an account's own table").Produces<AccountTableSaved>();
        api.MapDelete(Routes.AccountTable, RemoveAsync).Needs(Right.ChangeDirectory, "account.table-remove").WithSummary("Takes an account's own table away").Produces<AccountTableSaved>();
        api.MapPost(Routes.AccountTableCheck, CheckAsync).Needs(Right.ChangeDirectory, "account.table-check").WithSummary("Judges an account's own table as a save would").Produces<AccountTableSaved>();
    }

    private static async Task<IResult> GetAsync(string address, string table, AccountDesk desk, AccountTableStore store, HttpContext context, CancellationToken cancel)
    {
        if (PersonalTable.Find(table) is not { } kind)
            return NoSuchTable(table);
        if (!AccountDesk.Place(await desk.TermsAsync(cancel), address, context.Caller().Reach(Right.ReadDirectory), out var place, out var wrong))
            return wrong;
        return await store.FindAsync(place.Domain, place.Name, cancel) is { } texts
            ? Results.Ok(new AccountTable($"{place}", kind.Name, kind.File, texts.Version, kind.Of(texts), texts.ChangedAt, texts.ChangedBy))
            : AccountDesk.Missing(place);
    }

    private static Task<IResult> PutAsync(
        string address, string table, AccountTableChange change, AccountDesk desk, AccountTableStore store, HttpContext context, CancellationToken cancel) =>
        SaveAsync(address, table, change, desk, store, context.Caller(), dryRun: false, cancel);

    private static Task<IResult> RemoveAsync(string address, string table, AccountDesk desk, AccountTableStore store, HttpContext context, CancellationToken cancel) =>
        SaveAsync(address, table, new AccountTableChange(""), desk, store, context.Caller(), dryRun: false, cancel);

    private static Task<IResult> CheckAsync(
        string address, string table, AccountTableChange change, AccountDesk desk, AccountTableStore store, HttpContext context, CancellationToken cancel) =>
        SaveAsync(address, table, change, desk, store, context.Caller(), dryRun: true, cancel);

    private static async Task<IResult> SaveAsync(
        string address, string table, AccountTableChange change, AccountDesk desk, AccountTableStore store, Caller by, bool dryRun, CancellationToken cancel)
    {
        if (PersonalTable.Find(table) is not { } kind)
            return NoSuchTable(table);
        if (!AccountDesk.Place(await desk.TermsAsync(cancel), address, by.Reach(Right.ChangeDirectory), out var place, out var wrong))
            return wrong;
        // Editors on Windows write CRLF, and two texts that look the same must not be two.
        var text = change.Text.Replace("\r\n", "\n", StringComparison.Ordinal);
        if (text.Contains('\0', StringComparison.Ordinal))
            return Answers.Wrong("A NUL stands in the text; this is no text file.", kind.Rule);
        var errors = kind.Check(text);
        var faults = errors.Where(error => !error.IsWarning).Select(SettingsDesk.Fault).ToList();
        if (faults.Count > 0)
            return Answers.Faults(faults);
        if (await store.FindAsync(place.Domain, place.Name, cancel) is { } current && kind.Name == AccountTableNames.Destination && SilentCopies.Refusal(by.Author, current.Destinations, text) is { } silent)
            return silent;
        IReadOnlyList<string> notes = [.. errors.Select(error => error.ToString())];
        if (dryRun)
            return await store.FindAsync(place.Domain, place.Name, cancel) is { } now ? Results.Ok(new AccountTableSaved($"{place}", kind.Name, now.Version, kind.Of(now), text, notes)) : AccountDesk.Missing(place);
        return await store.SaveAsync(place.Domain, place.Name, kind.Edit(text), change.Base, by.Author, cancel) switch
        {
            null => AccountDesk.Missing(place),
            (var before, null) => Answers.Problem(
                StatusCodes.Status409Conflict, $"{place} was changed since by {before.ChangedBy}: version {before.Version}.", "Nothing was overwritten.", "ADMIN-25",
                $"See it with: clustermail account {kind.Name} show {place}"),
            var (before, after) => Results.Ok(new AccountTableSaved($"{place}", kind.Name, after.Version, kind.Of(before), kind.Of(after), notes)),
        };
    }

    private static IResult NoSuchTable(string table) =>
        Answers.NotFound($"An account has no table '{Requests.Printable(table, 40)}'.", $"Tables: {string.Join(", ", AccountTableNames.All)}.");
}
