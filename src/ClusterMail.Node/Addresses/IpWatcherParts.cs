using System.Net;
using ClusterMail.Settings;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;

namespace ClusterMail.Node.Addresses;

/// <summary>What the IP watcher lives on.</summary>
public sealed record IpWatcherParts
{
    /// <summary>Name of this node.</summary>
    public required string Node { get; init; }
    public required AddressStore Store { get; init; }
    public required EventStore Events { get; init; }

    /// <summary>The setting as it is now, in its order.</summary>
    public required Func<IReadOnlyList<ServiceAddress>> Wanted { get; init; }

    /// <summary>Epoch of this node; null: it has none now.</summary>
    public required Func<long?> Epoch { get; init; }

    /// <summary>Why this node takes no mail; empty: it does.</summary>
    public required Func<IReadOnlyList<string>> NotReady { get; init; }

    public required Func<IReadOnlyList<ListenerOptions>> Listeners { get; init; }

    /// <summary>Local addresses that give no answer (RECV-10).</summary>
    public required Func<IReadOnlyCollection<IPAddress>> Denied { get; init; }

    /// <summary>By which the other nodes reach this one.</summary>
    public required IPAddress Reachable { get; init; }

    /// <summary>Told after each change which addresses are wanted, and whether this node holds them. Must not block.</summary>
    public required Action<IReadOnlyDictionary<string, bool>> Show { get; init; }
}
