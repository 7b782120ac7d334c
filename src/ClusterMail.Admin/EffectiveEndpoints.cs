using ClusterMail.Admin.Contract;
using ClusterMail.Settings;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>settings effective</c>: every setting on every node, with where it comes from (ADMIN-43), also under the labels of the original (chapter 11 E).</summary>
internal static class EffectiveEndpoints
{
    public static void MapEffective(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("settings");
        api.MapGet(Routes.SettingsEffective, EffectiveAsync).Needs(Right.ReadSettings, "settings.effective").WithSummary("Every setting of every node, and where its value comes from").Produces<EffectiveSettings>();
        api.MapGet(Routes.SettingsOriginal, OriginalAsync).Needs(Right.ReadSettings, "settings.original").WithSummary("The labels of the original's debug dump, and what stands for each here").Produces<OriginalDump>();
    }

    private static async Task<IResult> EffectiveAsync(string? node, SettingsDesk desk, NodeStore nodes, CancellationToken cancel)
    {
        var snapshot = (await desk.LoadAsync(null, cancel))!;
        var known = await KnownAsync(nodes, cancel);
        if (node is not null && known.All(row => row.Name != node))
            return NoSuchNode(node, known);
        var shown = known.Where(row => node is null || row.Name == node)
            .Select(row => new NodeSettings(row.Name, row.SettingsVersion, [.. Entries(snapshot, row.Name)]));
        return Results.Ok(new EffectiveSettings(snapshot.Version, [.. shown]));
    }

    private static IEnumerable<SettingEntry> Entries(SettingsSnapshot snapshot, string node) =>
        Catalogue.All.OrderBy(d => d.Name, StringComparer.Ordinal).Select(d => SettingsEndpoints.Entry(d, snapshot, node));

    private static async Task<IResult> OriginalAsync(string? node, SettingsDesk desk, NodeStore nodes, IClusterControl control, CancellationToken cancel)
    {
        var snapshot = (await desk.LoadAsync(null, cancel))!;
        var known = await KnownAsync(nodes, cancel);
        var asked = node ?? control.NodeName;
        if (node is not null && known.All(row => row.Name != node))
            return NoSuchNode(node, known);
        return Results.Ok(new OriginalDump(snapshot.Version, asked, [.. OriginalLabel.All.SelectMany(label => Rows(label, snapshot, asked))]));
    }

    private static IEnumerable<OriginalRow> Rows(OriginalLabel label, SettingsSnapshot snapshot, string node)
    {
        var ours = label.Definitions().ToArray();
        if (ours.Length == 0)
            return [new OriginalRow(label.Part, label.Label, label.Seen, null, label.Instead.Length > 0 ? label.Instead : "not in this release", label.Rule)];
        return ours.Select(definition =>
        {
            var entry = SettingsEndpoints.Entry(definition, snapshot, node);
            return new OriginalRow(label.Part, label.Label, label.Seen, definition.Name, entry.Value, label.Rule);
        });
    }

    /// <summary>Each node's last life; those that left in good order have no settings in force.</summary>
    private static async Task<IReadOnlyList<NodeRow>> KnownAsync(NodeStore nodes, CancellationToken cancel) =>
        [.. (await nodes.ListAsync(cancel)).GroupBy(row => row.Name, StringComparer.Ordinal).Select(lives => lives.MaxBy(row => row.Epoch)!)
            .Where(row => !row.Left).OrderBy(row => row.Name, StringComparer.Ordinal)];

    private static IResult NoSuchNode(string node, IReadOnlyList<NodeRow> known) =>
        Answers.NotFound($"There is no node '{Requests.Printable(node, 64)}'.", $"Nodes: {string.Join(", ", known.Select(row => row.Name))}.");
}
