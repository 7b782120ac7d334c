using System.Net;
using System.Net.NetworkInformation;
using ClusterMail.Queue.Settings;
using ClusterMail.Routing;
using ClusterMail.Settings;
using ClusterMail.Store;
using Microsoft.AspNetCore.Http;

namespace ClusterMail.Admin;

/// <summary>Refuses settings by which mail would run in a circle (APPROVE-403). Who this farm is say its nodes in the database, and <c>listen</c>.</summary>
internal sealed class LoopDesk(NodeStore nodes)
{
    public async Task<IResult?> RefusalAsync(SettingSet wanted, IReadOnlyList<SettingsChangeRow> changes, CancellationToken cancel)
    {
        if (!changes.Any(change => LoopCheck.Concerned.Contains(change.Name)))
            return null;
        var errors = await LoopCheck.OfAsync(wanted, await OwnAsync(wanted, cancel), cancel);
        return errors.Count > 0 ? Answers.Faults([.. errors.Select(SettingsDesk.Fault)]) : null;
    }

    /// <summary>A listener on every address is reached by all addresses of its machine; of other machines the one is known under which the nodes speak to each other.</summary>
    public async Task<OwnNames> OwnAsync(SettingSet set, CancellationToken cancel)
    {
        NodeRow[] living = [.. (await nodes.ListAsync(cancel)).Where(node => node is { Left: false, Fenced: false })];
        var (entries, _) = ListenTable.Parse(set.Text("listen"));
        IPEndPoint[] listening = entries.IsEmpty
            ? [.. living.Select(node => IPEndPoint.TryParse(node.Smtp, out var end) ? end : null).OfType<IPEndPoint>()]
            : [.. entries.Select(entry => new IPEndPoint(entry.Address ?? IPAddress.Any, entry.Port))];
        var everywhere = listening.Any(end => end.Address.Equals(IPAddress.Any) || end.Address.Equals(IPAddress.IPv6Any));
        IEnumerable<IPAddress> machines = everywhere
            ? [.. living.Select(node => Host(node.Remoting)).OfType<IPAddress>(), .. NetworkInterface.GetAllNetworkInterfaces().SelectMany(link => link.GetIPProperties().UnicastAddresses).Select(one => one.Address)]
            : [];
        return new OwnNames(
            set.Text("net.host_name") is { Length: > 0 } name ? [name] : [], [.. listening.Select(end => end.Address), .. machines], listening.Select(end => end.Port));
    }

    /// <summary><c>akka.tcp://clustermail@192.0.2.1:4053</c></summary>
    private static IPAddress? Host(string remoting) =>
        remoting.LastIndexOf('@') is var at and > 0 && IPEndPoint.TryParse(remoting[(at + 1)..], out var end) ? end.Address : null;
}
