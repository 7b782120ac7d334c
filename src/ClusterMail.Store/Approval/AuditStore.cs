using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace ClusterMail.Store.Approval;

/// <summary>The audit that cannot be changed unnoticed (APPROVE-330 to APPROVE-333).</summary>
public sealed class AuditStore(NpgsqlDataSource dataSource)
{
    /// <summary>The hash before the first record (APPROVE-331).</summary>
    public static readonly string Origin = new('0', 64);
    private const int Page = 5000;
    private const int Slice = 1000;

    /// <summary>Chains what waits, unless another session is doing it. How many entries.</summary>
    public async Task<int> ChainAsync(CancellationToken cancel)
    {
        var all = 0;
        int chained;
        do
        {
            await using var command = dataSource.Ask("SELECT chain_audit($1)");
            command.Parameters.With(Slice);
            chained = (int)(await command.ExecuteScalarAsync(cancel))!;
            all += chained;
        }
        while (chained == Slice);
        return all;
    }

    private const string WaitingSql = "SELECT count(*)::integer, coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::double precision FROM audit_entry";

    /// <summary>Entries without a hash yet, and the age of the oldest: above 10 s something is wrong (APPROVE-333).</summary>
    public async Task<(int Entries, TimeSpan Oldest)> WaitingAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(WaitingSql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt32(0), TimeSpan.FromSeconds(reader.GetDouble(1)));
    }

    /// <summary>The last record of the chain: to be kept outside, so that a cut end is noticed too (APPROVE-332). Null: the chain is empty.</summary>
    public async Task<AuditRow?> HeadAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask("SELECT seq, hold_id, at, hash, record FROM audit ORDER BY seq DESC LIMIT 1");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Row(reader) : null;
    }

    private const string PageSql = "SELECT seq, hold_id, at, hash, record FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2";

    /// <summary>The chain in its order, however long.</summary>
    public async IAsyncEnumerable<AuditRow> AllAsync(long after, [EnumeratorCancellation] CancellationToken cancel)
    {
        List<AuditRow> page;
        do
        {
            page = [];
            await using (var command = dataSource.Ask(PageSql))
            {
                command.Parameters.With(after).With(Page);
                await using var reader = await command.ExecuteReaderAsync(cancel);
                while (await reader.ReadAsync(cancel))
                    page.Add(Row(reader));
            }
            foreach (var row in page)
                yield return row;
            after = page.Count > 0 ? page[^1].Seq : after;
        }
        while (page.Count == Page);
    }

    // What is not chained yet belongs to the story of a mail as well.
    private const string OfSql = """
        SELECT seq, hold_id, at, hash, record FROM audit WHERE hold_id = ANY ($1)
        UNION ALL SELECT 0, hold_id, at, '', record FROM audit_entry WHERE hold_id = ANY ($1)
        ORDER BY at LIMIT 2000
        """;

    /// <summary>Records about these groups, chained or not, in the order of their time.</summary>
    public async Task<IReadOnlyList<AuditRow>> OfAsync(long[] holds, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(OfSql);
        command.Parameters.With(holds);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<AuditRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(Row(reader));
        return rows;
    }

    /// <summary>Reads the whole chain and computes it anew.</summary>
    /// <param name="anchor">Number and hash of a record noted outside; null: none. It must be there, unchanged.</param>
    public async Task<AuditVerdict> VerifyAsync((long Seq, string Hash)? anchor, CancellationToken cancel)
    {
        var (count, last, met) = (0L, Origin, anchor is null);
        await foreach (var row in AllAsync(0, cancel))
        {
            if (row.Seq != count + 1)
                return new AuditVerdict(count, last, count + 1, row.Seq > count + 1 ? $"record {count + 1} is missing" : $"record {row.Seq} stands twice");
            if (!row.Record.StartsWith(FormattableString.Invariant($"{{\"seq\":{row.Seq},"), StringComparison.Ordinal))
                return new AuditVerdict(count, last, row.Seq, $"record {row.Seq} carries another number");
            var hash = Next(last, row.Record);
            if (hash != row.Hash)
                return new AuditVerdict(count, last, row.Seq, $"record {row.Seq} was changed, or does not follow the one before it");
            (count, last) = (row.Seq, hash);
            if (anchor is { } noted && noted.Seq == count)
            {
                if (!noted.Hash.Equals(last, StringComparison.OrdinalIgnoreCase))
                    return new AuditVerdict(count, last, count, $"record {count} has not the hash that was noted: the chain was made anew");
                met = true;
            }
        }
        return met ? new AuditVerdict(count, last, 0, null) : new AuditVerdict(count, last, count + 1, $"the chain ends before the noted record {anchor!.Value.Seq}");
    }

    /// <summary>APPROVE-331: SHA-256 of the hash before as 64 hex digits, LF, the record.</summary>
    public static string Next(string before, string record) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{before}\n{record}")));

    private static AuditRow Row(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3), reader.GetString(4));
}

/// <param name="Seq">0: not chained yet.</param>
/// <param name="Record">JSON in one line.</param>
public sealed record AuditRow(long Seq, long? Hold, DateTimeOffset At, string Hash, string Record);

/// <param name="Records">Good records from the first on.</param>
/// <param name="Hash">Of the last good one.</param>
/// <param name="BrokenAt">The first broken record; 0: none.</param>
/// <param name="Fault">In words; null: the chain is whole.</param>
public sealed record AuditVerdict(long Records, string Hash, long BrokenAt, string? Fault);
