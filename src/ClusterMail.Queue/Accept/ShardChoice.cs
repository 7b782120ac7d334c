using ClusterMail.Queue.Lease;
using ClusterMail.Settings;

namespace ClusterMail.Queue.Accept;

/// <summary>One database of the queue as this node sees it when a mail is to be stored.</summary>
/// <param name="Standby">Null: nobody asks for one.</param>
public sealed record ShardDoor(string Name, LeaseKeeper Lease, AcceptPlace Place, StandbyWatch? Standby)
{
    /// <summary>As far as is known it takes mail: the last renewal was good, no commit was lost or is slow, and what the settings want of a standby is there.</summary>
    public bool IsOpen => Lease is { IsValid: true, IsFailing: false } && !Place.Journal.IsTroubled && Standby?.Refuses != true;
}

/// <summary>
/// Which database takes the next mail: those that are open by turns, in the proportion of their weights (<c>queue.shard_weights</c>). A weight of 0 takes none; when no other
/// is open the main database does all the same, because it must be well anyhow.
/// </summary>
/// <param name="doors">The main database first.</param>
public sealed class ShardChoice(IReadOnlyList<ShardDoor> doors, Func<ShardWeights> weights)
{
    private readonly Lock _gate = new();
    private readonly long[] _credit = new long[doors.Count];

    public IReadOnlyList<ShardDoor> Doors => doors;

    public int WeightOf(string name) => weights().Of(name);

    /// <summary>Some database that is open has room for what waits for its commit.</summary>
    public bool HasRoom => doors.Any(door => door.IsOpen && !door.Place.Journal.IsFull);

    /// <summary>The one whose turn it is, and the main database for when that one surely did not take it.</summary>
    public IReadOnlyList<AcceptPlace> Next()
    {
        var (main, now) = (doors[0].Place, weights());
        var next = Turn([.. doors.Select(door => door.IsOpen && !door.Place.Journal.IsFull ? now.Of(door.Name) : 0)]);
        return next <= 0 ? [main] : [doors[next].Place, main];
    }

    /// <summary>Each earns its weight, the richest pays for all: the turns of one are spread evenly between those of the others (smooth weighted round robin).</summary>
    /// <returns>Its place; -1: none has a weight.</returns>
    internal int Turn(IReadOnlyList<int> shares)
    {
        lock (_gate)
        {
            var next = -1;
            long all = 0;
            for (var i = 0; i < shares.Count; i++)
            {
                // Whoever takes nothing saves nothing up for later either.
                _credit[i] = shares[i] == 0 ? 0 : _credit[i] + shares[i];
                all += shares[i];
                if (shares[i] > 0 && (next < 0 || _credit[i] > _credit[next]))
                    next = i;
            }
            if (next >= 0)
                _credit[next] -= all;
            return next;
        }
    }
}
