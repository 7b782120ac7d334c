using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store.Approval;

/// <summary>Held groups with everything that became of them, for the CSV export (APPROVE-334), streamed in the order of their numbers.</summary>
public sealed class ApprovalExportReader(NpgsqlDataSource dataSource)
{
    // An export of a year takes longer than any statement of the hot path may.
    private const int ExportSeconds = 600;
    private const string LongerSql = "SET LOCAL statement_timeout = '600s'";

    private const string RowsSql = $$"""
        SELECT h.id, h.mail_id, d.result_id, m.received_at, d.decided_at, {{HoldStore.StateSql}}, h.requester, d.decided_by, d.principal, d.channel, d.client_address, m.subject, m.size,
               m.attachments, h.places, h.reasons, coalesce(d.comment, ''), y.delivered_at, coalesce(y.results, '{}'),
               ARRAY(SELECT a.address FROM hold_approver a WHERE a.hold_id = h.id ORDER BY a.stage, a.place),
               ARRAY(SELECT r.forward_path FROM hold_recipient r WHERE r.hold_id = h.id ORDER BY r.ordinal),
               ARRAY(SELECT r.forward_path FROM hold_recipient r WHERE r.hold_id = h.id AND r.bcc ORDER BY r.ordinal)
        FROM hold h JOIN held_mail m ON m.id = h.mail_id LEFT JOIN hold_decision d ON d.hold_id = h.id
        LEFT JOIN LATERAL (
            SELECT max(e.ended_at) FILTER (WHERE e.outcome = 'delivered') AS delivered_at, array_agg(e.forward_path || ' ' || e.outcome || ': ' || e.reply ORDER BY e.ordinal) AS results
            FROM history e WHERE e.mail_id = d.result_id) AS y ON true
        WHERE NOT h.free AND h.opened_at >= @from AND h.opened_at < @to AND (@node IS NULL OR m.node = @node) ORDER BY h.id
        """;

    /// <summary>Those held in the span; a node is the one that held them.</summary>
    public async IAsyncEnumerable<ApprovalExportRow> RowsAsync(LogSpan span, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var longer = new NpgsqlCommand(LongerSql, connection, transaction))
            await longer.ExecuteNonQueryAsync(cancel);
        await using var command = new NpgsqlCommand(RowsSql, connection, transaction) { CommandTimeout = ExportSeconds };
        command.Add("from", NpgsqlDbType.TimestampTz, span.From.ToUniversalTime());
        command.Add("to", NpgsqlDbType.TimestampTz, span.To.ToUniversalTime());
        command.Add("node", NpgsqlDbType.Text, span.Node);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            yield return Row(reader);
    }

    private static ApprovalExportRow Row(NpgsqlDataReader r) => new()
    {
        Hold = r.GetInt64(0),
        Submission = r.GetInt64(1),
        Result = r.IsDBNull(2) ? null : r.GetInt64(2),
        ReceivedAt = r.GetFieldValue<DateTimeOffset>(3),
        DecidedAt = r.Time(4),
        State = HoldStore.State(r.GetString(5)),
        Requester = r.GetString(6),
        DecidedBy = r.Text(7),
        Principal = r.Text(8),
        Channel = r.Text(9),
        ClientAddress = r.Text(10),
        Subject = r.GetString(11),
        Size = r.GetInt64(12),
        Attachments = r.GetFieldValue<string[]>(13),
        Places = r.GetFieldValue<string[]>(14),
        Reasons = r.GetFieldValue<string[]>(15),
        Comment = r.GetString(16),
        DeliveredAt = r.Time(17),
        Results = r.GetFieldValue<string[]>(18),
        Approvers = r.GetFieldValue<string[]>(19),
        Recipients = r.GetFieldValue<string[]>(20),
        BlindRecipients = r.GetFieldValue<string[]>(21),
    };
}

/// <summary>One group, from its hold to its delivery.</summary>
public sealed record ApprovalExportRow
{
    public required long Hold { get; init; }
    public required long Submission { get; init; }

    /// <summary>The new number; null while it is open.</summary>
    public long? Result { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
    public DateTimeOffset? DecidedAt { get; init; }
    public required HoldState State { get; init; }
    public required string Requester { get; init; }
    public string? DecidedBy { get; init; }
    public string? Principal { get; init; }
    public string? Channel { get; init; }
    public string? ClientAddress { get; init; }
    public string Subject { get; init; } = "";
    public long Size { get; init; }
    public IReadOnlyList<string> Attachments { get; init; } = [];
    public IReadOnlyList<string> Places { get; init; } = [];

    /// <summary>Kind, then after a colon what was found.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];
    public string Comment { get; init; } = "";

    /// <summary>Of the last recipient that got it; null: none has.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>For each recipient that ended: address, outcome, reply.</summary>
    public IReadOnlyList<string> Results { get; init; } = [];
    public IReadOnlyList<string> Approvers { get; init; } = [];
    public IReadOnlyList<string> Recipients { get; init; } = [];
    public IReadOnlyList<string> BlindRecipients { get; init; } = [];
}
