using Npgsql;

namespace ClusterMail.Store.Content;

/// <summary>Which keys the contents of the database need.</summary>
public sealed class SealedContents(NpgsqlDataSource dataSource)
{
    private const string CountSql = """
        SELECT 'queue', sealed_with, count(*) FROM mail WHERE sealed_with IS NOT NULL GROUP BY 2
        UNION ALL SELECT 'mailboxes', sealed_with, count(*) FROM mailbox_content WHERE sealed_with IS NOT NULL GROUP BY 2
        UNION ALL SELECT 'held', sealed_with, count(*) FROM held_mail WHERE sealed_with IS NOT NULL AND dropped_at IS NULL GROUP BY 2
        ORDER BY 1, 2
        """;

    /// <summary>By place and key. Reads the queue once; for a start and for people, not for every scrape.</summary>
    public async Task<IReadOnlyList<SealedCount>> CountAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(CountSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var counts = new List<SealedCount>();
        while (await reader.ReadAsync(cancel))
            counts.Add(new SealedCount(reader.GetString(0), reader.GetString(1), reader.GetInt64(2)));
        return counts;
    }
}

/// <param name="Place">queue, mailboxes, held.</param>
/// <param name="Key">Its name.</param>
public sealed record SealedCount(string Place, string Key, long Contents);
