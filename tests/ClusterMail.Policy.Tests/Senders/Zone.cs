using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ClusterMail.Protocol;

namespace ClusterMail.Policy.Tests.Senders;

/// <summary>
/// Records in lines <c>name TYPE value</c>, for checks that are pure once DNS has spoken; the way through a real name server is tested in Routing. <c>name FAIL</c>:
/// that name is not answered. <c>name SILENT</c>: the question hangs until it is given up.
/// </summary>
internal sealed class Zone : IDnsRecords
{
    private readonly ILookup<(string Name, string Type), string> _records;
    private readonly HashSet<string> _names;

    public Zone(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => line.Split(' ', 3)).ToList();
        _records = lines.ToLookup(line => (line[0], line[1]), line => line.Length > 2 ? line[2] : "");
        _names = [.. lines.Select(line => line[0])];
    }

    /// <summary>Names asked for, in their order.</summary>
    public List<string> Asked { get; } = [];

    public ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel) => AskAsync(name, "TXT", value => value, cancel);

    public ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancel) =>
        AskAsync(name, family == AddressFamily.InterNetworkV6 ? "AAAA" : "A", IPAddress.Parse, cancel);

    public ValueTask<DnsAnswer<string>> MailHostsAsync(string name, CancellationToken cancel) => AskAsync(name, "MX", value => value, cancel);

    public ValueTask<DnsAnswer<string>> NamesAsync(IPAddress address, CancellationToken cancel) => AskAsync(address.ToString(), "PTR", value => value, cancel);

    private async ValueTask<DnsAnswer<T>> AskAsync<T>(string name, string type, Func<string, T> read, CancellationToken cancel)
    {
        lock (Asked)
            Asked.Add($"{name} {type}");
        if (_records.Contains((name, "SILENT")))
            await Task.Delay(Timeout.Infinite, cancel);
        if (_records.Contains((name, "FAIL")))
            return new DnsAnswer<T>(LookupEnd.Failed, []);
        ImmutableArray<T> found = [.. _records[(name, type)].Select(read)];
        return new DnsAnswer<T>(found.Length > 0 ? LookupEnd.Found : _names.Contains(name) ? LookupEnd.Empty : LookupEnd.NoSuchName, found);
    }
}
