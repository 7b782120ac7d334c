using ClusterMail.Settings;
using ClusterMail.Store;

namespace ClusterMail.Queue.Addresses;

/// <summary>From what stands in the database to what is to be written there (CLU-23a). Pure.</summary>
public static class AddressElection
{
    /// <summary>A new address waits so long for its first holder, 5 s: all nodes have said by then whether they are ready, and it need not move at once.</summary>
    public static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(5);

    /// <param name="Order">Nodes in the order in which they may take it.</param>
    /// <param name="Unpin">The node it was moved to is not ready any more.</param>
    public sealed record Wish(string Address, IReadOnlyList<string> Order, bool Unpin);

    /// <summary>What has to change.</summary>
    /// <param name="wanted">In the order of the settings.</param>
    public static IReadOnlyList<Wish> Decide(IReadOnlyList<ServiceAddress> wanted, IReadOnlyList<AddressRow> rows, IReadOnlyList<AddressNode> nodes)
    {
        var byName = rows.ToDictionary(row => row.Address, StringComparer.Ordinal);
        var known = wanted.Where(address => byName.TryGetValue(address.Name, out var row) && (row.Turn > 0 || row.Age >= FirstLook)).ToArray();
        var ready = nodes.Where(node => node.Ready && !IsUnheard(node, nodes))
            .Select(node => new AddressAssignment.Node(node.Name, node.ReadyFor, node.Unable.ToHashSet(StringComparer.Ordinal))).ToArray();
        var orders = AddressAssignment.Assign([.. known.Select(address => Service(address, byName[address.Name], ready))], ready);
        return [.. orders.Select(order => new Wish(order.Key, order.Value, Unpin(byName[order.Key], ready))).Where(wish => wish.Unpin || !wish.Order.SequenceEqual(byName[wish.Address].Wished))];
    }

    /// <summary>All others that are ready, and two at least, get no greeting from it: it may think well of itself, but clients are on their side.</summary>
    public static bool IsUnheard(AddressNode node, IReadOnlyList<AddressNode> nodes)
    {
        var judges = nodes.Where(other => other.Ready && other.Name != node.Name).ToArray();
        return judges.Length >= 2 && judges.All(other => other.Silent.Contains(node.Name));
    }

    // Whoever is about to take it counts as the holder, by the same order: decided otherwise, the address would move a second time.
    private static AddressAssignment.Service Service(ServiceAddress address, AddressRow row, AddressAssignment.Node[] ready) => new(
        address.Name, address.Preferred, row.Pinned, row.Holder is { } holder && IsAble(holder, row, ready) ? holder : row.Wished.FirstOrDefault(name => IsAble(name, row, ready)));

    private static bool Unpin(AddressRow row, AddressAssignment.Node[] ready) => row.Pinned is { } pinned && !IsAble(pinned, row, ready);

    private static bool IsAble(string name, AddressRow row, AddressAssignment.Node[] ready) => ready.Any(node => node.Name == name && !node.Unable.Contains(row.Address));
}
