using ClusterMail.Protocol;
using Npgsql;

namespace ClusterMail.Store.Tests;

/// <summary>The whole story of a mail, beside everything else that asks the database.</summary>
public sealed class TraceTests
{
    [Fact]
    public async Task LOG_14_a_trace_leaves_its_connection_whole_to_the_statement_that_has_it_next()
    {
        await using var scene = await Scene.StartAsync();
        var mail = (await scene.AcceptOwnedAsync("a@example.net")).Mail;
        await using var source = Database.Open(scene.Database.ConnectionString, "trace", maxPoolSize: 2);
        var history = new HistoryStore(source);
        var traces = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            for (var i = 0; i < 100; i++)
                Assert.Single(await history.LoadAsync(await history.FindAsync(new TraceQuery(new MessageId(mail), "", null, null, 5), default), default));
        }));
        var others = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!traces.IsCompleted)
            {
                await using var command = source.CreateCommand("SELECT generate_series(1, 200)");
                await using var reader = await command.ExecuteReaderAsync();
                var rows = 0;
                while (await reader.ReadAsync())
                    rows++;
                Assert.Equal(200, rows);
            }
        }));
        await Task.WhenAll(traces, others);
    }

    [Fact]
    public async Task LOG_14_a_trace_by_address_finds_its_mails_in_any_case_and_no_stranger_with_the_same_hash()
    {
        await using var scene = await Scene.StartAsync();
        var (taro, hanako) = SameHash;
        Assert.True(await scene.Database.ScalarAsync<bool>($"SELECT hashtextextended('{taro}', 0) = hashtextextended('{hanako}', 0)"));
        await scene.Database.ExecuteAsync($"""
            INSERT INTO history (mail_id, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply)
            SELECT v.id, now(), 1, 0, 1, 'delivered', 'n', 'n', v.sender, v.recipient, 'x', '250 ok'
            FROM (VALUES (1, '{taro}', 'a@example.net'), (2, 'b@example.net', '{taro.ToUpperInvariant()}'), (3, '{hanako}', 'a@example.net'), (4, '', '{hanako}'),
                         (5, 'b@example.net', 'a@example.net')) AS v (id, sender, recipient)
            """);
        var history = new HistoryStore(scene.Database.Source);

        Assert.Equal([2L, 1L], await history.FindAsync(By(taro), default));
        Assert.Equal([2L, 1L], await history.FindAsync(By(taro.ToUpperInvariant()), default));
        Assert.Equal([4L, 3L], await history.FindAsync(By(hanako), default));
        Assert.Equal([5L, 2L], await history.FindAsync(By("b@Example.NET"), default));
        Assert.Empty(await history.FindAsync(By("nobody@example.net"), default));
    }

    [Theory]
    [InlineData("R77@Example.net")]
    [InlineData("s77@example.jp")]
    public async Task LOG_14_a_trace_by_address_reads_no_row_of_the_history_but_those_of_the_address(string address)
    {
        await using var scene = await Scene.StartAsync();
        await scene.Database.ExecuteAsync("""
            INSERT INTO history (mail_id, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply)
            SELECT n, now(), 1, 0, 1, 'delivered', 'n', 'n', 'S' || n || '@example.jp', 'r' || n || '@example.net', 'example.net', repeat('x', 200) FROM generate_series(1, 20000) AS n
            """);
        await scene.Database.ExecuteAsync("ANALYZE history");
        await using var source = Database.Open(scene.Database.ConnectionString, "trace", maxPoolSize: 1);
        var history = new HistoryStore(source);
        var before = await RowsReadAsync(source);

        // More often than the server makes a plan for each question by itself.
        for (var i = 0; i < 10; i++)
            Assert.Equal([77L], await history.FindAsync(By(address), default));

        Assert.Equal(10, await RowsReadAsync(source) - before);
    }

    // Made for the hash, which takes twelve octets at a time: what the first twelve make different the second twelve make equal again. Anybody can, so the hash alone proves nothing.
    internal static (string, string) SameHash => ("taro.suzuki.bub3mze9wedw@example.jp", "hanako.08gh.u6zufi3n8zfa@example.jp");

    private static TraceQuery By(string address) => new(null, address, null, null, 5);

    /// <summary>Of all days of the history together. The session of a pool of one does it all: it hands in its own figures before they are read.</summary>
    internal static async Task<long> RowsReadAsync(NpgsqlDataSource source)
    {
        await using (var flush = source.CreateCommand("SELECT pg_stat_force_next_flush()"))
            await flush.ExecuteNonQueryAsync();
        await using var command = source.CreateCommand("SELECT sum(idx_tup_fetch + seq_tup_read)::bigint FROM pg_stat_user_tables WHERE relname LIKE 'history%'");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
