namespace ClusterMail.Testing.Processes;

/// <summary>How long clients went without a 250.</summary>
public static class AcceptanceGap
{
    /// <summary>When each 250 came, in order.</summary>
    public static DateTimeOffset[] Times(LoadGenerator load) => [.. load.Accepted.Values.Select(one => one.At).Order()];

    /// <summary>The longest time between two neighbours, beginning with <paramref name="from"/> and ending with the first after <paramref name="until"/>.</summary>
    /// <param name="promises">In order.</param>
    public static TimeSpan Longest(DateTimeOffset[] promises, DateTimeOffset from, DateTimeOffset until)
    {
        var (first, last) = (Index(promises, from), Index(promises, until));
        var times = promises[first..last].Prepend(from).Append(last < promises.Length ? promises[last] : until).ToArray();
        return times.Zip(times.Skip(1), (before, after) => after - before).Max();
    }

    /// <summary>The same for the session that waited longest: its mail was the one that came latest.</summary>
    public static TimeSpan LongestOfOne(LoadGenerator load, DateTimeOffset from, DateTimeOffset until) =>
        load.Accepted.Values.GroupBy(one => one.Session).Select(session => Longest([.. session.Select(one => one.At).Order()], from, until)).DefaultIfEmpty().Max();

    private static int Index(DateTimeOffset[] sorted, DateTimeOffset at)
    {
        var found = Array.BinarySearch(sorted, at);
        return found < 0 ? ~found : found;
    }
}
