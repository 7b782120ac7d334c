using System.CommandLine;
using System.Diagnostics;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>address</c>: service addresses (CLU-23).</summary>
internal sealed class AddressCommands(Verbs verbs)
{
    /// <summary>A move takes about three seconds: the coordinator's look, the holder's, the next one's.</summary>
    private static readonly TimeSpan MoveLimit = TimeSpan.FromSeconds(20);

    public Command Build() => new("address", "Service addresses: which node holds which, and moving them.") { Status(), Move() };

    private Verb Status() => verbs.Reading(
        new Verb("status", "Service addresses with holder, wish, preference, lease and the reason of the last change.", "clustermail address status", "clustermail address status --json"),
        _ => Routes.Addresses, AdminJson.Default.AddressList, Show);

    private static void Show(Screen screen, AddressList list)
    {
        if (list.Addresses.Count == 0)
        {
            screen.Line(Words.Of("there are no service addresses (cluster.service_addresses is empty)"));
            return;
        }

        var sheet = new Sheet(
            new("Address"), new("Holder"), new("Lease", Right: true), new("Wished", Optional: true), new("Since"), new("Reason", Flexible: true), new("Preferred", Flexible: true, Optional: true),
            new("Interface", Optional: true));
        foreach (var entry in list.Addresses)
            sheet.Add(
                entry.Address, entry.Holder ?? Words.Of("nobody"), entry.LeaseSeconds is { } left ? left > 0 ? FormattableString.Invariant($"{left:0.0}s") : "over" : "-", entry.Wished ?? "-",
                Ages.Clock(entry.Since), entry.Reason, entry.MovedTo is { } pinned ? Words.Say($"moved to {pinned}") : entry.Preferred.Count == 0 ? "-" : string.Join(' ', entry.Preferred),
                $"{entry.Interface}/{entry.PrefixLength}");
        sheet.Print(screen);
        foreach (var node in list.Nodes)
        {
            if (!node.Ready)
                screen.Warning(Words.Say($"{node.Node} is not ready to hold addresses: {node.Reason}"));
            foreach (var address in node.Unable)
                screen.Warning(Words.Say($"{node.Node} cannot hold {address}: its program log says why"));
        }
        foreach (var entry in list.Addresses.Where(entry => entry.SilentTo.Count > 0))
            screen.Warning(Words.Say($"{string.Join(", ", entry.SilentTo)} gets no greeting at {entry.Address}"));
    }

    private Verb Move()
    {
        var address = new Argument<string>("ADDRESS") { Description = "The address without its prefix, as 'address status' shows it." };
        var node = new Argument<string>("NODE") { Description = "A node's name, or auto: whoever the coordinator chooses, which ends an earlier move." };
        return verbs.Acting(
            new Verb("move", "Let a node hold a service address while it is ready; waits until it does.", "clustermail address move 192.0.2.10 mx2", "clustermail address move 192.0.2.10 auto") { address, node },
            async (client, parsed, cancel) =>
            {
                var request = new AddressMove(parsed.GetRequiredValue(address), parsed.GetRequiredValue(node));
                var moved = (await client.SendAsync(HttpMethod.Post, Routes.AddressMove, request, AdminJson.Default.AddressMove, AdminJson.Default.AddressMoved, cancel)).Value;
                var screen = new Screen();
                screen.Line(Words.Of(moved.Message));
                if (request.Node != AddressMove.Auto)
                    screen.Line(Words.Say($"{moved.Address} is held by {await WaitAsync(client, moved.Address, request.Node, cancel)}"));
            });
    }

    /// <returns>The node.</returns>
    private static async Task<string> WaitAsync(AdminClient client, string address, string node, CancellationToken cancel)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            var list = (await client.GetAsync(Routes.Addresses, AdminJson.Default.AddressList, cancel)).Value;
            var holder = list.Addresses.FirstOrDefault(entry => entry.Address == address)?.Holder;
            if (holder == node)
                return node;
            if (clock.Elapsed > MoveLimit)
                throw new CommandFailure($"{address} is still held by {holder ?? Words.Of("nobody")} after {MoveLimit.TotalSeconds:0} s: see clustermail address status");
            await Task.Delay(TimeSpan.FromMilliseconds(300), cancel);
        }
    }
}
