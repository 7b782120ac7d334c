using Npgsql;

namespace ClusterMail.Store;

/// <summary>
/// Brings the events that were written in a shard (takeovers, possible duplicates, acts) to those of the farm, where people read them, where traces find them and mails
/// are made of them (CLU-33). What was brought is marked after it: broken off between the two, it is found there and only marked.
/// </summary>
public sealed class ShardEvents(NpgsqlDataSource main)
{
    private const int Batch = 500;

    private const string FreshSql = "SELECT id, at, node, kind, text, data::text FROM event WHERE mailed_at IS NULL ORDER BY id LIMIT $1";

    private const string BringSql = """
        INSERT INTO event (at, node, kind, text, data)
        SELECT g.at, g.node, g.kind, g.text, g.data::jsonb || jsonb_build_object('shard', $1, 'shard_event', g.id)
        FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[]) AS g (id, at, node, kind, text, data)
        WHERE NOT EXISTS (SELECT FROM event AS e WHERE e.at = g.at AND e.data ->> 'shard' = $1 AND e.data ->> 'shard_event' = g.id::text)
        ORDER BY g.id
        """;

    private const string MarkSql = "UPDATE event SET mailed_at = now() WHERE id = ANY ($1)";

    /// <summary>At most 500 a call; how many.</summary>
    public async Task<int> CarryAsync(Shard shard, CancellationToken cancel)
    {
        var fresh = await FreshAsync(shard.Source, cancel);
        if (fresh.Count == 0)
            return 0;
        await using (var bring = main.Ask(BringSql))
        {
            bring.Parameters.With(shard.Name).With(fresh.Select(e => e.Id).ToArray()).With(fresh.Select(e => e.At).ToArray()).With(fresh.Select(e => e.Node).ToArray())
                .With(fresh.Select(e => e.Kind).ToArray()).With(fresh.Select(e => e.Text).ToArray()).With(fresh.Select(e => e.Data).ToArray());
            await bring.ExecuteNonQueryAsync(cancel);
        }
        await using var mark = shard.Source.Ask(MarkSql);
        mark.Parameters.With(fresh.Select(e => e.Id).ToArray());
        await mark.ExecuteNonQueryAsync(cancel);
        return fresh.Count;
    }

    private sealed record Fresh(long Id, DateTime At, string Node, string Kind, string Text, string Data);

    private static async Task<List<Fresh>> FreshAsync(NpgsqlDataSource source, CancellationToken cancel)
    {
        await using var command = source.Ask(FreshSql);
        command.Parameters.With(Batch);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var fresh = new List<Fresh>();
        while (await reader.ReadAsync(cancel))
            fresh.Add(new Fresh(reader.GetInt64(0), reader.GetDateTime(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5)));
        return fresh;
    }
}
