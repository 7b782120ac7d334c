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

    // Mails this cluster made itself have no client: they were not received (LOG-2). A recipient is in the queue or in the history, never in both (P2),
    // and nothing ends before it was accepted, which keeps older partitions out.
    private const string AcceptedSql = """
        SELECT id, min(name), min(accepted_at), min(client_address), min(helo), min(reverse_path), array_agg(forward_path ORDER BY ordinal) FROM (
            SELECT m.id, m.name, m.accepted_at, m.client_address, m.helo, m.reverse_path, r.ordinal, r.forward_path
            FROM mail AS m JOIN recipient AS r ON r.mail_id = m.id
            WHERE m.accepted_at >= @from AND m.accepted_at < @to AND m.client_address IS NOT NULL AND (@node IS NULL OR m.node = @node)
            UNION ALL
            SELECT mail_id, name, accepted_at, client_address, helo, reverse_path, ordinal, forward_path FROM history
            WHERE ended_at >= @from AND accepted_at >= @from AND accepted_at < @to AND client_address IS NOT NULL AND (@node IS NULL OR accepted_node = @node)
        ) AS line GROUP BY id ORDER BY 3, 1
        """;

    /// <summary>Mails accepted in the span, with all recipients in the order of RCPT (LOG-22).</summary>
    public IAsyncEnumerable<AcceptedRow> AcceptedAsync(LogSpan span, CancellationToken cancel) => StreamAsync(AcceptedSql, span, reader => new AcceptedRow(
        QueueReader.Printed(reader.GetInt64(0), reader.Text(1)), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3), reader.Text(4) ?? "",
        reader.GetString(5), reader.GetFieldValue<string[]>(6)), null, cancel);

    private const string EndedSql = """
        SELECT mail_id, name, ended_at, reverse_path, forward_path, reply, class FROM history
        WHERE ended_at >= @from AND ended_at < @to AND outcome = @outcome::recipient_outcome AND (@node IS NULL OR node = @node)
        ORDER BY ended_at, mail_id, ordinal
        """;

    /// <summary>Recipients that ended in the span (LOG-23, LOG-24).</summary>
    /// <param name="delivered">False: those that failed.</param>
    public IAsyncEnumerable<EndedRow> EndedAsync(LogSpan span, bool delivered, CancellationToken cancel) => StreamAsync(EndedSql, span, reader => new EndedRow(
        QueueReader.Printed(reader.GetInt64(0), reader.Text(1)), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3), reader.GetString(4),
        reader.GetString(5), (FailureClass)reader.GetInt16(6)), delivered ? "delivered" : "failed", cancel);

    // An attempt that did not end its recipient is in attempt, one that did is in history.
    private const string AttemptsSql = """
        SELECT a.mail_id, coalesce(m.name, (SELECT h.name FROM history AS h WHERE h.mail_id = a.mail_id LIMIT 1)), a.at, a.ordinal, NULL, a.destination, a.rule,
               a.reply, a.class, a.remote_host, a.remote_address, a.remote_port, a.tls, a.next_try, a.dialogue
        FROM attempt AS a LEFT JOIN mail AS m ON m.id = a.mail_id
        WHERE a.at >= @from AND a.at < @to AND a.next_try IS NOT NULL AND (@node IS NULL OR a.node = @node)
        UNION ALL
        SELECT mail_id, name, ended_at, ordinal, outcome::text, destination, rule, reply, class, remote_host, remote_address, remote_port, tls, NULL, dialogue
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

public sealed record EndedRow(string Id, DateTimeOffset At, string Sender, string Recipient, string Reply, FailureClass Class);

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
}
