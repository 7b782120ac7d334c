using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Settings;

/// <summary>
/// Grammar of <c>cluster.service_addresses</c> (CLU-23): <c>address/prefix interface [node ...]</c>, nodes in the order of preference; <c>'</c> or a blank in front makes a comment.
/// </summary>
public static class ServiceAddressTable
{
    /// <summary>Each costs its node a statement and a call of <c>ip</c> a second; more than a few dozen is a balancer's business.</summary>
    public const int Most = 64;

    private const string Setting = "cluster.service_addresses";
    private const string Rule = "CLU-23";

    /// <summary>IFNAMSIZ of Linux, less its closing zero.</summary>
    private const int LongestInterface = 15;

    /// <summary>Addresses in their order; faulty lines are left out and told.</summary>
    public static (ImmutableArray<ServiceAddress> Addresses, IReadOnlyList<SettingError> Errors) Parse(string text)
    {
        var addresses = ImmutableArray.CreateBuilder<ServiceAddress>();
        var errors = new List<SettingError>();
        foreach (var (index, line) in text.ReplaceLineEndings("\n").Split('\n').Index())
        {
            if (line.Length == 0 || line[0] is '\'' or ' ')
                continue;
            var fault = ParseLine(line, out var address);
            if (fault is null && addresses.Any(above => above.Address.Equals(address!.Address)))
                fault = (1, "this address stands above already");
            if (fault is null && addresses.Count == Most)
                fault = (1, string.Create(CultureInfo.InvariantCulture, $"more than {Most} addresses"));
            if (fault is null)
                addresses.Add(address!);
            else
                errors.Add(new SettingError(Setting, index + 1, fault.Value.Column, Rule, fault.Value.Message));
        }
        return (addresses.ToImmutable(), errors);
    }

    private static (int Column, string Message)? ParseLine(string line, out ServiceAddress? parsed)
    {
        parsed = null;
        var words = Words(line);
        var (column, first) = words[0];
        var slash = first.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return (column, $"'{first}' has no prefix length; write it as 192.0.2.10/24 or 2001:db8::10/64");
        if (!TryAddress(first[..slash], out var address))
            return (column, $"'{first[..slash]}' is no address");
        var longest = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (!int.TryParse(first.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) || prefix < 1 || prefix > longest)
            return (column + slash + 1, $"'{first[(slash + 1)..]}' is no prefix length from 1 to {longest}");
        if (Unusable(address, prefix) is { } why)
            return (column, $"{address} {why}");
        if (words.Count < 2)
            return (line.Length + 1, "needs the interface after the address, such as eth0");
        if (!IsInterface(words[1].Text))
            return (words[1].Column, $"'{words[1].Text}' is no name of a network interface such as eth0");
        var nodes = words.Skip(2).ToArray();
        foreach (var (index, node) in nodes.Index())
            if (!ValueChecks.IsHostName(node.Text))
                return (node.Column, $"'{node.Text}' is no name of a node");
            else if (nodes[..index].Any(before => before.Text == node.Text))
                return (node.Column, $"'{node.Text}' stands in this line already");
        parsed = new ServiceAddress(address, prefix, words[1].Text, [.. nodes.Select(node => node.Text)]);
        return null;
    }

    private static List<(int Column, string Text)> Words(string line)
    {
        var words = new List<(int, string)>();
        for (var at = 0; at < line.Length;)
        {
            var end = line.AsSpan(at).IndexOfAny(" \t") is var length and >= 0 ? at + length : line.Length;
            if (end > at)
                words.Add((at + 1, line[at..end]));
            at = end + 1;
        }
        return words;
    }

    // IPAddress.TryParse takes "10" for 0.0.0.10 and an interface behind a percent sign: neither is meant here.
    private static bool TryAddress(string word, out IPAddress address) =>
        IPAddress.TryParse(word, out address!) && !word.Contains('%', StringComparison.Ordinal) && !word.Contains('[', StringComparison.Ordinal) && !address.IsIPv4MappedToIPv6
        && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == word);

    /// <summary>What no host may have for others to reach; as the end of a sentence.</summary>
    private static string? Unusable(IPAddress address, int prefix)
    {
        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return "cannot be reached by others";
        if (address.IsIPv6LinkLocal)
            return "is of one link only; take a routed or a unique local address";
        var octets = address.GetAddressBytes();
        if (address.IsIPv6Multicast || (octets.Length == 4 && octets[0] >= 224))
            return "is no address of one host";
        if (octets.Length == 16 || prefix > 30)
            return null;
        var host = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(octets) & (uint.MaxValue >> prefix);
        return host == 0 || host == uint.MaxValue >> prefix ? $"is the first or last address of its network /{prefix}, which no host may have" : null;
    }

    // Not a dash in front: it stands among the arguments of a program.
    private static bool IsInterface(string name) =>
        name.Length is > 0 and <= LongestInterface && name is not ("lo" or "." or "..") && (char.IsAsciiLetterOrDigit(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@');
}
