using System.Net;
using System.Threading.Channels;
using ClusterMail.Queue.Schedule;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;

namespace ClusterMail.Queue.Logs;

/// <summary>
/// What happens on this node, as it happens, for those who watch (ADMIN-42). While nobody does it is not asked anything. Each watch has a bounded buffer; what
/// a slow reader cannot take is left out and counted, never waited for.
/// </summary>
public sealed class LiveTrace : ISessionWatch
{
    /// <summary>Watches at once on one node: each looks at every line.</summary>
    public const int MaxWatches = 8;

    private readonly Lock _gate = new();
    // Replaced whole, never changed: sessions look at it without a lock.
    private volatile LiveWatch[]? _watches;

    /// <summary>Raised with true when the first watch begins, with false when the last has ended.</summary>
    public event Action<bool>? Watched;

    public bool IsWatched => _watches is not null;

    /// <summary>Null: there are too many already.</summary>
    public LiveWatch? Begin(LiveFilter filter)
    {
        lock (_gate)
        {
            var now = _watches ?? [];
            if (now.Length >= MaxWatches)
                return null;
            var watch = new LiveWatch(filter, End);
            _watches = [.. now, watch];
            if (now.Length == 0)
                Watched?.Invoke(true);
            return watch;
        }
    }

    public void Saw(ClientConnection client, DateTimeOffset at, string line)
    {
        foreach (var watch in _watches ?? [])
            watch.Saw(client, at, line);
    }

    public void Left(ClientConnection client)
    {
        foreach (var watch in _watches ?? [])
            watch.Left(client);
    }

    /// <summary>An attempt at delivery with what came of it.</summary>
    public void Tried(Work work, IReadOnlyList<Conclusion> conclusions)
    {
        if (_watches is not { } watches || conclusions.Count == 0)
            return;
        var recipients = work.Recipients.Select(recipient => recipient.ForwardPath).ToArray();
        List<string> lines = [$"ROUTE {work.Route.Destination}: {conclusions[0].Rule}"];
        lines.AddRange(conclusions[0].Dialogue);
        foreach (var (index, conclusion) in conclusions.Index())
            lines.Add($"RESULT {(index < recipients.Length ? recipients[index] : "")}={conclusion.State} {conclusion.Reply}"
                + (conclusion.State == RecipientState.Waiting ? $", {conclusion.Class}, next try in {conclusion.RetryAfter.TotalSeconds:0} s" : ""));
        foreach (var watch in watches)
            watch.Tried(work.Mail.PrintedName, [work.Mail.ReversePath, .. recipients], lines);
    }

    private void End(LiveWatch watch)
    {
        lock (_gate)
        {
            var left = (_watches ?? []).Where(other => other != watch).ToArray();
            _watches = left.Length == 0 ? null : left;
            if (left.Length == 0)
                Watched?.Invoke(false);
        }
    }
}

/// <summary>What to watch; what is null is not asked for.</summary>
/// <param name="Address">A sender or recipient.</param>
/// <param name="Domain">Of a sender or recipient.</param>
/// <param name="Mail">Printed number.</param>
public sealed record LiveFilter(IPAddress? Client, string? Address, string? Domain, string? Mail)
{
    internal bool LooksAtText => (Address ?? Domain ?? Mail) is not null;

    internal bool Takes(IPAddress? client) => Client is null || Client.Equals(client);

    internal bool Takes(string text) =>
        (Address is null || text.Contains(Address, StringComparison.OrdinalIgnoreCase))
        && (Domain is null || text.Contains("@" + Domain, StringComparison.OrdinalIgnoreCase))
        && (Mail is null || text.Contains(Mail, StringComparison.OrdinalIgnoreCase));
}

/// <param name="Id">The session, or the mail's number for a delivery.</param>
/// <param name="Client">Null for a delivery.</param>
public sealed record LiveLine(DateTimeOffset At, string Id, string? Client, string Text);

/// <summary>One watch: decides which sessions and deliveries it is about, and holds their lines until they are read.</summary>
public sealed class LiveWatch : IDisposable
{
    /// <summary>Lines that wait for the reader; at the limit further ones are left out.</summary>
    private const int MaxWaiting = 4096;

    /// <summary>Sessions followed at once, and lines held of each until it is known whether it is meant.</summary>
    private const int MaxSessions = 2000;
    private const int MaxHeld = 100;

    private readonly LiveFilter _filter;
    private readonly Action<LiveWatch> _ended;
    private readonly Channel<LiveLine> _lines = Channel.CreateBounded<LiveLine>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly Dictionary<string, Following> _sessions = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private long _leftOut;

    internal LiveWatch(LiveFilter filter, Action<LiveWatch> ended) => (_filter, _ended) = (filter, ended);

    private sealed class Following
    {
        public bool IsMeant { get; set; }
        public List<LiveLine> Held { get; } = [];
    }

    public ChannelReader<LiveLine> Lines => _lines.Reader;

    /// <summary>Lines the reader was too slow for, since it asked last.</summary>
    public long TakeLeftOut() => Interlocked.Exchange(ref _leftOut, 0);

    internal void Saw(ClientConnection client, DateTimeOffset at, string text)
    {
        if (!_filter.Takes(client.Remote.Address))
            return;
        var line = new LiveLine(at, client.SessionId, client.Remote.ToString(), text);
        if (!_filter.LooksAtText)
        {
            Put(line);
            return;
        }
        lock (_gate)
            Follow(line);
    }

    private void Follow(LiveLine line)
    {
        if (!_sessions.TryGetValue(line.Id, out var session))
        {
            if (_sessions.Count >= MaxSessions)
            {
                Interlocked.Increment(ref _leftOut);
                return;
            }
            _sessions[line.Id] = session = new Following();
        }
        // Another mail of the same session may be somebody else's.
        if (line.Text.StartsWith("RECV <- MAIL", StringComparison.OrdinalIgnoreCase))
        {
            session.IsMeant = false;
            session.Held.Clear();
        }
        session.IsMeant |= _filter.Takes(line.Text) || (session.Held.Count > 0 && _filter.Takes(string.Join('\n', session.Held.Select(held => held.Text).Append(line.Text))));
        if (!session.IsMeant)
        {
            if (session.Held.Count < MaxHeld)
                session.Held.Add(line);
            return;
        }
        foreach (var held in session.Held)
            Put(held);
        session.Held.Clear();
        Put(line);
    }

    internal void Left(ClientConnection client)
    {
        lock (_gate)
            _sessions.Remove(client.SessionId);
    }

    internal void Tried(string mail, IReadOnlyList<string> addresses, IReadOnlyList<string> lines)
    {
        // A delivery has no client; whoever asks for one gets what that client sent.
        if (_filter.Client is not null || (_filter.LooksAtText && !_filter.Takes($"{mail}\n{string.Join('\n', addresses)}")))
            return;
        var now = DateTimeOffset.UtcNow;
        foreach (var line in lines)
            Put(new LiveLine(now, mail, null, line));
    }

    private void Put(LiveLine line)
    {
        if (!_lines.Writer.TryWrite(line))
            Interlocked.Increment(ref _leftOut);
    }

    public void Dispose()
    {
        _ended(this);
        _lines.Writer.TryComplete();
    }
}
