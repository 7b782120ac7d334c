using ClusterMail.Protocol;
using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

/// <summary>Looks at the queue for people; changes nothing. Every list has a limit, so that a million waiting mails do not end up in one answer.</summary>
public sealed class QueueReader(NpgsqlDataSource dataSource)
{
    // The last reply of a destination that was never down is looked up for the rows shown only. Mails are counted in the order of the primary key: count(DISTINCT)
    // would sort them.
    private const string SummarySql = """
        WITH waiting AS (
            SELECT destination, count(*) AS recipients, count(*) FILTER (WHERE state = 'delivering') AS delivering,
                   count(*) FILTER (WHERE state = 'held') AS held, min(queued_at) AS oldest,
                   min(next_try) FILTER (WHERE state IN ('queued', 'waiting')) AS next_try
            FROM recipient GROUP BY destination),
        shown AS (SELECT * FROM waiting ORDER BY recipients DESC, destination LIMIT @limit)
        SELECT s.destination, s.recipients, s.delivering, s.held, s.oldest, s.next_try, coalesce(d.last_reply, l.last_reply),
               CASE WHEN d.down_until > now() THEN d.down_until END, d.connection_limit,
               (SELECT count(*) FROM waiting), (SELECT sum(recipients)::bigint FROM waiting), (SELECT count(*) FROM (SELECT FROM recipient GROUP BY mail_id) AS mail)
        FROM shown AS s
        LEFT JOIN destination AS d ON d.key = s.destination
        LEFT JOIN LATERAL (
            SELECT r.last_reply FROM recipient AS r
            WHERE r.destination = s.destination AND r.state IN ('queued', 'waiting') AND r.last_reply IS NOT NULL
            ORDER BY r.next_try DESC LIMIT 1) AS l ON d.last_reply IS NULL
        ORDER BY s.recipients DESC, s.destination
        """;

    /// <summary>One row per destination, most recipients first.</summary>
    public async Task<QueueTotals> SummaryAsync(int limit, CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(SummarySql);
        command.Add("limit", NpgsqlDbType.Integer, limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<DestinationRow>();
        var totals = new QueueTotals(0, 0, 0, rows);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(
                reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetFieldValue<DateTimeOffset>(4), reader.Time(5),
                reader.Text(6), reader.Time(7), reader.IsDBNull(8) ? null : reader.GetInt32(8)));
            totals = totals with { Destinations = reader.GetInt64(9), Recipients = reader.GetInt64(10), Mails = reader.GetInt64(11) };
        }
        return totals;
    }

    // Held recipients wait because somebody wants it so: they have no age to be alarmed about. One pass over the narrow table, no sort but of destinations.
    private const string OldestSql = """
        WITH waiting AS (
            SELECT destination, count(*) AS recipients, min(queued_at) AS oldest FROM recipient WHERE state <> 'held' GROUP BY destination)
        SELECT destination, recipients, extract(epoch FROM greatest(now() - oldest, interval '0'))::float8 FROM waiting
        ORDER BY oldest, destination LIMIT @limit
        """;

    /// <summary>The destinations whose mail has waited longest, for metrics. Reads the whole queue: not for every scrape.</summary>
    public async Task<IReadOnlyList<DestinationAge>> OldestAsync(int limit, CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(OldestSql);
        command.Add("limit", NpgsqlDbType.Integer, limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<DestinationAge>();
        while (await reader.ReadAsync(cancel))
            rows.Add(new(reader.GetString(0), reader.GetInt64(1), TimeSpan.FromSeconds(reader.GetDouble(2))));
        return rows;
    }

    private const string EntryColumns = """
        r.mail_id, r.ordinal, m.name, m.reverse_path, r.forward_path, r.destination, r.state::text, r.attempt, m.accepted_at, r.next_try, r.last_reply, n.name,
        m.size, r.started_at, r.class, r.bounce_now
        """;

    private const string EntryTables = "recipient AS r JOIN mail AS m ON m.id = r.mail_id LEFT JOIN node AS n ON n.epoch = r.owner";

    private const string ListSql = $"""
        SELECT {EntryColumns} FROM {EntryTables}
        WHERE (@destination IS NULL OR r.destination = @destination)
          AND (@state IS NULL OR r.state = @state::recipient_state)
          AND (@node IS NULL OR n.name = @node)
          AND (@older IS NULL OR r.queued_at < now() - @older)
          AND (@sender IS NULL OR lower(m.reverse_path) = @sender OR (@sender LIKE '@%' AND right(lower(m.reverse_path), length(@sender)) = @sender))
          AND (@recipient IS NULL OR lower(r.forward_path) = @recipient
               OR (@recipient LIKE '@%' AND right(lower(r.forward_path), length(@recipient)) = @recipient))
          AND (r.mail_id, r.ordinal) > (@after_mail, @after_ordinal)
        ORDER BY r.mail_id, r.ordinal LIMIT @limit
        """;

    /// <summary>Recipients that wait, oldest mail first.</summary>
    public async Task<IReadOnlyList<QueueRow>> ListAsync(QueueFilter filter, CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(ListSql);
        command.Add("destination", NpgsqlDbType.Text, filter.Destination);
        command.Add("state", NpgsqlDbType.Text, filter.State?.ToString().ToLowerInvariant());
        command.Add("node", NpgsqlDbType.Text, filter.Node);
        command.Add("older", NpgsqlDbType.Interval, filter.OlderThan);
        command.Add("sender", NpgsqlDbType.Text, filter.Sender?.ToLowerInvariant());
        command.Add("recipient", NpgsqlDbType.Text, filter.Recipient?.ToLowerInvariant());
        command.Add("after_mail", NpgsqlDbType.Bigint, filter.After.Mail);
        command.Add("after_ordinal", NpgsqlDbType.Smallint, filter.After.Ordinal);
        command.Add("limit", NpgsqlDbType.Integer, filter.Limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<QueueRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(Row(reader));
        return rows;
    }

    private const string MailSql = """
        SELECT id, name, reverse_path, size, accepted_at, node, client_address, helo, auth, tls, envid FROM mail
        WHERE CASE WHEN @name IS NULL THEN id = @id ELSE name = @name END
        """;

    /// <summary>
    /// The mail itself; null when it is not in the queue. A number with a suffix is a printed name; without one it is the number in the database,
    /// which is also what a derived mail has.
    /// </summary>
    public async Task<QueuedMailRow?> MailAsync(MessageId id, CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(MailSql);
        command.Add("id", NpgsqlDbType.Bigint, id.Number);
        command.Add("name", NpgsqlDbType.Text, id.Suffix.Length == 0 ? null : id.ToString());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            return null;
        return new(
            reader.GetInt64(0), Printed(reader.GetInt64(0), reader.Text(1)), reader.GetString(2), reader.GetInt64(3), reader.GetFieldValue<DateTimeOffset>(4),
            reader.GetString(5), reader.Text(6), reader.Text(7), reader.Text(8), reader.Text(9), reader.Text(10));
    }

    private const string RecipientsSql = $"""
        SELECT {EntryColumns} FROM {EntryTables} WHERE r.mail_id = @id ORDER BY r.ordinal
        """;

    /// <summary>Recipients of a mail that have not ended, in the order of RCPT.</summary>
    public async Task<IReadOnlyList<QueueRow>> RecipientsAsync(long mail, CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(RecipientsSql);
        command.Add("id", NpgsqlDbType.Bigint, mail);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<QueueRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(Row(reader));
        return rows;
    }

    // Counted once for each destination, however many recipients the mail has, and by the three indexes that together hold every recipient of it: one
    // condition for all would read the whole queue.
    private const string SurroundingsSql = """
        WITH there AS MATERIALIZED (
            SELECT k.destination,
                   (SELECT count(*) FROM recipient AS o WHERE o.destination = k.destination AND o.state IN ('queued', 'waiting'))
                   + (SELECT count(*) FROM recipient AS o WHERE o.destination = k.destination AND o.owner IS NOT NULL)
                   + (SELECT count(*) FROM recipient AS o WHERE o.destination = k.destination AND o.state = 'held') AS recipients
            FROM (SELECT DISTINCT destination FROM recipient WHERE mail_id = @id) AS k)
        SELECT r.ordinal, d.last_reply, CASE WHEN d.down_until > now() THEN d.down_until END, d.connection_limit, t.recipients,
               (SELECT max(a.at) FROM attempt AS a WHERE a.mail_id = r.mail_id AND a.ordinal = r.ordinal)
        FROM recipient AS r JOIN there AS t ON t.destination = r.destination LEFT JOIN destination AS d ON d.key = r.destination
        WHERE r.mail_id = @id
        """;

    /// <summary>What stands around each recipient of a mail and may hold it up, by ordinal.</summary>
    public async Task<IReadOnlyDictionary<short, Surroundings>> SurroundingsAsync(long mail, CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(SurroundingsSql);
        command.Add("id", NpgsqlDbType.Bigint, mail);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new Dictionary<short, Surroundings>();
        while (await reader.ReadAsync(cancel))
            found[reader.GetInt16(0)] = new(reader.Text(1), reader.Time(2), reader.IsDBNull(3) ? null : reader.GetInt32(3), reader.GetInt64(4), reader.Time(5));
        return found;
    }

    private static QueueRow Row(NpgsqlDataReader reader) => new()
    {
        Key = new(reader.GetInt64(0), reader.GetInt16(1)),
        Id = Printed(reader.GetInt64(0), reader.Text(2)),
        Sender = reader.GetString(3),
        Recipient = reader.GetString(4),
        Destination = reader.GetString(5),
        State = Enum.Parse<RecipientState>(reader.GetString(6), ignoreCase: true),
        Attempts = reader.GetInt16(7),
        AcceptedAt = reader.GetFieldValue<DateTimeOffset>(8),
        NextTry = reader.GetFieldValue<DateTimeOffset>(9),
        LastReply = reader.Text(10),
        Node = reader.Text(11),
        Size = reader.GetInt64(12),
        StartedAt = reader.Time(13),
        Class = (FailureClass)reader.GetInt16(14),
        BounceNow = reader.GetBoolean(15),
    };

    internal static string Printed(long id, string? name) => name ?? new MessageId(id).ToString();
}
