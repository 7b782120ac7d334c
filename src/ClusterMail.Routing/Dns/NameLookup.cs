using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ClusterMail.Protocol;
using DnsClient;
using DnsClient.Protocol;

namespace ClusterMail.Routing.Dns;

internal sealed record MxAnswer(LookupEnd End, ImmutableArray<(int Preference, string Host)> Records, TimeSpan Ttl);

internal sealed record AddressAnswer(LookupEnd End, ImmutableArray<IPAddress> Addresses, TimeSpan Ttl);

/// <summary>The questions routing has for DNS, with the static host table in front (DELIV-25). No cache, no opinion.</summary>
internal sealed class NameLookup
{
    private static readonly TimeSpan Forever = TimeSpan.FromDays(1);

    private readonly LookupClient _client;
    private readonly ResolverOptions _options;

    public NameLookup(ResolverOptions options)
    {
        _options = options;
        var settings = options.Servers.IsEmpty ? new LookupClientOptions() : new LookupClientOptions([.. options.Servers]);
        settings.UseCache = false;
        settings.Timeout = options.QueryTimeout;
        settings.Retries = 1;
        settings.ThrowDnsErrors = false;
        settings.ContinueOnEmptyResponse = false;
        _client = new LookupClient(settings);
    }

    public async Task<MxAnswer> MxAsync(string domain)
    {
        var (end, answers) = await QueryAsync(domain, QueryType.MX);
        var records = answers.OfType<MxRecord>().ToImmutableArray();
        if (end != LookupEnd.Found || records.IsEmpty)
            return new MxAnswer(end == LookupEnd.Found ? LookupEnd.Empty : end, [], Forever);
        return new MxAnswer(LookupEnd.Found, [.. records.Select(r => ((int)r.Preference, Clean(r.Exchange)))], Ttl(answers));
    }

    /// <summary>Names an address has in reverse DNS, lower case, without final dot; none when there is trouble.</summary>
    public async Task<ImmutableArray<string>> NamesAsync(IPAddress address)
    {
        var (_, answers) = await QueryAsync(address.GetArpaName(), QueryType.PTR);
        return [.. answers.OfType<PtrRecord>().Select(record => Clean(record.PtrDomainName))];
    }

    public async Task<AddressAnswer> AddressesAsync(string host)
    {
        if (IPAddress.TryParse(host, out var literal))
            return new AddressAnswer(LookupEnd.Found, [literal], Forever);
        if (_options.StaticHosts.Find(host) is { IsEmpty: false } known)
            return new AddressAnswer(LookupEnd.Found, known, Forever);
        // RFC 6761 §6.3: this name is never asked for.
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return new AddressAnswer(LookupEnd.Found, [.. new[] { IPAddress.Loopback, IPAddress.IPv6Loopback }.Where(Wanted)], Forever);
        var v6 = _options.IpVersion.HasFlag(IpVersion.V6) ? QueryAsync(host, QueryType.AAAA) : Nothing;
        var v4 = _options.IpVersion.HasFlag(IpVersion.V4) ? QueryAsync(host, QueryType.A) : Nothing;
        var (end6, answers6) = await v6;
        var (end4, answers4) = await v4;
        IEnumerable<DnsResourceRecord> all = [.. answers6, .. answers4];
        ImmutableArray<IPAddress> addresses = [.. all.OfType<AddressRecord>().Select(r => r.Address)];
        if (!addresses.IsEmpty)
            return new AddressAnswer(LookupEnd.Found, addresses, Ttl(all));
        var end = end6 == LookupEnd.Failed || end4 == LookupEnd.Failed ? LookupEnd.Failed
            : end6 == LookupEnd.NoSuchName || end4 == LookupEnd.NoSuchName ? LookupEnd.NoSuchName
            : LookupEnd.Empty;
        return new AddressAnswer(end, [], Forever);
    }

    private static Task<(LookupEnd, IReadOnlyList<DnsResourceRecord>)> Nothing { get; } = Task.FromResult<(LookupEnd, IReadOnlyList<DnsResourceRecord>)>((LookupEnd.Empty, []));

    private bool Wanted(IPAddress address) => _options.IpVersion.HasFlag(address.AddressFamily == AddressFamily.InterNetworkV6 ? IpVersion.V6 : IpVersion.V4);

    /// <summary>One question as it stands: no static table, no choice of addresses. Never throws.</summary>
    public async Task<(LookupEnd End, IReadOnlyList<DnsResourceRecord> Answers)> QueryAsync(string name, QueryType type)
    {
        try
        {
            var response = await _client.QueryAsync(name, type);
            return response.Header.ResponseCode switch
            {
                DnsHeaderResponseCode.NoError => (LookupEnd.Found, response.Answers),
                DnsHeaderResponseCode.NotExistentDomain => (LookupEnd.NoSuchName, []),
                _ => (LookupEnd.Failed, []),
            };
        }
        catch (Exception e) when (e is DnsResponseException or SocketException or OperationCanceledException or InvalidOperationException)
        {
            return (LookupEnd.Failed, []);
        }
        catch (ArgumentException)
        {
            // Not a name DNS could hold: a label above 63 octets, an empty one.
            return (LookupEnd.NoSuchName, []);
        }
    }

    private static TimeSpan Ttl(IEnumerable<DnsResourceRecord> answers) => TimeSpan.FromSeconds(answers.Min(a => a.InitialTimeToLive));

    internal static string Clean(DnsString exchange) => exchange.Value == "." ? "." : exchange.Value.TrimEnd('.').ToLowerInvariant();
}
