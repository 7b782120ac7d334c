using ClusterMail.Protocol;

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

    [Theory]
    [InlineData("R77@Example.net")]
    [InlineData("s77@example.jp")]
    public async Task LOG_14_a_trace_by_address_reads_the_part_of_the_history_that_may_have_it(string address)
    {
        await using var scene = await Scene.StartAsync();
        await scene.Database.ExecuteAsync("""
            INSERT INTO history (mail_id, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply)
            SELECT n, now(), 1, 0, 1, 'delivered', 'n', 'n', 'S' || n || '@example.jp', 'r' || n || '@example.net', 'example.net', repeat('x', 200) FROM generate_series(1, 20000) AS n
            """);
        await scene.Database.ExecuteAsync("SELECT brin_summarize_new_values(indexrelid) FROM pg_stat_user_indexes WHERE relname LIKE 'history%' AND indexrelname LIKE '%lower%'");
        await scene.Database.ExecuteAsync("ANALYZE history");
        await using var source = Database.Open(scene.Database.ConnectionString, "trace", maxPoolSize: 1);
        var before = await ReadAsync();

        Assert.Equal([77L], await new HistoryStore(source).FindAsync(new TraceQuery(null, address, null, null, 5), default));

        var (scans, rows) = await ReadAsync();
        Assert.Equal(before.Scans, scans);
        Assert.InRange(rows - before.Rows, 1, 4000);
        Assert.Equal("on", await AskAsync<string>("SHOW enable_seqscan"));

        // One session does it all: it hands in its own figures before they are read.
        async Task<(long Scans, long Rows)> ReadAsync()
        {
            await AskAsync<string>("SELECT pg_stat_force_next_flush()::text");
            return (await AskAsync<long>("SELECT sum(seq_scan)::bigint FROM pg_stat_user_tables WHERE relname LIKE 'history%'"),
                await AskAsync<long>("SELECT sum(idx_tup_fetch + seq_tup_read)::bigint FROM pg_stat_user_tables WHERE relname LIKE 'history%'"));
        }

        async Task<T> AskAsync<T>(string sql)
        {
            await using var command = source.CreateCommand(sql);
            return (T)(await command.ExecuteScalarAsync())!;
        }
    }
}
