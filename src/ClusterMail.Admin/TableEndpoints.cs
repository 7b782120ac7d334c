using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>route</c>, <c>relay</c>, <c>domain</c>: tables edited whole, in the original text formats; each is one setting, so it is saved and versioned like one.</summary>
internal static class TableEndpoints
{
    private const string DomainSetting = "domain.table";
    private const string DefaultKind = "relay";

    public static void MapTables(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("tables");
        api.MapGet(Routes.Table, GetAsync).WithSummary("route, relay or domain table as it was written").Produces<TableText>();
        api.MapPut(Routes.Table, PutAsync).WithSummary("Saves a table").Produces<SettingsSaved>();
        api.MapPost(Routes.TableCheck, CheckAsync).WithSummary("Judges a table as a save would").Produces<SettingsSaved>();
        api.MapGet(Routes.Domains, DomainsAsync).WithSummary("Operated domains").Produces<DomainList>();
        api.MapPost(Routes.Domains, AddDomainAsync).WithSummary("Adds a domain").Produces<SettingsSaved>();
        api.MapDelete(Routes.Domain, RemoveDomainAsync).WithSummary("Removes a domain").Produces<SettingsSaved>();
    }

    private static string? SettingOf(string table) => table switch
    {
        TableNames.Route => "route.table",
        TableNames.Relay => "relay.rules",
        TableNames.Domain => DomainSetting,
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
        return await desk.SaveAsync(newest, wanted, change.Base, context.User(), change.Comment ?? $"{table} table", dryRun, cancel);
    }

    private static async Task<IResult> DomainsAsync(SettingsDesk desk, CancellationToken cancel)
    {
        var snapshot = (await desk.LoadAsync(null, cancel))!;
        return Results.Ok(new DomainList(snapshot.Version, [.. Lines(Text(snapshot, DomainSetting)).Select(Domain).OfType<DomainEntry>()]));
    }

    private static async Task<IResult> AddDomainAsync(DomainAdd domain, SettingsDesk desk, HttpContext context, CancellationToken cancel)
    {
        var newest = (await desk.LoadAsync(null, cancel))!;
        var lines = Lines(Text(newest, DomainSetting));
        if (lines.Any(l => Names(l, domain.Name)))
            return Answers.Problem(StatusCodes.Status409Conflict, $"{Requests.Printable(domain.Name, 255)} is an operated domain already.");
        if (domain.Name.Length is 0 or > 255 || $"{domain.Name}{domain.Kind}".Any(c => char.IsControl(c)) || domain.Name.Any(char.IsWhiteSpace))
            return Answers.Wrong($"'{Requests.Printable(domain.Name, 255)}' is no domain name.");
        var text = string.Join('\n', [.. lines, $"{domain.Name} {(string.IsNullOrWhiteSpace(domain.Kind) ? DefaultKind : domain.Kind.Trim())}", ""]);
        return await SaveDomainsAsync(newest, text, domain.Base, $"domain add {domain.Name}", desk, context, cancel);
    }

    private static async Task<IResult> RemoveDomainAsync(string name, long? basis, SettingsDesk desk, HttpContext context, CancellationToken cancel)
    {
        var newest = (await desk.LoadAsync(null, cancel))!;
        var lines = Lines(Text(newest, DomainSetting));
        string[] kept = [.. lines.Where(l => !Names(l, name))];
        if (kept.Length == lines.Length)
            return Answers.NotFound($"{Requests.Printable(name, 255)} is no operated domain.", "clustermail domain list shows them.");
        return await SaveDomainsAsync(newest, string.Join('\n', [.. kept, ""]), basis, $"domain remove {name}", desk, context, cancel);
    }

    private static Task<IResult> SaveDomainsAsync(
        SettingsSnapshot newest, string text, long? basis, string comment, SettingsDesk desk, HttpContext context, CancellationToken cancel) =>
        desk.SaveAsync(newest, SettingsDesk.Apply(newest, [new SettingChange(DomainSetting, text)]), basis, context.User(), comment, dryRun: false, cancel);

    private static string[] Lines(string text) => text.TrimEnd('\n', '\r') is { Length: > 0 } trimmed ? trimmed.Replace("\r", "", StringComparison.Ordinal).Split('\n') : [];

    private static DomainEntry? Domain(string line) =>
        line.Length == 0 || line[0] is '\'' or ' ' || line.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is not [var name, .. var kind]
            ? null
            : new(name, kind is [var words] ? words : DefaultKind);

    private static bool Names(string line, string domain) => Domain(line) is { } entry && string.Equals(entry.Name, domain, StringComparison.OrdinalIgnoreCase);

    private static IResult NoSuchTable(string table) => Answers.NotFound(
        $"There is no table '{Requests.Printable(table, 40)}'.", $"Tables: {TableNames.Route}, {TableNames.Relay}, {TableNames.Domain}.");
}
