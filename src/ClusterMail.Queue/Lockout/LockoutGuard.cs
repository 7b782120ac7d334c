using System.Net;
using ClusterMail.Store;

namespace ClusterMail.Queue.Lockout;

/// <summary>
/// Counts connections and failed AUTH by address, in memory; says who is locked out. What the other nodes counted comes by <see cref="LockoutExchange"/>, once a
/// second, so no connection waits for the database (LOCK-3).
/// </summary>
public sealed class LockoutGuard(Func<LockoutRules> rules, TimeProvider time)
{
    /// <summary>Addresses counted at once; of more, new ones go uncounted until old ones are forgotten.</summary>
    private const int MostCounted = 200_000;
    private const int SlicesOfWindow = 6;

    private readonly Lock _gate = new();
    private readonly Dictionary<(LockoutKind Kind, string Key), Counter> _counters = [];
    private readonly Dictionary<(LockoutKind Kind, string Key), Locked> _locked = [];

    /// <param name="Until">By this node's monotonic clock.</param>
    /// <param name="Told">The other nodes know.</param>
    private readonly record struct Locked(long Until, bool Told);

    private sealed class Counter(IPAddress client)
    {
        /// <summary>Who was counted first under this key.</summary>
        public IPAddress Client => client;
        public Queue<(long Slice, int Count)> Slices { get; } = new();
        public int Unsent { get; set; }
        public int Sum { get; set; }
        public bool Over { get; set; }
    }

    /// <summary>LOCK-1: counts a connection. True: it is to be cut.</summary>
    public bool Connect(IPAddress client) => Happened(LockoutKind.Connections, client);

    /// <summary>LOCK-2: counts a failed AUTH. True: the address is locked out.</summary>
    public bool FailedAuthentication(IPAddress client) => Happened(LockoutKind.Authentication, client);

    public bool IsLockedOut(IPAddress client)
    {
        var key = LockoutRules.KeyOf(client);
        lock (_gate)
            if (!IsLocked(LockoutKind.Connections, key) && !IsLocked(LockoutKind.Authentication, key))
                return false;
        return !rules().IsExempt(client);
    }

    /// <summary>For the dry run: what a connection of this client would get; null: its greeting.</summary>
    public string? Explain(IPAddress client)
    {
        var key = LockoutRules.KeyOf(client);
        var (byConnections, byLogins) = (false, false);
        lock (_gate)
            (byConnections, byLogins) = (IsLocked(LockoutKind.Connections, key), IsLocked(LockoutKind.Authentication, key));
        return (!byConnections && !byLogins) || rules().IsExempt(client) ? null : $"closed without a word: locked out by {(byConnections ? "LOCK-1" : "LOCK-2")}";
    }

    private bool Happened(LockoutKind kind, IPAddress client)
    {
        var rule = rules();
        var limit = rule.Limits[(int)kind];
        var key = LockoutRules.KeyOf(client);
        bool over;
        lock (_gate)
        {
            over = IsLocked(LockoutKind.Connections, key) || IsLocked(LockoutKind.Authentication, key);
            // Whoever is cut is not counted on: the block ends at its time.
            if (!over && limit > 0 && Count((kind, key), client, rule.Windows[(int)kind]) is { } counter)
                over = counter.Sum > limit;
        }
        if (!over || rule.IsExempt(client))
            return false;
        lock (_gate)
            if (!IsLocked(LockoutKind.Connections, key) && !IsLocked(LockoutKind.Authentication, key))
            {
                _locked[(kind, key)] = new Locked(In(TimeSpan.FromSeconds(rule.Blocks[(int)kind])), Told: false);
                if (_counters.TryGetValue((kind, key), out var counter))
                    counter.Over = true;
            }
        return true;
    }

    private Counter? Count((LockoutKind, string) key, IPAddress client, int window)
    {
        if (!_counters.TryGetValue(key, out var counter))
        {
            if (_counters.Count >= MostCounted)
                return null;
            _counters.Add(key, counter = new Counter(client));
        }
        var slice = Slice(window);
        Forget(counter, slice);
        counter.Slices.Enqueue((slice, 1));
        counter.Sum++;
        counter.Unsent++;
        // Many of one slice become one entry, so that a flood takes no memory.
        if (counter.Slices.Count > 4 * SlicesOfWindow)
            Compact(counter);
        return counter;
    }

    private static void Compact(Counter counter)
    {
        var sums = counter.Slices.GroupBy(entry => entry.Slice).Select(group => (group.Key, group.Sum(entry => entry.Count))).ToArray();
        counter.Slices.Clear();
        foreach (var sum in sums)
            counter.Slices.Enqueue(sum);
    }

    private static void Forget(Counter counter, long slice)
    {
        while (counter.Slices.TryPeek(out var oldest) && oldest.Slice <= slice - SlicesOfWindow)
        {
            counter.Slices.Dequeue();
            counter.Sum -= oldest.Count;
        }
    }

    private bool IsLocked(LockoutKind kind, string key) => _locked.TryGetValue((kind, key), out var locked) && time.GetTimestamp() < locked.Until;

    private long In(TimeSpan span) => time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency);

    private long Slice(int window) => (long)(time.GetTimestamp() / (double)time.TimestampFrequency * SlicesOfWindow / window);

    /// <summary>
    /// What the others are to hear. An address far below the limit is kept back until it comes nearer, or each of ten thousand honest clients would cost a row
    /// a minute; so the cluster may count up to a twentieth of the limit less than there was, for each node.
    /// </summary>
    internal IReadOnlyList<LockoutCount> TakeUnsent()
    {
        var rule = rules();
        var unsent = new List<LockoutCount>();
        lock (_gate)
        {
            foreach (var (key, counter) in _counters)
            {
                Forget(counter, Slice(rule.Windows[(int)key.Kind]));
                if (counter.Unsent > 0 && (counter.Over || counter.Sum >= Math.Max(1, rule.Limits[(int)key.Kind] / 20)) && rule.IsExempt(counter.Client))
                    (counter.Unsent, counter.Over) = (0, false);          // the database knows no exceptions
                else if (counter.Unsent > 0 && (counter.Over || counter.Sum >= Math.Max(1, rule.Limits[(int)key.Kind] / 20)))
                {
                    unsent.Add(new LockoutCount(key.Kind, key.Key, counter.Unsent, counter.Over));
                    (counter.Unsent, counter.Over) = (0, false);
                    if (_locked.TryGetValue(key, out var locked))
                        _locked[key] = locked with { Told = true };
                }
                else if (counter.Slices.Count == 0)
                {
                    _counters.Remove(key);
                }
            }
            foreach (var (key, locked) in _locked.Where(pair => pair.Value.Until <= time.GetTimestamp()).ToArray())
                _locked.Remove(key);
        }
        return unsent;
    }

    /// <summary>They did not get through: told again next time.</summary>
    internal void Return(IReadOnlyList<LockoutCount> unsent)
    {
        lock (_gate)
            foreach (var count in unsent)
                if (_counters.TryGetValue((count.Kind, count.Address), out var counter))
                    (counter.Unsent, counter.Over) = (counter.Unsent + count.Count, counter.Over || count.Over);
    }

    /// <summary>The list of the whole cluster. An address that is on it no more was set free, and counts from nothing.</summary>
    internal void Replace(IReadOnlyList<LockoutRow> rows)
    {
        lock (_gate)
        {
            var now = rows.ToDictionary(row => (row.Kind, row.Address), row => new Locked(In(row.Left), Told: true));
            foreach (var (key, locked) in _locked.ToArray())
                if (!now.ContainsKey(key) && locked.Told)
                {
                    _locked.Remove(key);
                    _counters.Remove(key);
                }
            foreach (var (key, locked) in now)
                _locked[key] = locked;
        }
    }
}
