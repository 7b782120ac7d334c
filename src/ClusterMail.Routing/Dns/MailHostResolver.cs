using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using ClusterMail.Protocol;

namespace ClusterMail.Routing.Dns;

/// <summary>
/// From a route to hosts with addresses (DELIV-20 to DELIV-25), with the cache of MXC. Each name is asked for once at a time, however many mails wait for it.
/// Failures are kept for seconds only, so that a hundred thousand mails to a dead domain are not as many questions.
/// </summary>
/// <param name="random">For the order of equal preferences (DELIV-24). Used under a lock.</param>
public sealed class MailHostResolver(ResolverOptions options, TimeProvider time, Random random)
{
    /// <summary>Hosts tried in one attempt (DELIV-24).</summary>
    public const int MaxHosts = 5;

    // Names asked for to find those five; a domain with fifty MX hosts of which none resolves ends here.
    private const int MaxNames = 15;

    private static readonly TimeSpan FailureLifetime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ShortestLifetime = TimeSpan.FromSeconds(1);

    private readonly NameLookup _lookup = new(options);
    private readonly ConcurrentDictionary<string, Entry> _cache = new(StringComparer.Ordinal);

    /// <summary>The hosts for a route, from the cache or from DNS. Never throws for DNS trouble.</summary>
    public async ValueTask<HostSet> ResolveAsync(Route route, CancellationToken cancel)
    {
        var key = Key(route);
        while (true)
        {
            var entry = _cache.GetOrAdd(key, static (_, state) => new Entry(state), (Resolver: this, Route: route));
            if (entry.Answer is { } known && known.Expires <= time.GetTimestampNow())
            {
                _cache.TryRemove(KeyValuePair.Create(key, entry));
                continue;
            }
            if (entry.Answer is { } kept)
                return Shuffled(kept.Hosts);
            try
            {
                return Shuffled((await entry.Asking.Value.WaitAsync(cancel)).Hosts);
            }
            finally
            {
                if (options.CacheLifetime == TimeSpan.Zero || entry.Asking.Value.IsFaulted)
                    _cache.TryRemove(KeyValuePair.Create(key, entry));
            }
        }
    }

    /// <summary>Forgets one domain or gateway: a connection to its hosts failed, or an administrator said so (MXC-3, MXC-5).</summary>
    public void Drop(Route route) => _cache.TryRemove(Key(route), out _);

    /// <summary>The same by name, whatever the port: looks through the whole cache.</summary>
    /// <param name="domainOrGateway">A domain in A-label form, or the destination key of a gateway.</param>
    public void Drop(string domainOrGateway)
    {
        _cache.TryRemove(domainOrGateway, out _);
        foreach (var key in _cache.Keys)
            if (key.StartsWith(domainOrGateway, StringComparison.OrdinalIgnoreCase) && key.LastIndexOf(':') == domainOrGateway.Length)
                _cache.TryRemove(key, out _);
    }

    public void DropAll() => _cache.Clear();

    /// <summary>Names in the cache now.</summary>
    public int Count => _cache.Count;

    private static string Key(Route route) => route switch
    {
        { Kind: RouteKind.Gateway } => route.Destination,
        { Port: 25 } => route.Domain,
        _ => $"{route.Domain}:{route.Port.ToString(CultureInfo.InvariantCulture)}",
    };

    private async Task<Answer> AskAsync(Route route)
    {
        // Off the caller's stack, so that nobody who only looks into the cache pays for the first question.
        await Task.Yield();
        Trim();
        var hosts = await LookUpAsync(route);
        var lifetime = hosts.Failure is not null && hosts.Class == FailureClass.NoAnswer ? FailureLifetime : hosts.Ttl;
        return new Answer(hosts, time.GetTimestampNow() + lifetime);
    }

    private Task<HostSet> LookUpAsync(Route route) => route switch
    {
        { Kind: RouteKind.Gateway } => GatewaysAsync(route),
        { Domain: ['[', .., ']'] } => Task.FromResult(Literal(route)),
        _ => DomainAsync(route),
    };

    private async Task<HostSet> GatewaysAsync(Route route)
    {
        var candidates = route.Gateways.Select((g, i) => new MailHost(g.Host, i, [], g.Port, g.TlsOnConnect, g.Login, g.Lmtp)).ToList();
        var place = string.Join(';', route.Gateways.Select(g => g.Place));
        var (hosts, ttl) = await WithAddressesAsync(candidates);
        return hosts.IsEmpty
            ? NoAnswer(place, $"Cannot resolve {string.Join(", ", route.Gateways.Select(g => g.Host))}")
            : Found(place, hosts, ttl, $"gateway {string.Join(", ", route.Gateways)}") with { Login = route.Gateways[0].Login?.Key ?? "" };
    }

    /// <summary><c>user@[192.0.2.1]</c> (RFC 5321 §4.1.3): the address is the host.</summary>
    private HostSet Literal(Route route)
    {
        var text = route.Domain[1..^1];
        if (text.StartsWith("ipv6:", StringComparison.OrdinalIgnoreCase))
            text = text[5..];
        if (!IPAddress.TryParse(text, out var address))
            return Refused(route.Domain, new Reply(550, new EnhancedStatus(5, 1, 2), "Address literal cannot be read"));
        return options.Own.Contains(address, route.Port)
            ? Loop(route.Domain)
            : Found(NextHop([route.Domain], route.Port), [new MailHost(route.Domain, 0, [address], route.Port)], options.CacheLifetime, "address literal");
    }

    private async Task<HostSet> DomainAsync(Route route)
    {
        var mx = await _lookup.MxAsync(route.Domain);
        if (mx.End == LookupEnd.Failed)
            return NoAnswer(route.Domain, $"Cannot resolve {route.Domain} (name server failure)");
        if (mx.End != LookupEnd.Found)
            return await AddressAsync(route);
        // RFC 7505 §3: a null MX stands alone; beside others it is a mistake and means nothing.
        if (mx.Records is [(_, ".")])
            return Refused(route.Domain, new Reply(556, new EnhancedStatus(5, 1, 10), "Recipient address has null MX"));
        var candidates = Order(mx.Records.Where(r => r.Host != ".").Select(r => new MailHost(r.Host, r.Preference, [], route.Port)));
        if (WithoutOwn(candidates) is not { Count: > 0 } others)
            return Loop(route.Domain);
        if (options.AddressAfterMx)
            others.Add(new MailHost(route.Domain, int.MaxValue, [], route.Port));
        var explanation = $"MX {string.Join(", ", mx.Records.OrderBy(r => r.Preference).Take(MaxNames).Select(r => $"{r.Preference} {r.Host}"))} (TTL {mx.Ttl.TotalSeconds:0})";
        var (hosts, ttl) = await WithAddressesAsync(others);
        if (hosts.IsEmpty)
            return NoAnswer(route.Domain, $"Cannot resolve {string.Join(", ", others.Take(MaxNames).Select(h => h.Name))}, {explanation}");
        // An own address hides behind a foreign name as well: a balancer's, or an old one nobody removed.
        var ownAt = hosts.Where(h => h.Addresses.Any(a => options.Own.Contains(a, h.Port))).Select(h => h.Preference).DefaultIfEmpty(int.MaxValue).Min();
        var foreign = ownAt == int.MaxValue ? hosts : hosts.RemoveAll(h => h.Preference >= ownAt);
        return foreign.IsEmpty ? Loop(route.Domain) : Found(NextHop(foreign.Select(h => h.Name), route.Port), foreign, ttl < mx.Ttl ? ttl : mx.Ttl, explanation);
    }

    /// <summary>No MX record: the domain's own address is its host (RFC 5321 §5.1, DELIV-23).</summary>
    private async Task<HostSet> AddressAsync(Route route)
    {
        var answer = await _lookup.AddressesAsync(route.Domain);
        if (answer.Addresses.IsEmpty)
            return NoAnswer(route.Domain, $"Cannot resolve {route.Domain}{(answer.End == LookupEnd.Failed ? " (name server failure)" : "")}");
        return options.Own.Contains(route.Domain, route.Port) || answer.Addresses.Any(a => options.Own.Contains(a, route.Port))
            ? Loop(route.Domain)
            : Found(NextHop([route.Domain], route.Port), [new MailHost(route.Domain, 0, answer.Addresses, route.Port)], answer.Ttl, $"address of {route.Domain} (TTL {answer.Ttl.TotalSeconds:0})");
    }

    /// <summary>The first <see cref="MaxHosts"/> that resolve; the others are passed over.</summary>
    private async Task<(ImmutableArray<MailHost> Hosts, TimeSpan Ttl)> WithAddressesAsync(IEnumerable<MailHost> candidates)
    {
        var hosts = ImmutableArray.CreateBuilder<MailHost>();
        var ttl = TimeSpan.MaxValue;
        foreach (var candidate in candidates.Take(MaxNames))
        {
            var answer = await _lookup.AddressesAsync(candidate.Name);
            if (answer.Addresses.IsEmpty)
                continue;
            ttl = answer.Ttl < ttl ? answer.Ttl : ttl;
            hosts.Add(candidate with { Addresses = answer.Addresses });
            if (hosts.Count == MaxHosts)
                break;
        }
        return (hosts.ToImmutable(), ttl);
    }

    /// <summary>RFC 5321 §5.1: when we are among the hosts, only those that are preferred to us may be tried, or two servers would play ping-pong.</summary>
    private List<MailHost>? WithoutOwn(List<MailHost> hosts)
    {
        var ownAt = hosts.Where(h => options.Own.Contains(h.Name, h.Port)).Select(h => h.Preference).DefaultIfEmpty(int.MaxValue).Min();
        return ownAt == int.MaxValue ? hosts : [.. hosts.Where(h => h.Preference < ownAt)];
    }

    private List<MailHost> Order(IEnumerable<MailHost> hosts)
    {
        lock (random)
            return [.. hosts.Select(h => (Host: h, Lot: random.Next())).OrderBy(x => x.Host.Preference).ThenBy(x => x.Lot).Select(x => x.Host)];
    }

    /// <summary>Equal preferences come in a new order each time, so that a cached answer spreads the load too (RFC 5321 §5.1).</summary>
    private HostSet Shuffled(HostSet hosts)
    {
        for (var i = 1; i < hosts.Hosts.Length; i++)
            if (hosts.Hosts[i].Preference == hosts.Hosts[i - 1].Preference)
                return hosts with { Hosts = [.. Order(hosts.Hosts)] };
        return hosts;
    }

    private HostSet Found(string nextHop, ImmutableArray<MailHost> hosts, TimeSpan ttl, string explanation)
    {
        var lifetime = options.IgnoreTtl || ttl > options.CacheLifetime ? options.CacheLifetime : ttl;
        return new HostSet { NextHop = nextHop, Hosts = hosts, Ttl = lifetime < ShortestLifetime ? ShortestLifetime : lifetime, Explanation = explanation };
    }

    private static string NextHop(IEnumerable<string> names, int port) =>
        $"{string.Join(',', names.Order(StringComparer.Ordinal))}:{port.ToString(CultureInfo.InvariantCulture)}";

    private static HostSet NoAnswer(string nextHop, string explanation) => new()
    {
        NextHop = nextHop,
        Class = FailureClass.NoAnswer,
        Failure = new Reply(451, new EnhancedStatus(4, 4, 4), FailurePolicy.NoAnswerReason),
        Ttl = FailureLifetime,
        Explanation = explanation,
    };

    private HostSet Refused(string domain, Reply reply) => new()
    {
        NextHop = domain,
        Class = FailureClass.Refused,
        Failure = reply,
        Ttl = options.CacheLifetime < FailureLifetime ? options.CacheLifetime : FailureLifetime,
        Explanation = $"{domain}: {reply}",
    };

    private HostSet Loop(string domain) => Refused(domain, new Reply(554, new EnhancedStatus(5, 4, 6), "Mail for this domain loops back to this server"));

    /// <summary>Called with each question to DNS, not with each mail: counting takes the dictionary's locks.</summary>
    private void Trim()
    {
        if (_cache.Count <= options.CacheSize)
            return;
        var now = time.GetTimestampNow();
        foreach (var (key, entry) in _cache)
            if (entry.Answer is { } answer && answer.Expires <= now)
                _cache.TryRemove(KeyValuePair.Create(key, entry));
        // All alive: any tenth goes. Which one hardly matters at this size, and keeping an order would cost each hit. What is just being asked stays, or it
        // would be asked twice.
        var tooMany = _cache.Count - options.CacheSize + options.CacheSize / 10;
        if (_cache.Count > options.CacheSize)
            foreach (var (key, entry) in _cache.Where(pair => pair.Value.Answer is not null).Take(tooMany))
                _cache.TryRemove(KeyValuePair.Create(key, entry));
    }

    private sealed record Answer(HostSet Hosts, TimeSpan Expires);

    private sealed class Entry
    {
        public Entry((MailHostResolver Resolver, Route Route) state) => Asking = new Lazy<Task<Answer>>(() => state.Resolver.AskAsync(state.Route));

        /// <summary>One question for all who wait.</summary>
        public Lazy<Task<Answer>> Asking { get; }

        /// <summary>Null while it is still being asked.</summary>
        public Answer? Answer => Asking.IsValueCreated && Asking.Value.IsCompletedSuccessfully ? Asking.Value.Result : null;
    }
}

file static class Monotonic
{
    /// <summary>Time that never jumps, for lifetimes.</summary>
    public static TimeSpan GetTimestampNow(this TimeProvider time) => time.GetElapsedTime(0, time.GetTimestamp());
}
