namespace ClusterMail.Queue.Addresses;

/// <summary>
/// Which node is to hold which service address (CLU-23a). Pure. Whoever holds one keeps it, unless he is not ready, somebody ready before him in the address's preference has been well for
/// long enough, or the nodes differ by two addresses or more.
/// </summary>
public static class AddressAssignment
{
    /// <summary>CLU-23a: a node gets an address back from one that works only after so long in health.</summary>
    public static readonly TimeSpan HealthBeforeReturn = TimeSpan.FromSeconds(60);

    /// <param name="Name">The address.</param>
    /// <param name="Preferred">Nodes that shall rather have it, in this order; empty: any.</param>
    /// <param name="Pinned">Node an administrator moved it to; null: none.</param>
    /// <param name="Holder">Who has it now, or is about to; null: nobody.</param>
    public sealed record Service(string Name, IReadOnlyList<string> Preferred, string? Pinned, string? Holder);

    /// <param name="HealthyFor">Ready without a break for so long.</param>
    /// <param name="Unable">Addresses it cannot hold.</param>
    public sealed record Node(string Name, TimeSpan HealthyFor, IReadOnlySet<string> Unable);

    /// <summary>For each address the ready nodes in the order in which they may take it; the first is the wish. Empty when no node is able.</summary>
    /// <param name="services">In the order of the settings.</param>
    /// <param name="ready">Nodes that are ready, each once.</param>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Assign(IReadOnlyList<Service> services, IReadOnlyList<Node> ready)
    {
        var names = ready.OrderBy(node => node.Name, StringComparer.Ordinal).ToArray();
        var wishes = new Dictionary<string, string>(StringComparer.Ordinal);
        var free = new List<Service>();
        foreach (var service in services)
        {
            if (Fixed(service, Able(service, names)) is { } node)
                wishes[service.Name] = node;
            else
                free.Add(service);
        }
        Spread(free, names, wishes);
        return Succession(services, names, wishes);
    }

    private static Node[] Able(Service service, IEnumerable<Node> nodes) => [.. nodes.Where(node => !node.Unable.Contains(service.Name))];

    /// <summary>Where a pin or a preference decides; null: the address goes wherever there is room.</summary>
    private static string? Fixed(Service service, Node[] able)
    {
        if (able.Any(node => node.Name == service.Pinned))
            return service.Pinned;
        var keeps = able.Any(node => node.Name == service.Holder);
        foreach (var preferred in service.Preferred)
            if (able.FirstOrDefault(node => node.Name == preferred) is { } node && (!keeps || preferred == service.Holder || node.HealthyFor >= HealthBeforeReturn))
                return preferred;
        // Somebody else keeps it until one who is preferred has been well for long enough.
        return keeps && service.Preferred.Any(name => able.Any(node => node.Name == name)) ? service.Holder : null;
    }

    private static void Spread(List<Service> free, Node[] nodes, Dictionary<string, string> wishes)
    {
        foreach (var service in free.Where(service => Able(service, nodes).Any(node => node.Name == service.Holder)))
            wishes[service.Name] = service.Holder!;
        foreach (var service in free.Where(service => !wishes.ContainsKey(service.Name)))
            if (Able(service, nodes).OrderBy(node => Load(wishes, node)).FirstOrDefault() is { } least)
                wishes[service.Name] = least.Name;
        while (Uneven(free, nodes, wishes) is var (service, to) && service is not null)
            wishes[service] = to!;
    }

    /// <summary>A move that makes the nodes more equal; nulls when there is none. Each lessens the sum of squares of the loads, so they come to an end.</summary>
    private static (string? Service, string? To) Uneven(List<Service> free, Node[] nodes, Dictionary<string, string> wishes)
    {
        foreach (var from in nodes.OrderByDescending(node => Load(wishes, node)))
            foreach (var to in nodes.Where(node => node.HealthyFor >= HealthBeforeReturn && Load(wishes, from) - Load(wishes, node) >= 2).OrderBy(node => Load(wishes, node)))
                if (free.LastOrDefault(service => wishes.GetValueOrDefault(service.Name) == from.Name && !to.Unable.Contains(service.Name)) is { } movable)
                    return (movable.Name, to.Name);
        return default;
    }

    private static int Load(Dictionary<string, string> wishes, Node node) => wishes.Values.Count(name => name == node.Name);

    /// <summary>Behind the wish the others: those preferred first, then whoever would have least if that node died, so that its addresses do not all go to one.</summary>
    private static Dictionary<string, IReadOnlyList<string>> Succession(IReadOnlyList<Service> services, Node[] nodes, Dictionary<string, string> wishes)
    {
        var orders = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var loads = nodes.ToDictionary(node => node.Name, node => Load(wishes, node), StringComparer.Ordinal);
        var inherited = new Dictionary<(string Of, string By), int>();
        foreach (var service in services)
        {
            if (!wishes.TryGetValue(service.Name, out var first))
            {
                orders[service.Name] = [];
                continue;
            }
            var rest = Able(service, nodes).Select(node => node.Name).Where(name => name != first)
                .OrderBy(name => Place(service.Preferred, name)).ThenBy(name => loads[name] + inherited.GetValueOrDefault((first, name))).ToArray();
            if (rest.Length > 0)
                inherited[(first, rest[0])] = inherited.GetValueOrDefault((first, rest[0])) + 1;
            orders[service.Name] = [first, .. rest];
        }
        return orders;
    }

    private static int Place(IReadOnlyList<string> preferred, string name) =>
        preferred.Index().Where(one => one.Item == name).Select(one => one.Index).DefaultIfEmpty(int.MaxValue).First();
}
