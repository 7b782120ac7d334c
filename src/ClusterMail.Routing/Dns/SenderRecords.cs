using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ClusterMail.Protocol;
using DnsClient;
using DnsClient.Protocol;

namespace ClusterMail.Routing.Dns;

/// <summary>
/// The records by which senders are checked (CONF-19), remembered for as long as DNS says. A question is asked once at a time, however many mails wait for it,
/// and goes on when its asker has given up: the next one finds the answer.
/// </summary>
public sealed class SenderRecords(ResolverOptions options, TimeProvider time) : IDnsRecords
{
    /// <summary>Answers remembered; at the limit all are forgotten, which costs one question each. Strangers choose the names, so there is no better order to keep.</summary>
    private const int MaxEntries = 10_000;

    /// <summary>Characters of an answer that is remembered; a name may have 64 KiB of text, and 10,000 such names are easily made.</summary>
    private const int MaxLength = 4096;

    private static readonly TimeSpan ShortestLifetime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan VoidLifetime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FailureLifetime = TimeSpan.FromSeconds(20);

    private readonly NameLookup _lookup = new(options);
    private readonly ConcurrentDictionary<(string Name, QueryType Type), Entry> _known = new();

    private sealed record Entry(Lazy<Task<Asked>> Asking);

    private sealed record Asked(LookupEnd End, IReadOnlyList<DnsResourceRecord> Records, long At, TimeSpan Lifetime);

    public async ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel)
    {
        var asked = await AskAsync(name, QueryType.TXT, cancel).ConfigureAwait(false);
        return Answer(asked, asked.Records.OfType<TxtRecord>().Select(record => string.Concat(record.Text)));
    }

    public async ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancel)
    {
        var asked = await AskAsync(name, family == AddressFamily.InterNetworkV6 ? QueryType.AAAA : QueryType.A, cancel).ConfigureAwait(false);
        return Answer(asked, asked.Records.OfType<AddressRecord>().Select(record => record.Address));
    }

    public async ValueTask<DnsAnswer<string>> MailHostsAsync(string name, CancellationToken cancel)
    {
        var asked = await AskAsync(name, QueryType.MX, cancel).ConfigureAwait(false);
        return Answer(asked, asked.Records.OfType<MxRecord>().OrderBy(record => record.Preference).Select(record => NameLookup.Clean(record.Exchange)));
    }

    public async ValueTask<DnsAnswer<string>> NamesAsync(IPAddress address, CancellationToken cancel)
    {
        var asked = await AskAsync(address.GetArpaName().TrimEnd('.'), QueryType.PTR, cancel).ConfigureAwait(false);
        return Answer(asked, asked.Records.OfType<PtrRecord>().Select(record => NameLookup.Clean(record.PtrDomainName)));
    }

    private static Asked NoName { get; } = new(LookupEnd.NoSuchName, [], 0, TimeSpan.Zero);

    /// <summary>RFC 1035 §2.3.4. The client takes some of what is none for trouble of the server, and it is a stranger who wrote it.</summary>
    private static bool IsName(string name) => name.Length <= 253 && name.Split('.').All(label => label.Length is > 0 and <= 63);

    private static DnsAnswer<T> Answer<T>(Asked asked, IEnumerable<T> records)
    {
        ImmutableArray<T> all = [.. records];
        return new DnsAnswer<T>(asked.End == LookupEnd.Found && all.IsEmpty ? LookupEnd.Empty : asked.End, all);
    }

    private async ValueTask<Asked> AskAsync(string name, QueryType type, CancellationToken cancel)
    {
        if (!IsName(name))
            return NoName;
        var key = (name.ToLowerInvariant(), type);
        if (_known.TryGetValue(key, out var entry) && IsStale(entry))
            _known.TryRemove(KeyValuePair.Create(key, entry));
        if (_known.Count >= MaxEntries)
            _known.Clear();
        entry = _known.GetOrAdd(key, static (asked, self) => new Entry(new Lazy<Task<Asked>>(() => self.QueryAsync(asked.Name, asked.Type))), this);
        return await entry.Asking.Value.WaitAsync(cancel).ConfigureAwait(false);
    }

    private bool IsStale(Entry entry) =>
        entry.Asking is { IsValueCreated: true, Value.IsCompleted: true }
        && (!entry.Asking.Value.IsCompletedSuccessfully || time.GetElapsedTime(entry.Asking.Value.Result.At) >= entry.Asking.Value.Result.Lifetime);

    private async Task<Asked> QueryAsync(string name, QueryType type)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var (end, records) = await _lookup.QueryAsync(name, type).ConfigureAwait(false);
        return new Asked(end, records, time.GetTimestamp(), LifetimeOf(end, records));
    }

    private static TimeSpan LifetimeOf(LookupEnd end, IReadOnlyList<DnsResourceRecord> records)
    {
        if (end != LookupEnd.Found || records.Count == 0)
            return end == LookupEnd.Failed ? FailureLifetime : VoidLifetime;
        if (records.Sum(record => record.RawDataLength) > MaxLength)
            return TimeSpan.Zero;
        var ttl = TimeSpan.FromSeconds(records.Min(record => record.InitialTimeToLive));
        return ttl < ShortestLifetime ? ShortestLifetime : ttl > LongestLifetime ? LongestLifetime : ttl;
    }
}
