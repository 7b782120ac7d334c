using Npgsql;
using NpgsqlTypes;

namespace ClusterMail.Store;

/// <summary>Addresses locked out by their connections or failed logins (LOCK-1, LOCK-2), and denied by filters (RELAY-51), for all nodes.</summary>
public sealed class LockoutStore(NpgsqlDataSource dataSource)
{
    /// <summary>Entries of each kind a node takes into memory; of more, those that last longest.</summary>
    public const int Most = 100_000;

    private const string ExchangeSql = "SELECT exchange_lockout($1, $2, $3, $4, $5, $6, $7, $8)";

    /// <summary>Adds this node's counts to those of the others; what is over the limit by then is locked out.</summary>
    /// <param name="limits">By kind: most that may happen within <paramref name="windows"/> seconds; 0: no limit.</param>
    /// <returns>The version of the list.</returns>
    public async Task<long> ExchangeAsync(string node, IReadOnlyList<LockoutCount> counts, int[] limits, int[] windows, int[] blocks, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ExchangeSql);
        command.Parameters.With(node).With(counts.Select(c => (short)c.Kind).ToArray()).With(counts.Select(c => c.Address).ToArray())
            .With(counts.Select(c => c.Count).ToArray()).With(counts.Select(c => c.Over).ToArray()).With(limits).With(windows).With(blocks);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Grows with every change.</summary>
    public async Task<long> VersionAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask("SELECT version FROM lockout_version");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private const string ListSql = """
        SELECT kind, address, since, until, until - clock_timestamp(), count, node FROM lockout WHERE until > clock_timestamp()
        ORDER BY until DESC, address LIMIT $1
        """;

    /// <summary>Those in force, the longest lasting first.</summary>
    public async Task<IReadOnlyList<LockoutRow>> ListAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(ListSql);
        command.Parameters.With(Most);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<LockoutRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(new LockoutRow((LockoutKind)reader.GetInt16(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetTimeSpan(4), reader.GetInt32(5), reader.GetString(6)));
        return rows;
    }

    private const string DeniesSql = """
        SELECT address, filter, added_at, until FROM client_deny WHERE until IS NULL OR until > clock_timestamp() ORDER BY until DESC NULLS FIRST, address LIMIT $1
        """;

    public async Task<IReadOnlyList<ClientDenyRow>> DeniesAsync(CancellationToken cancel)
    {
        await using var command = dataSource.Ask(DeniesSql);
        command.Parameters.With(Most);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<ClientDenyRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(new ClientDenyRow(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateTimeOffset>(2), reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3)));
        return rows;
    }

    private const string DenySql = """
        WITH denied AS (
            INSERT INTO client_deny (address, filter, until) VALUES ($1, $2, clock_timestamp() + $3)
            ON CONFLICT (address) DO UPDATE SET filter = excluded.filter, added_at = excluded.added_at, until = excluded.until RETURNING address)
        SELECT bump_lockout() FROM denied
        """;

    /// <summary>RELAY-50. Whether the address may be denied at all is the caller's to know (RELAY-51).</summary>
    /// <param name="life">Null: never ends.</param>
    public async Task DenyAsync(string address, string filter, TimeSpan? life, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(DenySql);
        command.Parameters.With(address).With(filter);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan?> { TypedValue = life, NpgsqlDbType = NpgsqlDbType.Interval });
        await command.ExecuteScalarAsync(cancel);
    }

    // The counts too, or the next connection would lock the address out again.
    private const string RemoveSql = """
        WITH freed AS (DELETE FROM lockout WHERE address = $1 AND until > clock_timestamp() RETURNING 1),
        allowed AS (DELETE FROM client_deny WHERE address = $1 RETURNING 1),
        forgotten AS (DELETE FROM lockout_count WHERE address = $1),
        noted AS (
            INSERT INTO console_audit (who, means, source, outcome, act, subject)
            SELECT $2, $3, $4, 'done', 'lockout.remove', $1 WHERE EXISTS (SELECT FROM freed) OR EXISTS (SELECT FROM allowed))
        SELECT (SELECT count(*) FROM freed) + (SELECT count(*) FROM allowed), bump_lockout()
        """;

    /// <summary>Sets an address free (LOCK-2). False: it was on no list.</summary>
    public async Task<bool> RemoveAsync(string address, Author by, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(RemoveSql);
        command.Parameters.With(address).With(by);
        return (long)(await command.ExecuteScalarAsync(cancel))! > 0;
    }
}

/// <summary>Why an address is locked out. The numbers are stored.</summary>
public enum LockoutKind : short
{
    /// <summary>Too many connections (LOCK-1).</summary>
    Connections = 0,

    /// <summary>Too many failed AUTH (LOCK-2).</summary>
    Authentication = 1,
}

/// <param name="Count">Since this node told last.</param>
/// <param name="Over">This node alone has seen more than the limit.</param>
public sealed record LockoutCount(LockoutKind Kind, string Address, int Count, bool Over);

/// <param name="Left">Until its end by the database's clock.</param>
public sealed record LockoutRow(LockoutKind Kind, string Address, DateTimeOffset Since, DateTimeOffset Until, TimeSpan Left, int Count, string Node);

public sealed record ClientDenyRow(string Address, string Filter, DateTimeOffset AddedAt, DateTimeOffset? Until);
