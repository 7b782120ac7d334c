using ClusterMail.Queue.Cluster;

namespace ClusterMail.Queue.Tests;

public sealed class LeaderElectionTests
{
    private static string? Elect(string? leader, string[] preference, string[] fit, int preferredHealthySeconds = 3600) =>
        LeaderActor.Elect(leader, preference, fit, _ => TimeSpan.FromSeconds(preferredHealthySeconds));

    [Fact]
    public void CLU_25_the_leader_stays_while_it_is_fit() => Assert.Equal("b", Elect("b", [], ["a", "b"]));

    [Fact]
    public void CLU_25_without_preference_the_longest_running_fit_node_follows() => Assert.Equal("c", Elect("a", [], ["c", "b"]));

    [Fact]
    public void CLU_25_when_none_is_fit_nobody_leads() => Assert.Null(Elect("a", ["a"], []));

    [Fact]
    public void CLU_26_a_vacant_role_goes_to_the_first_preferred_fit_node_at_once() => Assert.Equal("b", Elect(null, ["x", "b", "a"], ["a", "b"], 0));

    [Theory]
    [InlineData(59, "b")]
    [InlineData(60, "a")]
    public void CLU_26_the_role_returns_to_a_preferred_node_after_60_s_of_health(int seconds, string leader) =>
        Assert.Equal(leader, Elect("b", ["a", "b"], ["b", "a"], seconds));
}
