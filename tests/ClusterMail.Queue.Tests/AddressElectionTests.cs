using System.Net;
using ClusterMail.Queue.Addresses;
using ClusterMail.Settings;
using ClusterMail.Store;

namespace ClusterMail.Queue.Tests;

/// <summary>What the coordinator makes of the rows (CLU-23a).</summary>
public sealed class AddressElectionTests
{
    private static readonly ServiceAddress Service = new(IPAddress.Parse("192.0.2.10"), 24, "eth0", []);

    private static AddressRow Row(string[] wished, string? holder = null, string? pinned = null, long turn = 1, int age = 60) =>
        new(Service.Name, wished, pinned, holder, turn, holder is null ? null : TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(age), "");

    private static AddressNode Node(string name, bool ready = true, params string[] silent) => new(name, "", ready, TimeSpan.FromHours(1), "", [], silent);

    private static IReadOnlyList<AddressElection.Wish> Decide(AddressRow row, params AddressNode[] nodes) => AddressElection.Decide([Service], [row], nodes);

    [Fact]
    public void CLU_23a_what_is_wished_already_is_not_written_again() => Assert.Empty(Decide(Row(["a", "b"], "a"), Node("a"), Node("b")));

    [Fact]
    public void CLU_23a_one_that_is_to_take_an_address_counts_as_its_holder() => Assert.Empty(Decide(Row(["b", "a"]), Node("a"), Node("b")));

    [Theory]
    [InlineData("a")]
    [InlineData(null)]
    public void CLU_23a_the_next_in_the_order_takes_over_from_a_dead_or_draining_node_and_keeps_what_he_takes(string? holder)
    {
        // c has nothing and would be chosen for a free address; b is about to take it and must not give it up again.
        var other = new ServiceAddress(IPAddress.Parse("192.0.2.11"), 24, "eth0", []);
        AddressRow[] rows = [Row(["a", "b", "c"], holder), Row(["b", "c"], "b") with { Address = other.Name }];
        var wish = Assert.Single(AddressElection.Decide([Service, other], rows, [Node("a", ready: false), Node("b"), Node("c") with { ReadyFor = TimeSpan.Zero }]));
        Assert.Equal((Service.Name, "b c"), (wish.Address, string.Join(' ', wish.Order)));
    }

    [Theory]
    [InlineData(0, 4, 0)]
    [InlineData(0, 5, 1)]
    [InlineData(1, 0, 1)]
    public void CLU_23a_a_new_address_waits_until_every_node_has_said_whether_it_is_ready(long turn, int age, int wishes) =>
        Assert.Equal(wishes, Decide(Row([], turn: turn, age: age), Node("a")).Count);

    [Fact]
    public void CLU_23a_a_node_that_gives_nobody_a_greeting_is_not_counted_upon()
    {
        var wish = Assert.Single(Decide(Row(["a", "b", "c"], "a"), Node("a"), Node("b", true, "a"), Node("c", true, "a")));
        Assert.Equal(["b", "c"], wish.Order);
    }

    [Fact]
    public void CLU_23a_one_node_alone_judges_nobody()
    {
        Assert.Empty(Decide(Row(["a", "b"], "a"), Node("a", true, "b"), Node("b", true, "a")));
        Assert.Empty(Decide(Row(["a", "b", "c"], "a"), Node("a"), Node("b", true, "a"), Node("c")));
    }

    [Fact]
    public void CLU_23a_a_move_ends_with_the_readiness_of_its_node()
    {
        var wish = Assert.Single(Decide(Row(["b", "a"], "b", pinned: "b"), Node("a"), Node("b", ready: false)));
        Assert.Equal((true, "a"), (wish.Unpin, string.Join(' ', wish.Order)));
    }
}
