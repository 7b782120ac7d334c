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
}
