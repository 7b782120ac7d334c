using ClusterMail.Testing.Nemesis;

namespace ClusterMail.Cluster.Tests;

/// <summary>A short run of what <c>bench/nemesis/run</c> does for hours: harm after harm from one seed, under load.</summary>
public class NemesisTests
{
    /// <summary>Any will do; this one is what was run last when the test was written.</summary>
    private const int Seed = 20261125;

    [Fact]
    public async Task CLU_21_harm_after_harm_loses_nothing_and_every_mail_that_came_twice_is_written_down()
    {
        var plan = HarmPlan.EachOnce(
            Seed, 3, TimeSpan.FromSeconds(6), HarmKind.KillLeader, HarmKind.Deafen, HarmKind.Mute, HarmKind.Flap, HarmKind.Lose, HarmKind.Clock, HarmKind.SlowDisk, HarmKind.NoConnections);
        await using var farm = await NemesisFarm.StartAsync();
        var verdict = await farm.RunAsync(plan, sessions: 6, line => TestContext.Current.TestOutputHelper?.WriteLine(line), ClusterFarm.Rest);
        TestContext.Current.TestOutputHelper?.WriteLine(verdict.ToString());
        Assert.True(verdict.IsClean, $"{verdict}\n{farm.Network.Output()}");
        Assert.Equal(plan.Count, verdict.Costs.Sum(cost => cost.Count));
    }

    [Fact]
    public void CLU_21_the_same_seed_does_the_same_harm()
    {
        var one = HarmPlan.Of(7, 1000, 3, TimeSpan.FromSeconds(60));
        Assert.Equal(one, HarmPlan.Of(7, 1000, 3, TimeSpan.FromSeconds(60)));
        Assert.NotEqual(one, HarmPlan.Of(8, 1000, 3, TimeSpan.FromSeconds(60)));
        Assert.Equal(Enum.GetValues<HarmKind>().Order(), one.Select(harm => harm.Kind).Distinct().Order());
        Assert.All(one, harm => Assert.InRange(harm.For, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(60)));
        // Two at once never hit the same node, nor the database beside anything else.
        Assert.All(one.Zip(one.Skip(1)).Where(pair => pair.Second.Joins), pair => Assert.True(pair.First.Victim != pair.Second.Victim && !pair.First.IsOfDatabase && !pair.Second.IsOfDatabase));
    }
}
