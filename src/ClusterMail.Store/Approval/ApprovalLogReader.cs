using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store.Approval;

/// <summary>Rows behind the approval log (上長承認記録ログ, APPROVE-303), streamed in the order of their time.</summary>
public sealed class ApprovalLogReader(NpgsqlDataSource dataSource)
{
    // Votes that decided nothing and escalations are lines of level 2 only (APPROVE-306); the vote that decides is in the decision. An escalation is written down in the audit.
    private const string LinesSql = """
        SELECT x.at, x.hold_id, CASE WHEN h.self AND x.state = 'approved' THEN 'sent' ELSE x.state END, x.by, x.principal, x.channel, x.client_address, x.result_id, h.lists[cardinality(h.lists)], h.requester, m.subject,
               extract(epoch FROM x.at - h.opened_at)::bigint,
               (SELECT array_agg(r.forward_path ORDER BY r.ordinal) FROM hold_recipient r WHERE r.hold_id = x.hold_id)
        FROM (SELECT d.decided_at AS at, d.hold_id, d.state::text AS state, d.decided_by AS by, d.principal, d.channel, d.client_address, d.result_id, d.node
              FROM hold_decision d WHERE d.decided_at >= @from AND d.decided_at < @to
              UNION ALL
              SELECT v.at, v.hold_id, 'vote', v.voter, CASE WHEN v.voter <> v.seat THEN v.seat END, v.channel, NULL, NULL, NULL
              FROM hold_vote v LEFT JOIN hold_decision d ON d.hold_id = v.hold_id
              WHERE @votes AND v.approves AND v.at >= @from AND v.at < @to AND (d.decided_at IS NULL OR v.at < d.decided_at)
              UNION ALL
              SELECT e.at, e.hold_id, 'escalated', 'system', NULL, 'timer', NULL, NULL, e.record::json ->> 'node'
              FROM (SELECT at, hold_id, record FROM audit UNION ALL SELECT at, hold_id, record FROM audit_entry) AS e
              WHERE @votes AND e.at >= @from AND e.at < @to AND e.record LIKE '%"type":"ESCALATED"%' AND e.record::json ->> 'result' = 'OK') AS x
        JOIN hold h ON h.id = x.hold_id JOIN held_mail m ON m.id = h.mail_id
        WHERE @node IS NULL OR x.node = @node ORDER BY 1, 2
        """;

    /// <param name="votes">Votes that were not the last one, and escalations, as well.</param>
    public async IAsyncEnumerable<ApprovalLine> LinesAsync(LogSpan span, bool votes, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var command = dataSource.CreateCommand(LinesSql);
        command.Add("from", NpgsqlDbType.TimestampTz, span.From.ToUniversalTime());
        command.Add("to", NpgsqlDbType.TimestampTz, span.To.ToUniversalTime());
        command.Add("node", NpgsqlDbType.Text, span.Node);
        command.Add("votes", NpgsqlDbType.Boolean, votes);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            yield return new ApprovalLine(
                reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt64(1), reader.GetString(2) == "vote" ? null : HoldStore.State(reader.GetString(2)), reader.GetString(3))
            {
                Principal = reader.Text(4),
                Channel = reader.GetString(5),
                ClientAddress = reader.Text(6),
                ResultId = reader.IsDBNull(7) ? null : reader.GetInt64(7),
                List = reader.Text(8) ?? "",
                Requester = reader.GetString(9),
                Subject = reader.GetString(10),
                SecondsHeld = reader.GetInt64(11),
                Recipients = reader.IsDBNull(12) ? [] : reader.GetFieldValue<string[]>(12),
            };
    }
}

/// <summary>One line of the approval log.</summary>
/// <param name="State">Null: a vote that decided nothing yet; <c>Escalated</c>: somebody else is asked too.</param>
/// <param name="By">Approver; <c>admin:</c> and a name; <c>system</c>.</param>
public sealed record ApprovalLine(DateTimeOffset At, long Hold, HoldState? State, string By)
{
    public string? Principal { get; init; }
    public required string Channel { get; init; }
    public string? ClientAddress { get; init; }
    public long? ResultId { get; init; }

    /// <summary>Approvers in the decision text, joined by commas.</summary>
    public required string List { get; init; }
    public required string Requester { get; init; }
    public required string Subject { get; init; }
    public long SecondsHeld { get; init; }
    public IReadOnlyList<string> Recipients { get; init; } = [];
}
