using System.Globalization;

namespace ClusterMail.Testing.Processes;

/// <summary>What can be done to a node's network: a pulled cable, or packets that vanish (no reset tells anybody).</summary>
public static class NetworkCut
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>No packet in or out any more: neither peers nor database nor destinations.</summary>
    public static Task CutAsync(this NetworkNode node) => IpAsync("link", "set", node.Cable, "down");

    public static Task HealAsync(this NetworkNode node) => IpAsync("link", "set", node.Cable, "up");

    /// <summary>The node no longer reaches its peers, but still the database and the destinations.</summary>
    public static Task CutFromPeersAsync(this NetworkFarm farm, NetworkNode node)
    {
        var peers = string.Join(", ", farm.Nodes.Where(other => other != node).Select(other => other.Address));
        return DropAsync(node, $"ip saddr {{ {peers} }}", $"ip daddr {{ {peers} }}");
    }

    /// <summary>The node no longer reaches the database, but still its peers and the destinations.</summary>
    public static Task CutFromDatabaseAsync(this NetworkNode node)
    {
        var ports = string.Create(CultureInfo.InvariantCulture, $"{NetworkFarm.DatabasePort}-{NetworkFarm.DatabasePort + 1}");
        return DropAsync(node, $"tcp sport {ports}", $"tcp dport {ports}");
    }

    /// <summary>The node still sends, and hears nothing.</summary>
    public static Task DeafenAsync(this NetworkNode node) => DropAsync(node, "iifname eth0", null);

    /// <summary>The node still hears, and nothing it sends arrives.</summary>
    public static Task MuteAsync(this NetworkNode node) => DropAsync(node, null, "oifname eth0");

    /// <param name="percent">Of the packets in each direction.</param>
    public static Task LoseAsync(this NetworkNode node, int percent)
    {
        var some = string.Create(CultureInfo.InvariantCulture, $"numgen random mod 100 < {percent}");
        return DropAsync(node, some, some);
    }

    /// <summary>Ends what any of the methods above began, but <see cref="CutAsync"/>.</summary>
    public static Task HealRulesAsync(this NetworkNode node) => InsideAsync(node, "nft", "delete", "table", "ip", "cut");

    /// <summary>A narrow cable: packets queue for up to half a second, then vanish.</summary>
    public static Task NarrowAsync(this NetworkNode node, int kilobits) => InsideAsync(
        node, "tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", string.Create(CultureInfo.InvariantCulture, $"{kilobits}kbit"), "burst", "8kb", "latency", "500ms");

    public static Task WidenAsync(this NetworkNode node) => InsideAsync(node, "tc", "qdisc", "delete", "dev", "eth0", "root");

    private static async Task DropAsync(NetworkNode node, string? coming, string? going)
    {
        await InsideAsync(node, "nft", "add", "table", "ip", "cut");
        await InsideAsync(node, "nft", "add chain ip cut in { type filter hook input priority 0 ; }");
        await InsideAsync(node, "nft", "add chain ip cut out { type filter hook output priority 0 ; }");
        if (coming is not null)
            await InsideAsync(node, "nft", $"add rule ip cut in {coming} drop");
        if (going is not null)
            await InsideAsync(node, "nft", $"add rule ip cut out {going} drop");
    }

    private static Task<string> IpAsync(params IReadOnlyList<string> arguments) => Tool.MustAsync(Limit, "ip", arguments);

    private static Task<string> InsideAsync(NetworkNode node, params IReadOnlyList<string> command) => Tool.MustAsync(Limit, "ip", ["netns", "exec", node.Space, .. command]);
}
