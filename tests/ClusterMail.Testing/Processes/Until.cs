using System.Diagnostics;

namespace ClusterMail.Testing.Processes;

/// <summary>Waits for a condition, never for a length of time.</summary>
public static class Until
{
    /// <param name="what">Said when it did not come true.</param>
    /// <returns>How long it took.</returns>
    /// <exception cref="TimeoutException">The condition did not come true within <paramref name="limit"/>.</exception>
    public static Task<TimeSpan> TrueAsync(Func<Task<bool>> condition, TimeSpan limit, string what) => TrueAsync(condition, limit, () => what);

    /// <param name="what">Asked when it did not come true: logs tell what they tell by then.</param>
    /// <inheritdoc cref="TrueAsync(Func{Task{bool}}, TimeSpan, string)"/>
    public static async Task<TimeSpan> TrueAsync(Func<Task<bool>> condition, TimeSpan limit, Func<string> what)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > limit)
                throw new TimeoutException($"After {limit.TotalSeconds:0} s still not: {what()}");
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        return clock.Elapsed;
    }

    public static Task<TimeSpan> TrueAsync(Func<bool> condition, TimeSpan limit, string what) => TrueAsync(condition, limit, () => what);

    public static Task<TimeSpan> TrueAsync(Func<bool> condition, TimeSpan limit, Func<string> what) => TrueAsync(() => Task.FromResult(condition()), limit, what);

    /// <summary>For what must not happen: true for the whole of <paramref name="span"/>.</summary>
    public static async Task<bool> StaysAsync(Func<bool> condition, TimeSpan span)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < span)
        {
            if (!condition())
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        return condition();
    }
}
