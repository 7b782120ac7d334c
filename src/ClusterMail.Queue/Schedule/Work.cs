using System.Collections.Immutable;
using System.Diagnostics;
using ClusterMail.Protocol;
using ClusterMail.Queue.Lease;
using ClusterMail.Routing;
using ClusterMail.Store;

namespace ClusterMail.Queue.Schedule;

/// <summary>One mail for one destination: the recipients that go in one session (OUT-1), owned by this node under one epoch.</summary>
public sealed class Work
{
    private readonly long _since = Stopwatch.GetTimestamp();

    public required QueuedMail Mail { get; init; }
    public required Route Route { get; init; }
    public required ImmutableArray<ClaimedRecipient> Recipients { get; init; }

    /// <summary>One for each recipient: they share the destination, not what an alias made of them. Not given: all as <see cref="Route"/>.</summary>
    public ImmutableArray<Route> Ways { get; init; }

    public Route Way(int recipient) => Ways.IsDefault ? Route : Ways[recipient];

    /// <summary>For each recipient the first one that is the same delivery (ALIAS-12); itself for most.</summary>
    public int[] Deliveries()
    {
        var same = new int[Recipients.Length];
        if (same.Length == 1)
            return same;
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < same.Length; i++)
        {
            var key = Way(i).DeliveryKey(Mailbox.FromStored(Recipients[i].ForwardPath));
            if (!seen.TryGetValue(key, out same[i]))
                seen.Add(key, same[i] = i);
        }
        return same;
    }
    public required ContentShare Content { get; init; }
    public required EpochLease Lease { get; init; }

    /// <summary>How long this node has had it in its hands; added to the ages the database gave (CLU-30: no node clock).</summary>
    public TimeSpan HeldFor => Stopwatch.GetElapsedTime(_since);
}

/// <summary>Content of one mail, shared by its works on this node; its place in the window is given back with the last of them.</summary>
public sealed class ContentShare(MailContent? content, long reserved, int works, Window window)
{
    private int _works = works;

    /// <summary>In memory since acceptance; null when it must be read from the database.</summary>
    public MailContent? Content { get; private set; } = content;

    public void Release()
    {
        if (Interlocked.Decrement(ref _works) > 0)
            return;
        Content?.Dispose();
        Content = null;
        window.Return(0, reserved);
    }
}
