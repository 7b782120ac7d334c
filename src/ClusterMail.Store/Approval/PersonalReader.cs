using System.Runtime.CompilerServices;
using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>What is one person's own: what he has decided, and what of his mail was held (APPROVE-232, APPROVE-233).</summary>
public sealed class PersonalReader(NpgsqlDataSource dataSource)
{
    // A year of decisions takes longer than any statement of the hot path may.
    private const string LongerSql = "SET LOCAL statement_timeout = '300s'";

    // His decisions and those of his proxies for him; of his votes those that were not the last one, which is the decision.
    private const string DecidedSql = """
        SELECT x.at, x.hold_id, x.result_id, x.state, x.by, x.principal, x.channel, x.comment, h.requester, m.subject,
               ARRAY(SELECT r.forward_path FROM hold_recipient r WHERE r.hold_id = x.hold_id ORDER BY r.ordinal)
        FROM (SELECT d.decided_at AS at, d.hold_id, d.result_id, d.state::text AS state, d.decided_by AS by, d.principal, d.channel, d.comment FROM hold_decision d
              WHERE lower(d.decided_by) = $1 AND d.decided_at >= $2 AND d.decided_at < $3
              UNION
              SELECT d.decided_at, d.hold_id, d.result_id, d.state::text, d.decided_by, d.principal, d.channel, d.comment FROM hold_decision d
              WHERE d.principal IS NOT NULL AND lower(d.principal) = $1 AND d.decided_at >= $2 AND d.decided_at < $3
              UNION ALL
              SELECT v.at, v.hold_id, NULL, 'vote', v.voter, CASE WHEN lower(v.voter) <> lower(v.seat) THEN v.seat END, v.channel, v.comment
              FROM hold_vote v LEFT JOIN hold_decision d ON d.hold_id = v.hold_id
              WHERE lower(v.voter) = $1 AND v.approves AND v.at >= $2 AND v.at < $3 AND (d.decided_at IS NULL OR v.at < d.decided_at)) AS x
        JOIN hold h ON h.id = x.hold_id JOIN held_mail m ON m.id = h.mail_id
        ORDER BY x.at DESC, x.hold_id DESC LIMIT $4 OFFSET $5
        """;

    /// <summary>The newest first.</summary>
    /// <param name="limit">Null: all of the span.</param>
    public async IAsyncEnumerable<DecidedRow> DecidedAsync(string person, DateTimeOffset from, DateTimeOffset until, int skip, int? limit, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var longer = new NpgsqlCommand(LongerSql, connection, transaction))
            await longer.ExecuteNonQueryAsync(cancel);
        await using var command = new NpgsqlCommand(DecidedSql, connection, transaction) { CommandTimeout = 300 };
        command.Parameters.With(person.ToLowerInvariant()).With(from.ToUniversalTime()).With(until.ToUniversalTime()).With(limit ?? long.MaxValue).With((long)skip);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            yield return new DecidedRow(reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt64(1), reader.GetString(3) == "vote" ? null : HoldStore.State(reader.GetString(3)), reader.GetString(4))
            {
                ResultId = reader.IsDBNull(2) ? null : reader.GetInt64(2),
                Principal = reader.TextOrNull(5),
                Channel = reader.GetString(6),
                Comment = reader.GetString(7),
                Requester = reader.GetString(8),
                Subject = reader.GetString(9),
                Recipients = reader.GetFieldValue<string[]>(10),
            };
    }

    private const string SentSql = "SELECT id FROM hold WHERE lower(requester) = $1 AND NOT free ORDER BY id DESC LIMIT $2 OFFSET $3";

    /// <summary>Numbers of the groups of his mail that are or were held, the newest first.</summary>
    public async Task<long[]> SentAsync(string person, int skip, int limit, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(SentSql);
        command.Parameters.With(person.ToLowerInvariant()).With(limit).With(skip);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var ids = new List<long>();
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetInt64(0));
        return [.. ids];
    }

    // The hour is counted for the mail and not for the clock, so 10:59 and 11:01 are one. Twice in one minute meets at the key.
    private const string RemindSql = """
        INSERT INTO hold_job (hold_id, kind, addressee)
        SELECT h.id, $2 || ':' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MI'), a.address FROM hold h JOIN hold_approver a ON a.hold_id = h.id AND a.waits
        WHERE h.id = $1 AND h.state IN ('held', 'escalated')
          AND NOT EXISTS (SELECT FROM hold_job j WHERE j.hold_id = h.id AND starts_with(j.kind, $2 || ':') AND j.made_at > now() - $3)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Reminds those a mail waits for, unless its sender had it done within <paramref name="pause"/>. How many are reminded.</summary>
    /// <param name="kind">Of the jobs.</param>
    public async Task<int> RemindAsync(long hold, string kind, TimeSpan pause, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(RemindSql);
        command.Parameters.With(hold).With(kind).With(pause);
        return await command.ExecuteNonQueryAsync(cancel);
    }
}

/// <summary>Something a person has decided.</summary>
/// <param name="State">Null: a vote that decided nothing yet.</param>
/// <param name="By">Who did it: himself, or his proxy.</param>
public sealed record DecidedRow(DateTimeOffset At, long Hold, HoldState? State, string By)
{
    public long? ResultId { get; init; }

    /// <summary>For whom; null: for himself.</summary>
    public string? Principal { get; init; }
    public required string Channel { get; init; }
    public required string Comment { get; init; }
    public required string Requester { get; init; }
    public required string Subject { get; init; }
    public required IReadOnlyList<string> Recipients { get; init; }
}
