using System.Globalization;

namespace ClusterMail.Node.Addresses;

/// <summary>Whether this process, and the programs it starts, may change addresses and send frames (Linux capabilities).</summary>
public static class NetworkRights
{
    /// <summary>linux/capability.h.</summary>
    private const int NetAdmin = 12;
    private const int NetRaw = 13;

    private const string Remedy = "give the service CAP_NET_ADMIN and CAP_NET_RAW: systemctl edit clustermaild, with the lines that stand in the unit's comment on service addresses";

    /// <summary>Null: it may. Else what is missing and what to do.</summary>
    public static string? Missing() =>
        !OperatingSystem.IsLinux() ? "service addresses are held on Linux only" : Missing(File.ReadAllLines("/proc/self/status"));

    /// <param name="status">Lines of <c>/proc/self/status</c>.</param>
    public static string? Missing(IReadOnlyList<string> status)
    {
        var own = Set(status, "CapEff:");
        if (!Has(own, NetAdmin) || !Has(own, NetRaw))
            return Remedy;
        // What a file capability gave to this program ends at ip, which it starts; root's rights and ambient ones do not.
        var ambient = Set(status, "CapAmb:");
        return IsRoot(status) || Has(ambient, NetAdmin) ? null : $"the program ip would not have the rights of this one (setcap does not pass them on): {Remedy}";
    }

    private static bool IsRoot(IReadOnlyList<string> status) => Words(status, "Uid:") is [_, _, "0", ..];

    private static bool Has(ulong set, int capability) => (set >> capability & 1) == 1;

    private static ulong Set(IReadOnlyList<string> status, string name) =>
        Words(status, name) is [_, var mask, ..] && ulong.TryParse(mask, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var set) ? set : 0;

    private static string[] Words(IReadOnlyList<string> status, string name) =>
        status.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
}
