using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>The outbox of approval: what is left to do after a commit, done exactly once, by whichever node is alive (APPROVE-81, APPROVE-83).</summary>
/// <param name="keys">Keys of contents in the queue; null: nothing is sealed there.</param>
public sealed class HoldJobs(NpgsqlDataSource dataSource, ContentKeys? keys = null)
{
    /// <summary>A job taken by a node that has died is due again after so long (APPROVE-81).</summary>
    public static readonly TimeSpan Term = TimeSpan.FromSeconds(30);

    // Releases before mails: a notice never holds back the mail itself. In a database put back from a backup nothing is done that may have been done after it was made.
    private const string TakeSql = $"""
        WITH picked AS (
            SELECT id FROM hold_job WHERE done_at IS NULL AND due_at <= now() AND renewed_since_start(NULL)
              AND NOT EXISTS (SELECT FROM database_restore d WHERE d.ended_at IS NULL AND CASE hold_id WHEN 0 THEN hold_job.id <= d.last_job ELSE hold_id <= d.last_hold END)
            ORDER BY kind <> '{JobKind.Release}', due_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)
        UPDATE hold_job j SET due_at = now() + $2, attempts = j.attempts + 1 FROM picked p WHERE j.id = p.id
        RETURNING j.id, j.hold_id, j.kind, j.addressee, j.attempts, j.detail
        """;

    /// <summary>Due jobs for this node, which has <see cref="Term"/> for them.</summary>
    public async Task<IReadOnlyList<HoldJob>> TakeAsync(int limit, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(TakeSql);
        command.Parameters.With(limit).With(Term);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var jobs = new List<HoldJob>();
        while (await reader.ReadAsync(cancel))
            jobs.Add(new HoldJob(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), reader.GetInt32(4)) { Detail = reader.GetString(5) });
        return jobs;
    }

    // $1 epoch, $2 to $25 the mails, $26 the job, $27 the mail, $28 releases, $29 and $30 audit. Done and queued are one statement: a job done by somebody else
    // meanwhile queues nothing, so that what was approved is queued exactly once.
    private const string FinishSql = $"""
        WITH done AS (
            UPDATE hold_job SET done_at = now(), mail_id = nullif($27, 0), trouble = NULL WHERE id = $26 AND done_at IS NULL RETURNING hold_id),
        released AS (UPDATE hold h SET released_at = now() FROM done d WHERE h.id = d.hold_id AND $28 RETURNING h.id),
        mails AS ({MailRows.InsertMails} WHERE EXISTS (SELECT FROM done)),
        recipients AS ({MailRows.InsertRecipients} WHERE EXISTS (SELECT FROM done)),
        audited AS (INSERT INTO audit_entry (hold_id, record) SELECT a.hold_id, a.record FROM done, unnest($29::bigint[], $30::text[]) AS a (hold_id, record))
        SELECT count(*)::integer FROM done
        """;

    /// <summary>Puts a job's mail into the queue and marks it as done, in one transaction.</summary>
    /// <param name="mail">Null: nothing was left to do.</param>
    /// <param name="audit">Written with it; empty: none.</param>
    /// <returns>False: somebody else had done it, or is at it; nothing was written.</returns>
    /// <exception cref="EpochFencedException">Nothing was written.</exception>
    /// <exception cref="IntegrityException">A streamed content is not what was held; nothing was written.</exception>
    public async Task<bool> FinishAsync(long epoch, HoldJob job, NewMail? mail, IReadOnlyList<AuditLine> audit, CancellationToken cancel)
    {
        var key = keys?.Sealing;
        var streamed = mail is { Content.Memory: null };
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Two who write the same pieces would meet at their key, which is an error and no answer.
        if (streamed && !await IsOursAsync(connection, job, cancel))
            return false;
        if (streamed)
            await QueueStore.WriteChunksAsync(connection, mail!, key, cancel);
        await using var batch = connection.CreateBatch();
        batch.Then(QueueStore.AssertEpochSql).Parameters.With(epoch);
        batch.Then(FinishSql).Parameters.With(epoch).WithMails(mail is null ? [] : [mail], key, streamed ? ContentPlace.Streamed : ContentPlace.Row)
            .With(job.Id).With(mail?.Id.Number ?? 0).With(job.Kind == JobKind.Release).WithAudit(audit);
        var done = 0;
        await QueueStore.UnderEpochAsync(epoch, async () =>
        {
            await using (var reader = await batch.ExecuteReaderAsync(cancel))
            {
                await reader.NextResultAsync(cancel);
                await reader.ReadAsync(cancel);
                done = reader.GetInt32(0);
            }
            // Done by another: the chunks that were written must not stay.
            if (done == 1)
                await transaction.CommitAsync(cancel);
            else
                await transaction.RollbackAsync(cancel);
        });
        return done == 1;
    }

    private static async Task<bool> IsOursAsync(NpgsqlConnection connection, HoldJob job, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("SELECT id FROM hold_job WHERE id = $1 AND done_at IS NULL FOR UPDATE SKIP LOCKED", connection);
        command.Parameters.With(job.Id);
        return await command.ExecuteScalarAsync(cancel) is not null;
    }

    /// <summary>Adds jobs that are not there yet. Those of no group have hold 0.</summary>
    public async Task AddAsync(long hold, IReadOnlyList<NewJob> jobs, CancellationToken cancel)
    {
        await using var command = dataSource.Ask($"{HeldRows.JobsSql} ON CONFLICT DO NOTHING");
        command.Parameters.With(hold).WithJobs(jobs);
        await command.ExecuteNonQueryAsync(cancel);
    }

    internal const string AnswerSql = """
        INSERT INTO hold_job (hold_id, kind, addressee, detail) SELECT $1, j.kind, j.addressee, j.detail FROM unnest($2::text[], $3::text[], $4::text[]) AS j (kind, addressee, detail) ON CONFLICT DO NOTHING
        """;

    /// <summary>Answers to a command, with what they tell; those that are there already stay as they are.</summary>
    public async Task AnswerAsync(long hold, IReadOnlyList<NewAnswer> answers, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(AnswerSql);
        command.Parameters.WithAnswers(hold, answers);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string LastSql = "SELECT max(made_at), now() FROM hold_job WHERE hold_id = 0 AND addressee = $1 AND starts_with(kind, $2)";

    /// <summary>When the last job of a kind about no held mail was made for this person, and what the database's clock says now.</summary>
    /// <param name="kind">How the kind begins.</param>
    public async Task<(DateTimeOffset? Last, DateTimeOffset Now)> LastAsync(string addressee, string kind, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(LastSql);
        command.Parameters.With(addressee).With(kind);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.Time(0), reader.GetFieldValue<DateTimeOffset>(1));
    }

    /// <summary>Tries a job again later, and says why.</summary>
    public async Task PutOffAsync(HoldJob job, TimeSpan by, string trouble, CancellationToken cancel)
    {
        await using var command = dataSource.Ask("UPDATE hold_job SET due_at = now() + $2, trouble = $3 WHERE id = $1 AND done_at IS NULL");
        command.Parameters.With(job.Id).With(by).With(Cleaned.Text(trouble, 500));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string OfSql = "SELECT kind, addressee, made_at, done_at, mail_id, attempts, trouble FROM hold_job WHERE hold_id = $1 ORDER BY id";

    /// <summary>All jobs of a group, done or not, for its story (APPROVE-322).</summary>
    public async Task<IReadOnlyList<HoldJobRow>> OfAsync(long hold, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(OfSql);
        command.Parameters.With(hold);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<HoldJobRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(new HoldJobRow(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2), reader.Time(3),
                reader.IsDBNull(4) ? null : reader.GetInt64(4), reader.GetInt32(5), reader.TextOrNull(6)));
        return rows;
    }

    private const string BacklogSql = """
        SELECT count(*)::integer, coalesce(extract(epoch FROM now() - min(made_at)), 0)::double precision FROM hold_job WHERE done_at IS NULL
        """;

    /// <summary>Jobs not done, and the age of the oldest (APPROVE-335).</summary>
    public async Task<(int Jobs, TimeSpan Oldest)> BacklogAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(BacklogSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt32(0), TimeSpan.FromSeconds(reader.GetDouble(1)));
    }
}

/// <param name="Attempts">Including this one.</param>
public sealed record HoldJob(long Id, long Hold, string Kind, string Addressee, int Attempts)
{
    /// <summary>What it tells besides; empty: nothing.</summary>
    public string Detail { get; init; } = "";
}

/// <summary>An answer to a command.</summary>
/// <param name="Kind">Of the job, unique for its addressee.</param>
/// <param name="Detail">What it tells that stands nowhere else; whoever writes the mail reads it.</param>
public sealed record NewAnswer(string Kind, string Addressee, string Detail);

/// <param name="MailId">What it put into the queue.</param>
/// <param name="Trouble">Why it could not be done yet.</param>
public sealed record HoldJobRow(string Kind, string Addressee, DateTimeOffset MadeAt, DateTimeOffset? DoneAt, long? MailId, int Attempts, string? Trouble);
