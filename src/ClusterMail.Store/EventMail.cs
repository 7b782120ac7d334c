using Npgsql;

namespace ClusterMail.Store;

/// <summary>Events told to the administrator by mail (CLU-33): the mail and the mark on its events are one transaction, so each is told once.</summary>
public sealed class EventMail(NpgsqlDataSource dataSource)
{
    /// <summary>Events in one mail.</summary>
    public const int Limit = 100;

    // An outage may leave old news behind; after a day they are not told any more.
    private const string TakeSql = """
        SELECT id, at, node, kind, text, data ->> 'mail' FROM event
        WHERE mailed_at IS NULL AND kind = ANY ($1) AND at > now() - interval '1 day' ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
        """;

    private const string InsertSql = $"WITH mails AS ({MailRows.InsertMails}) {MailRows.InsertRecipients}";

    /// <summary>Queues one mail about the events of these kinds that nobody was told of yet.</summary>
    /// <param name="compose">Makes the mail; called only when there is something to tell, and must be quick.</param>
    /// <returns>Events told; 0: nothing was new.</returns>
    /// <exception cref="EpochFencedException">Nothing was written.</exception>
    public async Task<int> TellAsync(long epoch, IReadOnlyCollection<string> kinds, Func<IReadOnlyList<EventRecord>, NewMail> compose, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var news = await TakeAsync(connection, kinds, cancel);
        if (news.Count == 0)
            return 0;
        await using var batch = connection.CreateBatch();
        batch.Then(QueueStore.AssertEpochSql).Parameters.With(epoch);
        // Our own words, and perhaps about a key that is missing: never sealed.
        batch.Then(InsertSql).Parameters.With(epoch).WithMails([compose(news)], key: null);
        batch.Then("UPDATE event SET mailed_at = now() WHERE id = ANY ($1)").Parameters.With(news.Select(e => e.Id).ToArray());
        await QueueStore.UnderEpochAsync(epoch, async () =>
        {
            await batch.ExecuteNonQueryAsync(cancel);
            await transaction.CommitAsync(cancel);
        });
        return news.Count;
    }

    private static async Task<List<EventRecord>> TakeAsync(NpgsqlConnection connection, IReadOnlyCollection<string> kinds, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(TakeSql, connection);
        command.Parameters.With(kinds.ToArray()).With(Limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var news = new List<EventRecord>();
        while (await reader.ReadAsync(cancel))
            news.Add(new(reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.TextOrNull(5)));
        return news;
    }
}
