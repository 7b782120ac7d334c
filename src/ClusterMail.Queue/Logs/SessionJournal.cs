using System.Globalization;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using Microsoft.Extensions.Logging;

namespace ClusterMail.Queue.Logs;

/// <summary>Limits of the journal of log rows.</summary>
public sealed record SessionJournalOptions
{
    /// <summary>Rows that may wait to be written; default 50,000. At the limit further ones are dropped and counted.</summary>
    public int MaxRows { get; init; } = 50_000;

    /// <summary>Characters of dialogues that may wait; default 8 Mi.</summary>
    public long MaxText { get; init; } = 8_388_608;

    /// <summary>How long rows gather before they are written; default 250 ms. Nobody waits for them.</summary>
    public TimeSpan Gathering { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Least time between two events about dropped rows; default 60 s.</summary>
    public TimeSpan Complaint { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>
/// Gathers log rows of the receiver and writes them beside the mail (ADMIN-56, LOG-9): a session only puts a row into a bounded buffer. While the
/// database is away rows wait; what does not fit is dropped and counted, and an event tells of it when somebody can be told.
/// </summary>
public sealed partial class SessionJournal : ISessionLog, IAsyncDisposable
{
    private readonly SessionLogStore _store;
    private readonly EventStore _events;
    private readonly string _node;
    private readonly Func<ReceiveLogging> _wanted;
    private readonly SessionJournalOptions _options;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _giveUp = new();
    private readonly Task _writer;
    private List<SessionRow> _sessions = [];
    private List<ReceiveRow> _reports = [];
    private List<SessionRow> _spareSessions = [];
    private List<ReceiveRow> _spareReports = [];
    private long _text;
    private long _dropped;
    private long _complainedOf;
    private DateTimeOffset _complainedAt = DateTimeOffset.MinValue;
    private volatile ISessionWatch? _watch;

    /// <param name="wanted">What the settings in force want kept.</param>
    public SessionJournal(
        SessionLogStore store, EventStore events, string node, Func<ReceiveLogging> wanted, SessionJournalOptions options, ILogger<SessionJournal> log)
    {
        (_store, _events, _node, _wanted, _options, _log) = (store, events, node, wanted, options, log);
        _writer = Task.Run(WriteAsync);
    }

    public ReceiveLogging Wanted => _wanted();

    public ISessionWatch? Watch
    {
        get => _watch;
        set => _watch = value;
    }

    /// <summary>Rows dropped since the start.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    public void Connected(ClientConnection client, DateTimeOffset at) =>
        Add(new SessionRow(at, null, null, client.Local.Port, client.SessionId, client.Remote.Address.ToString()));

    public void Accepted(ClientConnection client, DateTimeOffset connectedAt, DateTimeOffset at, MessageId id) =>
        Add(new SessionRow(at, connectedAt, id.Number, client.Local.Port, client.SessionId, client.Remote.Address.ToString()));

    public void Told(TransactionReport report)
    {
        var row = ToRow(report);
        var text = row.Dialogue.Sum(line => (long)line.Text.Length);
        lock (_gate)
        {
            if (IsFull || _text + text > _options.MaxText)
            {
                _dropped++;
                return;
            }
            _text += text;
            _reports.Add(row);
        }
        Signal();
    }

    private bool IsFull => _sessions.Count + _reports.Count >= _options.MaxRows;

    private void Add(in SessionRow row)
    {
        lock (_gate)
        {
            if (IsFull)
            {
                _dropped++;
                return;
            }
            _sessions.Add(row);
            if (_sessions.Count > 1)
                return;
        }
        Signal();
    }

    private void Signal()
    {
        if (_signal.CurrentCount > 0)
            return;
        try
        {
            _signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another session was faster.
        }
    }

    private static ReceiveRow ToRow(TransactionReport report) => new()
    {
        At = report.At,
        ConnectedAt = report.ConnectedAt,
        Mail = report.Id?.Number,
        LocalPort = report.Client.Local.Port,
        Kind = (ReceiveKind)report.End,
        Session = report.Client.SessionId,
        ClientAddress = report.Client.Remote.Address.ToString(),
        Helo = report.Client.Helo,
        Sender = report.Sender?.Stored,
        Recipients = report.Recipients,
        Reply = report.Reply,
        Rule = report.Rule,
        Dialogue = [.. report.Dialogue.Select(line => (line.At, line.Text))],
    };

    private async Task WriteAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await _signal.WaitAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(_options.Gathering, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await WriteWaitingAsync().ConfigureAwait(false);
        }
    }

    private async Task WriteWaitingAsync()
    {
        List<SessionRow> sessions;
        List<ReceiveRow> reports;
        lock (_gate)
        {
            (sessions, _sessions, _spareSessions) = (_sessions, _spareSessions, _sessions);
            (reports, _reports, _spareReports) = (_reports, _spareReports, _reports);
            _text = 0;
        }
        try
        {
            if (sessions.Count + reports.Count > 0)
                await KeepAsync(sessions, reports).ConfigureAwait(false);
            await ComplainAsync().ConfigureAwait(false);
        }
        finally
        {
            sessions.Clear();
            reports.Clear();
        }
    }

    /// <summary>Tries until they are written, the database refuses them, or the node stops. Meanwhile the other buffer fills, and then drops.</summary>
    private async Task KeepAsync(List<SessionRow> sessions, List<ReceiveRow> reports)
    {
        while (true)
        {
            try
            {
                await _store.WriteAsync(_node, sessions, reports, _giveUp.Token).ConfigureAwait(false);
                return;
            }
            catch (Exception trouble) when (Database.IsLost(trouble) && !_stop.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception trouble)
            {
                lock (_gate)
                    _dropped += sessions.Count + reports.Count;
                Refused(_log, sessions.Count + reports.Count, trouble);
                return;
            }
        }
    }

    private async Task ComplainAsync()
    {
        var dropped = Dropped;
        if (dropped == _complainedOf || DateTimeOffset.UtcNow - _complainedAt < _options.Complaint)
            return;
        var count = dropped - _complainedOf;
        (_complainedOf, _complainedAt) = (dropped, DateTimeOffset.UtcNow);
        Lost(_log, count);
        try
        {
            await _events.WriteAsync(_node, "log-rows-lost", $"{_node} could not write {count} rows of acceptlog and receivelog; no mail was lost or delayed by it",
                new Dictionary<string, string> { ["rows"] = count.ToString(CultureInfo.InvariantCulture) }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception trouble) when (Database.IsLost(trouble))
        {
            // The line in the program log stands.
        }
    }

    /// <summary>Writes what waits, if the database takes it within five seconds: a node that stops must not hang for its log.</summary>
    public async ValueTask DisposeAsync()
    {
        _giveUp.CancelAfter(TimeSpan.FromSeconds(5));
        await _stop.CancelAsync().ConfigureAwait(false);
        await _writer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await WriteWaitingAsync().ConfigureAwait(false);
        _stop.Dispose();
        _giveUp.Dispose();
        _signal.Dispose();
    }

    [LoggerMessage(5401, LogLevel.Error, "The database refused {Count} log rows; they are dropped")]
    private static partial void Refused(ILogger log, int count, Exception cause);

    [LoggerMessage(5402, LogLevel.Warning, "{Count} log rows were dropped because they could not be written in time; no mail was lost or delayed by it")]
    private static partial void Lost(ILogger log, long count);
}
