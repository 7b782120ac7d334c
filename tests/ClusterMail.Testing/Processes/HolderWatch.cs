using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ClusterMail.Testing.Processes;

/// <summary>
/// Looks in the namespace of each node, forty times a second, whether an address stands on one of its interfaces: whoever can bind to it has it, whether anything in there runs or not.
/// </summary>
public sealed class HolderWatch : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(25);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<(string Node, IPAddress Address), List<Seen>> _seen = new();
    private readonly Task[] _threads;
    private long _longestPause;

    public HolderWatch(IReadOnlyList<NetworkNode> nodes, params IReadOnlyList<IPAddress> addresses) =>
        _threads = [.. nodes.Select(node => NetworkSpace.RunAsync(node.Space, () => Look(node.Name, addresses)))];

    /// <param name="From">Stopwatch time of the first look that found it.</param>
    /// <param name="To">Of the last.</param>
    public sealed record Seen(string Node, IPAddress Address, long From, long To)
    {
        public override string ToString() => FormattableString.Invariant($"{Node} {Address} for {Stopwatch.GetElapsedTime(From, To).TotalSeconds:0.00} s");
    }

    /// <summary>Longest time between two looks at one node: what lasted longer was seen.</summary>
    public TimeSpan LongestPause => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _longestPause));

    /// <summary>Who has it at this moment.</summary>
    public IReadOnlyList<string> HoldersOf(IPAddress address) =>
        [.. All(address).Where(seen => Stopwatch.GetElapsedTime(seen.To) < 10 * Every).Select(seen => seen.Node).Distinct()];

    /// <summary>Times in which two nodes had one address: each of both was found before the other was gone.</summary>
    public IReadOnlyList<string> Doubles(IPAddress address)
    {
        var all = All(address);
        return [.. from one in all from other in all where string.CompareOrdinal(one.Node, other.Node) < 0 && one.From <= other.To && other.From <= one.To select $"{one} while {other}"];
    }

    /// <summary>Shortest time between the last look that found it at one node and the first that found it at the next.</summary>
    public TimeSpan ShortestGap(IPAddress address)
    {
        var inOrder = All(address).OrderBy(seen => seen.From).ToArray();
        return inOrder.Zip(inOrder.Skip(1)).Where(pair => pair.First.Node != pair.Second.Node).Select(pair => Stopwatch.GetElapsedTime(pair.First.To, pair.Second.From)).DefaultIfEmpty(TimeSpan.MaxValue).Min();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_threads);
    }

    private List<Seen> All(IPAddress address)
    {
        var all = new List<Seen>();
        foreach (var (key, seen) in _seen)
            if (key.Address.Equals(address))
                lock (seen)
                    all.AddRange(seen);
        return all;
    }

    private void Look(string node, IReadOnlyList<IPAddress> addresses)
    {
        var last = Stopwatch.GetTimestamp();
        var here = new HashSet<IPAddress>();
        while (!_stop.IsCancellationRequested)
        {
            foreach (var address in addresses)
            {
                var isHere = IsHere(address);
                Note(node, address, isHere, here.Contains(address));
                if (!isHere)
                    here.Remove(address);
                else
                    here.Add(address);
            }
            var now = Stopwatch.GetTimestamp();
            for (var longest = Interlocked.Read(ref _longestPause); now - last > longest && Interlocked.CompareExchange(ref _longestPause, now - last, longest) != longest;)
                longest = Interlocked.Read(ref _longestPause);
            last = now;
            Thread.Sleep(Every);
        }
    }

    private void Note(string node, IPAddress address, bool isHere, bool wasHere)
    {
        var now = Stopwatch.GetTimestamp();
        var seen = _seen.GetOrAdd((node, address), _ => []);
        lock (seen)
        {
            if (isHere && wasHere)
                seen[^1] = seen[^1] with { To = now };
            else if (isHere)
                seen.Add(new Seen(node, address, now, now));
        }
    }

    private static bool IsHere(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
