using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>Open groups by the approvers they wait for: to find those whose approvers cannot be reached or are gone (APPROVE-51, APPROVE-63).</summary>
public sealed class ApproverStore(NpgsqlDataSource dataSource)
{
    /// <summary>Everybody a held mail waits for, lower case: read from an index of what waits alone.</summary>
    public async Task<IReadOnlyList<string>> WaitedForAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask("SELECT DISTINCT lower(address) FROM hold_approver WHERE waits");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var addresses = new List<string>();
        while (await reader.ReadAsync(cancel))
            addresses.Add(reader.GetString(0));
        return addresses;
    }

    private const string WaitingSql = """
        SELECT DISTINCT a.hold_id FROM hold_approver a JOIN hold h ON h.id = a.hold_id
        WHERE a.waits AND lower(a.address) = ANY ($1) AND a.hold_id > $2 AND h.state = 'held' ORDER BY a.hold_id LIMIT $3
        """;

    /// <summary>Groups behind <paramref name="after"/> that wait for one of these and are not escalated, in their order.</summary>
    public Task<IReadOnlyList<long>> WaitingAsync(IReadOnlyCollection<string> approvers, long after, int limit, CancellationToken cancel) =>
        IdsAsync(WaitingSql, p => p.With(approvers.ToArray()).With(after).With(limit), cancel);

    // Only while something is held; by the index of when recipients ended, and of a request the name tells the group (APPROVE-317).
    private const string UndeliverableSql = """
        WITH failed AS (
            SELECT DISTINCT substring(y.name FROM '^B([0-9]{10,19})-A')::bigint AS hold_id, lower(y.forward_path) AS address FROM history y
            WHERE EXISTS (SELECT FROM hold WHERE state IN ('held', 'escalated')) AND y.ended_at > now() - $1 AND y.outcome <> 'delivered' AND y.name ~ '^B[0-9]{10,19}-A')
        UPDATE hold_approver a SET failed_at = now() FROM failed f
        WHERE a.hold_id = f.hold_id AND lower(a.address) = f.address AND a.waits AND a.failed_at IS NULL RETURNING a.hold_id
        """;

    /// <summary>Writes down with each approver that his request has failed for good within <paramref name="past"/> (APPROVE-63).</summary>
    /// <returns>Groups in which that is new.</returns>
    public async Task<IReadOnlyList<long>> MarkUndeliverableAsync(TimeSpan past, CancellationToken cancel) => [.. (await IdsAsync(UndeliverableSql, p => p.With(past), cancel)).Distinct()];

    private const string BusySql = """
        SELECT lower(a.address), count(*), min(a.asked_at) FROM hold_approver a WHERE a.waits GROUP BY 1 HAVING count(*) >= $1 ORDER BY 2 DESC, 1 LIMIT 200
        """;

    /// <summary>Approvers with at least <paramref name="fewest"/> undecided mails, most first (APPROVE-93): address, number, since when the oldest.</summary>
    public async Task<IReadOnlyList<(string Address, long Waiting, DateTimeOffset Oldest)>> BusyAsync(long fewest, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(BusySql);
        command.Parameters.With(fewest);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var busy = new List<(string, long, DateTimeOffset)>();
        while (await reader.ReadAsync(cancel))
            busy.Add((reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2)));
        return busy;
    }

    private const string KnownSql = """
        SELECT p.address FROM unnest($1::text[], $2::text[], $3::text[]) AS p (address, domain, name)
        WHERE EXISTS (SELECT FROM account a WHERE a.domain = p.domain AND lower(a.name) = p.name AND a.removed_at IS NULL AND NOT a.suspended)
           OR EXISTS (SELECT FROM alias l WHERE l.domain = p.domain AND lower(l.name) = p.name AND l.removed_at IS NULL)
        """;

    /// <summary>Those of the addresses that are accounts in force, or aliases.</summary>
    /// <param name="people">The address as it is to come back, its domain in A-labels, its local part; all lower case.</param>
    public async Task<IReadOnlyCollection<string>> KnownAsync(IReadOnlyCollection<(string Address, string Domain, string Name)> people, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(KnownSql);
        command.Parameters.With(people.Select(one => one.Address).ToArray()).With(people.Select(one => one.Domain).ToArray()).With(people.Select(one => one.Name).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var known = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancel))
            known.Add(reader.GetString(0));
        return known;
    }

    private async Task<IReadOnlyList<long>> IdsAsync(string sql, Action<NpgsqlParameterCollection> with, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(sql);
        with(command.Parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var ids = new List<long>();
        while (await reader.ReadAsync(cancel))
            ids.Add(reader.GetInt64(0));
        return ids;
    }
}
