namespace ClusterMail.Queue.Schedule;

/// <summary>
/// Keeps a question that brings nothing to a small part of the time: how long it takes depends on how much waits and how many destinations are down. Whoever
/// knows that there is something asks without it.
/// </summary>
/// <param name="least">It rests at least so long: what it asks for comes so rarely. Default: no time.</param>
internal sealed class Rest(TimeProvider time, TimeSpan least = default)
{
    /// <summary>So many times what the question took.</summary>
    private const int Times = 20;

    /// <summary>Mail that has become due waits no longer for it.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    private long _asked;
    private long _answered;
    private TimeSpan _length;

    public bool IsOver => time.GetElapsedTime(_answered) >= _length;

    /// <summary>The question leaves now.</summary>
    public void Ask() => (_asked, _length) = (time.GetTimestamp(), TimeSpan.Zero);

    /// <summary>It brought nothing.</summary>
    public void Begin()
    {
        _answered = time.GetTimestamp();
        var length = time.GetElapsedTime(_asked, _answered) * Times;
        _length = length < least ? least : length < Longest ? length : Longest;
    }
}
