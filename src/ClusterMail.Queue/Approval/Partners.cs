using System.Collections.Concurrent;
using ClusterMail.Store.Approval;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// Whom senders have written to (APPROVE-515). A sender of many mails is asked for once a minute and not for each mail that is held of him: his thousands of rows would cost
/// more than holding it. For a minute after the first mail to a domain approvers may be warned of it again.
/// </summary>
public sealed class Partners(PartnerReader reader, TimeProvider time)
{
    /// <summary>Rows that are read faster than it pays to remember them.</summary>
    private const int Few = 200;

    /// <summary>Domains kept of all senders together; beyond it all is forgotten and read anew.</summary>
    private const int MostKept = 200_000;

    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (KnownPartners Known, long At)> _kept = new();
    private int _domains;

    public async ValueTask<KnownPartners> OfAsync(IReadOnlyCollection<string> senders, long days, CancellationToken cancel)
    {
        var key = $"{days} {string.Join(' ', senders.Select(sender => sender.ToLowerInvariant()).Order(StringComparer.Ordinal))}";
        if (_kept.TryGetValue(key, out var kept) && time.GetElapsedTime(kept.At) < Fresh)
            return kept.Known;
        var known = await reader.DomainsAsync(senders, days, cancel).ConfigureAwait(false);
        if (known.Deliveries < Few)
            return known;
        if (Interlocked.Add(ref _domains, known.Domains.Count) > MostKept)
        {
            _kept.Clear();
            Interlocked.Exchange(ref _domains, known.Domains.Count);
        }
        _kept[key] = (known, time.GetTimestamp());
        return known;
    }
}
