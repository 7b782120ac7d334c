using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

// What administrators do to waiting mail (QUEUE-6), and cleaning up.
public sealed partial class QueueStore
{
    /// <summary>Rows one transaction of an administrator's act changes at most, so that it neither blocks nor runs into the time limit.</summary>
    private const int Slice = 5000;

    // $1 to $6. A null says nothing.
    private const string Matching = """
        ($1::bigint[] IS NULL OR r.mail_id = ANY ($1)) AND ($2::smallint IS NULL OR r.ordinal = $2) AND ($3::text IS NULL OR r.destination = $3)
        AND ($4::text IS NULL OR lower(r.forward_path) = lower($4))
        AND ($5::text IS NULL OR EXISTS (SELECT FROM mail f WHERE f.id = r.mail_id AND lower(f.reverse_path) = lower($5)))
        AND ($6::text IS NULL OR r.state::text = $6)
        """;

    // What makes rows due also forgets that their destination is down: the administrator knows better. That alone makes due what only waited for the destination,
    // counted by the slice that lifts it.
    private const string RetrySql = $"""
        WITH picked AS (
            SELECT r.mail_id, r.ordinal FROM recipient r
            WHERE r.state IN ('queued', 'waiting') AND r.next_try > $7 AND {Matching} LIMIT $8 FOR UPDATE SKIP LOCKED),
        done AS (
            UPDATE recipient r SET next_try = $7 FROM picked p WHERE r.mail_id = p.mail_id AND r.ordinal = p.ordinal RETURNING 1),
        up AS (
            UPDATE destination d SET down_until = NULL, down_since = NULL, changed_at = now()
            WHERE d.down_until > $7 AND EXISTS (SELECT FROM recipient r WHERE r.destination = d.key AND r.state IN ('queued', 'waiting') AND {Matching})
            RETURNING d.key)
        SELECT (SELECT count(*) FROM done)::integer
             + (SELECT count(*) FROM recipient r WHERE r.destination IN (SELECT key FROM up) AND r.state IN ('queued', 'waiting') AND r.next_try <= $7 AND {Matching})::integer
        """;

    /// <summary>Makes waiting recipients due now, whatever their schedule, and their destinations count as up. Held ones stay held.</summary>
    public Task<AdminResult> RetryNowAsync(RecipientFilter filter, Author by, CancellationToken cancel) =>
        ActAsync("queue-retry", RetrySql, filter, by, wake: true, busy: false, cancel);

    private const string DestinationsSql = $"""
        SELECT DISTINCT r.destination FROM recipient r
        WHERE r.state IN ('queued', 'waiting') AND {Matching} LIMIT 1000
        """;

    /// <summary>Where the waiting recipients that match go, at most 1,000 destinations.</summary>
    public async Task<IReadOnlyList<string>> DestinationsAsync(RecipientFilter filter, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(DestinationsSql);
        WithFilter(command.Parameters, filter);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var keys = new List<string>();
        while (await reader.ReadAsync(cancel))
            keys.Add(reader.GetString(0));
        return keys;
    }

    private const string HoldSql = $"""
        WITH picked AS (
            SELECT r.mail_id, r.ordinal FROM recipient r
            WHERE r.state IN ('queued', 'waiting') AND {Matching} AND $7::timestamptz IS NOT NULL LIMIT $8 FOR UPDATE SKIP LOCKED),
        done AS (UPDATE recipient r SET state = 'held' FROM picked p WHERE r.mail_id = p.mail_id AND r.ordinal = p.ordinal RETURNING 1)
        SELECT count(*)::integer FROM done
        """;

    /// <summary>Keeps recipients from being tried until they are released. One being delivered at this moment is not held, but counted as busy.</summary>
    public Task<AdminResult> HoldAsync(RecipientFilter filter, Author by, CancellationToken cancel) =>
        ActAsync("queue-hold", HoldSql, filter, by, wake: false, busy: true, cancel);

    private const string ReleaseSql = $"""
        WITH picked AS (
            SELECT r.mail_id, r.ordinal FROM recipient r WHERE r.state = 'held' AND {Matching} LIMIT $8 FOR UPDATE SKIP LOCKED),
        done AS (
            UPDATE recipient r SET state = CASE WHEN r.attempt = 0 THEN 'queued' ELSE 'waiting' END::recipient_state, next_try = $7
            FROM picked p WHERE r.mail_id = p.mail_id AND r.ordinal = p.ordinal RETURNING 1)
        SELECT count(*)::integer FROM done
        """;

    /// <summary>Held recipients become due now.</summary>
    public Task<AdminResult> ReleaseAsync(RecipientFilter filter, Author by, CancellationToken cancel) =>
        ActAsync("queue-release", ReleaseSql, filter, by, wake: true, busy: false, cancel);

    // One being delivered keeps its owner: the outcome of that attempt wins, and if it would have to wait it is failed instead.
    private const string BounceSql = $"""
        WITH picked AS (
            SELECT r.mail_id, r.ordinal FROM recipient r WHERE NOT r.bounce_now AND {Matching} LIMIT $8 FOR UPDATE SKIP LOCKED),
        done AS (
            UPDATE recipient r SET bounce_now = true,
                next_try = CASE WHEN r.state = 'delivering' THEN r.next_try ELSE $7 END,
                state = CASE WHEN r.state = 'held' THEN 'queued' ELSE r.state END
            FROM picked p WHERE r.mail_id = p.mail_id AND r.ordinal = p.ordinal RETURNING 1)
        SELECT count(*)::integer FROM done
        """;

    /// <summary>Has recipients failed, with the error mail they are due, by whichever node claims them next (<see cref="ClaimedRecipient.BounceNow"/>).</summary>
    public Task<AdminResult> BounceAsync(RecipientFilter filter, Author by, CancellationToken cancel) =>
        ActAsync("queue-bounce", BounceSql, filter, by, wake: true, busy: false, cancel);

    private const string DeleteSql = $"""
        WITH picked AS (
            SELECT r.mail_id, r.ordinal FROM recipient r
            WHERE r.state <> 'delivering' AND {Matching} AND $7::timestamptz IS NOT NULL LIMIT $8 FOR UPDATE SKIP LOCKED),
        done AS (
            DELETE FROM recipient r USING picked p WHERE r.mail_id = p.mail_id AND r.ordinal = p.ordinal RETURNING r.*),
        into_history AS (
            INSERT INTO history (mail_id, ordinal, name, accepted_at, started_at, size, attempts, class, outcome, node, accepted_node,
                                 reverse_path, forward_path, destination, reply, client_address, local_port, helo, accepted_tls, auth)
            SELECT d.mail_id, d.ordinal, m.name, m.accepted_at, d.started_at, m.size, d.attempt, d.class, 'deleted', '', m.node,
                   m.reverse_path, d.forward_path, d.destination, 'deleted by ' || $9, m.client_address, m.local_port, m.helo, m.tls, m.auth
            FROM done d JOIN mail m ON m.id = d.mail_id)
        SELECT count(*)::integer, coalesce(array_agg(DISTINCT mail_id), ARRAY[]::bigint[]) FROM done
        """;

    /// <summary>Takes recipients out of the queue without an error mail. One being delivered at this moment is left alone and counted as busy.</summary>
    public Task<AdminResult> DeleteAsync(RecipientFilter filter, Author by, CancellationToken cancel) =>
        ActAsync("queue-delete", DeleteSql, filter, by, wake: false, busy: true, cancel);

    private const string BusySql = $"SELECT count(*)::integer FROM recipient r WHERE r.state = 'delivering' AND {Matching}";
    private const string WakeUpSql = "UPDATE wake_up SET counter = counter + 1";
    private const string ActEventSql = """
        INSERT INTO event (kind, text, data) VALUES ($1, format('%s by %s: %s recipients', $1, $2, $3), jsonb_build_object('by', $2, 'recipients', $3))
        """;

    // Slice by slice: each changes rows so that they no longer match, and the last one finds fewer than a slice.
    private async Task<AdminResult> ActAsync(string kind, string sql, RecipientFilter filter, Author by, bool wake, bool busy, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        var now = await NowAsync(connection, cancel);
        var done = 0;
        int slice;
        do
        {
            slice = await ActOnSliceAsync(connection, kind, sql, filter, now, by, cancel);
            done += slice;
        }
        while (slice >= Slice);

        await using var batch = connection.CreateBatch();
        WithFilter(batch.Then(BusySql).Parameters, filter);
        batch.Then(ActEventSql).Parameters.With(kind).With(by.Name).With(done);
        if (wake)
            batch.Then(WakeUpSql);
        var owned = (int)(await batch.ExecuteScalarAsync(cancel))!;
        return new AdminResult(done, busy ? owned : 0);
    }

    private static async Task<DateTime> NowAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("SELECT now()", connection);
        return (DateTime)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<int> ActOnSliceAsync(
        NpgsqlConnection connection, string kind, string sql, RecipientFilter filter, DateTime now, Author by, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var mails = Array.Empty<long>();
        int count;
        await using (var command = new NpgsqlCommand(sql, connection))
        {
            WithFilter(command.Parameters, filter).With(now).With(Slice);
            if (sql == DeleteSql)
                command.Parameters.With(by.Name);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            await reader.ReadAsync(cancel);
            count = reader.GetInt32(0);
            if (sql == DeleteSql)
                mails = reader.GetFieldValue<long[]>(1);
        }
        if (mails.Length > 0)
        {
            await using var remove = new NpgsqlCommand(RemoveMailsSql, connection);
            remove.Parameters.With(mails);
            await remove.ExecuteNonQueryAsync(cancel);
        }
        if (count > 0)
            await ConsoleAudit.NoteAsync(connection, by, AuditOutcome.Done, [Note(kind, filter, by, count)], cancel);
        await transaction.CommitAsync(cancel);
        return count;
    }

    /// <summary>QUEUE-6: what was asked for, and how many it was; <c>queue-hold</c> is the act <c>queue.hold</c>.</summary>
    private static AuditNote Note(string kind, RecipientFilter filter, Author by, int count) =>
        new(kind.Replace('-', '.'), filter.ToString(), null, new Dictionary<string, string> { ["recipients"] = $"{count}", ["by"] = by.Name });

    private static NpgsqlParameterCollection WithFilter(NpgsqlParameterCollection parameters, RecipientFilter filter)
    {
        parameters.Add(new NpgsqlParameter<long[]?> { TypedValue = filter.Mails?.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        parameters.Add(new NpgsqlParameter<short?> { TypedValue = filter.Ordinal, NpgsqlDbType = NpgsqlDbType.Smallint });
        return parameters.WithText(filter.Destination).WithText(filter.ForwardPath).WithText(filter.ReversePath)
            .WithText(filter.State?.ToString().ToLowerInvariant());
    }

    private const string OrphansSql = """
        SELECT m.id FROM mail m
        WHERE m.accepted_at < now() - interval '10 minutes' AND NOT EXISTS (SELECT FROM recipient r WHERE r.mail_id = m.id) LIMIT 1000
        """;

    /// <summary>
    /// Removes mails that no recipient is left of (two nodes ended the last two at the same moment) and that are older than 10 minutes. At most 1,000 a
    /// call; how many.
    /// </summary>
    public async Task<int> SweepAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask($"""
            WITH orphan AS ({OrphansSql}),
            gone AS (DELETE FROM mail m USING orphan o WHERE m.id = o.id RETURNING m.id),
            chunks AS (DELETE FROM mail_chunk c WHERE c.mail_id IN (SELECT id FROM gone))
            SELECT count(*)::integer FROM gone
            """);
        return (int)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Makes the daily partitions of the next week and drops those older than <paramref name="keepDays"/> (LOG-17: 90 by default), events too.</summary>
    public async Task MaintainPartitionsAsync(int keepDays, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then("SELECT make_partitions(7)");
        batch.Then("SELECT drop_partitions($1)").Parameters.With(keepDays);
        batch.Then("DELETE FROM event WHERE at < now() - make_interval(days => $1)").Parameters.With(keepDays);
        await batch.ExecuteNonQueryAsync(cancel);
    }
}

/// <summary>Which recipients of the queue an act is about. What is null is not asked for; a filter of nothing means all.</summary>
public sealed record RecipientFilter
{
    public IReadOnlyCollection<long>? Mails { get; init; }
    public short? Ordinal { get; init; }
    public string? Destination { get; init; }

    /// <summary>Compared without case.</summary>
    public string? ForwardPath { get; init; }

    /// <summary>Compared without case; empty: the null path.</summary>
    public string? ReversePath { get; init; }
    public RecipientState? State { get; init; }

    /// <summary>In words, for people: <c>destination=example.net sender=&lt;&gt;</c>.</summary>
    public override string ToString()
    {
        const int shown = 50;
        var said = new List<string>();
        if (Mails is { } mails)
            said.Add($"mails={string.Join(',', mails.Take(shown))}{(mails.Count > shown ? $" and {mails.Count - shown} more" : "")}");
        foreach (var (name, value) in ((string, string?)[])[("destination", Destination), ("recipient", ForwardPath), ("sender", ReversePath is "" ? "<>" : ReversePath), ("state", State?.ToString().ToLowerInvariant())])
            if (value is not null)
                said.Add($"{name}={value}");
        return said.Count == 0 ? "all" : string.Join(' ', said);
    }
}

/// <param name="Done">Recipients changed.</param>
/// <param name="Busy">Recipients that match but are being delivered, so that they were left alone.</param>
public readonly record struct AdminResult(int Done, int Busy);
