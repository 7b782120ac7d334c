using ClusterMail.Queue.Lease;

namespace ClusterMail.Queue.Tests;

public sealed class BeatTests
{
    [Theory]
    [InlineData(250, 1000, 250)]
    [InlineData(250, 1001, 249)]
    [InlineData(250, 1249, 1)]
    [InlineData(500, 1001, 499)]
    [InlineData(1000, 1999, 1)]
    [InlineData(2000, 1999, 2000)]
    public void CLU_30_who_looks_several_times_a_second_looks_at_shared_moments_and_never_later_than_after_its_interval(int interval, long now, int wait) =>
        Assert.Equal(TimeSpan.FromMilliseconds(wait), Beat.Until(TimeSpan.FromMilliseconds(interval), now));
}
