using Npgsql;

namespace ClusterMail.Store;

/// <summary>What all nodes remember of a destination, so that one dead host is found dead once.</summary>
public sealed class DestinationStore(NpgsqlDataSource dataSource)
{
    private const string MarkDownSql = """
        INSERT INTO destination AS d (key, down_since, down_until, failures, last_reply)
        SELECT key, now(), now() + $2, 1, left($3, 512) FROM unnest($1::text[]) AS key ORDER BY key
        ON CONFLICT (key) DO UPDATE
        SET down_since = CASE WHEN d.down_until IS NULL THEN excluded.down_since ELSE d.down_since END,
            down_until = greatest(d.down_until, excluded.down_until),
            failures = d.failures + 1, last_reply = excluded.last_reply, changed_at = now()
        WHERE $4 OR d.down_until IS NOT NULL OR d.failures = 0
        """;

    /// <summary>No node claims recipients of this destination for <paramref name="time"/> from now.</summary>
    public Task MarkDownAsync(string key, TimeSpan time, string reply, CancellationToken cancel) => MarkDownAsync([key], time, reply, tried: true, cancel);

    /// <summary>The same for all destinations behind one next hop, in one statement.</summary>
    /// <param name="tried">It failed just now. False: it is only remembered, and where an administrator has wanted it tried since, that stands.</param>
    /// <returns>False when it stands for at least one of them.</returns>
    public async Task<bool> MarkDownAsync(IReadOnlyCollection<string> keys, TimeSpan time, string reply, bool tried, CancellationToken cancel)
    {
        var distinct = keys.Distinct(StringComparer.Ordinal).ToArray();
        await using var command = dataSource.Ask(MarkDownSql);
        command.Parameters.With(distinct).With(time).With(reply).With(tried);
        return await command.ExecuteNonQueryAsync(cancel) == distinct.Length;
    }

    private const string MarkUpSql = """
        UPDATE destination SET down_since = NULL, down_until = NULL, failures = 0, changed_at = now() WHERE key = ANY ($1) AND (down_until IS NOT NULL OR failures > 0)
        """;

    /// <summary>It answered: claimed again at once. True when it was marked down.</summary>
    public Task<bool> MarkUpAsync(string key, CancellationToken cancel) => MarkUpAsync([key], cancel);

    /// <summary>The same for several; true when at least one was marked down.</summary>
    public async Task<bool> MarkUpAsync(IReadOnlyCollection<string> keys, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(MarkUpSql);
        command.Parameters.With(keys.ToArray());
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    private const string TrySql = "UPDATE destination SET down_since = NULL, down_until = NULL, changed_at = now() WHERE key = ANY ($1) AND down_until IS NOT NULL";

    /// <summary>Somebody wants them tried: they count as up until the next failure, whatever is remembered of earlier ones.</summary>
    public async Task TryAsync(IReadOnlyCollection<string> keys, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(TrySql);
        command.Parameters.With(keys.ToArray());
        await command.ExecuteNonQueryAsync(cancel);
    }

    internal const string ListDownSql = """
        SELECT key, coalesce(down_since, changed_at), down_until, failures, last_reply FROM destination WHERE down_until > now() ORDER BY key
        """;

    /// <summary>Destinations down at this moment.</summary>
    public async Task<IReadOnlyList<DownDestination>> ListDownAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ListDownSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await ReadDownAsync(reader, cancel);
    }

    internal static async Task<IReadOnlyList<DownDestination>> ReadDownAsync(NpgsqlDataReader reader, CancellationToken cancel)
    {
        var down = new List<DownDestination>();
        while (await reader.ReadAsync(cancel))
            down.Add(new DownDestination(
                reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetInt32(3), reader.TextOrNull(4)));
        return down;
    }

    // What did not change is not written: all nodes say the same every two seconds.
    private const string MirrorSql = """
        WITH given AS (SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::integer[], $5::text[]) AS g (key, since, until, failures, reply)),
        up AS (
            UPDATE destination AS d SET down_since = NULL, down_until = NULL, failures = 0, changed_at = now()
            WHERE d.down_until IS NOT NULL AND NOT EXISTS (SELECT FROM given AS g WHERE g.key = d.key))
        INSERT INTO destination AS d (key, down_since, down_until, failures, last_reply) SELECT key, since, until, failures, reply FROM given ORDER BY key
        ON CONFLICT (key) DO UPDATE
        SET down_since = excluded.down_since, down_until = excluded.down_until, failures = excluded.failures, last_reply = excluded.last_reply, changed_at = now()
        WHERE (d.down_since, d.down_until, d.failures) IS DISTINCT FROM (excluded.down_since, excluded.down_until, excluded.failures)
        """;

    /// <summary>Makes this the list of destinations that are down: in a shard, as the main database has it. Its claims look at its own list.</summary>
    public async Task MirrorAsync(IReadOnlyList<DownDestination> down, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(MirrorSql);
        command.Parameters.With(down.Select(d => d.Key).ToArray()).With(down.Select(d => d.Since.UtcDateTime).ToArray()).With(down.Select(d => d.Until.UtcDateTime).ToArray())
            .With(down.Select(d => d.Failures).ToArray()).With(down.Select(d => d.LastReply).ToArray());
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string ClearAllSql = "UPDATE destination SET down_since = NULL, down_until = NULL, changed_at = now() WHERE down_until IS NOT NULL";

    /// <summary>Everything that is down is to be tried, for an administrator after a network outage; how many there were.</summary>
    public async Task<int> ClearAllAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ClearAllSql);
        return await command.ExecuteNonQueryAsync(cancel);
    }
}

/// <param name="Since">First failure of this outage.</param>
/// <param name="Until">Claimed again from then on.</param>
/// <param name="Failures">In a row.</param>
public sealed record DownDestination(string Key, DateTimeOffset Since, DateTimeOffset Until, int Failures, string? LastReply);
