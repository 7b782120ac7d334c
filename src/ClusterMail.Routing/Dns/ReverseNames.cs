using System.Collections.Concurrent;
using System.Net;

namespace ClusterMail.Routing.Dns;

/// <summary>
/// Names of clients (CONF-18): the name their address has in DNS, when it leads back to the address; any name can be claimed for an address one owns, so
/// one that does not lead back is none. Asked once per address and hour, never for longer than two seconds.
/// </summary>
public sealed class ReverseNames
{
    /// <summary>Addresses remembered; at the limit all are forgotten, which costs one question each.</summary>
    private const int MaxEntries = 10_000;

    /// <summary>Names of one address that are followed back; some addresses have hundreds.</summary>
    private const int MaxNames = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan FailureLifetime = TimeSpan.FromMinutes(5);

    private readonly NameLookup _lookup;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<IPAddress, Entry> _known = new();

    private sealed record Entry(Lazy<Task<string?>> Asking, long Since);

    public ReverseNames(ResolverOptions options, TimeProvider time) => (_lookup, _time) = (new NameLookup(options), time);

    /// <summary>Never throws; null when there is no confirmed name, or not in time.</summary>
    public async Task<string?> FindAsync(IPAddress address)
    {
        if (_known.TryGetValue(address, out var entry) && IsStale(entry))
            _known.TryRemove(KeyValuePair.Create(address, entry));
        if (_known.Count >= MaxEntries)
            _known.Clear();
        entry = _known.GetOrAdd(address, static (key, self) => new Entry(new Lazy<Task<string?>>(() => self.AskAsync(key)), self._time.GetTimestamp()), this);
        try
        {
            return await entry.Asking.Value.WaitAsync(Limit, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private bool IsStale(Entry entry) =>
        _time.GetElapsedTime(entry.Since) > (entry.Asking.IsValueCreated && entry.Asking.Value is { IsCompletedSuccessfully: true, Result: not null } ? Lifetime : FailureLifetime);

    private async Task<string?> AskAsync(IPAddress address)
    {
        try
        {
            foreach (var name in (await _lookup.NamesAsync(address).ConfigureAwait(false)).Take(MaxNames))
                if ((await _lookup.AddressesAsync(name).ConfigureAwait(false)).Addresses.Contains(address))
                    return name;
        }
        catch (Exception trouble) when (trouble is not OutOfMemoryException)
        {
            // A name is a courtesy: without it the header says "unverified".
        }
        return null;
    }
}
