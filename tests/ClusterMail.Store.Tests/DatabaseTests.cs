using ClusterMail.Testing;
using Npgsql;

namespace ClusterMail.Store.Tests;

public sealed class DatabaseTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CLU_34_migrating_twice_is_harmless_and_status_says_what_is_missing()
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        var before = await Database.StatusAsync(database.ConnectionString, Cancel);
        var first = await Database.MigrateAsync(database.ConnectionString, Cancel);
        var second = await Database.MigrateAsync(database.ConnectionString, Cancel);
        var after = await Database.StatusAsync(database.ConnectionString, Cancel);

        Assert.Contains("0001_queue", before.Pending);
        Assert.Empty(before.Applied);
        Assert.Equal(before.Pending, first);
        Assert.Empty(second);
        Assert.Equal(first, after.Applied);
        Assert.Empty(after.Pending);
    }

    [Fact]
    public async Task CLU_34_migrators_at_the_same_moment_run_every_script_once()
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Database.MigrateAsync(database.ConnectionString, Cancel)));

        Assert.Single(runs, r => r.Count > 0);
        Assert.Equal((await Database.StatusAsync(database.ConnectionString, Cancel)).Applied.Count, runs.Sum(r => r.Count));
    }

    /// <summary>Of a history of months the days that are over are most, and their rows are as they will be.</summary>
    [Fact]
    public async Task CLU_34_outcomes_are_written_while_earlier_days_of_the_history_get_another_index()
    {
        await using var database = await TestDatabase.CreateAsync();
        await BeforeHashesAsync(database);
        await database.ExecuteAsync("CREATE TABLE history_20200101 PARTITION OF history FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-01-02 00:00+00')");
        const string insert = """
            INSERT INTO history (ended_at, mail_id, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply)
            VALUES ($1, $2, $1, 1, 0, 1, 'delivered', 'n', 'n', '', 'Taro@Example.jp', 'b', '250 ok')
            """;
        await database.ExecuteAsync(insert, new DateTime(2020, 1, 1, 12, 0, 0, DateTimeKind.Utc), 1L);
        await using var vacuum = await database.Source.OpenConnectionAsync(Cancel);
        await using var transaction = await vacuum.BeginTransactionAsync(Cancel);
        await using (var hold = new NpgsqlCommand("LOCK TABLE history_20200101 IN SHARE UPDATE EXCLUSIVE MODE", vacuum, transaction))
            await hold.ExecuteNonQueryAsync(Cancel);

        var migration = Database.MigrateAsync(database.ConnectionString, Cancel);
        await ClusterMail.Testing.Processes.Until.TrueAsync(
            () => database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'history_20200101'::regclass AND NOT granted)"), TimeSpan.FromSeconds(30), "the migration at the old day");
        await using var hasty = Database.Open(database.ConnectionString + ";Options=-c lock_timeout=100ms", "hasty");
        await using (var outcome = hasty.CreateCommand(insert))
        {
            outcome.Parameters.AddWithValue(DateTime.UtcNow);
            outcome.Parameters.AddWithValue(2L);
            await outcome.ExecuteNonQueryAsync(Cancel);
        }
        await transaction.CommitAsync(Cancel);

        Assert.Equal(["0025_earlier_history_by_hash", "0026_history_by_hash"], await migration);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM pg_index WHERE indrelid::regclass::text LIKE 'history%' AND NOT indisvalid"));
        // As many on the day that is over as on one that is to come: those that were built first were taken over.
        Assert.Equal(1, await database.ScalarAsync<long>("""
            SELECT count(DISTINCT indexes) FROM (
                SELECT count(*) AS indexes FROM pg_index i JOIN pg_inherits h ON h.inhrelid = i.indrelid WHERE h.inhparent = 'history'::regclass GROUP BY i.indrelid) AS days
            """));
        Assert.Equal([2L, 1L], await new HistoryStore(database.Source).FindAsync(new TraceQuery(null, "taro@example.jp", null, null, 5), Cancel));
    }

    [Fact]
    public async Task CLU_34_a_script_has_the_time_it_needs_whatever_a_statement_of_a_node_may_take()
    {
        await using var database = await TestDatabase.CreateAsync();
        await BeforeHashesAsync(database);
        await database.ExecuteAsync("""
            CREATE FUNCTION much_to_read() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(2); END';
            CREATE EVENT TRIGGER much_to_read ON ddl_command_start WHEN TAG IN ('DROP INDEX') EXECUTE FUNCTION much_to_read()
            """);

        Assert.Equal(["0025_earlier_history_by_hash", "0026_history_by_hash"], await Database.MigrateAsync(database.ConnectionString + ";Command Timeout=1", Cancel));
    }

    private static Task BeforeHashesAsync(TestDatabase database) => database.ExecuteAsync("""
        DROP INDEX history_forward_hash, history_reverse_hash;
        CREATE INDEX history_forward ON history (lower(forward_path));
        CREATE INDEX history_reverse ON history (lower(reverse_path));
        DELETE FROM schema_version WHERE scriptname LIKE ANY (ARRAY['%.0025_%', '%.0026_%'])
        """);

    [Fact]
    public async Task CLU_34_with_the_standby_named_first_the_primary_is_migrated_and_asked()
    {
        await using var primary = await PostgresServer.StartPrivateAsync();
        await using var standby = await primary.StartStandbyAsync();
        foreach (var more in new[] { ";Target Session Attributes=primary", "" })
        {
            var both = Both(standby, primary) + more;
            Assert.Equal(more.Length > 0 ? 0 : 1, (await Database.StatusAsync(both, Cancel)).Applied.Count(name => name == "0001_queue"));
            Assert.Equal(more.Length > 0, (await Database.MigrateAsync(both, Cancel)).Contains("0001_queue"));
            await using var source = Database.Open(both, "test");
            await using var command = source.CreateCommand("SELECT pg_is_in_recovery()");
            Assert.False((bool)(await command.ExecuteScalarAsync(Cancel))!);
        }

        await using var connection = await Database.Open(primary.ConnectionString + ";Target Session Attributes=primary", "test").OpenConnectionAsync(Cancel);
        var seen = Assert.Single(await StandbyGlance.ReadAsync(connection, Cancel));
        Assert.Equal(("standby", "streaming", "async"), (seen.Name, seen.State, seen.Sync));
    }

    /// <summary>A commit whose wait for the standby was given up is on one disk only, and the server calls it a success.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task P1_a_commit_that_did_not_wait_for_the_synchronous_standby_is_no_commit(bool alone)
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await Database.MigrateAsync(server.ConnectionString, Cancel);
        var hasty = server.ConnectionString + ";Command Timeout=2;Cancellation Timeout=20000";
        await using var source = Database.Open(hasty, "test");
        var store = new QueueStore(source);
        var epoch = await Scene.RegisterAsync(new NodeStore(source), "n1");
        var mail = Scene.Mail(1, owned: true, "a@example.jp");
        await using var other = Database.Open(server.ConnectionString, "other");
        await RunAsync(other, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        await RunAsync(other, "SELECT pg_reload_conf()");
        await UntilCommitsWaitAsync(server);

        await using var ofEpoch = EpochStore.Open(hasty, "test", epoch);
        var cut = await Assert.ThrowsAnyAsync<Exception>(() => alone ? ofEpoch.Queue.AcceptAloneAsync(epoch, mail, Cancel) : store.AcceptAsync(epoch, [mail], Cancel));
        Assert.True(Database.IsLost(cut), $"{cut}");
        // It is there, and whoever asks whether it may be promised is not told so before the standby has it.
        Assert.Equal(1L, await AskAsync(other, "SELECT count(*) FROM mail"));
        var open = await Assert.ThrowsAnyAsync<Exception>(() => store.WhichExistAsync([mail.Id.Number], Cancel));
        Assert.True(Database.IsLost(open), $"{open}");

        await RunAsync(other, "ALTER SYSTEM RESET synchronous_standby_names");
        await RunAsync(other, "SELECT pg_reload_conf()");
        Assert.Equal([mail.Id.Number], await store.WhichExistAsync([mail.Id.Number], Cancel));
    }

    [Fact]
    public async Task P1_the_primary_says_whether_a_commit_waits_for_a_second_disk_and_the_promoted_standby_says_so_too()
    {
        await using var primary = await PostgresServer.StartPrivateAsync();
        var standby = await primary.StartStandbyAsync();
        await using var gone = standby;
        await using var both = Database.Open(Both(primary, standby), "test");
        var reader = new StandbyReader(both);
        Assert.Equal(StandbyState.NoneNamed, await reader.LookAsync(Cancel));

        await NameAsync(primary, "standby");
        await IsAsync(reader, StandbyState.Connected);
        await RunAsync(both, "CREATE ROLE plain LOGIN");
        await using var plain = Database.Open(primary.ConnectionString.Replace("Username=postgres", "Username=plain", StringComparison.Ordinal), "test");
        Assert.Equal(StandbyState.Hidden, await new StandbyReader(plain).LookAsync(Cancel));
        await RunAsync(both, "GRANT pg_monitor TO plain");
        Assert.Equal(StandbyState.Connected, await new StandbyReader(plain).LookAsync(Cancel));
        await using var hasty = Database.Open(primary.ConnectionString + ";Options=-c synchronous_commit=local", "test");
        Assert.Equal(StandbyState.NotWaitedFor, await new StandbyReader(hasty).LookAsync(Cancel));

        await NameAsync(primary, "ANY 2 (standby, other)");
        await IsAsync(reader, StandbyState.Away);
        await NameAsync(primary, "FIRST 1 (other, standby)");
        await IsAsync(reader, StandbyState.Connected);
        await NameAsync(primary, "other");
        await IsAsync(reader, StandbyState.Away);

        // Commits would wait; the look does not.
        await primary.DisposeAsync();
        await RunAsync(Database.Open(standby.ConnectionString, "test"), "SELECT pg_promote()");
        await IsAsync(reader, StandbyState.NoneNamed);
    }

    private static async Task NameAsync(PostgresServer server, string names)
    {
        // Without commits of its own, which would wait.
        await using var source = Database.Open(server.ConnectionString + ";Options=-c synchronous_commit=local", "test");
        await RunAsync(source, $"ALTER SYSTEM SET synchronous_standby_names = '{names}'");
        await RunAsync(source, "SELECT pg_reload_conf()");
    }

    private static Task IsAsync(StandbyReader reader, StandbyState state) => ClusterMail.Testing.Processes.Until.TrueAsync(async () =>
    {
        try
        {
            return await reader.LookAsync(Cancel) == state;
        }
        catch (Exception moving) when (Database.IsLost(moving))
        {
            return false;
        }
    }, TimeSpan.FromSeconds(30), $"{state}");

    /// <summary>The server takes its settings up a little later; a commit whose wait was given up says so in a warning.</summary>
    private static async Task UntilCommitsWaitAsync(PostgresServer server)
    {
        await using var source = Database.Open(server.ConnectionString + ";Command Timeout=1;Cancellation Timeout=20000", "test");
        await using var connection = await source.OpenConnectionAsync(Cancel);
        var waited = false;
        connection.Notice += (_, _) => waited = true;
        for (var attempt = 0; attempt < 100 && !waited; attempt++)
        {
            await using var command = new NpgsqlCommand("SELECT pg_sleep(0.1), pg_logical_emit_message(true, 'test', '')", connection);
            await command.ExecuteNonQueryAsync(Cancel);
        }
        Assert.True(waited);
    }

    private static string Both(PostgresServer first, PostgresServer second)
    {
        var (one, two) = (new NpgsqlConnectionStringBuilder(first.ConnectionString), new NpgsqlConnectionStringBuilder(second.ConnectionString));
        return $"Host=127.0.0.1:{one.Port},127.0.0.1:{two.Port};Username=postgres;Database=postgres";
    }

    private static async Task RunAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private static async Task<object?> AskAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancel);
    }

    [Fact]
    public async Task LOG_17_days_are_made_ahead_and_old_days_dropped_and_no_row_is_ever_without_a_place()
    {
        await using var database = await TestDatabase.CreateAsync();
        const string insert = """
            INSERT INTO history (ended_at, mail_id, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply)
            VALUES (now() + $1, $2, now(), 1, 0, 1, 'delivered', 'n', 'n', '', 'a@b', 'b', '250 ok')
            """;
        await database.ExecuteAsync(insert, TimeSpan.Zero, 1L);
        await database.ExecuteAsync(insert, TimeSpan.FromDays(10), 2L);      // no partition of its own yet
        await database.ExecuteAsync(insert, TimeSpan.FromDays(-200), 3L);
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT count(*) FROM history_default"));

        await database.ScalarAsync<int>("SELECT make_partitions(12)");
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM history_default"));
        Assert.Equal(3, await database.ScalarAsync<long>("SELECT count(*) FROM history"));
        // Days that the migration found and days that were made now: 13, each of history and of attempts.
        Assert.Equal(26, await database.ScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relname ~ '^(history|attempt)_[0-9]{8}$' AND 'autovacuum_analyze_threshold=50000' = ANY (reloptions)"));

        Assert.Equal(0, await database.ScalarAsync<int>("SELECT drop_partitions(90)"));
        await database.ExecuteAsync("CREATE TABLE history_20200101 PARTITION OF history FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-01-02 00:00+00')");
        await new QueueStore(database.Source).MaintainPartitionsAsync(90, Cancel);
        Assert.True(await database.ScalarAsync<bool>("SELECT to_regclass('history_20200101') IS NULL"));
        Assert.Equal(3, await database.ScalarAsync<long>("SELECT count(*) FROM history"));
    }

    [Fact]
    public async Task CLU_31_trouble_with_the_database_is_told_from_trouble_with_a_statement()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var nobody = Database.Open("Host=127.0.0.1;Port=1;Username=x;Database=x;Timeout=1", "test");
        var away = await Assert.ThrowsAnyAsync<NpgsqlException>(() => nobody.OpenConnectionAsync().AsTask());
        var wrong = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("SELECT nothing FROM nowhere"));
        var killed = await Assert.ThrowsAnyAsync<NpgsqlException>(() => database.ExecuteAsync("SELECT pg_terminate_backend(pg_backend_pid())"));
        var readOnly = await Assert.ThrowsAsync<PostgresException>(
            () => database.ExecuteAsync("SET transaction_read_only = on; UPDATE wake_up SET counter = 1"));

        Assert.True(Database.IsLost(away));
        Assert.False(Database.IsLost(wrong));
        Assert.True(Database.IsLost(killed));
        Assert.True(Database.IsLost(readOnly));
        Assert.False(Database.IsLost(new EpochFencedException(1)));
    }

    [Fact]
    public async Task P6_every_connection_has_limits_and_the_connection_string_may_change_them()
    {
        await using var database = await TestDatabase.CreateAsync();
        Assert.Equal("25s", await database.ScalarAsync<string>("SHOW statement_timeout"));
        Assert.Equal("10s", await database.ScalarAsync<string>("SHOW lock_timeout"));
        Assert.Equal("15s", await database.ScalarAsync<string>("SHOW idle_in_transaction_session_timeout"));
        Assert.Equal("on", await database.ScalarAsync<string>("SHOW synchronous_commit"));

        await using var other = Database.Open(database.ConnectionString + ";Options=-c lock_timeout=3s;Maximum Pool Size=3", "test", epoch: 7);
        await using var command = other.CreateCommand("SELECT current_setting('lock_timeout') || ' ' || current_setting('application_name')");
        Assert.Equal("3s test epoch=7", await command.ExecuteScalarAsync());
        Assert.Contains("Maximum Pool Size=3", other.ConnectionString, StringComparison.Ordinal);

        var twice = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        twice.Host = $"127.0.0.1:1,127.0.0.1:{twice.Port}";
        twice.Timeout = 2;
        await using var several = Database.Open(twice.ConnectionString, "test");
        await using var open = await several.OpenConnectionAsync(Cancel);
        Assert.Equal(database.Source.CreateConnection().Database, open.Database);
    }
}
