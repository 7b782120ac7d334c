namespace ClusterMail.Queue.Lease;

/// <summary>Moments that all who look at something several times a second share: an idle node is woken once for all of them.</summary>
public static class Beat
{
    /// <summary>Nodes of one machine are not to look all at once: one of them sees sooner what another has left.</summary>
    private static readonly long Phase = Random.Shared.Next(60_000);

    /// <summary>Milliseconds since some moment, another for each process, by the clock that .NET's timers go by.</summary>
    public static long Now => Environment.TickCount64 + Phase;

    /// <summary>Time until the next moment that is a multiple of the interval; longer intervals than a second are not shortened.</summary>
    public static TimeSpan Until(TimeSpan interval) => Until(interval, Now);

    internal static TimeSpan Until(TimeSpan interval, long now) =>
        interval > TimeSpan.FromSeconds(1) ? interval : interval - TimeSpan.FromMilliseconds(now % (long)interval.TotalMilliseconds);
}
