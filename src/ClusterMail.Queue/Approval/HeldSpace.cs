using ClusterMail.Protocol;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// How much held contents take of the database, so that a flood of mail to be held cannot fill it (APPROVE-75). Asked only for mail that is about to be held, and of the
/// database at most every ten seconds: in between a node knows what it has added itself, and several nodes may go over the limit by what they take in that time.
/// </summary>
/// <param name="measure">Octets kept in the whole farm.</param>
/// <param name="limit"><c>approval.hold_limit</c>, octets.</param>
public sealed class HeldSpace(Func<CancellationToken, Task<long>> measure, Func<long> limit, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private long _kept;
    private long? _measuredAt;

    /// <summary>What the client of a mail that cannot be held reads.</summary>
    public static Reply Full { get; } = new(452, new EnhancedStatus(4, 3, 1), "Insufficient system storage for mail that needs approval.");

    /// <summary>Counts <paramref name="octets"/> as held; false: there is no room for them.</summary>
    public async ValueTask<bool> TakesAsync(long octets, CancellationToken cancel)
    {
        if (IsOld())
        {
            var kept = await measure(cancel).ConfigureAwait(false);
            lock (_gate)
                (_kept, _measuredAt) = (kept, time.GetTimestamp());
        }
        lock (_gate)
        {
            if (_kept + octets > limit())
                return false;
            _kept += octets;
            return true;
        }
    }

    private bool IsOld()
    {
        lock (_gate)
            return _measuredAt is not { } at || time.GetElapsedTime(at) >= Fresh;
    }
}
