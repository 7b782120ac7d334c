using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>route</c>, <c>relay</c>, <c>domain</c>: tables edited whole, in the original text formats; each is one setting, so it is saved and versioned like one.</summary>
internal static class TableEndpoints
{
    public static void MapTables(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("tables");
        api.MapGet(Routes.Table, GetAsync).Needs(Right.ReadSettings, "table.show").WithSummary("route, relay or domain table as it was written").Produces<TableText>();
        api.MapPut(Routes.Table, PutAsync).Needs(Right.ChangeSettings, "table.put").WithSummary("Saves a table").Produces<SettingsSaved>();
        api.MapPost(Routes.TableCheck, CheckAsync).Needs(Right.ReadSettings, "table.check").WithSummary("Judges a table as a save would").Produces<SettingsSaved>();
    }

    private static string? SettingOf(string table) => table switch
    {
        TableNames.Route => "route.table",
        TableNames.Relay => "relay.rules",
        TableNames.Domain => SettingsDesk.DomainTable,
        TableNames.Destination => "destination.rules",
        _ => null,
    };

    private static string Text(SettingsSnapshot snapshot, string setting) => snapshot.Values.GetValueOrDefault(setting) ?? Settings.Catalogue.Get(setting).Default;

    private static async Task<IResult> GetAsync(string table, SettingsDesk desk, CancellationToken cancel)
    {
        if (SettingOf(table) is not { } setting)
            return NoSuchTable(table);
        var snapshot = (await desk.LoadAsync(null, cancel))!;
        return Results.Ok(new TableText(table, setting, snapshot.Version, Text(snapshot, setting)));
    }

    private static Task<IResult> PutAsync(string table, TableChange change, SettingsDesk desk, HttpContext context, CancellationToken cancel) =>
        SaveAsync(table, change, desk, context, dryRun: false, cancel);

    private static Task<IResult> CheckAsync(string table, TableChange change, SettingsDesk desk, HttpContext context, CancellationToken cancel) =>
        SaveAsync(table, change, desk, context, dryRun: true, cancel);

    private static async Task<IResult> SaveAsync(string table, TableChange change, SettingsDesk desk, HttpContext context, bool dryRun, CancellationToken cancel)
    {
        if (SettingOf(table) is not { } setting)
            return NoSuchTable(table);
        var newest = (await desk.LoadAsync(null, cancel))!;
        // Editors on Windows write CRLF; the grammar's lines end in LF, and two texts that look the same must not be two versions.
        var text = change.Text.Replace("\r\n", "\n", StringComparison.Ordinal);
        var wanted = SettingsDesk.Apply(newest, [new SettingChange(setting, text)]);
        return await desk.SaveAsync(newest, wanted, change.Base, context.User(), change.Comment ?? $"{table} table", dryRun, cancel, change.Confirm);
    }

    private static IResult NoSuchTable(string table) => Answers.NotFound(
        $"There is no table '{Requests.Printable(table, 40)}'.", $"Tables: {TableNames.Route}, {TableNames.Relay}, {TableNames.Domain}, {TableNames.Destination}.");
}
