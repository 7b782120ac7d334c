using System.Net;
using ClusterMail.Admin.Contract;
using ClusterMail.Settings;
using ClusterMail.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Admin;

/// <summary><c>address</c>: service addresses (CLU-23).</summary>
internal static class AddressEndpoints
{
    private const int LongestName = 64;

    public static void MapAddresses(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("").WithTags("address");
        api.MapGet(Routes.Addresses, StatusAsync).Needs(Right.ReadCluster, "address.status").WithSummary("Service addresses: holder, wish, lease, reason of the last change").Produces<AddressList>();
        api.MapPost(Routes.AddressMove, MoveAsync).Needs(Right.Drain, "address.move").WithSummary("Lets a node hold a service address while it is ready").Produces<AddressMoved>();
    }

    private static async Task<IResult> StatusAsync(AddressStore store, SettingsDesk desk, TimeProvider time, CancellationToken cancel)
    {
        var wanted = await WantedAsync(desk, cancel);
        var (rows, nodes) = await store.ListAsync(cancel);
        var now = time.GetUtcNow();
        return Results.Ok(new AddressList(
            [.. wanted.Select(service => Entry(service, rows.FirstOrDefault(row => row.Address == service.Name), nodes, now))],
            [.. nodes.Select(node => new AddressNodeEntry(node.Name, node.Ready, Math.Round(node.ReadyFor.TotalSeconds, 1), node.Reason.Length == 0 ? null : node.Reason, node.Unable))]));
    }

    /// <param name="row">Null: set a moment ago, and no coordinator has seen it yet.</param>
    private static AddressEntry Entry(ServiceAddress service, AddressRow? row, IReadOnlyList<AddressNode> nodes, DateTimeOffset now) => new(
        service.Name, service.PrefixLength, service.Interface, row?.Holder, row is { Wished: [var wished, ..] } ? wished : null, service.Preferred, row?.Wished ?? [], row?.Pinned,
        row?.LeaseLeft is { } left ? Math.Round(left.TotalSeconds, 1) : null, now - (row?.Age ?? TimeSpan.Zero), row?.Reason ?? "new",
        [.. nodes.Where(node => node.Ready && node.Silent.Contains(service.Name)).Select(node => node.Name)]);

    private static async Task<IResult> MoveAsync(
        AddressMove wanted, AddressStore store, SettingsDesk desk, EventStore events, ConsoleAudit audit, ILogger<AddressStore> logger, HttpContext context, CancellationToken cancel)
    {
        var name = IPAddress.TryParse(wanted.Address, out var address) ? address.ToString() : wanted.Address;
        if (!(await WantedAsync(desk, cancel)).Any(service => service.Name == name))
            return Answers.NotFound($"There is no service address '{Requests.Printable(name, LongestName)}'.", "clustermail address status shows them; cluster.service_addresses names them.");
        var (rows, nodes) = await store.ListAsync(cancel);
        if (wanted.Node != AddressMove.Auto && Refusal(name, wanted.Node, nodes) is { } refusal)
            return refusal;
        var isAuto = wanted.Node == AddressMove.Auto;
        if (!await store.PinAsync(name, isAuto ? null : wanted.Node, cancel))
            return Answers.Problem(StatusCodes.Status409Conflict, $"{name} is a service address since a moment ago and has no holder yet.", hint: "Try again in some seconds.");
        var user = context.User();
        await audit.NoteAsync(user, AuditOutcome.Done, new AuditNote("address.move", $"{name} {wanted.Node}"), cancel);
        var message = isAuto ? $"{name} is placed by the coordinator again." : $"{name} goes to {wanted.Node}, which keeps it while it is ready.";
        await events.WriteAsync(isAuto ? "" : wanted.Node, "address-moved", $"{user}: {message}", new Dictionary<string, string> { ["address"] = name }, cancel);
        logger.Acted(user.Name, "move", name, message);
        return Results.Ok(new AddressMoved(name, rows.FirstOrDefault(row => row.Address == name)?.Holder, message));
    }

    private static IResult? Refusal(string address, string name, IReadOnlyList<AddressNode> nodes)
    {
        var able = nodes.Where(node => node.Ready && !node.Unable.Contains(address)).Select(node => node.Name).ToArray();
        var hint = $"Ready nodes that can: {(able.Length == 0 ? "-" : string.Join(", ", able))}.";
        return nodes.FirstOrDefault(node => node.Name == name) is not { } found ? Answers.NotFound($"There is no node '{Requests.Printable(name, LongestName)}'.", hint)
            : able.Contains(name) ? null
            : Answers.Problem(StatusCodes.Status409Conflict, $"{name} cannot hold {address} now: {(found.Reason.Length > 0 ? found.Reason : "its program log says why")}.", rule: "CLU-23a", hint: hint);
    }

    private static async Task<IReadOnlyList<ServiceAddress>> WantedAsync(SettingsDesk desk, CancellationToken cancel)
    {
        var snapshot = (await desk.LoadAsync(null, cancel))!;
        return ServiceAddressTable.Parse(new SettingSet(snapshot.Version, snapshot.Values).Text("cluster.service_addresses")).Addresses;
    }
}
