namespace ClusterMail.Routing;

/// <summary>
/// When a waiting recipient is tried again (RETRY-7 to RETRY-13), always as time since its first attempt, because with delivery stopped no retry time is
/// used up (QUEUE-5). The slots are fixed in time, not counted by attempts: a slot that came late runs once and the next one is the next in time (RETRY-11).
/// </summary>
public static class RetrySchedule
{
    // RETRY-8 in intervals; from the fifth on one every 30 (RETRY-10).
    private static readonly int[] Growing = [1, 3, 6, 15, 30];
    private const int Step = 30;

    /// <summary>The slot of the <paramref name="retry"/>-th retry (from 1), without jitter.</summary>
    public static TimeSpan Slot(int retry, TimeSpan interval, bool fixedInterval = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(retry, 1);
        if (fixedInterval)
            return interval * retry;
        return retry <= Growing.Length ? interval * Growing[retry - 1] : interval * Step * (retry - Growing.Length + 1);
    }

    /// <summary>The first slot after <paramref name="sinceFirstAttempt"/>, jitter not yet added.</summary>
    public static TimeSpan NextSlot(TimeSpan sinceFirstAttempt, RetryRules rules)
    {
        var intervals = (long)Math.Floor(Math.Max(0, sinceFirstAttempt / rules.Interval));
        if (rules.Fixed)
            return rules.Interval * (intervals + 1);
        foreach (var slot in Growing)
            if (intervals < slot)
                return rules.Interval * slot;
        return rules.Interval * Step * (intervals / Step + 1);
    }

    /// <summary>What RETRY-13 adds: up to a tenth of the interval, so that mails that failed together do not come back together.</summary>
    /// <param name="random">From 0 to 1, drawn by the caller.</param>
    public static TimeSpan Jitter(double random, RetryRules rules) => rules.Jitter ? rules.Interval * (0.1 * random) : TimeSpan.Zero;
}
