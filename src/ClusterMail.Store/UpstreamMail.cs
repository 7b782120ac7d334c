using Npgsql;

namespace ClusterMail.Store;

/// <summary>Tells of logins the next server refuses (APPROVE-426): the mails and the mark are one transaction, so each series of failures is told once.</summary>
public sealed class UpstreamMail(NpgsqlDataSource dataSource)
{
    /// <summary>Accounts told of at once; the others come with the next look.</summary>
    public const int Limit = 20;

    private const string TakeSql = """
        SELECT s.account_id, s.kind, a.name || '@' || a.domain, s.reply FROM upstream_state s JOIN account a ON a.id = s.account_id
        WHERE s.failures > 0 AND s.told_at IS NULL AND a.removed_at IS NULL ORDER BY s.account_id LIMIT $1 FOR UPDATE OF s SKIP LOCKED
        """;

    private const string InsertSql = $"WITH mails AS ({MailRows.InsertMails}) {MailRows.InsertRecipients}";

    private const string ToldSql = """
        UPDATE upstream_state s SET told_at = clock_timestamp() FROM unnest($1::bigint[], $2::smallint[]) AS t(account_id, kind)
        WHERE s.account_id = t.account_id AND s.kind = t.kind AND s.told_at IS NULL
        """;

    /// <param name="compose">The mails about one account; must be quick.</param>
    /// <returns>Accounts told of.</returns>
    /// <exception cref="EpochFencedException">Nothing was written.</exception>
    public async Task<int> TellAsync(long epoch, Func<RefusedLogin, IReadOnlyList<NewMail>> compose, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var news = await TakeAsync(connection, cancel);
        if (news.Count == 0)
            return 0;
        await using var batch = connection.CreateBatch();
        batch.Then(QueueStore.AssertEpochSql).Parameters.With(epoch);
        // Our own words: never sealed.
        batch.Then(InsertSql).Parameters.With(epoch).WithMails([.. news.SelectMany(one => compose(one))], key: null);
        batch.Then(ToldSql).Parameters.With(news.Select(one => one.Account).ToArray()).With(news.Select(one => one.Kind).ToArray());
        await QueueStore.UnderEpochAsync(epoch, async () =>
        {
            await batch.ExecuteNonQueryAsync(cancel);
            await transaction.CommitAsync(cancel);
        });
        return news.Count;
    }

    private static async Task<List<RefusedLogin>> TakeAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(TakeSql, connection);
        command.Parameters.With(Limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var news = new List<RefusedLogin>();
        while (await reader.ReadAsync(cancel))
            news.Add(new RefusedLogin(reader.GetInt64(0), reader.GetInt16(1), reader.GetString(2), reader.GetString(3)));
        return news;
    }
}

/// <param name="Reply">Host and its reply.</param>
public sealed record RefusedLogin(long Account, short Kind, string Address, string Reply);
