namespace ClusterMail.Testing.Measure;

/// <summary>
/// The rank-sum test of Wilcoxon, Mann and Whitney, exact: it asks how often figures would lie so far apart if the two series came from the same source, and
/// assumes nothing about how they spread. Times of a shared machine have long tails, which would deceive a test of means.
/// </summary>
public static class RankTest
{
    /// <summary>Three and three can never be told apart at 5 %, so fewer than four runs each prove nothing: the smallest value is 0.1 then.</summary>
    /// <param name="one">Not empty, at most 50.</param>
    /// <param name="other">The same.</param>
    /// <returns>Probability of ranks as uneven as these or more, in either direction; 1 when they are as even as can be.</returns>
    /// <exception cref="ArgumentException">A series is empty or too long.</exception>
    public static double TwoSided(IReadOnlyList<double> one, IReadOnlyList<double> other)
    {
        if (one.Count is 0 or > 50 || other.Count is 0 or > 50)
            throw new ArgumentException("1 to 50 figures on each side are wanted");
        var ranks = DoubledRanks([.. one, .. other]);
        var sum = ranks.Take(one.Count).Sum();
        var ways = Ways(ranks, one.Count);
        double all = ways.Sum();
        var low = ways.Take(sum + 1).Sum() / all;
        var high = ways.Skip(sum).Sum() / all;
        return Math.Min(1, 2 * Math.Min(low, high));
    }

    /// <summary>Twice the rank of each, so that the mean ranks of equal figures are whole numbers too.</summary>
    private static int[] DoubledRanks(IReadOnlyList<double> figures) =>
        [.. figures.Select(figure => 2 * figures.Count(other => other < figure) + figures.Count(other => other == figure) + 1)];

    /// <summary>In how many ways <paramref name="count"/> of the ranks have each sum.</summary>
    private static double[] Ways(int[] ranks, int count)
    {
        var sums = ranks.Sum() + 1;
        var ways = new double[count + 1, sums];
        ways[0, 0] = 1;
        foreach (var rank in ranks)
        {
            for (var taken = count; taken > 0; taken--)
            {
                for (var sum = sums - 1; sum >= rank; sum--)
                    ways[taken, sum] += ways[taken - 1, sum - rank];
            }
        }

        return [.. Enumerable.Range(0, sums).Select(sum => ways[count, sum])];
    }
}
