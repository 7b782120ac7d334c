using System.Net;
using ClusterMail.Testing.Processes;

namespace ClusterMail.Bench.Steady;

/// <summary>
/// The load in pieces, each compared with what arrived and then forgotten: millions of mails do not fit into memory. A copy that comes when its piece is done belongs to
/// no mail that is still waited for, and is counted as one that came twice.
/// </summary>
internal sealed class Rounds(RecordingSink sink, IReadOnlyList<IPEndPoint> receivers)
{
    private readonly Dictionary<string, int> _refusals = [];
    private readonly Dictionary<string, int> _arrived = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unsaid = new(StringComparer.Ordinal);
    private readonly List<LoadGenerator> _open = [];

    /// <summary>Counts of all pieces compared so far; <c>Unsaid</c> arrived although the client heard no 250.</summary>
    public record struct Count(long Promised, int Lost, int Twice, int Unsaid, int Permanent, int StillOpen)
    {
        public readonly override string ToString() => $"promised {Promised}, lost {Lost}, twice {Twice}, delivered without a 250 heard {Unsaid}, refused for good {Permanent}, on the way {StillOpen}";
    }

    public Count Total { get; private set; }
    public string Refusals => _refusals.Count == 0 ? "nothing" : string.Join(", ", _refusals.Select(pair => $"{pair.Key} {pair.Value}"));

    /// <summary>One piece; those before it are compared meanwhile.</summary>
    public async Task SendAsync(int sessions, TimeSpan span)
    {
        var load = new LoadGenerator(receivers, "sink.test");
        _open.Add(load);
        var sending = load.SendUntilAsync(sessions, Task.Delay(span));
        Compare([.. _open.SkipLast(1)], isLast: false);
        await sending;
    }

    /// <summary>Waits for what is still on the way; what has not come within <paramref name="limit"/> is lost.</summary>
    public async Task SettleAsync(TimeSpan limit)
    {
        try
        {
            await Until.TrueAsync(() => { Compare([.. _open], isLast: false); return _open.Count == 0; }, limit, "all mail arrived");
        }
        catch (TimeoutException)
        {
            Compare([.. _open], isLast: true);
        }
    }

    private void Compare(IReadOnlyList<LoadGenerator> loads, bool isLast)
    {
        foreach (var mail in sink.Take())
            _arrived[mail.MessageId] = _arrived.GetValueOrDefault(mail.MessageId) + 1;
        foreach (var load in loads)
        {
            var lost = load.Accepted.Keys.Count(id => !_arrived.ContainsKey(id));
            if (lost == 0 || isLast)
                Close(load, lost);
        }

        // What no open piece knows is a copy of a mail that was compared and forgotten, or its 250 was never heard.
        var known = _open.SelectMany(load => load.Numbers.Keys).ToHashSet(StringComparer.Ordinal);
        foreach (var (id, times) in _arrived.Where(pair => !known.Contains(pair.Key)).ToArray())
        {
            _arrived.Remove(id);
            var first = _unsaid.Remove(id) ? 1 : 0;
            Total = Total with { Unsaid = Total.Unsaid + first, Twice = Total.Twice + (times > first ? 1 : 0) };
        }

        Total = Total with { StillOpen = _open.Sum(load => load.Accepted.Keys.Count(id => !_arrived.ContainsKey(id))) };
    }

    private void Close(LoadGenerator load, int lost)
    {
        _open.Remove(load);
        var (unsaid, twice) = (0, 0);
        foreach (var id in load.Numbers.Keys)
        {
            var arrived = _arrived.Remove(id, out var times);
            if (times > 1)
                twice++;
            if (load.Accepted.ContainsKey(id))
                continue;
            if (arrived)
                unsaid++;
            else
                _unsaid.Add(id);
        }

        foreach (var (code, times) in load.Refusals)
            _refusals[code] = _refusals.GetValueOrDefault(code) + times;
        Total = new Count(Total.Promised + load.Accepted.Count, Total.Lost + lost, Total.Twice + twice, Total.Unsaid + unsaid, Total.Permanent + load.Permanent.Count, 0);
    }
}
