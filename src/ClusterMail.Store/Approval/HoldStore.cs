using System.Globalization;
using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>Changes of held groups. Whoever comes second changes nothing: the version in the WHERE is the judge (APPROVE-76, APPROVE-78).</summary>
public sealed class HoldStore(NpgsqlDataSource dataSource)
{
    // A submission that leaves only as a whole: the last two decisions must see each other, or neither would release it (APPROVE-55). Others lock nothing.
    private const string LockWholeSql = "SELECT FROM held_mail m JOIN hold h ON h.mail_id = m.id WHERE h.id = $1 AND NOT m.split FOR UPDATE OF m";

    // $1 hold, $2 version, $3 state, $4 stage, $5 next reminder, $6 escalation over, $7 lists, $8 to $13 the vote, $14 to $20 the decision, $21 to $25 approvers
    // added, $26 and $27 dropped, $28 who waits, $29 and $30 jobs, $31 and $32 audit, $33 approvers are asked from now on.
    private const string ApplySql = """
        WITH changed AS (
            UPDATE hold SET state = coalesce($3::hold_state, state), version = version + 1, stage = $4,
                remind_at = CASE WHEN $5::interval IS NULL THEN remind_at ELSE now() + $5 END,
                reminders = reminders + CASE WHEN $5::interval IS NULL THEN 0 ELSE 1 END,
                escalate_at = CASE WHEN $6::boolean THEN 'infinity' ELSE escalate_at END,
                lists = lists || $7::text[],
                begin_at = CASE WHEN $33::boolean THEN NULL ELSE begin_at END
            WHERE id = $1 AND version = $2 AND state IN ('held', 'escalated')
            RETURNING id, state NOT IN ('held', 'escalated') AS ends),
        vote AS (
            INSERT INTO hold_vote (hold_id, stage, seat, voter, approves, channel, comment)
            SELECT c.id, $8::smallint, $9, $10, $11, $12, $13 FROM changed c WHERE $9::text IS NOT NULL
            ON CONFLICT (hold_id, stage, seat) DO UPDATE
            SET voter = excluded.voter, approves = excluded.approves, channel = excluded.channel, comment = excluded.comment, at = excluded.at),
        decision AS (
            INSERT INTO hold_decision (hold_id, state, result_id, decided_by, principal, channel, node, client_address, auth, comment)
            SELECT c.id, $3::hold_state, $14, $15, $16, $12, $17, $18, $19, $20 FROM changed c WHERE c.ends),
        dropped AS (
            DELETE FROM hold_approver a USING changed c, unnest($26::smallint[], $27::text[]) AS d (stage, address)
            WHERE a.hold_id = c.id AND a.stage = d.stage AND a.address = d.address),
        asked AS (
            UPDATE hold_approver a
            SET waits = a.stage = $4 AND a.address = ANY ($28::text[]),
                asked_at = CASE WHEN a.stage = $4 AND a.address = ANY ($28::text[]) THEN coalesce(a.asked_at, now()) ELSE a.asked_at END
            FROM changed c
            WHERE a.hold_id = c.id AND a.waits <> (a.stage = $4 AND a.address = ANY ($28::text[]))
              AND NOT EXISTS (SELECT FROM unnest($26::smallint[], $27::text[]) AS d (stage, address) WHERE d.stage = a.stage AND d.address = a.address)),
        added AS (
            INSERT INTO hold_approver (hold_id, stage, place, address, principal, principal_decides, waits, asked_at)
            SELECT c.id, n.stage, n.place, n.address, n.principal, n.decides, n.waits, CASE WHEN n.waits THEN now() END
            FROM changed c,
                 (SELECT u.*, u.stage = $4 AND u.address = ANY ($28::text[]) AS waits
                  FROM unnest($21::smallint[], $22::smallint[], $23::text[], $24::text[], $25::boolean[]) AS u (stage, place, address, principal, decides)) AS n
            ON CONFLICT DO NOTHING),
        jobs AS (
            INSERT INTO hold_job (hold_id, kind, addressee)
            SELECT c.id, j.kind, j.addressee FROM changed c, unnest($29::text[], $30::text[]) AS j (kind, addressee) ON CONFLICT DO NOTHING),
        audited AS (
            INSERT INTO audit_entry (hold_id, record) SELECT a.hold_id, a.record FROM changed c, unnest($31::bigint[], $32::text[]) AS a (hold_id, record))
        SELECT count(*)::integer FROM changed
        """;

    // What may leave now: this group, or, of a submission that leaves as a whole, every group that may once none is open. Unique by its key, so it is safe however
    // often it runs. A statement of its own, to see what the one before it did.
    private const string ReleaseSql = $"""
        INSERT INTO hold_job (hold_id, kind)
        SELECT h.id, '{JobKind.Release}' FROM hold t JOIN held_mail m ON m.id = t.mail_id JOIN hold h ON h.mail_id = m.id
        WHERE t.id = $1 AND h.state IN ('approved', 'admin_released')
          AND (m.split AND h.id = t.id
               OR NOT m.split AND NOT EXISTS (SELECT FROM hold o WHERE o.mail_id = m.id AND o.state IN ('held', 'escalated')))
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Applies a change: state, vote, decision, approvers, jobs and audit in one transaction, or nothing.</summary>
    /// <returns>False: the group is not in that version any more, or final. Nothing was written.</returns>
    public async Task<bool> ApplyAsync(HoldChange change, CancellationToken cancel)
    {
        var (vote, decision) = (change.Vote, change.Decision);
        await using var batch = dataSource.CreateBatch();
        batch.Then(LockWholeSql).Parameters.With(change.Hold);
        batch.Then(ApplySql).Parameters.With(change.Hold).With(change.Version).WithText(change.To is { } to ? Word(to) : null).With(change.Stage)
            .WithSpan(change.RemindIn).With(change.EndsEscalation).With(change.Lists.ToArray())
            .WithShort(vote?.Stage).WithText(vote?.Seat).WithText(vote?.Voter).With(vote?.Approves ?? false).WithText(decision?.Channel ?? vote?.Channel)
            .With(Cleaned.Text(vote?.Comment ?? "", 2000))
            .With(decision?.ResultId ?? 0).WithText(decision?.By).WithText(decision?.Principal).With(decision?.Node ?? "").WithText(decision?.ClientAddress)
            .WithText(decision?.Auth).With(Cleaned.Text(decision?.Comment ?? "", 2000))
            .With(change.Added.Select(a => a.Stage).ToArray()).With(change.Added.Select(a => a.Place).ToArray()).With(change.Added.Select(a => a.Address).ToArray())
            .With(change.Added.Select(a => a.Principal).ToArray()).With(change.Added.Select(a => a.PrincipalDecides).ToArray())
            .With(change.Dropped.Select(d => d.Stage).ToArray()).With(change.Dropped.Select(d => d.Address).ToArray())
            .With(change.Waiting.ToArray()).WithJobs(change.Jobs).WithAudit(change.Audit).With(change.Begins);
        if (change.To is not null)
            batch.Then(ReleaseSql).Parameters.With(change.Hold);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.NextResultAsync(cancel);
        await reader.ReadAsync(cancel);
        var changed = reader.GetInt32(0);
        // To the end: the error of the commit comes after the rows.
        while (await reader.NextResultAsync(cancel))
        {
        }
        return changed == 1;
    }

    /// <summary>What was tried without effect, and other things to be kept (APPROVE-89).</summary>
    public async Task AuditAsync(IReadOnlyList<AuditLine> lines, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(HeldRows.AuditSql);
        command.Parameters.WithAudit(lines);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string FailSql = """
        INSERT INTO approval_failure (kind, key) SELECT f.kind, f.key FROM unnest($1::text[], $2::text[]) AS f (kind, key)
        """;

    /// <summary>A failed attempt, with its audit entry: it counts against each key (APPROVE-86).</summary>
    public async Task FailAsync(AuditLine line, IReadOnlyList<(string Kind, string Key)> keys, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then(HeldRows.AuditSql).Parameters.WithAudit([line]);
        batch.Then(FailSql).Parameters.With(keys.Select(k => k.Kind).ToArray()).With(keys.Select(k => k.Key).ToArray());
        await batch.ExecuteNonQueryAsync(cancel);
    }

    private const string FailuresSql = """
        SELECT f.kind, f.key, f.at FROM approval_failure f JOIN unnest($1::text[], $2::text[]) AS k (kind, key) ON k.kind = f.kind AND k.key = f.key
        WHERE f.at > now() - $3 ORDER BY f.at DESC LIMIT 300
        """;

    /// <summary>The failed attempts of the last <paramref name="within"/> against these keys, and what the database's clock says now.</summary>
    public async Task<(IReadOnlyList<AttemptFailed> Failures, DateTimeOffset Now)> FailuresAsync(
        IReadOnlyList<(string Kind, string Key)> keys, TimeSpan within, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then("SELECT now()");
        batch.Then(FailuresSql).Parameters.With(keys.Select(k => k.Kind).ToArray()).With(keys.Select(k => k.Key).ToArray()).With(within);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var now = reader.GetFieldValue<DateTimeOffset>(0);
        await reader.NextResultAsync(cancel);
        var failures = new List<AttemptFailed>();
        while (await reader.ReadAsync(cancel))
            failures.Add(new(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2)));
        return (failures, now);
    }

    // Each half is the head of an index of its own.
    private const string DueSql = """
        (SELECT id FROM hold WHERE state IN ('held', 'escalated') AND due_at <= now() ORDER BY due_at LIMIT $1)
        UNION (SELECT id FROM hold WHERE state IN ('held', 'escalated') AND begin_at IS NOT NULL AND begin_at <= now() ORDER BY begin_at LIMIT $1)
        """;

    /// <summary>Open groups whose reminder, escalation, expiry or first request has come, of each kind the longest overdue.</summary>
    public async Task<IReadOnlyList<long>> DueAsync(int limit, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(DueSql);
        command.Parameters.With(limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var due = new List<long>();
        while (await reader.ReadAsync(cancel))
            due.Add(reader.GetInt64(0));
        return due;
    }

    // The head of the index, however many are held. A gap of the clock means that nobody could decide: what has come due in it waits (APPROVE-62).
    private const string TickSql = """
        WITH before AS (SELECT ran_at FROM approval_clock FOR UPDATE),
        ran AS (UPDATE approval_clock SET ran_at = now()),
        moved AS (
            UPDATE hold h SET
                remind_at = CASE WHEN h.remind_at <= now() THEN now() + $2 ELSE h.remind_at END,
                escalate_at = CASE WHEN h.escalate_at <= now() THEN now() + $2 ELSE h.escalate_at END,
                expire_at = CASE WHEN h.expire_at <= now() THEN now() + $2 ELSE h.expire_at END,
                version = h.version + 1
            FROM before b
            WHERE h.state IN ('held', 'escalated') AND h.due_at <= now() AND now() - b.ran_at > $1 RETURNING h.id)
        SELECT (SELECT count(*)::integer FROM moved),
               extract(epoch FROM least(
                   (SELECT min(due_at) FROM hold WHERE state IN ('held', 'escalated') AND due_at < 'infinity' AND id NOT IN (SELECT id FROM moved)),
                   (SELECT min(begin_at) FROM hold WHERE state IN ('held', 'escalated') AND begin_at IS NOT NULL)) - now())::double precision
        """;

    /// <summary>The clock of the deadlines ticks. After a stop longer than <paramref name="gap"/> what came due meanwhile is put off by <paramref name="grace"/>.</summary>
    /// <returns>How many were put off, and how long until the next is due (zero: now; null: nothing is).</returns>
    public async Task<(int PutOff, TimeSpan? Next)> TickAsync(TimeSpan gap, TimeSpan grace, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(TickSql);
        command.Parameters.With(gap).With(grace);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt32(0), await reader.IsDBNullAsync(1, cancel) ? null : TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(1))));
    }

    // Released and taken by the queue; or ended otherwise and old enough. One statement sees to both, and leaves its trace (APPROVE-74).
    private const string DropSql = """
        WITH gone AS (
            SELECT m.id FROM held_mail m
            WHERE m.dropped_at IS NULL AND m.received_at < now() - interval '1 minute'
              AND NOT EXISTS (SELECT FROM hold h LEFT JOIN hold_decision d ON d.hold_id = h.id
                              WHERE h.mail_id = m.id AND CASE WHEN h.state IN ('approved', 'admin_released') THEN h.released_at IS NULL
                                                              WHEN h.state IN ('held', 'escalated') THEN true
                                                              ELSE d.decided_at > now() - $1 END)
            LIMIT $2 FOR UPDATE SKIP LOCKED),
        marked AS (UPDATE held_mail m SET dropped_at = now() FROM gone g WHERE m.id = g.id),
        pieces AS (DELETE FROM held_piece p USING gone g WHERE p.mail_id = g.id),
        audited AS (
            INSERT INTO audit_entry (hold_id, record)
            SELECT g.id, json_build_object('node', $3, 'type', 'CONTENT_DELETED', 'hold', 'B' || lpad(g.id::text, greatest(10, length(g.id::text)), '0'))::text FROM gone g)
        SELECT count(*)::integer FROM gone
        """;

    /// <summary>Deletes contents nobody needs any more: released ones at once, those of mail that was not sent after <paramref name="keep"/>.</summary>
    /// <returns>How many, at most <paramref name="limit"/>.</returns>
    public async Task<int> DropContentsAsync(TimeSpan keep, int limit, string node, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then(DropSql).Parameters.With(keep).With(limit).With(node);
        batch.Then("DELETE FROM approval_failure WHERE at < now() - interval '1 day'");
        batch.Then(LinkStore.DropSql);
        return (int)(await batch.ExecuteScalarAsync(cancel))!;
    }

    private const string AddListSql = "UPDATE hold SET lists = lists || $2::text WHERE id = $1 AND state IN ('held', 'escalated') AND NOT lists @> ARRAY[$2::text]";

    /// <summary>A list of approvers that a decision text is going to name, so that it is known when the text comes back (APPROVE-137). Changes nothing else.</summary>
    public async Task AddListAsync(long hold, string list, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(AddListSql);
        command.Parameters.With(hold).With(list);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string NoteSql = """
        WITH noted AS (UPDATE hold SET sender_note = $2 WHERE id = $1 AND NOT self AND NOT free AND state IN ('held', 'escalated') RETURNING id),
        audited AS (INSERT INTO audit_entry (hold_id, record) SELECT n.id, $3 FROM noted n)
        SELECT count(*)::integer FROM noted
        """;

    /// <summary>What the sender tells the approvers beside his mail (APPROVE-502); takes the place of what he wrote before.</summary>
    /// <returns>False: nobody decides on it any more, or nobody has to. Nothing was written.</returns>
    public async Task<bool> NoteAsync(long hold, string note, AuditLine audit, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(NoteSql);
        command.Parameters.With(hold).With(Cleaned.Text(note, 2000)).With(audit.Record);
        return (int)(await command.ExecuteScalarAsync(cancel))! == 1;
    }

    /// <summary>The state of <c>hold h</c> in words: what left without anybody's approval is not called approved.</summary>
    internal const string StateSql = "CASE WHEN h.self AND h.state = 'approved' THEN 'sent' ELSE h.state::text END";

    internal static string Word(HoldState state) => state switch
    {
        HoldState.Sent => "approved",
        HoldState.AdminReleased => "admin_released",
        HoldState.AdminDiscarded => "admin_discarded",
        _ => state.ToString().ToLower(CultureInfo.InvariantCulture),
    };

    internal static HoldState State(string word) => Enum.Parse<HoldState>(word.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
}

/// <param name="Kind"><c>hold</c>, <c>client</c> or <c>approver</c>.</param>
public sealed record AttemptFailed(string Kind, string Key, DateTimeOffset At);
