using ClusterMail.Queue.Addresses;

namespace ClusterMail.Queue.Tests;

/// <summary>Who is to hold which service address (CLU-23a).</summary>
public sealed class AddressAssignmentTests
{
    private static readonly HashSet<string> Nothing = [];

    private static AddressAssignment.Service Service(string name, string? holder = null, string preferred = "", string? pinned = null) =>
        new(name, preferred.Split(' ', StringSplitOptions.RemoveEmptyEntries), pinned, holder);

    private static AddressAssignment.Node Node(string name, int seconds = 3600, params string[] unable) => new(name, TimeSpan.FromSeconds(seconds), unable.ToHashSet());

    private static string Wishes(AddressAssignment.Service[] services, params AddressAssignment.Node[] ready)
    {
        var orders = AddressAssignment.Assign(services, ready);
        return string.Join(' ', services.Select(service => $"{service.Name}={(orders[service.Name].Count == 0 ? "-" : orders[service.Name][0])}"));
    }

    [Fact]
    public void CLU_23a_several_addresses_are_spread_over_the_ready_nodes() =>
        Assert.Equal("x=a y=b z=c", Wishes([Service("x"), Service("y"), Service("z")], Node("a"), Node("b"), Node("c")));

    [Fact]
    public void CLU_23a_who_holds_an_address_keeps_it() => Assert.Equal("x=c y=a", Wishes([Service("x", "c"), Service("y", "a")], Node("a"), Node("b"), Node("c")));

    [Fact]
    public void CLU_23a_of_a_node_that_is_not_ready_only_its_addresses_move() =>
        Assert.Equal("x=a y=b z=a", Wishes([Service("x", "a"), Service("y", "b"), Service("z", "gone")], Node("a"), Node("b")));

    [Theory]
    [InlineData(59, "x=b")]
    [InlineData(60, "x=a")]
    public void CLU_23a_an_address_returns_to_a_preferred_node_after_60_s_of_health(int seconds, string wishes) =>
        Assert.Equal(wishes, Wishes([Service("x", "b", "a b")], Node("a", seconds), Node("b")));

    [Fact]
    public void CLU_23a_a_free_address_goes_to_the_first_preferred_node_that_is_ready_at_once() =>
        Assert.Equal("x=b", Wishes([Service("x", "gone", "a b c")], Node("c"), Node("b", 0)));

    [Fact]
    public void CLU_23a_a_preference_is_kept_even_where_the_nodes_become_unequal() =>
        Assert.Equal("x=a y=a z=a", Wishes([Service("x", "a", "a"), Service("y", "a", "a"), Service("z", "b", "a")], Node("a"), Node("b")));

    [Theory]
    [InlineData(59, "x=a y=a")]
    [InlineData(60, "x=a y=b")]
    public void CLU_23a_a_node_that_came_later_gets_its_share_after_60_s_of_health(int seconds, string wishes) =>
        Assert.Equal(wishes, Wishes([Service("x", "a"), Service("y", "a")], Node("a"), Node("b", seconds)));

    [Fact]
    public void CLU_23a_nodes_that_differ_by_one_address_are_left_alone() => Assert.Equal("x=a y=a z=b", Wishes([Service("x", "a"), Service("y", "a"), Service("z", "b")], Node("a"), Node("b")));

    [Fact]
    public void CLU_23a_what_an_administrator_moved_stays_while_that_node_is_ready()
    {
        var moved = Service("x", "a", "a", pinned: "b");
        Assert.Equal("x=b", Wishes([moved], Node("a"), Node("b", 0)));
        Assert.Equal("x=a", Wishes([moved], Node("a")));
    }

    [Fact]
    public void CLU_23a_a_node_gets_no_address_it_cannot_hold() => Assert.Equal("x=b y=-", Wishes([Service("x", "a", "a"), Service("y")], Node("a", 3600, "x", "y"), Node("b", 3600, "y")));

    [Fact]
    public void CLU_23a_without_a_ready_node_nobody_holds_anything() => Assert.Equal("x=- y=-", Wishes([Service("x", "a"), Service("y", null, "a")]));

    [Fact]
    public void CLU_23a_the_addresses_of_a_dead_node_go_to_different_ones_and_preferred_ones_come_first()
    {
        var orders = AddressAssignment.Assign([Service("x", "a"), Service("y", "a"), Service("z", "b", "b c a")], [Node("a"), Node("b", 0), Node("c", 0)]);
        Assert.Equal(["a c b", "a b c", "b c a"], orders.Values.Select(order => string.Join(' ', order)));
    }

    /// <summary>Random farms from seeds; the same seed is the same farm.</summary>
    public static IEnumerable<TheoryDataRow<int>> Seeds => Enumerable.Range(1, 40).Select(seed => new TheoryDataRow<int>(seed));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void CLU_23a_whatever_happens_the_rules_hold(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            var ready = Enumerable.Range(0, random.Next(1, 6)).Select(n => Node($"n{n}", random.Next(0, 120), [.. Enumerable.Range(0, 8).Where(_ => random.Next(12) == 0).Select(a => $"a{a}")])).ToArray();
            string? Somebody() => random.Next(3) == 0 ? null : $"n{random.Next(0, 7)}";
            var services = Enumerable.Range(0, random.Next(1, 9))
                .Select(n => Service($"a{n}", Somebody(), random.Next(2) == 0 ? "" : string.Join(' ', Enumerable.Range(0, 3).Select(_ => $"n{random.Next(7)}").Distinct()), random.Next(8) == 0 ? Somebody() : null)).ToArray();
            Check(services, ready);
        }
    }

    private static void Check(AddressAssignment.Service[] services, AddressAssignment.Node[] ready)
    {
        var orders = AddressAssignment.Assign(services, ready);
        foreach (var service in services)
        {
            // Everybody who can hold it, once.
            var able = ready.Where(node => !node.Unable.Contains(service.Name)).Select(node => node.Name).Order(StringComparer.Ordinal);
            Assert.Equal(able, orders[service.Name].Order(StringComparer.Ordinal));
        }
        // Settled in one step: what was decided is not decided anew.
        var settled = services.Select(service => service with { Holder = orders[service.Name].FirstOrDefault() }).ToArray();
        var again = AddressAssignment.Assign(settled, ready);
        Assert.All(services, service => Assert.Equal(orders[service.Name].FirstOrDefault(), again[service.Name].FirstOrDefault()));
        // Nobody moves to a node that has just come, from one that works.
        var moved = services.Where(service => ready.Any(node => node.Name == service.Holder && !node.Unable.Contains(service.Name)) && service.Pinned is null && orders[service.Name][0] != service.Holder);
        Assert.All(moved, service => Assert.True(ready.Single(node => node.Name == orders[service.Name][0]).HealthyFor >= AddressAssignment.HealthBeforeReturn, service.ToString()));
        Even(services, ready, orders);
    }

    /// <summary>Among nodes that have been well for long enough, no address without pin or preference would be better elsewhere.</summary>
    private static void Even(AddressAssignment.Service[] services, AddressAssignment.Node[] ready, IReadOnlyDictionary<string, IReadOnlyList<string>> orders)
    {
        int Load(string node) => orders.Values.Count(order => order.Count > 0 && order[0] == node);
        foreach (var service in services.Where(service => service.Preferred.Count == 0 && service.Pinned is null && orders[service.Name].Count > 0))
            foreach (var other in ready.Where(node => node.HealthyFor >= AddressAssignment.HealthBeforeReturn && !node.Unable.Contains(service.Name)))
                Assert.True(Load(orders[service.Name][0]) - Load(other.Name) <= 1, $"{service} would be better on {other.Name}");
    }
}
