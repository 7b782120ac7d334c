using ClusterMail.Protocol;
using ClusterMail.Store.Content;
using Npgsql;

namespace ClusterMail.Store;

// Taking recipients into ownership.
public sealed partial class QueueStore
{
    /// <summary>
    /// Destinations one claim walks through, at most, where more is due than it looks at one by one; the next goes on where this one stopped. Measured with 1,000,000
    /// recipients waiting at 10,000 destinations: 8 to 16 µs each.
    /// </summary>
    private const int StepsPerClaim = 10_000;

    /// <summary>Octets of content that come with the claim, once for each mail, not for mailboxes of this cluster, whose content never comes to a node: for a small mail one more question costs as much as all the rest of reading it.</summary>
    private const string ContentWithClaim = "16384";

    private volatile string _position = "";

    private const string DueDestinationsSql = "SELECT keys, stopped_at, whole FROM due_destinations($1, $2, $3, $4, $5)";

    // Takes the rows of 'taken' into the epoch. started_at equal to now() means that this claim set it: there was no attempt before.
    // Nothing before the first renewal after a start of the server: it may be another database than before. The content comes with one recipient of a mail, not with each.
    private const string OwnTaken = $"""
        UPDATE recipient AS r
        SET owner = $1, state = 'delivering', turn = r.turn + 1, started_at = coalesce(r.started_at, now())
        FROM (SELECT mail_id, ordinal, ordinal = min(ordinal) FILTER (WHERE destination <> '[local]') OVER (PARTITION BY mail_id) AS brings_content FROM taken) AS t
        JOIN mail m ON m.id = t.mail_id
        WHERE r.mail_id = t.mail_id AND r.ordinal = t.ordinal AND renewed_since_start($1)
        RETURNING r.mail_id, r.ordinal, r.forward_path, r.destination, r.notify, r.orcpt, r.attempt, r.refusals, r.class, r.last_reply,
                  now() - r.queued_at, CASE WHEN r.started_at < now() THEN now() - r.started_at END, r.delay_notified, r.bounce_now,
                  m.name, m.reverse_path, m.size, m.body, m.smtputf8, m.has_8bit, m.ret, m.envid, m.accepted_at,
                  CASE WHEN m.size <= {ContentWithClaim} AND t.brings_content THEN {WholeSql} END, m.sealed_with, r.turn,
                  now() - r.next_try
        """;

    // The oldest due of each destination, then what else of the same mails goes the same way (OUT-1). The clock is the database's (CLU-30).
    // Of the mates, destination and time are compared so that no index on them fits: a plan made while the queue was empty looked for each mail through all that waited for its destination.
    private const string ClaimSql = $"""
        WITH first AS MATERIALIZED (
            SELECT due.mail_id, due.ordinal, due.destination
            FROM unnest($2::text[]) AS k (destination), LATERAL (
                SELECT r.mail_id, r.ordinal, r.destination FROM recipient r
                WHERE r.destination = k.destination AND r.state IN ('queued', 'waiting') AND r.next_try <= now() AND r.next_try > coalesce(now() - $5, '-infinity')
                ORDER BY r.next_try LIMIT $3 FOR UPDATE SKIP LOCKED) AS due),
        mates AS MATERIALIZED (
            SELECT r.mail_id, r.ordinal, r.destination
            FROM (SELECT DISTINCT mail_id, destination FROM first) AS f JOIN recipient r ON r.mail_id = f.mail_id AND r.destination || '' = f.destination
            WHERE r.state IN ('queued', 'waiting') AND r.next_try + interval '0' <= now()
            LIMIT $4 FOR UPDATE OF r SKIP LOCKED),
        taken AS (SELECT mail_id, ordinal, destination FROM first UNION SELECT mail_id, ordinal, destination FROM mates)
        {OwnTaken}
        """;

    /// <summary>
    /// Takes up to <paramref name="limit"/> due recipients for this epoch, oldest due first within a destination and evenly over the
    /// destinations, at most <paramref name="perDestination"/> of one (CLU-35), none of a destination that is down, skipping rows other nodes are just
    /// taking. All due recipients of a mail with the same destination are taken together (OUT-1), for which the limits may be exceeded by up
    /// to <paramref name="limit"/>. May give fewer than there are: an empty answer means nothing was due in the part of the queue looked at,
    /// and the next call looks further.
    /// </summary>
    /// <param name="within">Only what became due within this time; null: everything. Where much did, everything too. Looking at little is cheap even where an open
    /// snapshot keeps millions of dead index entries.</param>
    /// <exception cref="EpochFencedException">Nothing was taken. Not thrown when nothing was due.</exception>
    public async Task<IReadOnlyList<ClaimedRecipient>> ClaimAsync(
        long epoch, int limit, int perDestination, IReadOnlyCollection<string> fullDestinations, CancellationToken cancel, TimeSpan? within = null)
    {
        if (limit <= 0 || perDestination <= 0)
            return [];
        var (keys, whole) = await DueDestinationsAsync(limit, fullDestinations, within, cancel);
        if (keys.Length == 0)
            return [];
        var share = Math.Clamp(limit / keys.Length, 1, perDestination);
        return await TakeAsync(epoch, ClaimSql, parameters => parameters.With(keys).With(share).With(limit).WithSpan(whole ? null : within), cancel);
    }

    // What an administrator wants failed, and what has waited for longer than its period at a destination that is down. A recipient never tried
    // (delivery was off, QUEUE-5) uses up no time before its destination was first found down.
    private const string ClaimExpiredSql = $"""
        WITH bounced AS MATERIALIZED (
            SELECT mail_id, ordinal, destination FROM recipient WHERE bounce_now AND state IN ('queued', 'waiting') LIMIT $2 FOR UPDATE SKIP LOCKED),
        expired AS MATERIALIZED (
            SELECT due.mail_id, due.ordinal, d.key AS destination
            FROM destination d, LATERAL (
                SELECT r.mail_id, r.ordinal FROM recipient r
                WHERE r.destination = d.key AND r.state IN ('queued', 'waiting') AND coalesce(r.started_at, r.queued_at) < now() - $3
                  AND (r.started_at IS NOT NULL OR d.down_since < now() - $3)
                ORDER BY coalesce(r.started_at, r.queued_at) LIMIT $2 FOR UPDATE SKIP LOCKED) AS due
            WHERE d.down_until > now() LIMIT $2),
        taken AS (SELECT mail_id, ordinal, destination FROM bounced UNION SELECT mail_id, ordinal, destination FROM expired)
        {OwnTaken}
        """;

    /// <summary>
    /// Takes recipients to be failed without another attempt: those an administrator bounced, and those whose destination is down and whose
    /// period (RETRY-3) has ended. At most twice <paramref name="limit"/>.
    /// </summary>
    /// <exception cref="EpochFencedException">Nothing was taken.</exception>
    public Task<IReadOnlyList<ClaimedRecipient>> ClaimExpiredAsync(long epoch, int limit, TimeSpan period, CancellationToken cancel) =>
        TakeAsync(epoch, ClaimExpiredSql, parameters => parameters.With(limit).With(period), cancel);

    private async Task<(string[] Keys, bool Whole)> DueDestinationsAsync(int limit, IReadOnlyCollection<string> full, TimeSpan? within, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(DueDestinationsSql);
        command.Parameters.With(_position).With(limit).With(StepsPerClaim).With(full.ToArray()).WithSpan(within);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        _position = reader.GetString(1);
        return (reader.GetFieldValue<string[]>(0), reader.GetBoolean(2));
    }

    private async Task<IReadOnlyList<ClaimedRecipient>> TakeAsync(
        long epoch, string sql, Action<NpgsqlParameterCollection> add, CancellationToken cancel)
    {
        var taken = new List<ClaimedRecipient>();
        await using var batch = dataSource.CreateBatch();
        batch.Then(AssertEpochSql).Parameters.With(epoch);
        add(batch.Then(sql).Parameters.With(epoch));
        await UnderEpochAsync(epoch, async () =>
        {
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            await reader.NextResultAsync(cancel);
            var mails = new Dictionary<long, QueuedMail>();
            while (await reader.ReadAsync(cancel))
                taken.Add(Claimed(reader, mails));
            // The error of a commit comes after the rows.
            await reader.NextResultAsync(cancel);
        });
        return taken;
    }

    private ClaimedRecipient Claimed(NpgsqlDataReader reader, Dictionary<long, QueuedMail> mails)
    {
        var id = reader.GetInt64(0);
        if (!mails.TryGetValue(id, out var mail))
            mails.Add(id, mail = ReadMail(reader, id));
        if (!reader.IsDBNull(23))
            mail.ClaimedContent = Content(reader, id);
        return new ClaimedRecipient
        {
            Key = new RecipientKey(id, reader.GetInt16(1)),
            ForwardPath = reader.GetString(2),
            Destination = reader.GetString(3),
            Notify = (Notify)reader.GetInt16(4),
            OriginalRecipient = reader.TextOrNull(5),
            Attempts = reader.GetInt16(6),
            Refusals = reader.GetInt16(7),
            LastClass = (FailureClass)reader.GetInt16(8),
            LastReply = reader.TextOrNull(9),
            Age = reader.GetTimeSpan(10),
            SinceFirstAttempt = reader.IsDBNull(11) ? null : reader.GetTimeSpan(11),
            DelayNotified = reader.GetBoolean(12),
            BounceNow = reader.GetBoolean(13),
            Turn = reader.GetInt32(25),
            Overdue = reader.GetTimeSpan(26),
            Mail = mail,
        };
    }

    private static QueuedMail ReadMail(NpgsqlDataReader reader, long id) => new()
    {
        Id = new MessageId(id),
        Name = reader.TextOrNull(14),
        ReversePath = reader.GetString(15),
        Size = reader.GetInt64(16),
        Body = (BodyType)reader.GetInt16(17),
        SmtpUtf8 = reader.GetBoolean(18),
        Has8Bit = reader.GetBoolean(19),
        Ret = (Ret)reader.GetInt16(20),
        EnvelopeId = reader.TextOrNull(21),
        AcceptedAt = reader.GetFieldValue<DateTimeOffset>(22),
    };

    /// <summary>Null: it cannot be opened here, or was not whole. Reading it when its turn comes says why.</summary>
    private MemoryContent? Content(NpgsqlDataReader reader, long id)
    {
        try
        {
            // So small a content is one piece where it is one value, too.
            return new MemoryContent(StoredContent.Whole(reader.GetFieldValue<byte[][]>(23), id, reader.GetInt64(16), reader.TextOrNull(24) is { } name ? _keys.Find(name) : null));
        }
        catch (Exception e) when (e is ContentClosedException or IOException)
        {
            return null;
        }
    }
}
