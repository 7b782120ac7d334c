using ClusterMail.Settings;

namespace ClusterMail.Admin;

/// <summary>Connections a destination may have at once over the whole cluster (DELIV-2): what the live cluster says, else its own limit, else the setting.</summary>
internal sealed class DestinationLimit(SettingsDesk desk, IEnumerable<IDestinationLimits> live)
{
    private const string Setting = "delivery.destination_connections";

    public async Task<int> GeneralAsync(CancellationToken cancel)
    {
        var snapshot = (await desk.LoadAsync(null, cancel))!;
        return (int)new SettingSet(snapshot.Version, snapshot.Values).Integer(Setting);
    }

    public int InForce(string destination, int? own, int general) => live.Select(l => l.Limit(destination)).FirstOrDefault(l => l is not null) ?? own ?? general;
}
