using System.Diagnostics;
using ClusterMail.Admin.Contract;
using ClusterMail.Protocol;
using Npgsql;

namespace ClusterMail.Admin.Tests;

/// <summary>What an administrator asks for in a hurry, with a million mails behind him.</summary>
public sealed class VolumeTests
{
    private const int Mails = 1_000_000;

    // A day of mail, each with the row of its session; every tenth derived from the one before; a tenth of as many refusals.
    private const string FillSql = """
        INSERT INTO history (ended_at, mail_id, accepted_at, size, ordinal, attempts, outcome, name, node, accepted_node, reverse_path, forward_path, destination, reply,
                             client_address, helo)
        SELECT $2 - n * interval '80 ms', n, $2 - n * interval '80 ms', 1000, 0, 1, 'delivered', CASE WHEN n % 10 = 0 THEN 'B' || lpad((n - 1)::text, 10, '0') || '-E001' END,
               'n1', 'n1', 'user' || n % 5000 || '@example.jp', 'to' || n || '@example.net', 'example.net', '250 ok', '192.0.2.' || n % 250, 'client'
        FROM generate_series(1, $1) AS n
        """;

    private const string SessionsSql = """
        INSERT INTO session_log SELECT $2 - n * interval '80 ms', $2 - n * interval '80 ms' - interval '1 s', n, 25, 'n1', 'S1-' || n, '192.0.2.1' FROM generate_series(1, $1) AS n ORDER BY n DESC
        """;

    private const string RefusalsSql = """
        INSERT INTO receive_log SELECT $2 - n * interval '800 ms', $2 - n * interval '800 ms', NULL, 25, 0, 'n1', 'S1-' || n, '198.51.' || n % 200 || '.' || n / 200 % 250, 'pc',
               'bad' || n || '@example.net', ARRAY['victim' || n || '@example.org'], '550', 'RELAY-60', '{}' FROM generate_series(1, $1 / 10) AS n
        """;

    [Fact]
    public async Task LOG_14_a_trace_answers_within_a_second_with_a_million_mails_in_the_history()
    {
        await using var host = await AdminHost.StartAsync();
        var now = DateTime.UtcNow;
        foreach (var sql in (string[])[FillSql, SessionsSql, RefusalsSql])
        {
            await using var connection = await host.Database.Source.OpenConnectionAsync();
            await using (var patience = new NpgsqlCommand("SET statement_timeout = 0", connection))
                await patience.ExecuteNonQueryAsync();
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300, Parameters = { new() { Value = Mails }, new() { Value = now } } };
            await command.ExecuteNonQueryAsync();
        }
        // As autovacuum would have done meanwhile.
        await host.Database.ExecuteAsync("VACUUM ANALYZE history");
        await host.Database.ExecuteAsync("VACUUM ANALYZE session_log");
        await host.Database.ExecuteAsync("VACUUM ANALYZE receive_log");
        var slow = new List<string>();
        foreach (var (query, mails, refusals) in ((string, int, int)[])
            [(new MessageId(500_009).ToString(), 2, 0), ("to77@example.net", 1, 0), ("user7@example.jp", 20, 0), ("nobody@example.org", 0, 0), ("victim77@example.org", 0, 1), ("198.51.77.0", 0, 1)])
        {
            var path = $"{Routes.Trace}?q={query}";
            await host.GetAsync(path, AdminJson.Default.TraceResult);
            var clock = Stopwatch.StartNew();
            var result = await host.GetAsync(path, AdminJson.Default.TraceResult);
            if (clock.Elapsed > TimeSpan.FromSeconds(1))
                slow.Add($"{query}: {clock.Elapsed}");
            Assert.Equal((query, mails), (query, result.Mails.Count));
            Assert.True(result.Refusals.Count >= refusals, query);
            Assert.All(result.Mails, mail => Assert.Equal("connect", mail.Steps.MinBy(step => step.At)!.What));
        }
        Assert.Empty(slow);
    }
}
