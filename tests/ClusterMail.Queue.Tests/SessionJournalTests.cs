using System.Net;
using ClusterMail.Protocol;
using ClusterMail.Queue.Logs;
using ClusterMail.Smtp.Server;
using ClusterMail.Store;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterMail.Queue.Tests;

/// <summary>The journal of log rows on a real database.</summary>
public sealed class SessionJournalTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly ClientConnection Client = new()
    {
        Remote = new IPEndPoint(IPAddress.Parse("203.0.113.7"), 4711),
        Local = new IPEndPoint(IPAddress.Loopback, 25),
        Purpose = ListenerPurpose.Relay,
        SessionId = "S1-1",
        Helo = "out.example.net",
    };

    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private SessionJournal Journal(SessionJournalOptions? options = null) => new(
        new SessionLogStore(_database.Source), new EventStore(_database.Source), "n1", static () => ReceiveLogging.Connections, options ?? new SessionJournalOptions(),
        NullLogger<SessionJournal>.Instance);

    private static TransactionReport Report(string text) => new(
        Client, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, TransactionEnd.Aborted, null, ReversePath.FromStored("Taro@Example.jp"),
        ["Hanako@example.org"], text, "RELAY-60", [new DialogueLine(DateTimeOffset.UtcNow, text)]);

    private Task<long> CountAsync(string what) => _database.ScalarAsync<long>("SELECT count(*) FROM " + what);

    [Fact]
    public async Task LOG_1_rows_are_written_in_batches_and_what_waits_at_a_stop_too()
    {
        var journal = Journal();
        journal.Connected(Client, DateTimeOffset.UtcNow);
        for (var i = 1; i <= 1000; i++)
            journal.Accepted(Client, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, new MessageId(i));
        journal.Told(Report("550 5.1.1 Please mail to a valid e-mail address."));
        await journal.DisposeAsync();
        Assert.Equal(1, await CountAsync("session_log WHERE mail_id IS NULL AND node = 'n1' AND client_address = '203.0.113.7' AND local_port = 25"));
        Assert.Equal(1000, await CountAsync("session_log WHERE mail_id IS NOT NULL AND session = 'S1-1' AND connected_at IS NOT NULL"));
        Assert.Equal(1, await CountAsync("receive_log WHERE recipients @> '{hanako@example.org}' AND lower(reverse_path) = 'taro@example.jp' AND rule = 'RELAY-60'"));
        Assert.Equal(0, journal.Dropped);
    }

    [Fact]
    public async Task ADMIN_56_LOG_9_a_full_buffer_drops_rows_counts_them_tells_of_it_and_delays_nobody()
    {
        await using var journal = Journal(new SessionJournalOptions { MaxRows = 10, Gathering = TimeSpan.FromMilliseconds(50), Complaint = TimeSpan.Zero });
        await using (var connection = await _database.Source.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using (var hold = connection.CreateCommand())
            {
                hold.CommandText = "LOCK TABLE session_log IN ACCESS EXCLUSIVE MODE";
                await hold.ExecuteNonQueryAsync();
            }
            for (var i = 0; i < 10_000; i++)
                journal.Connected(Client, DateTimeOffset.UtcNow);
            Assert.InRange(journal.Dropped, 9_900, 9_990);
            await transaction.RollbackAsync();
        }
        await Until.TrueAsync(() => CountAsync("event WHERE kind = 'log-rows-lost' AND node = 'n1'").GetAwaiter().GetResult() > 0, Patience, "the event is written");
        await Until.TrueAsync(() => CountAsync("session_log").GetAwaiter().GetResult() + journal.Dropped == 10_000, Patience, "each row was written or counted as dropped");
    }

    [Fact]
    public async Task P6_dialogues_that_wait_are_bounded_by_their_text()
    {
        var journal = Journal(new SessionJournalOptions { MaxText = 1000, Gathering = TimeSpan.FromHours(1) });
        journal.Told(Report(new string('x', 900)));
        journal.Told(Report(new string('x', 900)));
        Assert.Equal(1, journal.Dropped);
        await journal.DisposeAsync();
        Assert.Equal(1, await CountAsync("receive_log"));
    }

    [Fact]
    public async Task LOG_18_texts_the_database_cannot_hold_do_not_cost_the_batch()
    {
        var journal = Journal();
        journal.Told(Report("half a pair \ud83d and a NUL \0"));
        await journal.DisposeAsync();
        Assert.Equal((1L, 0L), (await CountAsync("receive_log"), journal.Dropped));
    }

    [Fact]
    public async Task LOG_17_days_past_the_retention_are_dropped_whole()
    {
        await _database.ExecuteAsync("CREATE TABLE session_log_20200101 PARTITION OF session_log FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-01-02 00:00+00')");
        await _database.ExecuteAsync("CREATE TABLE receive_log_20200101 PARTITION OF receive_log FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-01-02 00:00+00')");
        await new SessionLogStore(_database.Source).MaintainAsync(90, default);
        Assert.Equal(0, await CountAsync("pg_class WHERE relname IN ('session_log_20200101', 'receive_log_20200101')"));
        Assert.Equal(1, await _database.ScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relname = 'session_log_' || to_char(now() AT TIME ZONE 'UTC' + interval '7 days', 'YYYYMMDD')"));
    }
}
