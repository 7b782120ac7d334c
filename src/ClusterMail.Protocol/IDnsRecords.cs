using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Protocol;

/// <summary>
/// What the checks of a sender ask DNS (RFC 7208, 6376, 7489). Implemented by Routing, which has the name servers; asked by Policy, which knows what the
/// answers mean. Trouble is an answer, not an exception; only <c>cancel</c> throws.
/// </summary>
public interface IDnsRecords
{
    /// <summary>TXT records, the strings of each joined without a space between (RFC 7208 §3.3).</summary>
    /// <param name="name">A-labels, without the root's dot. One DNS cannot hold counts as <see cref="LookupEnd.NoSuchName"/>.</param>
    ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel);

    /// <summary>A or AAAA records, by <paramref name="family"/>.</summary>
    ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancel);

    /// <summary>Hosts of the MX records, the preferred first, lower case, without the root's dot; a null MX is <c>.</c>.</summary>
    ValueTask<DnsAnswer<string>> MailHostsAsync(string name, CancellationToken cancel);

    /// <summary>PTR records, lower case, without the root's dot; unconfirmed.</summary>
    ValueTask<DnsAnswer<string>> NamesAsync(IPAddress address, CancellationToken cancel);
}

/// <param name="Records">Some when <see cref="LookupEnd.Found"/>, otherwise none.</param>
public readonly record struct DnsAnswer<T>(LookupEnd End, ImmutableArray<T> Records)
{
    /// <summary>An answer without records: a void lookup in the words of RFC 7208 §4.6.4.</summary>
    public bool IsVoid => End is LookupEnd.Empty or LookupEnd.NoSuchName;
}
