using ClusterMail.Store;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// How far back a claim looks. What became due within the last minute is found cheaply whatever lies in the queue and whatever was cleaned away; everything is looked
/// at where something older may be waiting for this node.
/// </summary>
internal sealed class Reach(TimeProvider time)
{
    /// <summary>Longer than a row takes from the moment that is written in it to the moment all can see it.</summary>
    public static readonly TimeSpan Recent = TimeSpan.FromMinutes(1);

    /// <summary>Nothing that is due stays unseen for longer.</summary>
    public static readonly TimeSpan BetweenWhole = TimeSpan.FromSeconds(10);

    private long _wholeAt;
    private bool _whole = true;
    private bool _isWhole;
    private int _unblocked;

    /// <summary>Something older may be due: the next look is a whole one.</summary>
    public void Widen() => _whole = true;

    /// <summary>Of the claim that leaves now; null: everything.</summary>
    /// <param name="unblocked">See <see cref="BlockedDestinations.Unblocked"/>: what waited meanwhile may have been due for long.</param>
    public TimeSpan? Next(int unblocked)
    {
        _isWhole = _whole || unblocked != _unblocked || time.GetElapsedTime(_wholeAt) >= BetweenWhole;
        // Until it has answered: a claim that failed says nothing of what is due.
        (_whole, _unblocked) = (true, unblocked);
        if (_isWhole)
            _wholeAt = time.GetTimestamp();
        return _isWhole ? null : Recent;
    }

    /// <summary>What it brought; where there is more than it could take, or older, there may be more of it.</summary>
    /// <param name="plenty">It brought so much that there is likely to be more.</param>
    public void Ended(IReadOnlyList<ClaimedRecipient> recipients, bool plenty) =>
        _whole = plenty || recipients.Any(recipient => recipient.Overdue >= Recent);
}
