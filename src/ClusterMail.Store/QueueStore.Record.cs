using System.Collections.Immutable;
using Npgsql;

namespace ClusterMail.Store;

// Writing how recipients ended.
public sealed partial class QueueStore
{
    // The conclusions as rows, $29 on or $2 on.
    private const string GivenColumns = """
        AS g (mail_id, ordinal, state, destination, retry_after, class, reply, remote_host,
              remote_address, remote_port, tls, rule, dialogue, possible_duplicate, delay_notified, counts, forward_path, account_id, prefix, turn)
        """;

    // The turn too: written again after a lost answer, an outcome would otherwise end the next turn of the same epoch.
    // The owner is compared so that no index on it fits: by that index each conclusion would be compared with everything this node owns. 0 is no epoch.
    private const string EndSql = """
        ended AS (
            DELETE FROM recipient r USING given g
            WHERE r.mail_id = g.mail_id AND r.ordinal = g.ordinal AND coalesce(r.owner, 0) = $1 AND r.turn = coalesce(g.turn, r.turn) AND g.state IN ('delivered', 'failed')
            RETURNING r.mail_id, r.ordinal, r.started_at, r.attempt, coalesce(g.forward_path, r.forward_path) AS forward_path,
                      coalesce(g.destination, r.destination) AS destination, g.state, g.class, g.reply, g.remote_host, g.remote_address, g.remote_port,
                      g.tls, g.rule, g.dialogue, g.possible_duplicate, g.counts, g.account_id, g.prefix),
        into_history AS (
            INSERT INTO history (mail_id, ordinal, name, accepted_at, started_at, size, attempts, class, outcome, node, accepted_node,
                                 reverse_path, forward_path, destination, reply, rule, client_address, local_port, helo, accepted_tls, auth,
                                 remote_host, remote_address, remote_port, tls, dialogue)
            SELECT e.mail_id, e.ordinal, m.name, m.accepted_at, e.started_at, m.size, least(e.attempt + e.counts, 32767), e.class,
                   e.state::recipient_outcome, (SELECT n.name FROM node n WHERE n.epoch = $1), m.node,
                   m.reverse_path, e.forward_path, e.destination, e.reply, e.rule, m.client_address, m.local_port, m.helo, m.tls, m.auth,
                   e.remote_host, e.remote_address, e.remote_port, e.tls, coalesce(string_to_array(e.dialogue, E'\n'), ARRAY[]::text[])
            FROM ended e JOIN mail m ON m.id = e.mail_id)
        """;

    // $1 epoch, $2 to $25 the notices' mails (empty arrays when there are none), $26 to $28 whom they are about, $29 on the conclusions.
    // One statement: what the comparison lets through is what history, attempts and notices are made of, so they cannot disagree (P2, P4).
    private const string ConcludeSql = $"""
        WITH given AS MATERIALIZED (
            SELECT * FROM unnest($29::bigint[], $30::smallint[], $31::text[], $32::text[], $33::interval[], $34::smallint[], $35::text[], $36::text[],
                                 $37::text[], $38::integer[], $39::text[], $40::text[], $41::text[], $42::boolean[], $43::boolean[], $44::smallint[],
                                 $45::text[], $46::bigint[], $47::text[], $48::integer[])
            {GivenColumns}),
        {EndSql},
        kept AS (
            UPDATE recipient r
            SET owner = NULL,
                state = CASE WHEN g.state = 'queued' AND r.attempt = 0 THEN 'queued' ELSE 'waiting' END::recipient_state,
                next_try = CASE WHEN r.bounce_now THEN now()
                                WHEN g.state = 'queued' THEN now() + g.retry_after
                                ELSE coalesce(r.started_at, now()) + g.retry_after END,
                attempt = least(r.attempt + g.counts, 32767),
                refusals = least(r.refusals + CASE WHEN g.state = 'waiting' AND g.class = 1 THEN 1 ELSE 0 END, 32767),
                class = CASE WHEN g.state = 'waiting' THEN g.class ELSE r.class END,
                last_reply = CASE WHEN g.state = 'waiting' THEN g.reply ELSE r.last_reply END,
                destination = coalesce(g.destination, r.destination),
                delay_notified = r.delay_notified OR g.delay_notified
            FROM given g
            WHERE r.mail_id = g.mail_id AND r.ordinal = g.ordinal AND coalesce(r.owner, 0) = $1 AND r.turn = coalesce(g.turn, r.turn) AND g.state IN ('queued', 'waiting')
            RETURNING r.mail_id, r.ordinal, r.attempt, r.next_try, r.destination, r.forward_path, g.state, g.class, g.reply, g.remote_host,
                      g.remote_address, g.remote_port, g.tls, g.rule, g.dialogue, g.possible_duplicate),
        into_attempt AS (
            INSERT INTO attempt (mail_id, ordinal, attempt, class, remote_port, next_try, node, destination, reply, rule, remote_host,
                                 remote_address, tls, dialogue)
            SELECT mail_id, ordinal, attempt, class, remote_port, next_try, (SELECT n.name FROM node n WHERE n.epoch = $1), destination, reply, rule,
                   remote_host, remote_address, tls, coalesce(string_to_array(dialogue, E'\n'), ARRAY[]::text[])
            FROM kept WHERE state = 'waiting'),
        concluded AS (
            SELECT mail_id, ordinal, state, forward_path, reply, possible_duplicate FROM ended
            UNION ALL SELECT mail_id, ordinal, state, forward_path, reply, possible_duplicate FROM kept),
        into_event AS (
            INSERT INTO event (node, kind, text, data)
            SELECT n.name, 'possible-duplicate', format('Mail %s to %s may reach its recipient twice: %s', c.mail_id, c.forward_path, c.reply),
                   jsonb_build_object('mail', c.mail_id, 'ordinal', c.ordinal)
            FROM concluded c, node n WHERE c.possible_duplicate AND n.epoch = $1),
        told AS (
            SELECT a.notice FROM unnest($26::bigint[], $27::bigint[], $28::smallint[]) AS a (notice, mail_id, ordinal)
            JOIN concluded c ON c.mail_id = a.mail_id AND c.ordinal = a.ordinal WHERE c.state <> 'queued'),
        notices AS ({MailRows.InsertMails} WHERE m.id IN (SELECT notice FROM told)),
        notice_recipients AS ({MailRows.InsertRecipients} WHERE r.mail_id IN (SELECT notice FROM told))
        """;
    private const string RecordSql = $"{ConcludeSql} SELECT mail_id, ordinal FROM concluded";

    // Where all have ended and nobody is to be told, which is nearly always: setting up what the other statement could do besides would cost more than this one. $2 on the conclusions.
    private const string RecordEndsSql = $"""
        WITH given AS MATERIALIZED (
            SELECT * FROM unnest($2::bigint[], $3::smallint[], $4::text[], $5::text[], $6::interval[], $7::smallint[], $8::text[], $9::text[],
                                 $10::text[], $11::integer[], $12::text[], $13::text[], $14::text[], $15::boolean[], $16::boolean[], $17::smallint[],
                                 $18::text[], $19::bigint[], $20::text[], $21::integer[])
            {GivenColumns}),
        {EndSql}
        SELECT mail_id, ordinal FROM ended
        """;

    /// <summary>Octets above which copying one content may take longer than statements may otherwise; it would be tried again and again, and never end.</summary>
    private const long LongCopy = 64 * 1024 * 1024;

    /// <summary>2 GiB, the largest mail there is (LIMIT-1), at 4 MiB a second.</summary>
    private const int LongCopySeconds = 600;
    private const string PatienceSql = "SELECT set_config('statement_timeout', '600s', true)";

    // Before mail goes into mailboxes: each is there and locked (WHERE false updates nothing, but locks), in the order of accounts that everybody keeps. What the
    // next statement reads of them is then what nobody else changes, so that UIDs are given by an index and not by comparing all with all.
    private const string LockMailboxesSql = """
        INSERT INTO mailbox AS b (account_id) SELECT DISTINCT id FROM unnest($1::bigint[]) AS id ORDER BY id
        ON CONFLICT (account_id) DO UPDATE SET messages = b.messages WHERE false
        """;
    private const string MakeInboxesSql = """
        INSERT INTO mailbox_folder (account_id, name) SELECT DISTINCT id, 'INBOX' FROM unnest($1::bigint[]) AS id ORDER BY id ON CONFLICT DO NOTHING
        """;

    // The same where some went into mailboxes: what left the queue is what is in the box, in one statement, so a crash leaves exactly one (P2, P4). The
    // content goes from table to table; it never travels to the node. A content is new when the messages just added are all it has.
    private const string RecordWithMailboxesSql = $"""
        {ConcludeSql},
        into_box AS MATERIALIZED (
            SELECT e.mail_id, e.account_id, e.forward_path, e.prefix, m.reverse_path, m.size AS content_size, m.sealed_with, m.size + octet_length(e.prefix) AS size,
                   row_number() OVER (PARTITION BY e.account_id ORDER BY e.mail_id, e.ordinal) AS place
            FROM ended e JOIN mail m ON m.id = e.mail_id WHERE e.account_id IS NOT NULL AND e.state = 'delivered'),
        arrived AS MATERIALIZED (
            SELECT account_id, sum(size)::bigint AS octets, count(*) AS messages FROM into_box GROUP BY account_id),
        boxes AS (
            UPDATE mailbox b SET octets = b.octets + a.octets, messages = b.messages + a.messages FROM arrived a WHERE b.account_id = a.account_id),
        inboxes AS (
            UPDATE mailbox_folder f SET uid_next = f.uid_next + a.messages, mod_seq = f.mod_seq + 1, octets = f.octets + a.octets, messages = f.messages + a.messages
            FROM arrived a WHERE f.account_id = a.account_id AND f.name = 'INBOX'),
        contents AS (
            INSERT INTO mailbox_content AS c (id, messages, added, size, sealed_with)
            SELECT mail_id, count(*), count(*), min(content_size), min(sealed_with) FROM into_box GROUP BY mail_id ORDER BY mail_id
            ON CONFLICT (id) DO UPDATE SET messages = c.messages + excluded.added, added = excluded.added
            RETURNING c.id, c.messages = c.added AS fresh),
        pieces AS (
            INSERT INTO mailbox_piece (content_id, seq, data)
            SELECT m.id, 0, m.content FROM contents c JOIN mail m ON m.id = c.id WHERE c.fresh AND m.content IS NOT NULL
            UNION ALL SELECT k.mail_id, k.seq, k.data FROM contents c JOIN mail_chunk k ON k.mail_id = c.id WHERE c.fresh),
        messages AS (
            INSERT INTO mailbox_message (folder_id, uid, mod_seq, content_id, size, reverse_path, recipient, prefix)
            SELECT f.id, f.uid_next + i.place - 1, f.mod_seq + 1, i.mail_id, i.size, i.reverse_path, i.forward_path, i.prefix
            FROM into_box i JOIN mailbox_folder f ON f.account_id = i.account_id AND f.name = 'INBOX')
        SELECT mail_id, ordinal FROM concluded
        """;

    // Mails without a recipient left, and their chunks. A statement of its own, to see what the one before it deleted. Two nodes that end the last
    // two recipients at once do not see each other's delete; SweepAsync comes by later.
    private const string RemoveMailsSql = """
        WITH gone AS (
            DELETE FROM mail m WHERE m.id = ANY ($1) AND NOT EXISTS (SELECT FROM recipient r WHERE r.mail_id = m.id)
            RETURNING m.id, m.content IS NULL AS chunked)
        DELETE FROM mail_chunk c WHERE c.mail_id IN (SELECT id FROM gone WHERE chunked)
        """;

    /// <summary>Writes how recipients ended, with the notices that report them, in one transaction and one round trip (P2).</summary>
    /// <exception cref="EpochFencedException">Nothing was written.</exception>
    public async Task<RecordResult> RecordAsync(long epoch, IReadOnlyList<Conclusion> conclusions, IReadOnlyList<Notice> notices, CancellationToken cancel)
    {
        if (conclusions.Count == 0)
            return new RecordResult([]);
        await using var batch = dataSource.CreateBatch();
        return await RecordOverAsync(batch, epoch, conclusions, notices, cancel);
    }

    /// <summary>For outcomes one after the other: see <see cref="OutcomeConnection"/>.</summary>
    public async Task<OutcomeConnection> OpenOutcomesAsync(CancellationToken cancel) => new(this, await dataSource.OpenConnectionAsync(cancel));

    internal async Task<RecordResult> RecordOverAsync(NpgsqlBatch batch, long epoch, IReadOnlyList<Conclusion> conclusions, IReadOnlyList<Notice> notices, CancellationToken cancel)
    {
        batch.Then(AssertEpochSql).Parameters.With(epoch);
        if (conclusions.Max(c => c.IntoMailbox?.Octets ?? 0) > LongCopy)
        {
            batch.Then(PatienceSql);
            batch.Timeout = LongCopySeconds;
        }
        var accounts = conclusions.Select(c => c.IntoMailbox?.Account).OfType<long>().ToArray();
        if (accounts.Length > 0)
        {
            batch.Then(LockMailboxesSql).Parameters.With(accounts);
            batch.Then(MakeInboxesSql).Parameters.With(accounts);
        }
        if (accounts.Length == 0 && notices.Count == 0 && conclusions.All(c => Ends(c) && !c.PossibleDuplicate))
            WithConclusions(batch.Then(RecordEndsSql).Parameters.With(epoch), conclusions);
        else
            WithConclusions(
                WithAbout(batch.Then(accounts.Length > 0 ? RecordWithMailboxesSql : RecordSql).Parameters.With(epoch).WithMails([.. notices.Select(n => n.Mail)], _keys.SealingIfAny), notices), conclusions);
        batch.Then(RemoveMailsSql).Parameters.With(conclusions.Where(Ends).Select(c => c.Key.Mail).Distinct().ToArray());
        var late = conclusions.Select(c => c.Key).ToHashSet();
        await UnderEpochAsync(epoch, async () =>
        {
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            // Before it come the epoch's, and that of the patience; statements without rows have none.
            while (await reader.NextResultAsync(cancel) && reader.FieldCount != 2)
            {
            }
            while (await reader.ReadAsync(cancel))
                late.Remove(new RecipientKey(reader.GetInt64(0), reader.GetInt16(1)));
            // To the end: the error of a later statement or of the commit comes after the rows.
            await reader.NextResultAsync(cancel);
        });
        return new RecordResult([.. late]);
    }

    private static bool Ends(Conclusion conclusion) => conclusion.State is RecipientState.Delivered or RecipientState.Failed;

    private static NpgsqlParameterCollection WithAbout(NpgsqlParameterCollection parameters, IReadOnlyList<Notice> notices)
    {
        var about = notices.SelectMany(n => n.About, (n, key) => (Notice: n.Mail.Id.Number, Key: key)).ToArray();
        return parameters
            .With(about.Select(a => a.Notice).ToArray())
            .With(about.Select(a => a.Key.Mail).ToArray())
            .With(about.Select(a => a.Key.Ordinal).ToArray());
    }

    private static void WithConclusions(NpgsqlParameterCollection parameters, IReadOnlyList<Conclusion> given)
    {
        parameters
            .With(given.Select(c => c.Key.Mail).ToArray())
            .With(given.Select(c => c.Key.Ordinal).ToArray())
            .With(given.Select(Word).ToArray())
            .With(given.Select(c => c.Destination).ToArray())
            .With(given.Select(c => c.RetryAfter).ToArray())
            .With(given.Select(c => (short)c.Class).ToArray())
            .With(given.Select(c => Clean(c.Reply, 512)!).ToArray())
            .With(given.Select(c => Clean(c.RemoteHost, 255)).ToArray())
            .With(given.Select(c => c.RemoteAddress).ToArray())
            .With(given.Select(c => c.RemotePort).ToArray())
            .With(given.Select(c => c.TlsVersion).ToArray())
            .With(given.Select(c => c.Rule).ToArray())
            .With(given.Select(c => Dialogue(c.Dialogue)).ToArray())
            .With(given.Select(c => c.PossibleDuplicate).ToArray())
            .With(given.Select(c => c.DelayNotified).ToArray())
            .With(given.Select(c => (short)(c.WithoutAttempt || c.State == RecipientState.Queued ? 0 : 1)).ToArray())
            .With(given.Select(c => Clean(c.ForwardPath, 1024)).ToArray())
            .With(given.Select(c => c.IntoMailbox?.Account).ToArray())
            .With(given.Select(c => Clean(c.IntoMailbox?.Prefix, 4096)).ToArray())
            .With(given.Select(c => c.Turn).ToArray());
    }

    private static string Word(Conclusion conclusion) => conclusion.State switch
    {
        RecipientState.Delivered => "delivered",
        RecipientState.Failed => "failed",
        RecipientState.Waiting => "waiting",
        RecipientState.Queued => "queued",
        _ => throw new ArgumentException($"A conclusion cannot be {conclusion.State}.", nameof(conclusion)),
    };

    // Lines as one text, because arrays of different lengths do not fit into one array; null is none.
    private static string? Dialogue(ImmutableArray<string> lines) =>
        lines.IsDefaultOrEmpty ? null : string.Join('\n', lines.Select(l => Clean(l, 1024)!.ReplaceLineEndings(" ")));

    private static string? Clean(string? text, int limit) => text is null ? null : Cleaned.Text(text, limit);
}
