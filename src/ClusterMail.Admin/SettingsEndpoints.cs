using ClusterMail.Admin.Contract;
using ClusterMail.Settings;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>settings</c>: one versioned set (ADMIN-25), shown with where each value comes from (ADMIN-43).</summary>
internal static class SettingsEndpoints
{
    private const int MostChanges = 1000;

    public static void MapSettings(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("settings");
        api.MapGet(Routes.Settings, ListAsync).Needs(Right.ReadSettings, "settings.list").WithSummary("Catalogue with effective values and their source").Produces<SettingsList>();
        api.MapGet(Routes.Setting, GetAsync).Needs(Right.ReadSettings, "settings.get").WithSummary("One setting").Produces<SettingEntry>();
        api.MapPost(Routes.Settings, SetAsync).Needs(Right.ChangeSettings, "settings.set").WithSummary("Saves changes as one version, or none").Produces<SettingsSaved>();
        api.MapPost(Routes.SettingsCheck, CheckAsync).Needs(Right.ReadSettings, "settings.check").WithSummary("Judges changes as a save would; saves nothing").Produces<SettingsSaved>();
        api.MapGet(Routes.SettingsHistory, HistoryAsync).Needs(Right.ReadSettings, "settings.history").WithSummary("The last 100 versions").Produces<SettingsHistory>();
        api.MapGet(Routes.SettingsDiff, DiffAsync).Needs(Right.ReadSettings, "settings.diff").WithSummary("What changed between two versions").Produces<SettingsDiff>();
        api.MapPost(Routes.SettingsRollback, RollbackAsync).Needs(Right.ChangeSettings, "settings.rollback").WithSummary("Saves an old version as a new one").Produces<SettingsSaved>();
    }

    private static async Task<IResult> ListAsync(SettingsDesk desk, string? node, long? version, bool? changed, CancellationToken cancel)
    {
        if (await desk.LoadAsync(version, cancel) is not { } snapshot)
            return NoSuchVersion(version);
        var entries = Catalogue.All.Select(d => Entry(d, snapshot, node)).Where(e => changed != true || e.Source != SettingSource.Default);
        return Results.Ok(new SettingsList(snapshot.Version, node, [.. entries.OrderBy(e => e.Name, StringComparer.Ordinal)]));
    }

    private static async Task<IResult> GetAsync(string name, SettingsDesk desk, string? node, CancellationToken cancel)
    {
        if (Catalogue.Find(name) is not { } definition)
            return Answers.Problem(
                StatusCodes.Status404NotFound, $"There is no setting '{Requests.Printable(name, 80)}'.", rule: "CONF-60",
                hint: Catalogue.Nearest(name) is { } near ? $"Did you mean {near}?" : "clustermail settings list shows them all.");
        var snapshot = await desk.LoadAsync(null, cancel);
        return Results.Ok(Entry(definition, snapshot!, node));
    }

    internal static SettingEntry Entry(SettingDefinition d, SettingsSnapshot snapshot, string? node)
    {
        var (value, source) = (d.Default, SettingSource.Default);
        if (snapshot.Values.TryGetValue(d.Name, out var ofCluster))
            (value, source) = (ofCluster, SettingSource.Cluster);
        if (node is not null && d.PerNode && snapshot.Overrides.TryGetValue(node, out var own) && own.TryGetValue(d.Name, out var ofNode))
            (value, source) = (ofNode, SettingSource.Node);
        return new(
            d.Name, SettingsDesk.Shown(d.Name, value)!, source, d.Type.ToString().ToLowerInvariant(), SettingsDesk.Shown(d.Name, d.Default)!, d.Original, Range(d), d.Unit,
            d.Summary, d.Japanese, d.Rule, d.PerNode, d.Secret, snapshot.Version)
        {
            SummaryJapanese = d.JapaneseSummary,
        };
    }

    private static string Range(SettingDefinition d) => d.Type switch
    {
        SettingType.Choice => string.Join(", ", d.Choices),
        SettingType.Switch => "true, false",
        SettingType.Integer when d.Max == long.MaxValue => FormattableString.Invariant($"{d.Min} or more{(d.ZeroAllowed ? ", or 0" : "")}"),
        SettingType.Integer => FormattableString.Invariant($"{d.Min} to {d.Max}{(d.ZeroAllowed ? ", or 0" : "")}"),
        _ => "",
    };

    private static Task<IResult> SetAsync(SettingsChange change, SettingsDesk desk, HttpContext context, CancellationToken cancel) =>
        ChangeAsync(change, desk, context, dryRun: false, cancel);

    private static Task<IResult> CheckAsync(SettingsChange change, SettingsDesk desk, HttpContext context, CancellationToken cancel) =>
        ChangeAsync(change, desk, context, dryRun: true, cancel);

    private static async Task<IResult> ChangeAsync(SettingsChange change, SettingsDesk desk, HttpContext context, bool dryRun, CancellationToken cancel)
    {
        if (change.Changes.Count > MostChanges)
            return Answers.Wrong($"At most {MostChanges} changes at once.");
        // A list that was shown and sent back must not turn a password into asterisks.
        if (change.Changes.FirstOrDefault(c => c.Value == SettingsDesk.Masked && SettingsDesk.IsSecret(c.Name)) is { } masked)
            return Answers.Wrong($"{masked.Name} cannot be set to {SettingsDesk.Masked}.", "ADMIN-43", "Leave it out to keep the secret as it is.");
        var newest = (await desk.LoadAsync(null, cancel))!;
        return await desk.SaveAsync(newest, SettingsDesk.Apply(newest, change.Changes), change.Base, context.User(), change.Comment, dryRun, cancel, change.Confirm);
    }

    private static async Task<IResult> HistoryAsync(SettingsStore store, CancellationToken cancel)
    {
        var versions = await store.HistoryAsync(cancel);
        return Results.Ok(new SettingsHistory([.. versions.Select((v, i) => new SettingsVersion(
            v.Version, v.SavedAt, v.SavedBy, v.Comment, v.Since(i + 1 < versions.Count ? versions[i + 1] : SettingsSnapshot.Nothing).Count))]));
    }

    private static async Task<IResult> DiffAsync(SettingsDesk desk, long? from, long? to, CancellationToken cancel)
    {
        if (await desk.LoadAsync(to, cancel) is not { } after)
            return NoSuchVersion(to);
        var basis = from ?? Math.Max(0, after.Version - 1);
        if (await desk.LoadAsync(basis, cancel) is not { } before)
            return NoSuchVersion(basis);
        return Results.Ok(new SettingsDiff(before.Version, after.Version, SettingsDesk.Differences(after.Since(before))));
    }

    private static async Task<IResult> RollbackAsync(RollbackRequest request, SettingsDesk desk, HttpContext context, CancellationToken cancel)
    {
        if (await desk.LoadAsync(request.Version, cancel) is not { } old)
            return NoSuchVersion(request.Version);
        var newest = (await desk.LoadAsync(null, cancel))!;
        return await desk.SaveAsync(newest, old, request.Base, context.User(), request.Comment ?? $"rollback to version {request.Version}", dryRun: false, cancel, confirmed: true);
    }

    private static IResult NoSuchVersion(long? version) => Answers.NotFound($"There is no version {version} of the settings.", $"The last {SettingsStore.Kept} are kept: clustermail settings history.");
}
