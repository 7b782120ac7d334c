using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using ClusterMail.Queue.Schedule;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Time.Testing;

namespace ClusterMail.Queue.Tests;

public sealed class DestinationActorTests : TestKit
{
    private const string Hop = "mx1.example.org:25";
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly DestinationOptions _options = new();
    private readonly IActorRef _actor;

    public DestinationActorTests() => _actor = Sys.ActorOf(DestinationActor.Props(() => _options, _time));

    private readonly Dictionary<string, TestProbe> _gates = [];

    private TestProbe GateOf(string node)
    {
        if (!_gates.TryGetValue(node, out var gate))
            _gates.Add(node, gate = CreateTestProbe());
        return gate;
    }

    /// <summary>What the node is told next.</summary>
    private DestinationActor.Allotted Told(string node) =>
        GateOf(node).ExpectMsg<DestinationActor.Allotted>(TimeSpan.FromSeconds(30), cancellationToken: TestContext.Current.CancellationToken);

    private DestinationActor.Allotted Want(string node, int wanted, int holding = 0)
    {
        _actor.Tell(new DestinationActor.Want(Hop, node, wanted, holding), GateOf(node));
        return Told(node);
    }

    private DestinationActor.Allotted Fails(string node)
    {
        _actor.Tell(new DestinationActor.Unreachable(Hop, node, "no"), TestActor);
        return ExpectMsg<DestinationActor.Allotted>(TimeSpan.FromSeconds(30), cancellationToken: TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(10, 3, new int[0], 3)]
    [InlineData(10, 20, new int[0], 10)]
    [InlineData(10, 20, new[] { 20 }, 5)]
    [InlineData(10, 20, new[] { 2 }, 8)]
    [InlineData(10, 2, new[] { 20, 20 }, 2)]
    [InlineData(10, 20, new[] { 1, 20 }, 4)]
    [InlineData(2, 5, new[] { 5, 5, 5 }, 1)]
    public void CLU_35_small_demands_are_met_and_the_rest_is_divided_evenly(int limit, int wanted, int[] others, int part) =>
        Assert.Equal(part, DestinationActor.EvenPart(limit, wanted, others));

    [Fact]
    public void DELIV_2_the_limit_holds_over_the_nodes_while_parts_shift()
    {
        Assert.Equal(10, Want("a", 20).Connections);
        Assert.Equal(0, Want("b", 20).Connections);
        Assert.Equal(5, Told("a").Connections);
        // Told to shrink to 5, a still holds its 10: nothing of it is free for b yet.
        Assert.Equal(5, Want("a", 20, holding: 10).Connections);
        Assert.Equal(0, Want("b", 20).Connections);
        Assert.Equal(5, Want("a", 20, holding: 5).Connections);
        Assert.Equal(5, Told("b").Connections);
        Assert.Equal(5, Want("b", 20).Connections);
    }

    [Fact]
    public void CLU_22_who_holds_more_than_its_part_hears_at_once_that_another_waits_and_that_one_what_was_let_go()
    {
        Assert.Equal(6, Want("a", 6).Connections);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(4, Want("b", 20).Connections);
        var less = Told("a");
        Assert.Equal((5, 8000), (less.Connections, less.ForMs));
        Assert.Equal(5, Want("a", 6, holding: 5).Connections);
        var more = Told("b");
        Assert.Equal((5, 10_000), (more.Connections, more.ForMs));
        // Nobody has less than its part: nobody is told anything.
        Assert.Equal(5, Want("a", 6, holding: 5).Connections);
        _actor.Tell(new DestinationActor.Want(Hop, "a", 0, 0), GateOf("a"));
        Assert.Equal(10, Told("b").Connections);
        GateOf("a").ExpectNoMsg(TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void DELIV_2_while_one_node_tries_whether_it_is_back_nobody_is_given_what_another_let_go()
    {
        Assert.Equal(10, Want("a", 20).Connections);
        Fails("a");
        _time.Advance(_options.FirstBackOff);
        Assert.Equal(1, Want("b", 20).Connections);
        Assert.Equal(0, Want("a", 20).Connections);
        _actor.Tell(new DestinationActor.Want(Hop, "b", 0, 0), GateOf("b"));
        Assert.Equal(0, Want("a", 20).Connections);
        GateOf("b").ExpectNoMsg(TimeSpan.Zero, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void DELIV_2_what_a_node_gives_back_or_no_longer_asks_for_is_free()
    {
        Assert.Equal(10, Want("a", 20).Connections);
        _actor.Tell(new DestinationActor.Want(Hop, "a", 0, 0), GateOf("a"));
        Assert.Equal(10, Want("b", 20).Connections);
        _time.Advance(_options.SilenceLimit - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, Want("c", 20).Connections);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(10, Want("c", 20).Connections);
    }

    [Fact]
    public async Task CLU_22_what_a_node_held_that_left_the_cluster_is_free_before_its_time()
    {
        var gate = CreateTestProbe();
        _actor.Tell(new DestinationActor.Want(Hop, "a", 20, 0), gate);
        await gate.ExpectMsgAsync<DestinationActor.Allotted>(told => Assert.Equal(10, told.Connections), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(0, Want("b", 20).Connections);
        Sys.Stop(gate);
        await Until.TrueAsync(() => Want("b", 20).Connections == 10, TimeSpan.FromSeconds(30), "all of it for the other");
    }

    [Fact]
    public void CLU_22_an_actor_that_has_moved_leaves_each_node_what_it_holds_within_its_part()
    {
        Assert.Equal(10, Want("a", 20).Connections);
        Assert.Equal(5, Want("b", 20, holding: 7).Connections);
        Assert.Equal(5, Told("a").Connections);
        Assert.Equal(3, Want("c", 20, holding: 7).Connections);
        Assert.Equal(3, Told("a").Connections);
        Assert.Equal(3, Told("b").Connections);
    }

    [Fact]
    public void CLU_35_the_silence_after_a_failure_doubles_up_to_its_cap_and_ends_with_a_session()
    {
        foreach (var seconds in new[] { 30, 60, 120, 240, 300, 300 })
        {
            Assert.Equal(seconds * 1000, Fails("a").DownForMs);
            Assert.Equal(seconds * 1000, Want("b", 1).DownForMs);
            _time.Advance(TimeSpan.FromSeconds(seconds));
        }
        _actor.Tell(new DestinationActor.Reachable(Hop, "a"), TestActor);
        Assert.Equal(10, Want("a", 20).Connections);
        Assert.Equal(30_000, Fails("a").DownForMs);
    }

    [Fact]
    public void CLU_35_one_failure_reported_by_several_nodes_counts_once()
    {
        Fails("a");
        Assert.Equal(30_000, Fails("b").DownForMs);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(20_000, Fails("c").DownForMs);
    }

    [Fact]
    public void CLU_35_one_node_alone_tries_whether_it_is_back_and_another_when_that_one_is_silent()
    {
        Fails("a");
        _time.Advance(_options.FirstBackOff);
        Assert.Equal(1, Want("b", 20).Connections);
        Assert.Equal(0, Want("a", 20).Connections);
        Assert.Equal(1, Want("b", 20).Connections);
        _time.Advance(_options.ProbeTime);
        Assert.Equal(1, Want("a", 20).Connections);
        Assert.Equal(0, Want("b", 20).Connections);
    }
}
