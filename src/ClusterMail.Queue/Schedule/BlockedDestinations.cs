using System.Collections.Frozen;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// Destinations whose new mail goes straight into the queue instead of this node's window: those that are down, as the cluster's table says, and
/// those that have filled their part of the window already. So a dead or slow destination costs the others nothing (CLU-35).
/// </summary>
public sealed class BlockedDestinations
{
    private volatile FrozenSet<string> _down = FrozenSet<string>.Empty;
    private volatile FrozenSet<string> _full = FrozenSet<string>.Empty;
    private volatile bool _all;
    private int _unblocked;

    public bool Contains(string destination) => _all || _down.Contains(destination) || _full.Contains(destination);

    /// <summary>This node does not deliver now (CLU-25, ADMIN-32): whatever it accepts is for others, or for later.</summary>
    public void BlockAll(bool all) => _all = all;

    public bool IsDown(string destination) => _down.Contains(destination);

    /// <summary>Not to be claimed for this node now.</summary>
    public IReadOnlyCollection<string> Full => _full;

    /// <summary>Changes whenever a destination that was down or full no longer is.</summary>
    public int Unblocked => Volatile.Read(ref _unblocked);

    public void ReplaceDown(IEnumerable<string> keys)
    {
        var before = _down;
        _down = keys.ToFrozenSet(StringComparer.Ordinal);
        CountUnblocked(before, _down);
    }

    public void ReplaceFull(IEnumerable<string> keys)
    {
        var before = _full;
        _full = keys.ToFrozenSet(StringComparer.Ordinal);
        CountUnblocked(before, _full);
    }

    private void CountUnblocked(FrozenSet<string> before, FrozenSet<string> now)
    {
        if (!before.IsSubsetOf(now))
            Interlocked.Increment(ref _unblocked);
    }
}
