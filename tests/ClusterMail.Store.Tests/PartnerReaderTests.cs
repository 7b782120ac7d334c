using ClusterMail.Store.Approval;

namespace ClusterMail.Store.Tests;

/// <summary>Whom a sender has written to, out of a history of many.</summary>
public sealed class PartnerReaderTests
{
    [Fact]
    public async Task APPROVE_515_only_what_the_senders_have_sent_is_read_and_no_stranger_with_the_same_hash_counts()
    {
        await using var scene = await Scene.StartAsync();
        var (taro, hanako) = TraceTests.SameHash;
        await scene.Database.ExecuteAsync($"""
            INSERT INTO history (mail_id, accepted_at, size, ordinal, attempts, outcome, node, accepted_node, reverse_path, forward_path, destination, reply)
            SELECT n, now(), 1, 0, 1, 'delivered', 'n', 'n', CASE n WHEN 1 THEN '{taro.ToUpperInvariant()}' WHEN 2 THEN '{hanako}' ELSE 'S' || n || '@example.jp' END,
                   'r@example' || n || '.net', 'x', repeat('x', 200) FROM generate_series(1, 20000) AS n
            """);
        await scene.Database.ExecuteAsync("ANALYZE history");
        await using var source = Database.Open(scene.Database.ConnectionString, "partners", maxPoolSize: 1);
        var before = await TraceTests.RowsReadAsync(source);

        var known = await new PartnerReader(source).DomainsAsync([taro, "s77@Example.jp"], 180, default);

        Assert.Equal(["example1.net", "example77.net"], known.Domains.Order(StringComparer.Ordinal));
        Assert.Equal(2, known.Deliveries);
        Assert.Equal(3, await TraceTests.RowsReadAsync(source) - before);      // the stranger's is looked at and left
    }
}
