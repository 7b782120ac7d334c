using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Admin;

/// <summary><c>cluster</c>: status, switches, acts on nodes, events.</summary>
internal static class ClusterEndpoints
{
    private const int MostEvents = 1000;

    public static void MapCluster(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("cluster");
        api.MapGet(Routes.Cluster, StatusAsync).Needs(Right.ReadCluster, "cluster.status").WithSummary("Nodes with lease, roles, switches; members, leader, oldest mail").Produces<ClusterStatus>();
        api.MapGet(Routes.Leader, LeaderAsync).Needs(Right.ReadCluster, "cluster.leader").WithSummary("Who holds the leader role").Produces<LeaderStatus>();
        api.MapPost(Routes.Switches, SwitchAsync).Needs(Right.Drain, "cluster.switch").WithSummary("Sets receive and deliver: on, off, draining; for the cluster or one node").Produces<NodeActResult>();
        api.MapGet(Routes.Events, EventsAsync).Needs(Right.ReadCluster, "cluster.events").WithSummary("What the cluster did, newest first").Produces<EventPage>();
        Act(api, Routes.NodeDrain, Right.Drain, "drain", (control, node, by, cancel) => control.DrainAsync(node, by, cancel), "drains: it takes no new work and finishes what runs");
        Act(api, Routes.NodeUndrain, Right.Drain, "undrain", (control, node, by, cancel) => control.UndrainAsync(node, by, cancel), "takes work again");
        Act(api, Routes.NodeLeave, Right.Govern, "leave", (control, node, by, cancel) => control.LeaveAsync(node, by, cancel), "leaves the cluster");
        Act(api, Routes.NodeDown, Right.Govern, "down", (control, node, by, cancel) => control.DownAsync(node, by, cancel), "is down; its queue goes to others when its lease has ended");
    }

    private static async Task<IResult> StatusAsync(Shards shards, IClusterControl control, CancellationToken cancel)
    {
        var answers = await shards.AskAsync(async (shard, stop) => (Glance: await new ClusterReader(shard.Source).GlanceAsync(stop), Nodes: await new NodeStore(shard.Source).ListAsync(stop), Restore: await new RestoreStore(shard.Source).OpenAsync(stop)), cancel);
        var (glance, rows, _) = answers.Main;
        // A restarted node has a row for each of its lives; the last one counts.
        var last = rows.GroupBy(n => n.Name, StringComparer.Ordinal).Select(lives => lives.MaxBy(n => n.Epoch)!).OrderBy(n => n.Name, StringComparer.Ordinal);
        NodeStatus[] states = [.. last.Select(n => Node(n with { Owned = n.Owned + OwnedElsewhere(n.Name, answers.Values.Skip(1).Select(one => one.Nodes)) }, glance.Now))];
        return Results.Ok(new ClusterStatus(
            control.NodeName, await control.LeaderAsync(cancel), glance.SettingsVersion, Status(glance.Receive), Status(glance.Deliver), answers.Values.Sum(one => one.Glance.Waiting), answers.Values.Min(one => one.Glance.Oldest),
            glance.Now, states, control.Members)
        {
            Warnings = [.. StatusWarnings.Of(states, glance), .. StatusWarnings.Of(control.Standby), .. StatusWarnings.Of(control.Shards, answers.Missing),
                .. StatusWarnings.Of(answers.Given.Select(one => (one.Shard.Name, one.Value.Restore)))],
            SynchronousStandby = control.Standby,
            Shards = [.. control.Shards.Select(shard => answers.Given.Where(one => one.Shard.Name == shard.Name).Select(one => shard with { Waiting = one.Value.Glance.Waiting, Oldest = one.Value.Glance.Oldest })
                .FirstOrDefault() ?? shard)],
        });
    }

    private static long OwnedElsewhere(string node, IEnumerable<IReadOnlyList<NodeRow>> shards) =>
        shards.Sum(rows => rows.Where(row => row.Name == node).MaxBy(row => row.Epoch)?.Owned ?? 0);

    private static NodeStatus Node(NodeRow row, DateTimeOffset now) => new(
        row.Name, row.Epoch, row.Left ? "left" : row.Fenced ? "fenced" : row.Alive ? "alive" : "expired", Math.Round((row.AliveUntil - now).TotalSeconds, 1), row.Roles,
        row.Member, Word(row.Receive), Word(row.Deliver), row.Owned, row.Version, row.Smtp, row.Admin, row.Remoting, row.StartedAt)
    {
        SettingsVersion = row.SettingsVersion,
    };

    private static SwitchStatus Status(SwitchRow row) => new(Word(row.State), row.Since, row.By);

    internal static SwitchWord Word(SwitchState state) => state switch
    {
        SwitchState.On => SwitchWord.On,
        SwitchState.Off => SwitchWord.Off,
        _ => SwitchWord.Draining,
    };

    private static async Task<IResult> SwitchAsync(
        SwitchRequest request, SwitchStore switches, NodeStore nodes, EventStore events, HttpContext context, CancellationToken cancel)
    {
        if (request.Receive is null && request.Deliver is null)
            return Answers.Wrong("Say what to switch: receive, deliver, or both.", "ADMIN-32");
        if (request.Node is { } node && await nodes.ListAsync(cancel) is var known && !known.Any(n => n.Name == node))
            return NoSuchNode(node, known);
        var where = request.Node ?? "the whole cluster";
        var user = context.User();
        var said = new List<string>();
        foreach (var (kind, word) in ((SwitchKind, SwitchWord?)[])[(SwitchKind.Receive, request.Receive), (SwitchKind.Deliver, request.Deliver)])
        {
            if (word is not { } wanted)
                continue;
            await switches.SetAsync(request.Node ?? "", kind, State(wanted), user, cancel);
            said.Add($"{kind} {wanted}".ToLowerInvariant());
        }
        var message = $"{string.Join(", ", said)} for {where}";
        await events.WriteAsync(request.Node ?? "", "switch", $"{user} set {message}", null, cancel);
        return Results.Ok(new NodeActResult(request.Node ?? "", $"{message}; nodes follow within 3 s."));
    }

    private static SwitchState State(SwitchWord word) => word switch
    {
        SwitchWord.On => SwitchState.On,
        SwitchWord.Off => SwitchState.Off,
        _ => SwitchState.Draining,
    };

    private static async Task<IResult> LeaderAsync(IClusterControl control, CancellationToken cancel) => Results.Ok(new LeaderStatus(await control.LeaderAsync(cancel)));

    private static async Task<IResult> EventsAsync(
        EventReader events, DateTimeOffset? since, DateTimeOffset? until, string? kind, string? node, long? before, int? limit, CancellationToken cancel)
    {
        if (!Requests.Limit(limit, 100, MostEvents, out var count, out var refusal))
            return refusal!;
        var rows = await events.ListAsync(new(since, until, kind, node, before, count), cancel);
        return Results.Ok(new EventPage(
            [.. rows.Select(e => new EventRow(e.Id, e.At, e.Kind, e.Node.Length == 0 ? null : e.Node, Mail(e.Mail), e.Text))], rows.Count == count ? rows[^1].Id : null));
    }

    private static string? Mail(string? stored) => MessageId.TryParse(stored, out var id) ? id.ToString() : stored;

    private static void Act(RouteGroupBuilder api, string route, Right right, string verb, Func<IClusterControl, string, Author, CancellationToken, Task> act, string outcome) =>
        api.MapPost(route, async (string node, IClusterControl control, NodeStore nodes, ILogger<IClusterControl> logger, HttpContext context, CancellationToken cancel) =>
        {
            var known = await nodes.ListAsync(cancel);
            if (!known.Any(n => n.Name == node && !n.Left))
                return NoSuchNode(node, known);
            await act(control, node, context.User(), cancel);
            logger.Acted(context.User().Name, verb, node, outcome);
            return Results.Ok(new NodeActResult(node, $"{node} {outcome}."));
        }).Needs(right, $"cluster.{verb}").WithSummary($"Node {verb}").Produces<NodeActResult>();

    private static IResult NoSuchNode(string node, IReadOnlyList<NodeRow> known) => Answers.NotFound(
        $"There is no node '{Requests.Printable(node, 64)}'.", $"Nodes: {string.Join(", ", known.Where(n => !n.Left).Select(n => n.Name).Distinct().Order(StringComparer.Ordinal))}.");
}
