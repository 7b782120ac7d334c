using ClusterMail.Admin.Contract;
using ClusterMail.Store;

namespace ClusterMail.Admin;

/// <summary>What in a cluster's status somebody should look at. Pure.</summary>
internal static class StatusWarnings
{
    /// <summary>ADMIN-24 promises 5 s; a renewal more, so that a busy moment is no warning.</summary>
    private static readonly TimeSpan TakeOver = TimeSpan.FromSeconds(10);

    public static IEnumerable<string> Of(IReadOnlyList<NodeStatus> nodes, ClusterGlance glance)
    {
        var alive = nodes.Where(node => node.State == "alive").ToArray();
        if (Mixture(alive) is { } mixture)
            yield return mixture;
        if (glance.SettingsSavedAt is { } saved && glance.Now - saved > TakeOver)
            foreach (var node in alive.Where(node => node.SettingsVersion is { } own && own < glance.SettingsVersion))
                yield return $"{node.Name} still works by settings version {node.SettingsVersion} of {glance.SettingsVersion} (ADMIN-26): clustermail cluster events --kind settings";
    }

    /// <summary>P1 as the settings want it: a 250 on two disks.</summary>
    public static IEnumerable<string> Of(StandbyStatus? standby) =>
        standby is null or { Connected: true } ? [] : [$"{standby.Reason} (database.require_synchronous_standby={standby.Required}). See clustermail db status"];

    /// <summary>Databases of the queue whose mail waits for them.</summary>
    /// <param name="missing">Those that did not answer just now.</param>
    public static IEnumerable<string> Of(IReadOnlyList<ShardStatus> shards, IReadOnlyList<string> missing) =>
        shards.Where(shard => shard.Fault is not null || !shard.Open || missing.Contains(shard.Name)).Select(shard => shard.Fault
            ?? $"shard {shard.Name} {(missing.Contains(shard.Name) ? "does not answer: its mail waits" : "takes no mail from this node at the moment")}, and new mail goes into the others");

    /// <summary>What waits in a database that was put back from a backup is sent by nobody before somebody says so.</summary>
    public static IEnumerable<string> Of(IEnumerable<(string Name, RestoreState? Restore)> databases) =>
        databases.Where(one => one.Restore is not null).Select(one =>
            $"database {one.Name} was put back from a backup ({one.Restore!.Reason}): {one.Restore.Waiting} recipients and {one.Restore.Jobs} releases and notices of approval are stopped. See clustermail db restored status");

    /// <summary>
    /// ADMIN-54, CLU-34: a release works together with the one before it and the one after it, no further. A release is major.minor; the first of a major follows the last of the major
    /// before. Null: all is well.
    /// </summary>
    private static string? Mixture(IReadOnlyList<NodeStatus> alive)
    {
        var known = alive.Select(node => (node.Name, node.Version, Release: Release(node.Version))).Where(node => node.Release is not null).OrderBy(node => node.Release).ToArray();
        if (known.Length == 0 || Neighbours(known[0].Release!, known[^1].Release!))
            return null;
        var (oldest, newest) = (known[0], known[^1]);
        return $"{oldest.Name} runs {oldest.Version} and {newest.Name} {newest.Version}: more than one release apart, which is not made to work together (CLU-34). Upgrade {oldest.Name} first";
    }

    private static bool Neighbours(Version a, Version b) =>
        a.Major == b.Major ? b.Minor - a.Minor <= 1 : b.Major - a.Major == 1 && b.Minor == 0;

    private static Version? Release(string text) => Version.TryParse(text.Split('-')[0], out var version) ? new Version(version.Major, version.Minor) : null;
}
