namespace ClusterMail.Queue.Lease;

/// <summary>Moments that all who look at something several times a second share: an idle node is woken once for all of them.</summary>
public static class Beat
{
    /// <summary>Time until the next moment that is a multiple of the interval by the clock of .NET's timers; longer intervals than a second are not shortened.</summary>
    public static TimeSpan Until(TimeSpan interval) => Until(interval, Environment.TickCount64);

    /// <param name="now">Milliseconds since some moment.</param>
    internal static TimeSpan Until(TimeSpan interval, long now) =>
        interval > TimeSpan.FromSeconds(1) ? interval : interval - TimeSpan.FromMilliseconds(now % (long)interval.TotalMilliseconds);
}
