using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ClusterMail.Policy;
using ClusterMail.Settings;

namespace ClusterMail.Queue.Lockout;

/// <summary>When an address is locked out, of one settings version (LOCK-1 to LOCK-3).</summary>
public sealed class LockoutRules(SettingSet set, IReadOnlyList<IPNetwork> balancers, PolicySnapshot policy)
{
    private readonly ImmutableArray<IPNetwork> _exempt = [.. balancers, .. set.List("lockout.exempt").Select(Network).OfType<IPNetwork>()];

    /// <summary>By kind: connections and failed AUTH within <see cref="Windows"/>; 0: no limit. A failure locks out when the limit is reached, so one less may pass.</summary>
    public int[] Limits { get; } = [(int)set.Integer("lockout.connections"), set.Integer("lockout.auth_failures") is > 0 and var failures ? Math.Max(1, (int)failures - 1) : 0];

    /// <summary>Seconds.</summary>
    public int[] Windows { get; } = [(int)set.Integer("lockout.connection_seconds"), (int)set.Integer("lockout.auth_block_seconds")];

    /// <summary>Seconds.</summary>
    public int[] Blocks { get; } = [(int)set.Integer("lockout.connection_block_seconds"), (int)set.Integer("lockout.auth_block_seconds")];

    /// <summary>The list of exceptions, the balancers, and clients the operator named in the relay list: many of their users share one address.</summary>
    public bool IsExempt(IPAddress client) => _exempt.Any(network => network.Contains(client)) || policy.IsNamed(client);

    /// <summary>What is counted together: an IPv4 address, or the 64 bits of an IPv6 network, of which one machine has every address.</summary>
    public static string KeyOf(IPAddress client)
    {
        if (client.IsIPv4MappedToIPv6)
            client = client.MapToIPv4();
        if (client.AddressFamily != AddressFamily.InterNetworkV6)
            return client.ToString();
        var octets = client.GetAddressBytes();
        octets.AsSpan(8).Clear();
        return $"{new IPAddress(octets)}/64";
    }

    /// <summary>What an administrator writes, in the form of the list; null: no address.</summary>
    public static string? KeyOf(string text) =>
        IPAddress.TryParse(text.EndsWith("/64", StringComparison.Ordinal) ? text[..^3] : text, out var address) ? KeyOf(address) : null;

    private static IPNetwork? Network(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;
}
