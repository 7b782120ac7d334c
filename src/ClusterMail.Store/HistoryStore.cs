using ClusterMail.Protocol;
using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

/// <summary>The story of mails, from queue, attempts, history and events together: it does not matter on which nodes it happened or whether it is over.</summary>
public sealed class HistoryStore(NpgsqlDataSource dataSource)
{
    // A derived mail (error mail, notice) has a number of its own and is found by its printed name, which begins with the number it is about: from "-" up to
    // and without ".", the next character.
    private const string FindByNumberSql = """
        SELECT id FROM (
            SELECT id FROM mail WHERE id = @id
            UNION SELECT mail_id FROM history WHERE mail_id = @id
            UNION SELECT id FROM mail WHERE name ~>=~ @first AND name ~<~ @behind
            UNION SELECT mail_id FROM history WHERE name ~>=~ @first AND name ~<~ @behind) AS found
        ORDER BY 1 LIMIT @limit
        """;

    private const string FindByNameSql = """
        SELECT id FROM mail WHERE name = @name OR name ~>=~ (@name || '-') AND name ~<~ (@name || '.')
        UNION SELECT mail_id FROM history WHERE name = @name OR name ~>=~ (@name || '-') AND name ~<~ (@name || '.')
        ORDER BY 1 LIMIT @limit
        """;

    // The queue has no index by address, which every mail would pay for; its recipients are narrow rows, read once. Nothing ends before it was accepted, so
    // a time keeps older days of the history out. Its indexes hold hashes, which lead to a row; only the address in the row says whose it is.
    private const string FindByAddressSql = """
        SELECT id FROM (
            SELECT m.id, m.accepted_at FROM mail AS m WHERE lower(m.reverse_path) = @address
            UNION
            SELECT m.id, m.accepted_at FROM recipient AS r JOIN mail AS m ON m.id = r.mail_id WHERE lower(r.forward_path) = @address
            UNION
            SELECT h.mail_id, h.accepted_at FROM history AS h
            WHERE hashtextextended(lower(h.forward_path), 0) = hashtextextended(@address, 0) AND lower(h.forward_path) = @address AND (@since IS NULL OR h.ended_at >= @since)
            UNION
            SELECT h.mail_id, h.accepted_at FROM history AS h
            WHERE hashtextextended(lower(h.reverse_path), 0) = hashtextextended(@address, 0) AND lower(h.reverse_path) = @address AND (@since IS NULL OR h.ended_at >= @since)) AS found
        WHERE (@since IS NULL OR accepted_at >= @since) AND (@until IS NULL OR accepted_at < @until)
        ORDER BY accepted_at DESC, id DESC LIMIT @limit
        """;

    /// <summary>Mails with this number, or derived from it, or sent from or to this address; for an address the newest first.</summary>
    public async Task<IReadOnlyList<long>> FindAsync(TraceQuery query, CancellationToken cancel)
    {
        var (sql, name) = query.Number switch
        {
            null => (FindByAddressSql, null),
            { Suffix.Length: 0 } => (FindByNumberSql, null),
            { } id => (FindByNameSql, id.ToString()),
        };
        await using var command = dataSource.CreateCommand(sql);
        if (query.Number is { Suffix.Length: 0 } number)
        {
            command.Add("id", NpgsqlDbType.Bigint, number.Number);
            command.Add("first", NpgsqlDbType.Text, $"{number}-");
            command.Add("behind", NpgsqlDbType.Text, $"{number}.");
        }
        else if (name is not null)
        {
            command.Add("name", NpgsqlDbType.Text, name);
        }
        else
        {
            command.Add("address", NpgsqlDbType.Text, query.Address.ToLowerInvariant());
            command.Add("since", NpgsqlDbType.TimestampTz, query.Since?.ToUniversalTime());
            command.Add("until", NpgsqlDbType.TimestampTz, query.Until?.ToUniversalTime());
        }
        command.Add("limit", NpgsqlDbType.Integer, query.Limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<long>();
        while (await reader.ReadAsync(cancel))
            found.Add(reader.GetInt64(0));
        return found;
    }

    private const string MailsSql = """
        SELECT DISTINCT ON (id) id, name, reverse_path, size, accepted_at, node, client_address, helo, auth, tls FROM (
            SELECT id, name, reverse_path, size, accepted_at, node, client_address, helo, auth, tls FROM mail WHERE id = ANY (@ids)
            UNION ALL
            SELECT mail_id, name, reverse_path, size, accepted_at, accepted_node, client_address, helo, auth, accepted_tls FROM history WHERE mail_id = ANY (@ids)
        ) AS m ORDER BY id
        """;

    private const string RecipientsSql = """
        SELECT r.mail_id, r.ordinal, r.forward_path, r.destination, r.state::text, r.attempt, NULL::timestamptz, r.next_try, r.last_reply, n.name, '', NULL, NULL,
               0, NULL, ARRAY[]::text[]
        FROM recipient AS r LEFT JOIN node AS n ON n.epoch = r.owner WHERE r.mail_id = ANY (@ids)
        UNION ALL
        SELECT mail_id, ordinal, forward_path, destination, outcome::text, attempts, ended_at, NULL, reply, node, rule, remote_host, remote_address,
               remote_port, tls, dialogue
        FROM history WHERE mail_id = ANY (@ids)
        ORDER BY 1, 2
        """;

    private const string AttemptsSql = """
        SELECT mail_id, ordinal, at, attempt, class, node, destination, reply, rule, remote_host, remote_address, remote_port, tls, next_try, dialogue
        FROM attempt WHERE mail_id = ANY (@ids) ORDER BY mail_id, at, ordinal
        """;

    private const string EventsSql = """
        SELECT id, at, node, kind, text, data ->> 'mail' FROM event WHERE at >= @since AND data ->> 'mail' = ANY (@names) ORDER BY id LIMIT 1000
        """;

    /// <summary>Everything known of these mails, in one round trip for the mails and one for their events.</summary>
    public async Task<IReadOnlyList<MailStory>> LoadAsync(IReadOnlyList<long> mails, CancellationToken cancel)
    {
        var found = await MailsAsync(mails, cancel);
        await EnrichAsync(found, cancel);
        return found;
    }

    /// <summary>What this database's queue and history know of these mails, in one round trip.</summary>
    public async Task<IReadOnlyList<MailStory>> MailsAsync(IReadOnlyList<long> mails, CancellationToken cancel)
    {
        if (mails.Count == 0)
            return [];
        var stories = await StoriesAsync(mails, cancel);
        return [.. mails.Where(stories.ContainsKey).Select(id => stories[id])];
    }

    /// <summary>Adds what only the main database knows of mails, whichever database they are in: their events, and the sessions they came in by.</summary>
    public async Task EnrichAsync(IReadOnlyList<MailStory> stories, CancellationToken cancel)
    {
        await AddEventsAsync(stories, cancel);
        await AddSessionsAsync(stories.ToDictionary(story => story.Number), cancel);
    }

    // A method of its own, so that the reader is disposed once: the library gives the same object to whoever has the connection next, and a second time would end his.
    private async Task<Dictionary<long, MailStory>> StoriesAsync(IReadOnlyList<long> mails, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        foreach (var sql in (string[])[MailsSql, RecipientsSql, AttemptsSql])
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.AddWithValue("ids", mails.ToArray());
            batch.BatchCommands.Add(command);
        }
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var stories = new Dictionary<long, MailStory>();
        while (await reader.ReadAsync(cancel))
            stories[reader.GetInt64(0)] = Story(reader);
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            if (stories.TryGetValue(reader.GetInt64(0), out var story))
                story.Recipients.Add(Recipient(reader));
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            if (stories.TryGetValue(reader.GetInt64(0), out var story))
                story.Attempts.Add(Attempt(reader));
        return stories;
    }

    // The row was written at the 250 that followed the commit, by the clock of the node: near the moment the database noted. Its table has no index by mail,
    // which each mail would pay for; by time a few pages are read.
    private const string SessionsSql = """
        SELECT s.mail_id, s.connected_at, s.node, s.session, s.client_address, s.local_port
        FROM unnest(@ids, @times) AS m (id, at)
        JOIN LATERAL (SELECT * FROM session_log AS l WHERE l.at >= m.at - interval '10 seconds' AND l.at <= m.at + interval '20 seconds' AND l.mail_id = m.id LIMIT 1) AS s ON true
        """;

    private const string DialogueColumns =
        "mail_id, at, connected_at, kind, node, session, client_address, local_port, helo, reverse_path, recipients, reply, rule, dialogue";

    private const string DialoguesSql = $"SELECT {DialogueColumns} FROM receive_log WHERE mail_id = ANY (@ids) ORDER BY at";

    private async Task AddSessionsAsync(Dictionary<long, MailStory> stories, CancellationToken cancel)
    {
        var received = stories.Values.Where(story => story.ClientAddress is not null).ToList();
        if (received.Count == 0)
            return;
        var ids = received.Select(story => story.Number).ToArray();
        await using var batch = dataSource.CreateBatch();
        var sessions = new NpgsqlBatchCommand(SessionsSql);
        sessions.Parameters.AddWithValue("ids", ids);
        sessions.Parameters.AddWithValue("times", received.Select(story => story.AcceptedAt.UtcDateTime).ToArray());
        batch.BatchCommands.Add(sessions);
        var dialogues = new NpgsqlBatchCommand(DialoguesSql);
        dialogues.Parameters.AddWithValue("ids", ids);
        batch.BatchCommands.Add(dialogues);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            stories[reader.GetInt64(0)].Session = new(
                reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetInt32(5));
        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
            stories[reader.GetInt64(0)].Dialogues.Add(Dialogue(reader));
    }

    private const string RefusalsSql = $"""
        SELECT {DialogueColumns} FROM receive_log
        WHERE mail_id IS NULL AND (lower(reverse_path) = @address OR recipients @> ARRAY[@address] OR client_address = @client)
          AND (@since IS NULL OR at >= @since) AND (@until IS NULL OR at < @until)
        ORDER BY at DESC LIMIT @limit
        """;

    /// <summary>What got no number because it was refused before, by the addresses in it or its client, the newest first (LOG-14).</summary>
    public async Task<IReadOnlyList<ReceiveRow>> RefusalsAsync(TraceQuery query, CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(RefusalsSql);
        command.Add("address", NpgsqlDbType.Text, query.Client is null ? query.Address.ToLowerInvariant() : null);
        command.Add("client", NpgsqlDbType.Text, query.Client);
        command.Add("since", NpgsqlDbType.TimestampTz, query.Since?.ToUniversalTime());
        command.Add("until", NpgsqlDbType.TimestampTz, query.Until?.ToUniversalTime());
        command.Add("limit", NpgsqlDbType.Integer, query.Limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var refusals = new List<ReceiveRow>();
        while (await reader.ReadAsync(cancel))
            refusals.Add(Dialogue(reader));
        return refusals;
    }

    private static ReceiveRow Dialogue(NpgsqlDataReader reader) => new()
    {
        Mail = reader.IsDBNull(0) ? null : reader.GetInt64(0),
        At = reader.GetFieldValue<DateTimeOffset>(1),
        ConnectedAt = reader.GetFieldValue<DateTimeOffset>(2),
        Kind = (ReceiveKind)reader.GetInt16(3),
        Node = reader.GetString(4),
        Session = reader.GetString(5),
        ClientAddress = reader.GetString(6),
        LocalPort = reader.GetInt32(7),
        Helo = reader.GetString(8),
        Sender = reader.Text(9),
        Recipients = reader.GetFieldValue<string[]>(10),
        Reply = reader.GetString(11),
        Rule = reader.GetString(12),
        Dialogue = LogReader.Lines(reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<string[]>(13)),
    };

    private async Task AddEventsAsync(IReadOnlyList<MailStory> stories, CancellationToken cancel)
    {
        if (stories.Count == 0)
            return;
        var byName = new Dictionary<string, MailStory>(StringComparer.Ordinal);
        foreach (var story in stories)
        {
            byName[story.Id] = story;
            byName[story.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)] = story;
        }
        await using var command = dataSource.CreateCommand(EventsSql);
        command.Add("since", NpgsqlDbType.TimestampTz, stories.Min(s => s.AcceptedAt).ToUniversalTime());
        command.Add("names", NpgsqlDbType.Array | NpgsqlDbType.Text, byName.Keys.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            byName[reader.GetString(5)].Events.Add(
                new(reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5)));
    }

    private static MailStory Story(NpgsqlDataReader reader) => new()
    {
        Number = reader.GetInt64(0),
        Id = QueueReader.Printed(reader.GetInt64(0), reader.Text(1)),
        Sender = reader.GetString(2),
        Size = reader.GetInt64(3),
        AcceptedAt = reader.GetFieldValue<DateTimeOffset>(4),
        Node = reader.GetString(5),
        ClientAddress = reader.Text(6),
        Helo = reader.Text(7),
        AuthenticatedAs = reader.Text(8),
        TlsVersion = reader.Text(9),
    };

    private static StoryRecipient Recipient(NpgsqlDataReader reader) => new()
    {
        Ordinal = reader.GetInt16(1),
        Recipient = reader.GetString(2),
        Destination = reader.GetString(3),
        State = reader.GetString(4),
        Attempts = reader.GetInt16(5),
        EndedAt = reader.Time(6),
        NextTry = reader.Time(7),
        Reply = reader.Text(8),
        Node = reader.Text(9),
        Rule = reader.GetString(10),
        Remote = new(reader.Text(11), reader.Text(12), reader.GetInt32(13), reader.Text(14)),
        Dialogue = reader.GetFieldValue<string[]>(15),
    };

    private static StoryAttempt Attempt(NpgsqlDataReader reader) => new()
    {
        Ordinal = reader.GetInt16(1),
        At = reader.GetFieldValue<DateTimeOffset>(2),
        Number = reader.GetInt16(3),
        Class = (FailureClass)reader.GetInt16(4),
        Node = reader.GetString(5),
        Destination = reader.GetString(6),
        Reply = reader.GetString(7),
        Rule = reader.GetString(8),
        Remote = new(reader.Text(9), reader.Text(10), reader.GetInt32(11), reader.Text(12)),
        NextTry = reader.Time(13),
        Dialogue = reader.GetFieldValue<string[]>(14),
    };
}
