using System.Runtime.CompilerServices;
using ClusterMail.Protocol;
using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

/// <summary>
/// Rows behind the operators' logs (LOG-16: one store, any node's or all), streamed in the order of their time, so that a day of millions of mails is
/// never in memory. A row is a mail, a recipient or an attempt; the text formats are the exporter's.
/// </summary>
public sealed class LogReader(NpgsqlDataSource dataSource)
{
    // An export of a busy day takes longer than any statement of the hot path may.
    private const int ExportSeconds = 600;
    private const string LongerSql = "SET LOCAL statement_timeout = '600s'";

    private const string KnownSql = """
        SELECT EXISTS (SELECT FROM node WHERE name = @node)
            OR EXISTS (SELECT FROM history WHERE ended_at >= @from AND ended_at < @to AND (node = @node OR accepted_node = @node))
        """;

    /// <summary>Whether there is or was a node of this name: an empty log must not come from a slip of the pen.</summary>
    public async Task<bool> KnowsAsync(LogSpan span, CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(KnownSql);
        command.Add("from", NpgsqlDbType.TimestampTz, span.From.ToUniversalTime());
        command.Add("to", NpgsqlDbType.TimestampTz, span.To.ToUniversalTime());
        command.Add("node", NpgsqlDbType.Text, span.Node);
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    // Copies for the record (COPY-2) are nobody's RCPT. Mails this cluster made itself have no client: they were not received (LOG-2). A recipient is in the queue or in the history, never in both (P2),
    // and nothing ends before it was accepted, which keeps older partitions out.
    // What is held is one line with those who are asked as recipients (APPROVE-311), what was rejected one from who decided to its sender (APPROVE-313).
    private const string AcceptedSql = """
        SELECT id, min(name), min(accepted_at), min(client_address), min(helo), min(reverse_path), array_agg(forward_path ORDER BY ordinal) FROM (
            SELECT m.id, m.name, m.accepted_at, m.client_address, m.helo, m.reverse_path, r.ordinal, r.forward_path
            FROM mail AS m JOIN recipient AS r ON r.mail_id = m.id
            WHERE m.accepted_at >= @from AND m.accepted_at < @to AND r.ordinal < @copies AND m.client_address IS NOT NULL AND (@node IS NULL OR m.node = @node)
            UNION ALL
            SELECT mail_id, name, accepted_at, client_address, helo, reverse_path, ordinal, forward_path FROM history
            WHERE ended_at >= @from AND accepted_at >= @from AND accepted_at < @to AND ordinal < @copies AND client_address IS NOT NULL
              AND (@node IS NULL OR accepted_node = @node)
            UNION ALL
            SELECT h.id, NULL, m.received_at, m.client_address, m.helo, m.reverse_path, @copies + a.place, a.address
            FROM held_mail AS m JOIN hold AS h ON h.mail_id = m.id JOIN hold_approver AS a ON a.hold_id = h.id AND a.stage = 0 AND a.asked_at <= m.received_at
            WHERE m.received_at >= @from AND m.received_at < @to AND m.client_address IS NOT NULL AND (@node IS NULL OR m.node = @node)
            UNION ALL
            SELECT d.result_id, NULL, d.decided_at, d.client_address, '[' || d.client_address || ']', d.decided_by, 0, h.requester
            FROM hold_decision AS d JOIN hold AS h ON h.id = d.hold_id
            WHERE d.state = 'rejected' AND d.decided_at >= @from AND d.decided_at < @to AND d.client_address IS NOT NULL AND (@node IS NULL OR d.node = @node)
        ) AS line GROUP BY id ORDER BY 3, 1
        """;

    /// <summary>Mails accepted in the span, with all recipients in the order of RCPT (LOG-22).</summary>
    public IAsyncEnumerable<AcceptedRow> AcceptedAsync(LogSpan span, CancellationToken cancel) => StreamAsync(AcceptedSql, span, reader => new AcceptedRow(
        QueueReader.Printed(reader.GetInt64(0), Received(reader.Text(1))), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3), reader.Text(4) ?? "",
        reader.GetString(5), reader.GetFieldValue<string[]>(6)), null, cancel);

    /// <summary>A mail released after approval goes on under its old number; it was received under the new one (APPROVE-312, APPROVE-314).</summary>
    private static string? Received(string? name) => name?.Contains('-', StringComparison.Ordinal) == false ? null : name;

    /// <summary>The suffixes of mails that approval writes stand in the detailed log only (APPROVE-317).</summary>
    private static string? Plain(string? name) => name is [.. var number, '-', 'S' or 'A' or 'N', '0', '0', '0', '1'] ? number : name;

    // What ROUTE-1 row 2 brought was kept here, in our store or in one we talk LMTP to.
    private const string LocalSql = "(destination = '[local]' OR rule LIKE 'ROUTE-1%row 2%')";

    private const string EndedSql = """
        SELECT mail_id, name, ended_at, reverse_path, forward_path, reply, class, ordinal FROM history
        WHERE ended_at >= @from AND ended_at < @to AND outcome = @outcome::recipient_outcome AND (@node IS NULL OR node = @node)
        """;
    private const string EndedOrder = " ORDER BY ended_at, mail_id, ordinal";
    private const string OutsideSql = $"{EndedSql} AND NOT {LocalSql}{EndedOrder}";
    private const string InsideSql = $"{EndedSql} AND {LocalSql}{EndedOrder}";

    /// <summary>Recipients that were delivered to other servers (LOG-4).</summary>
    public IAsyncEnumerable<EndedRow> SentAsync(LogSpan span, CancellationToken cancel) => StreamAsync(OutsideSql, span, Ended, "delivered", cancel);

    /// <summary>Recipients that were delivered here (LOG-5).</summary>
    public IAsyncEnumerable<EndedRow> KeptAsync(LogSpan span, CancellationToken cancel) => StreamAsync(InsideSql, span, Ended, "delivered", cancel);

    /// <summary>Recipients that failed for good (LOG-7).</summary>
    public IAsyncEnumerable<EndedRow> FailedAsync(LogSpan span, CancellationToken cancel) => StreamAsync(EndedSql + EndedOrder, span, Ended, "failed", cancel);

    private static EndedRow Ended(NpgsqlDataReader reader) => new(
        QueueReader.Printed(reader.GetInt64(0), Plain(reader.Text(1))), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3), reader.GetString(4),
        reader.GetString(5), (FailureClass)reader.GetInt16(6), reader.GetInt16(7));

    // The mail itself tells of what was accepted; a row for it here would be one more for each mail. A mail with a recipient in the queue and one that has
    // ended is in both tables: UNION makes it one.
    private const string ConnectionsSql = """
        SELECT at, 0, NULL::text, client_address, NULL::text, NULL::bigint, NULL::text, local_port, session FROM session_log
        WHERE at >= @from AND at < @to AND mail_id IS NULL AND (@node IS NULL OR node = @node)
        UNION ALL
        (SELECT accepted_at, 1, helo, client_address, reverse_path, id, name, local_port, '' FROM mail
         WHERE accepted_at >= @from AND accepted_at < @to AND client_address IS NOT NULL AND (@node IS NULL OR node = @node)
         UNION
         SELECT accepted_at, 1, helo, client_address, reverse_path, mail_id, name, local_port, '' FROM history
         WHERE ended_at >= @from AND accepted_at >= @from AND accepted_at < @to AND client_address IS NOT NULL AND (@node IS NULL OR accepted_node = @node))
        UNION ALL
        SELECT at, CASE kind WHEN 1 THEN 3 ELSE 2 END, helo, client_address, reverse_path, mail_id, NULL, local_port, session FROM receive_log
        WHERE at >= @from AND at < @to AND kind IN (0, 1) AND (@node IS NULL OR node = @node)
        ORDER BY 1, 2, 6
        """;

    /// <summary>Connects and the ends of transactions (LOG-20, LOG-21).</summary>
    public IAsyncEnumerable<ConnectionRow> ConnectionsAsync(LogSpan span, CancellationToken cancel) => StreamAsync(ConnectionsSql, span, reader => new ConnectionRow(
        reader.GetFieldValue<DateTimeOffset>(0), (ConnectionKind)reader.GetInt32(1), reader.Text(2) ?? "", reader.GetString(3), reader.Text(4),
        reader.IsDBNull(5) ? null : QueueReader.Printed(reader.GetInt64(5), reader.Text(6)), reader.GetInt32(7), reader.GetString(8)), null, cancel);

    private const string DialoguesSql = """
        SELECT at, mail_id, session, connected_at, dialogue FROM receive_log
        WHERE at >= @from AND at < @to AND cardinality(dialogue) > 0 AND (@node IS NULL OR node = @node)
        ORDER BY at, session
        """;

    /// <summary>Dialogues with clients, each whole, in the order in which they ended (LOG-27).</summary>
    public IAsyncEnumerable<DialogueRow> DialoguesAsync(LogSpan span, CancellationToken cancel) => StreamAsync(DialoguesSql, span, reader => new DialogueRow(
        reader.IsDBNull(1) ? reader.GetString(2) : new MessageId(reader.GetInt64(1)).ToString(), reader.GetFieldValue<DateTimeOffset>(0), reader.GetString(2),
        Lines(reader.GetFieldValue<DateTimeOffset>(3), reader.GetFieldValue<string[]>(4))), null, cancel);

    /// <summary>From the stored form: milliseconds since the connect, a blank, the line.</summary>
    internal static IReadOnlyList<(DateTimeOffset At, string Text)> Lines(DateTimeOffset connectedAt, string[] stored) =>
    [
        .. stored.Select(line => line.IndexOf(' ', StringComparison.Ordinal) is var blank and > 0 && long.TryParse(line.AsSpan(0, blank), out var after)
            ? (connectedAt.AddMilliseconds(after), line[(blank + 1)..])
            : (connectedAt, line)),
    ];

    private const string SwitchedSql = "SELECT saved_at, values ->> @name FROM setting_version ORDER BY version";

    /// <summary>What a setting was from when on: a log that was off for an hour has no lines of that hour (LOG-15), though the mail's history has them.</summary>
    public async Task<IReadOnlyList<(DateTimeOffset Since, string? Value)>> SwitchedAsync(string setting, CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(SwitchedSql);
        command.Add("name", NpgsqlDbType.Text, setting);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var values = new List<(DateTimeOffset, string?)>();
        while (await reader.ReadAsync(cancel))
            values.Add((reader.GetFieldValue<DateTimeOffset>(0), reader.Text(1)));
        return values;
    }

    private const string NodesSql = "SELECT DISTINCT name FROM node ORDER BY 1";

    /// <summary>Names of all nodes there are and were.</summary>
    public async Task<IReadOnlyList<string>> NodesAsync(CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(NodesSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var names = new List<string>();
        while (await reader.ReadAsync(cancel))
            names.Add(reader.GetString(0));
        return names;
    }

    // An attempt that did not end its recipient is in attempt, one that did is in history.
    private const string AttemptsSql = """
        SELECT a.mail_id, coalesce(m.name, (SELECT h.name FROM history AS h WHERE h.mail_id = a.mail_id LIMIT 1)), a.at, a.ordinal, NULL, a.destination, a.rule,
               a.reply, a.class, a.remote_host, a.remote_address, a.remote_port, a.tls, a.next_try, a.dialogue, a.attempt::integer,
               coalesce((SELECT r.forward_path FROM recipient AS r WHERE r.mail_id = a.mail_id AND r.ordinal = a.ordinal),
                        (SELECT h.forward_path FROM history AS h WHERE h.mail_id = a.mail_id AND h.ordinal = a.ordinal LIMIT 1), ''),
               coalesce(m.accepted_at, (SELECT h.accepted_at FROM history AS h WHERE h.mail_id = a.mail_id LIMIT 1), a.at)
        FROM attempt AS a LEFT JOIN mail AS m ON m.id = a.mail_id
        WHERE a.at >= @from AND a.at < @to AND a.next_try IS NOT NULL AND (@node IS NULL OR a.node = @node)
        UNION ALL
        SELECT mail_id, name, ended_at, ordinal, outcome::text, destination, rule, reply, class, remote_host, remote_address, remote_port, tls, NULL, dialogue,
               attempts::integer, forward_path, accepted_at
        FROM history
        WHERE ended_at >= @from AND ended_at < @to AND outcome <> 'deleted' AND (@node IS NULL OR node = @node)
        ORDER BY 3, 1, 4
        """;

    /// <summary>Attempts of the span (LOG-25, LOG-26).</summary>
    public IAsyncEnumerable<AttemptRow> AttemptsAsync(LogSpan span, CancellationToken cancel) => StreamAsync(AttemptsSql, span, reader => new AttemptRow
    {
        Id = QueueReader.Printed(reader.GetInt64(0), reader.Text(1)),
        At = reader.GetFieldValue<DateTimeOffset>(2),
        Outcome = reader.Text(4),
        Destination = reader.GetString(5),
        Rule = reader.GetString(6),
        Reply = reader.GetString(7),
        Class = (FailureClass)reader.GetInt16(8),
        Remote = new(reader.Text(9), reader.Text(10), reader.GetInt32(11), reader.Text(12)),
        NextTry = reader.Time(13),
        Dialogue = reader.GetFieldValue<string[]>(14),
        Number = reader.GetInt32(15),
        Recipient = reader.GetString(16),
        AcceptedAt = reader.GetFieldValue<DateTimeOffset>(17),
        Ordinal = reader.GetInt16(3),
    }, null, cancel);

    private async IAsyncEnumerable<T> StreamAsync<T>(
        string sql, LogSpan span, Func<NpgsqlDataReader, T> row, string? outcome, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var longer = new NpgsqlCommand(LongerSql, connection, transaction))
            await longer.ExecuteNonQueryAsync(cancel);
        await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = ExportSeconds };
        command.Add("from", NpgsqlDbType.TimestampTz, span.From.ToUniversalTime());
        command.Add("to", NpgsqlDbType.TimestampTz, span.To.ToUniversalTime());
        command.Add("node", NpgsqlDbType.Text, span.Node);
        if (sql == AcceptedSql)
            command.Add("copies", NpgsqlDbType.Smallint, RecipientKey.FirstCopy);
        if (outcome is not null)
            command.Add("outcome", NpgsqlDbType.Text, outcome);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            yield return row(reader);
    }
}

/// <param name="To">Exclusive.</param>
/// <param name="Node">Null: all nodes, merged by time.</param>
public sealed record LogSpan(DateTimeOffset From, DateTimeOffset To, string? Node);

public sealed record AcceptedRow(string Id, DateTimeOffset At, string ClientAddress, string Helo, string Sender, IReadOnlyList<string> Recipients);

public sealed record EndedRow(string Id, DateTimeOffset At, string Sender, string Recipient, string Reply, FailureClass Class, short Ordinal = 0);

/// <summary>What a line of acceptlog tells (LOG-20). In the order in which lines of the same moment are printed.</summary>
public enum ConnectionKind
{
    Connect = 0,
    Accepted = 1,
    Aborted = 2,

    /// <summary>On a DNS block list.</summary>
    Listed = 3,
}

/// <param name="Helo">Empty: none was said.</param>
/// <param name="Sender">Null: no MAIL was said.</param>
/// <param name="Id">Null: refused before DATA.</param>
/// <param name="Session">Empty for an accepted mail, which has its number.</param>
public sealed record ConnectionRow(
    DateTimeOffset At, ConnectionKind Kind, string Helo, string ClientAddress, string? Sender, string? Id, int LocalPort, string Session);

/// <param name="Id">Number of the mail, or the session when there is none.</param>
public sealed record DialogueRow(string Id, DateTimeOffset At, string Session, IReadOnlyList<(DateTimeOffset At, string Text)> Lines);

/// <summary>One attempt on one recipient.</summary>
public sealed record AttemptRow
{
    public required string Id { get; init; }
    public DateTimeOffset At { get; init; }

    /// <summary><c>delivered</c> or <c>failed</c>; null: it goes on.</summary>
    public string? Outcome { get; init; }
    public required string Destination { get; init; }
    public required string Rule { get; init; }
    public required string Reply { get; init; }
    public FailureClass Class { get; init; }
    public required RemoteEnd Remote { get; init; }
    public DateTimeOffset? NextTry { get; init; }
    public IReadOnlyList<string> Dialogue { get; init; } = [];

    /// <summary>Empty: not known.</summary>
    public string Recipient { get; init; } = "";

    /// <summary>1, 2, ...; 0: not known.</summary>
    public int Number { get; init; }
    public DateTimeOffset AcceptedAt { get; init; }
    public short Ordinal { get; init; }
}
