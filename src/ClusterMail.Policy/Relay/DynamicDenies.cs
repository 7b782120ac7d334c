using System.Collections.Frozen;
using System.Net;

namespace ClusterMail.Policy.Relay;

/// <summary>A client address that a filter has denied (RELAY-50, RELAY-51).</summary>
/// <param name="Filter">What denied it.</param>
/// <param name="Until">Null: never ends, as in the original.</param>
public sealed record DynamicDeny(IPAddress Address, string Filter, DateTimeOffset AddedAt, DateTimeOffset? Until);

/// <summary>All denied addresses, in the memory of one node; replaced by whoever follows the database, read by every session at once.</summary>
public sealed class DynamicDenies
{
    private volatile FrozenDictionary<IPAddress, DynamicDeny> _byAddress = FrozenDictionary<IPAddress, DynamicDeny>.Empty;

    public int Count => _byAddress.Count;

    public void Replace(IEnumerable<DynamicDeny> denies) => _byAddress = denies.DistinctBy(deny => deny.Address).ToFrozenDictionary(deny => deny.Address);

    /// <summary>The entry in force for this client; null: none.</summary>
    public DynamicDeny? Find(IPAddress client, DateTimeOffset now)
    {
        var known = _byAddress;
        if (known.Count == 0)
            return null;
        return known.GetValueOrDefault(client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client) is { } deny && (deny.Until is not { } until || now < until) ? deny : null;
    }
}
