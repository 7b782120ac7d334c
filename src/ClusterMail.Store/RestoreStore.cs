using Npgsql;

namespace ClusterMail.Store;

/// <summary>
/// A database that was put back from a backup: what waited in it is stopped, because it may have been sent after the backup was made, until somebody says that it may go. One of several databases
/// is put back by itself.
/// </summary>
public sealed class RestoreStore(NpgsqlDataSource dataSource)
{
    /// <summary>Recipients in one transaction.</summary>
    private const int Slice = 5000;

    /// <summary>A million stopped recipients take their time.</summary>
    private const int PatienceSeconds = 600;
    private const string PatienceSql = "SELECT set_config('statement_timeout', '600s', true)";
    private const string StopSql = "SELECT stop_restored($1, $2, $3, $4)";

    /// <summary>Stops what waits, once: while a restore is open nothing more is stopped.</summary>
    /// <param name="by">Node, or person.</param>
    /// <param name="last">Numbers and epochs after the restore lie above these; null: nothing is known of what was given out after the backup.</param>
    /// <returns>False: one was open already.</returns>
    public async Task<bool> StopAsync(string by, string reason, DatabaseMark? last, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Timeout = PatienceSeconds;
        batch.Then(PatienceSql);
        batch.Then(StopSql).Parameters.With(by).With(reason).WithLong(last?.Epoch).WithLong(last?.Number);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);
        var stopped = reader.GetBoolean(0);
        // To the end: the error of the commit comes after the rows.
        await reader.NextResultAsync(cancel);
        return stopped;
    }

    private const string StateSql = """
        SELECT d.noticed_at, d.noticed_by, d.reason, d.stopped,
               (SELECT count(*) FROM restored_recipient k JOIN recipient r USING (mail_id, ordinal) WHERE r.state = 'held'),
               (SELECT count(*) FROM hold h WHERE h.id <= d.last_hold AND h.state IN ('held', 'escalated')),
               (SELECT count(*) FROM hold_job j WHERE j.done_at IS NULL AND CASE j.hold_id WHEN 0 THEN j.id <= d.last_job ELSE j.hold_id <= d.last_hold END)
        FROM database_restore d WHERE d.ended_at IS NULL
        """;

    /// <summary>Null: the database is not a restored one, or that is over.</summary>
    public async Task<RestoreState?> OpenAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(StateSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new RestoreState(reader.GetFieldValue<DateTimeOffset>(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6))
            : null;
    }

    private const string SentSql = "SELECT take_out_sent($1, $2)";
    private const string RemoveSql = """
        WITH gone AS (DELETE FROM mail m WHERE m.id = ANY ($1) AND NOT EXISTS (SELECT FROM recipient r WHERE r.mail_id = m.id) RETURNING m.id)
        DELETE FROM mail_chunk c WHERE c.mail_id IN (SELECT id FROM gone)
        """;

    /// <summary>Takes out of the queue what lines of a log show as sent: a line that has the number of a stopped mail and the address of a recipient of it.</summary>
    /// <param name="keep">Count only, change nothing.</param>
    /// <returns>Recipients taken out.</returns>
    public async Task<int> TakeOutSentAsync(IReadOnlyCollection<string> lines, string by, bool keep, CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var mails = new List<long>();
        await using (var take = new NpgsqlCommand(SentSql, connection))
        {
            take.Parameters.With(lines.ToArray()).With(by);
            await using var reader = await take.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                mails.Add(reader.GetInt64(0));
        }
        if (keep)
            return mails.Count;
        await using (var remove = new NpgsqlCommand(RemoveSql, connection))
        {
            remove.Parameters.With(mails.Distinct().ToArray());
            await remove.ExecuteNonQueryAsync(cancel);
        }
        await transaction.CommitAsync(cancel);
        return mails.Count;
    }

    private const string ReleaseSql = """
        WITH picked AS (
            DELETE FROM restored_recipient k USING (SELECT mail_id, ordinal FROM restored_recipient LIMIT $1 FOR UPDATE SKIP LOCKED) p
            WHERE k.mail_id = p.mail_id AND k.ordinal = p.ordinal RETURNING k.mail_id, k.ordinal),
        freed AS (
            UPDATE recipient r SET state = CASE WHEN r.attempt = 0 THEN 'queued' ELSE 'waiting' END::recipient_state, next_try = now()
            FROM picked p WHERE r.mail_id = p.mail_id AND r.ordinal = p.ordinal AND r.state = 'held' RETURNING 1)
        SELECT (SELECT count(*) FROM picked)::integer, (SELECT count(*) FROM freed)::integer
        """;

    private const string EndSql = """
        WITH ended AS (UPDATE database_restore SET ended_at = now(), ended_by = $1 WHERE ended_at IS NULL RETURNING id),
        woken AS (UPDATE wake_up SET counter = counter + 1)
        INSERT INTO event (node, kind, text, data)
        SELECT '', 'restored-released', format('What waited in the restored database may go, says %s: %s recipients, and what approval had to do', $1, $2), jsonb_build_object('by', $1, 'recipients', $2) FROM ended
        """;

    /// <summary>What is still stopped is due now, and the restore is over. Recipients made due.</summary>
    public async Task<int> ReleaseAsync(string by, CancellationToken cancel)
    {
        var freed = 0;
        while (true)
        {
            await using var command = dataSource.Ask(ReleaseSql);
            command.Parameters.With(Slice);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            await reader.ReadAsync(cancel);
            freed += reader.GetInt32(1);
            if (reader.GetInt32(0) == 0)
                break;
        }
        await using var end = dataSource.Ask(EndSql);
        end.Parameters.With(by).With(freed);
        await end.ExecuteNonQueryAsync(cancel);
        return freed;
    }
}

/// <summary>A restore that is not over.</summary>
/// <param name="By">Node that noticed it, or person who told.</param>
/// <param name="Stopped">Recipients, when it was noticed.</param>
/// <param name="Waiting">Of them, still stopped.</param>
/// <param name="Open">Groups of held mail that wait for a decision and were there in the backup.</param>
/// <param name="Jobs">What approval had to do (releases, notices) and does not until the end of it.</param>
public sealed record RestoreState(DateTimeOffset Since, string By, string Reason, long Stopped, long Waiting, long Open, long Jobs);
