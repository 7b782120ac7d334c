using System.Runtime.CompilerServices;
using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>Envelopes of mails that came in during a span, as a draft of a policy is tried on them (APPROVE-520). Contents and subjects are not among them.</summary>
public sealed class EnvelopeReader(Shards shards)
{
    private const string LongerSql = "SET LOCAL statement_timeout = '300s'";

    // What was held has its whole envelope in held_mail; in history it stands again under the numbers of its parts, and what this cluster wrote itself has a name or no client.
    private const string EnvelopesSql = """
        SELECT e.id, e.reverse_path, array_agg(e.forward_path ORDER BY e.ordinal) FROM (
            SELECT y.mail_id AS id, y.reverse_path, y.forward_path, y.ordinal::bigint FROM history y
            WHERE y.accepted_at >= $1 AND y.accepted_at < $2 AND y.name IS NULL AND y.client_address IS NOT NULL AND y.reverse_path <> ''
              AND NOT EXISTS (SELECT FROM held_mail m WHERE m.id = y.mail_id) AND NOT EXISTS (SELECT FROM hold_decision d WHERE d.result_id = y.mail_id)
            UNION ALL
            SELECT m.id, m.reverse_path, r.forward_path, r.ordinal FROM held_mail m, unnest(m.recipients) WITH ORDINALITY AS r (forward_path, ordinal)
            WHERE m.received_at >= $1 AND m.received_at < $2 AND m.reverse_path <> '') AS e
        GROUP BY e.id, e.reverse_path ORDER BY e.id
        """;

    /// <summary>One after the other, so that a span of any size needs the memory of one; one database after the other. One that is away ends it with an error.</summary>
    public async IAsyncEnumerable<PastEnvelope> AllAsync(DateTimeOffset from, DateTimeOffset until, [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var shard in shards.All)
            await foreach (var envelope in AllAsync(shard.Source, from, until, cancel))
                yield return envelope;
    }

    private static async IAsyncEnumerable<PastEnvelope> AllAsync(NpgsqlDataSource source, DateTimeOffset from, DateTimeOffset until, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var longer = new NpgsqlCommand(LongerSql, connection, transaction))
            await longer.ExecuteNonQueryAsync(cancel);
        await using var command = new NpgsqlCommand(EnvelopesSql, connection, transaction) { CommandTimeout = 300 };
        command.Parameters.With(from.ToUniversalTime()).With(until.ToUniversalTime());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            yield return new PastEnvelope(reader.GetString(1), reader.GetFieldValue<string[]>(2));
    }
}

/// <param name="ReversePath">Never the null path.</param>
public sealed record PastEnvelope(string ReversePath, IReadOnlyList<string> Recipients);
