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

        Assert.Equal(0, await database.ScalarAsync<int>("SELECT drop_partitions(90)"));
        await database.ExecuteAsync("CREATE TABLE history_20200101 PARTITION OF history FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-01-02 00:00+00')");
        Assert.Equal(1, await database.ScalarAsync<int>("SELECT drop_partitions(90)"));
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
