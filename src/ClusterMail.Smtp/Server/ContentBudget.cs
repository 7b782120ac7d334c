namespace ClusterMail.Smtp.Server;

/// <summary>What all sessions of a node may together hold of unfinished mail (P6): octets in memory, octets in the spool folder.</summary>
public sealed class ContentBudget
{
    private long _memory;
    private long _spool;

    /// <summary>Octets in memory now.</summary>
    public long Memory => Volatile.Read(ref _memory);

    /// <summary>Octets in the spool folder now, those of accepted mails still being read included.</summary>
    public long Spool => Volatile.Read(ref _spool);

    public bool TryTakeMemory(long octets, long limit) => TryTake(ref _memory, octets, limit);
    public void GiveBackMemory(long octets) => Interlocked.Add(ref _memory, -octets);
    public bool TryTakeSpool(long octets, long limit) => TryTake(ref _spool, octets, limit);
    public void GiveBackSpool(long octets) => Interlocked.Add(ref _spool, -octets);

    private static bool TryTake(ref long counter, long octets, long limit)
    {
        if (Interlocked.Add(ref counter, octets) <= limit)
            return true;
        Interlocked.Add(ref counter, -octets);
        return false;
    }
}
