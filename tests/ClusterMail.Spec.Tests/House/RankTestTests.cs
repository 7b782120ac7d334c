using ClusterMail.Testing.Measure;

namespace ClusterMail.Spec.Tests.House;

/// <summary>By what <c>bench/compare</c> calls one build slower than another.</summary>
public class RankTestTests
{
    // The critical values of U every table of the Mann-Whitney test prints for 5 %, two-sided.
    [Theory]
    [InlineData(4, 0)]
    [InlineData(5, 2)]
    [InlineData(6, 5)]
    [InlineData(7, 8)]
    [InlineData(8, 13)]
    [InlineData(9, 17)]
    [InlineData(10, 23)]
    public void Bench_two_builds_differ_up_to_the_printed_critical_value_and_not_beyond_it(int runs, int critical)
    {
        Assert.True(P(runs, critical) < 0.05);
        Assert.True(P(runs, critical + 1) >= 0.05);
    }

    [Fact]
    public void Bench_three_runs_each_prove_nothing_however_far_apart() => Assert.Equal(2.0 / 20, P(3, 0), 12);

    [Fact]
    public void Bench_it_does_not_matter_which_of_the_two_is_named_first() =>
        Assert.Equal(RankTest.TwoSided([1, 2, 3, 4, 7], [5, 6, 8, 9, 10]), RankTest.TwoSided([5, 6, 8, 9, 10], [1, 2, 3, 4, 7]), 12);

    [Fact]
    public void Bench_equal_figures_are_no_difference() => Assert.Equal(1, RankTest.TwoSided([5, 5, 5, 5], [5, 5, 5, 5]));

    [Fact]
    public void Bench_no_runs_are_an_error() => Assert.Throws<ArgumentException>(() => RankTest.TwoSided([], [1]));

    /// <summary>Of two series of which <paramref name="u"/> pairs are the other way round.</summary>
    private static double P(int runs, int u)
    {
        var above = Enumerable.Range(0, runs).Select(run => Math.Clamp(u - run * runs, 0, runs));
        return RankTest.TwoSided([.. above.Select((count, run) => count * 10 + 1 + run / 100.0)], [.. Enumerable.Range(1, runs).Select(run => run * 10.0)]);
    }
}
