using Akka.Actor;
using ClusterMail.Queue.Lease;
using ClusterMail.Store;

namespace ClusterMail.Queue.Schedule;

/// <summary>
/// Asks one database for recipients as long as its window has room, one question of each kind at a time. Touched by the dispatcher only.
/// </summary>
/// <param name="shard">Place of the database in the node's list.</param>
/// <param name="self">Who gets <see cref="Claimed"/> or <see cref="Failed"/>.</param>
internal sealed class Claimer(DispatcherParts parts, ShardHand hand, int shard, IActorRef self)
{
    /// <param name="Lease">Under which they were claimed.</param>
    /// <param name="Expired">They are to be concluded, not attempted.</param>
    /// <param name="Asked">So many were asked for.</param>
    public sealed record Claimed(EpochLease Lease, IReadOnlyList<ClaimedRecipient> Recipients, bool Expired, int Asked);

    public sealed record Failed(Exception Cause, bool Expired, int Shard);

    /// <summary>A claim that brings fewer is not worth its walk through the destinations.</summary>
    private const int LeastRoom = 50;
    private const int ExpiredBatch = 100;

    /// <summary>After a wake-up it asks so often, one <see cref="EagerEvery"/> after another: a node that was just told to drain gives back what it holds.</summary>
    private const int EagerTimes = 30;

    public static readonly TimeSpan EagerEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Periods are minutes and hours, and what an administrator wants bounced is asked for at once.</summary>
    private static readonly TimeSpan BetweenExpired = TimeSpan.FromSeconds(5);

    private readonly Rest _rest = new(TimeProvider.System);
    private readonly Rest _expiredRest = new(TimeProvider.System, BetweenExpired);
    private readonly Reach _reach = new(TimeProvider.System);
    private int _eager;
    private bool _claiming;
    private bool _claimingExpired;
    private bool _more;

    public ShardHand Hand => hand;

    /// <summary>What it owns and nobody here knows.</summary>
    public Suspects Suspects { get; set; } = Suspects.None;

    /// <summary>Rows may just have been taken whose list has not come yet.</summary>
    public bool IsUnderWay => _claiming || _claimingExpired;

    /// <summary>Somebody said that there is something to claim, or soon will be, however long it has been due.</summary>
    public void BeEager() => _eager = EagerTimes;

    /// <summary>To be called every <see cref="EagerEvery"/> as long as it is true.</summary>
    public bool ClaimEagerly()
    {
        if (_eager == 0)
            return false;
        ClaimByClock();
        _eager--;
        return true;
    }

    public void ClaimAll()
    {
        Claim();
        ClaimExpired();
    }

    /// <summary>The same, but not while a question of that kind rests.</summary>
    public void ClaimByClock()
    {
        if (!_claiming && _rest.IsOver)
            Claim();
        if (_expiredRest.IsOver)
            ClaimExpired();
    }

    private void Claim()
    {
        if (_claiming)
        {
            _more = true;
            return;
        }
        var options = parts.Options();
        var room = Math.Min(hand.Window.Room, options.ClaimBatch);
        var hasRoom = room >= Math.Min(LeastRoom, options.ClaimBatch);
        if (_eager > 0 || !hasRoom)
            _reach.Widen();
        if (!hasRoom || hand.Lease.Current is not { IsValid: true } lease)
            return;
        _claiming = true;
        _more = false;
        _rest.Ask();
        var within = _reach.Next(parts.Blocked.Unblocked);
        lease.Store.ClaimAsync(lease.Epoch, room, options.ClaimPerDestination, parts.Blocked.Full, CancellationToken.None, within).PipeTo(self,
            success: rows => new Claimed(lease, rows, false, room),
            failure: cause => new Failed(cause, false, shard));
    }

    /// <summary>Recipients an administrator wants bounced, and those whose time ends while their destination is down.</summary>
    private void ClaimExpired()
    {
        if (_claimingExpired || hand.Window.Room < ExpiredBatch || hand.Lease.Current is not { IsValid: true } lease)
            return;
        _claimingExpired = true;
        _expiredRest.Ask();
        // Rather late than early: what was outside the hours in twice the period is more than what was in it.
        var period = parts.Options().NoAnswerPeriod;
        lease.Store.ClaimExpiredAsync(lease.Epoch, ExpiredBatch, period + parts.ClosedWithin(2 * period), CancellationToken.None).PipeTo(self,
            success: rows => new Claimed(lease, rows, true, ExpiredBatch),
            failure: cause => new Failed(cause, true, shard));
    }

    /// <summary>The answer is here; what it brought is taken care of before <see cref="GoOn"/>.</summary>
    public void Ended(bool expired)
    {
        if (expired)
            _claimingExpired = false;
        else
            _claiming = false;
    }

    /// <summary>Asks again at once when the last answer was plentiful, or somebody wanted a claim meanwhile.</summary>
    public void GoOn(Claimed claimed)
    {
        if (claimed.Recipients.Count == 0)
            (claimed.Expired ? _expiredRest : _rest).Begin();
        var plenty = claimed.Recipients.Count > 0 && claimed.Recipients.Count >= claimed.Asked / 2;
        if (!claimed.Expired)
            _reach.Ended(claimed.Recipients, plenty);
        if (claimed.Expired && plenty)
            ClaimExpired();
        else if (!claimed.Expired && (_more || plenty))
            Claim();
    }
}
