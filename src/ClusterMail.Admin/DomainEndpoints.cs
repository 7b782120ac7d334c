using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Settings;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>domain</c>: operated domains one by one. They are lines of one setting, so each change is a version of the settings.</summary>
internal static class DomainEndpoints
{
    private const string DefaultKind = "relay";

    public static void MapDomains(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("domains");
        api.MapGet(Routes.Domains, ListAsync).Needs(Right.ReadDirectory, "domain.list").WithSummary("Operated domains").Produces<DomainList>();
        api.MapPost(Routes.Domains, AddAsync).Needs(Right.ChangeSettings, "domain.add").WithSummary("Adds a domain").Produces<SettingsSaved>();
        api.MapGet(Routes.Domain, GetAsync).Needs(Right.ReadDirectory, "domain.show").WithSummary("One domain").Produces<DomainEntry>();
        api.MapPut(Routes.Domain, SetAsync).Needs(Right.ChangeSettings, "domain.set").WithSummary("Gives a domain other options").Produces<SettingsSaved>();
        api.MapDelete(Routes.Domain, RemoveAsync).Needs(Right.ChangeSettings, "domain.remove").WithSummary("Removes a domain; with yes=true its accounts too").Produces<SettingsSaved>();
    }

    private static async Task<IResult> ListAsync(SettingsDesk desk, AccountStore accounts, HttpContext context, CancellationToken cancel)
    {
        var snapshot = (await desk.LoadAsync(null, cancel))!;
        var reach = context.Caller().Reach(Right.ReadDirectory);
        return Results.Ok(new DomainList(snapshot.Version, [.. (await EntriesAsync(snapshot, accounts, cancel)).Where(entry => reach.Covers(entry.Name))]));
    }

    private static async Task<IResult> GetAsync(string name, SettingsDesk desk, AccountStore accounts, HttpContext context, CancellationToken cancel) =>
        !context.Caller().Reach(Right.ReadDirectory).Covers(name) ? new NotAllowed(name)
        : (await EntriesAsync((await desk.LoadAsync(null, cancel))!, accounts, cancel)).FirstOrDefault(entry => Same(entry.Name, name)) is { } found ? Results.Ok(found) : NoDomain(name);

    private static async Task<IReadOnlyList<DomainEntry>> EntriesAsync(SettingsSnapshot snapshot, AccountStore accounts, CancellationToken cancel)
    {
        var counts = await accounts.CountsAsync(cancel);
        var domains = OperatedDomains.Parse(Text(snapshot)).Domains;
        return [.. Lines(snapshot).Select(Entry).OfType<DomainEntry>().Select(entry => domains.Find(entry.Name) is { Keeps: true } domain
            ? entry with { Accounts = counts.GetValueOrDefault(domain.SharedWith ?? domain.Name) } : entry)];
    }

    private static async Task<IResult> AddAsync(DomainAdd domain, SettingsDesk desk, HttpContext context, CancellationToken cancel)
    {
        var newest = (await desk.LoadAsync(null, cancel))!;
        if (Wrong(domain) is { } wrong)
            return wrong;
        if (Lines(newest).Any(line => Names(line, domain.Name)))
            return Answers.Problem(StatusCodes.Status409Conflict, $"{domain.Name} is an operated domain already.", rule: "DOM-1", hint: "clustermail domain set changes its options.");
        return await SaveAsync(newest, [.. Lines(newest), Line(domain)], domain.Base, $"domain add {domain.Name}", desk, context, cancel);
    }

    private static async Task<IResult> SetAsync(string name, DomainAdd domain, SettingsDesk desk, HttpContext context, CancellationToken cancel)
    {
        var newest = (await desk.LoadAsync(null, cancel))!;
        if (Wrong(domain) is { } wrong)
            return wrong;
        if (!Lines(newest).Any(line => Names(line, name)))
            return NoDomain(name);
        return await SaveAsync(newest, [.. Lines(newest).Select(line => Names(line, name) ? Line(domain with { Name = Entry(line)!.Name }) : line)], domain.Base, $"domain set {name}", desk, context, cancel);
    }

    // Accounts first: while they go, their mail is refused as unknown; the other way about it would still be taken for a domain that is none any more. Broken off, it is repeated.
    private static async Task<IResult> RemoveAsync(string name, long? basis, bool? yes, SettingsDesk desk, AccountStore accounts, HttpContext context, CancellationToken cancel)
    {
        var newest = (await desk.LoadAsync(null, cancel))!;
        var lines = Lines(newest);
        string[] kept = [.. lines.Where(line => !Names(line, name))];
        if (kept.Length == lines.Length)
            return NoDomain(name);
        var leaving = yes == true ? DomainName.Normalize(name) : null;
        var wanted = SettingsDesk.Apply(newest, [new SettingChange(SettingsDesk.DomainTable, string.Join('\n', [.. kept, ""]))]);
        var comment = Requests.Printable($"domain remove {name}", 200);
        var judged = await desk.SaveAsync(newest, wanted, basis, context.User(), comment, dryRun: true, cancel, leaving: leaving);
        if (judged is not IStatusCodeHttpResult { StatusCode: StatusCodes.Status200OK })
            return judged;
        if (leaving is not null && OperatedDomains.Parse(Text(newest)).Domains.Find(name) is { Keeps: true, SharedWith: null } domain)
            await accounts.RemoveDomainAsync(domain.Name, context.User(), cancel);
        return await desk.SaveAsync(newest, wanted, basis, context.User(), comment, dryRun: false, cancel, leaving: leaving);
    }

    private static Task<IResult> SaveAsync(
        SettingsSnapshot newest, string[] lines, long? basis, string comment, SettingsDesk desk, HttpContext context, CancellationToken cancel) => desk.SaveAsync(
            newest, SettingsDesk.Apply(newest, [new SettingChange(SettingsDesk.DomainTable, string.Join('\n', [.. lines, ""]))]), basis, context.User(), Requests.Printable(comment, 200),
            dryRun: false, cancel);

    private static IResult? Wrong(DomainAdd domain) =>
        domain.Name.Length is 0 or > 255 || $"{domain.Name}{domain.Kind}".Any(char.IsControl) || domain.Name.Any(char.IsWhiteSpace) || domain.Name[0] == '\''
            ? Answers.Wrong($"'{Requests.Printable(domain.Name, 255)}' is no domain name.", "DOM-1") : null;

    private static string Text(SettingsSnapshot snapshot) => snapshot.Values.GetValueOrDefault(SettingsDesk.DomainTable) ?? Catalogue.Get(SettingsDesk.DomainTable).Default;

    private static string[] Lines(SettingsSnapshot snapshot) =>
        Text(snapshot).TrimEnd('\n', '\r') is { Length: > 0 } trimmed ? trimmed.Replace("\r", "", StringComparison.Ordinal).Split('\n') : [];

    private static string Line(DomainAdd domain) => $"{domain.Name} {(string.IsNullOrWhiteSpace(domain.Kind) ? DefaultKind : domain.Kind.Trim())}";

    private static DomainEntry? Entry(string line) =>
        line.Length == 0 || line[0] is '\'' or ' ' || line.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is not [var name, .. var kind]
            ? null
            : new(name, kind is [var words] ? words : DefaultKind);

    private static bool Names(string line, string domain) => Entry(line) is { } entry && Same(entry.Name, domain);

    private static bool Same(string a, string b) => DomainName.Normalize(a) == DomainName.Normalize(b);

    private static IResult NoDomain(string name) => Answers.NotFound($"{Requests.Printable(name, 255)} is no operated domain.", "clustermail domain list shows them.");
}
