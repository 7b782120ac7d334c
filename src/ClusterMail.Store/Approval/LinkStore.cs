using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>Links to the decision page: of each the hash, and for whom and for which held mail it was made (APPROVE-160).</summary>
public sealed class LinkStore(NpgsqlDataSource dataSource)
{
    private const string AddSql = """
        INSERT INTO approval_link (hash, hold_id, approver, own) SELECT l.hash, l.hold_id, $3, $4 FROM unnest($1::bytea[], $2::bigint[]) AS l (hash, hold_id) ON CONFLICT DO NOTHING
        """;

    /// <summary>Links of one approver, or of the sender to his own mail, before the mail that carries them is written: one that then is not sent opens a page nobody knows.</summary>
    public async Task AddAsync(IReadOnlyList<(byte[] Hash, long Hold)> links, string approver, bool own, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(AddSql);
        command.Parameters.With(links.Select(link => link.Hash).ToArray()).With(links.Select(link => link.Hold).ToArray()).With(approver).With(own);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string FindSql = "SELECT hold_id, approver FROM approval_link WHERE hash = $1 AND own = $2";

    /// <summary>Null: there is no such link.</summary>
    /// <param name="hash">SHA-256 of the random part. Looking up a hash tells nothing about those near it.</param>
    /// <param name="own">A link of the sender to his own mail; else of an approver.</param>
    public async Task<LinkRow?> FindAsync(byte[] hash, bool own, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(FindSql);
        command.Parameters.With(hash).With(own);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new LinkRow(reader.GetInt64(0), reader.GetString(1)) : null;
    }

    // A link shows the result for a while after the decision (APPROVE-163).
    internal const string DropSql = """
        DELETE FROM approval_link WHERE hash IN (
            SELECT l.hash FROM approval_link l
            WHERE l.made_at < now() - interval '90 days' AND NOT EXISTS (SELECT FROM hold h WHERE h.id = l.hold_id AND h.state IN ('held', 'escalated')) LIMIT 1000)
        """;
}

/// <param name="Hold">HoldId.</param>
/// <param name="Approver">Main address of whom it was made for.</param>
public sealed record LinkRow(long Hold, string Approver);
