using System.IO.Enumeration;
using ClusterMail.Accounts;
using ClusterMail.Admin.Contract;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>alias</c>: one by one, and as a table in text.</summary>
internal static class AliasEndpoints
{
    private const int MostListed = 10_000;

    public static void MapAliases(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("aliases");
        api.MapGet(Routes.Aliases, ListAsync).Needs(Right.ReadDirectory, "alias.list").WithSummary("Aliases by domain and name").Produces<AliasList>();
        api.MapPost(Routes.Aliases, AddAsync).Needs(Right.ChangeDirectory, "alias.add").WithSummary("Adds an alias").Produces<AliasSaved>();
        api.MapGet(Routes.Alias, GetAsync).Needs(Right.ReadDirectory, "alias.show").WithSummary("One alias").Produces<AliasEntry>();
        api.MapDelete(Routes.Alias, RemoveAsync).Needs(Right.ChangeDirectory, "alias.remove").WithSummary("Removes an alias").Produces<AliasSaved>();
        api.MapGet(Routes.AliasText, TextAsync).Needs(Right.ReadDirectory, "alias.export").WithSummary("The table as text").Produces<AliasText>();
        api.MapPut(Routes.AliasText, PutAsync).Needs(Right.ChangeDirectory, "alias.import").WithSummary("Replaces the table").Produces<AliasSaved>();
        api.MapPost(Routes.AliasCheck, CheckAsync).Needs(Right.ChangeDirectory, "alias.check").WithSummary("Judges a table as a save would").Produces<AliasSaved>();
    }

    private static async Task<IResult> ListAsync(string? domain, string? pattern, int? limit, AliasDesk desk, HttpContext context, CancellationToken cancel)
    {
        if (!Requests.Limit(limit, 100, MostListed, out var most, out var refusal))
            return refusal!;
        var reach = context.Caller().Reach(Right.ReadDirectory);
        if (domain is not null && !reach.Covers(domain))
            return new NotAllowed(domain);
        var table = await desk.Store.LoadAsync(cancel);
        var wanted = domain is null ? null : DomainName.Normalize(domain);
        var rows = table.Rows.Where(row => reach.Covers(row.Domain) && (wanted is null || row.Domain == wanted) && Matches(row, pattern)).ToArray();
        return Results.Ok(new AliasList(table.Version, rows.Length, [.. rows.Take(most).Select(Entry)]));
    }

    // The alias's own * is text here, so the pattern's is the only one that stands for anything.
    private static bool Matches(AliasRow row, string? pattern) => pattern is null
        || FileSystemName.MatchesSimpleExpression(pattern, $"{row.Name}@{row.Domain}") || FileSystemName.MatchesSimpleExpression(pattern, row.Real);

    private static async Task<IResult> GetAsync(string name, AliasDesk desk, HttpContext context, CancellationToken cancel)
    {
        var mailbox = Protocol.Mailbox.FromStored(name);
        if (!context.Caller().Reach(Right.ReadDirectory).Covers(mailbox.Domain))
            return new NotAllowed(name);
        var key = AccountIndex.Key(mailbox.LocalPart, mailbox.Domain);
        return (await desk.Store.LoadAsync(cancel)).Rows.FirstOrDefault(row => AccountIndex.Key(row.Name, row.Domain) == key) is { } found
            ? Results.Ok(Entry(found))
            : Answers.NotFound($"There is no alias {Requests.Printable(name, 320)}.", "clustermail alias list shows them.");
    }

    private static Task<IResult> AddAsync(AliasAdd alias, AliasDesk desk, HttpContext context, CancellationToken cancel) => desk.AddAsync(alias, context.Caller(), cancel);

    private static Task<IResult> RemoveAsync(string name, AliasDesk desk, HttpContext context, CancellationToken cancel) => desk.RemoveAsync(name, context.Caller(), cancel);

    private static async Task<IResult> TextAsync(AliasDesk desk, HttpContext context, CancellationToken cancel)
    {
        var reach = context.Caller().Reach(Right.ReadDirectory);
        var table = await desk.Store.LoadAsync(cancel);
        return Results.Ok(new AliasText(table.Version, AliasTable.Text(table.Rows.Where(row => reach.Covers(row.Domain)).Select(AliasDesk.Alias))));
    }

    private static Task<IResult> PutAsync(AliasTableChange change, AliasDesk desk, HttpContext context, CancellationToken cancel) =>
        desk.PutAsync(change, context.Caller(), dryRun: false, cancel);

    private static Task<IResult> CheckAsync(AliasTableChange change, AliasDesk desk, HttpContext context, CancellationToken cancel) =>
        desk.PutAsync(change, context.Caller(), dryRun: true, cancel);

    private static AliasEntry Entry(AliasRow row)
    {
        var alias = AliasDesk.Alias(row);
        return new(alias.Name.ToString(), alias.Real.ToString(), alias.Mode switch { AliasMode.Keep => "0", AliasMode.Replace => "1", _ => null }, alias.Replaces, row.ChangedAt, row.ChangedBy);
    }
}
