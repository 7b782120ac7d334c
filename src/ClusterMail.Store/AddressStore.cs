using Npgsql;

namespace ClusterMail.Store;

/// <summary>Leases of service addresses, judged by the database's clock (CLU-23a): two nodes never hold one.</summary>
public sealed class AddressStore(NpgsqlDataSource dataSource)
{
    /// <summary>Length of a lease, 5 s. With <see cref="Guard"/> and the next look of the others an address is back within 10 s of a kill (EX-CLU-11).</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    /// <summary>So long after the end of a lease the address is left alone, 1.5 s: the kernel counts lifetimes in seconds and looks once a second, so an address may outlive its lease by 1.3 s.</summary>
    public static readonly TimeSpan Guard = TimeSpan.FromMilliseconds(1500);

    /// <summary>A node that has said nothing for 3 s is not counted upon.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(3);

    // A node that begins to report while it is ready already counts since its start: who was well before addresses were wanted need not wait.
    private const string ReportSql = """
        INSERT INTO service_address_node AS n (node, epoch, smtp, ready, reason, ready_since, seen_at, unable, silent)
        VALUES ($1, $2, $7, $3 = '', $3, coalesce((SELECT started_at FROM node WHERE epoch = $2), clock_timestamp()), clock_timestamp(), $4, $5)
        ON CONFLICT (node) DO UPDATE SET
            epoch = $2, smtp = $7, ready = excluded.ready, reason = $3, seen_at = excluded.seen_at, unable = $4, silent = $5,
            ready_since = CASE WHEN n.epoch = $2 AND n.ready AND n.seen_at > clock_timestamp() - $6 THEN n.ready_since ELSE clock_timestamp() END
        """;

    private const string RenewSql = """
        UPDATE service_address AS a SET until = clock_timestamp() + $4
        FROM unnest($2, $3) AS mine(address, turn) WHERE a.address = mine.address AND a.turn = mine.turn AND a.holder = $1
        RETURNING a.address
        """;

    private const string AddressesSql = """
        SELECT address, wished, pinned, holder, turn, CASE WHEN holder IS NOT NULL THEN until - clock_timestamp() END, clock_timestamp() - since, reason
        FROM service_address ORDER BY address
        """;

    private const string NodesSql = """
        SELECT node, smtp, ready AND seen_at > clock_timestamp() - $1, clock_timestamp() - ready_since,
               CASE WHEN seen_at > clock_timestamp() - $1 THEN reason ELSE 'says nothing' END, unable, silent
        FROM service_address_node WHERE seen_at > clock_timestamp() - interval '1 hour' ORDER BY node
        """;

    /// <summary>A node's word twice a second: what it is able to, its leases renewed, and what it must know, in one round trip.</summary>
    /// <param name="held">Address and turn of what it holds.</param>
    public async Task<AddressBeat> BeatAsync(AddressReport report, IReadOnlyList<(string Address, long Turn)> held, CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then(ReportSql).Parameters.With(report.Node).With(report.Epoch).With(report.Reason).With(report.Unable.ToArray()).With(report.Silent.ToArray()).With(Fresh).With(report.Smtp);
        batch.Then(RenewSql).Parameters.With(report.Node).With(held.Select(one => one.Address).ToArray()).With(held.Select(one => one.Turn).ToArray()).With(Lease);
        batch.Then(AddressesSql);
        batch.Then(NodesSql).Parameters.With(Fresh);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var renewed = new List<string>();
        while (await reader.ReadAsync(cancel))
            renewed.Add(reader.GetString(0));
        await reader.NextResultAsync(cancel);
        var addresses = await AddressesAsync(reader, cancel);
        await reader.NextResultAsync(cancel);
        return new AddressBeat(renewed, addresses, await NodesAsync(reader, cancel));
    }

    /// <summary>Addresses and nodes as they stand. Changes nothing.</summary>
    public async Task<(IReadOnlyList<AddressRow> Addresses, IReadOnlyList<AddressNode> Nodes)> ListAsync(CancellationToken cancel)
    {
        await using var batch = dataSource.CreateBatch();
        batch.Then(AddressesSql);
        batch.Then(NodesSql).Parameters.With(Fresh);
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        var addresses = await AddressesAsync(reader, cancel);
        await reader.NextResultAsync(cancel);
        return (addresses, await NodesAsync(reader, cancel));
    }

    // Whoever is first in the order and ready may take what is free: given back, or its lease over for longer than the guard. A node may take up at once what its own
    // earlier life had, because one machine is one interface.
    private const string TakeSql = """
        UPDATE service_address AS a
        SET holder = $2, epoch = $3, turn = turn + 1, until = clock_timestamp() + $4, since = clock_timestamp(),
            reason = CASE WHEN a.holder IS NULL THEN a.reason WHEN a.holder = $2 THEN $2 || ' started again' ELSE 'the lease of ' || a.holder || ' ended' END
        WHERE a.address = $1 AND (a.holder IS NULL OR a.holder = $2 OR a.until + $5 < clock_timestamp())
          AND $2 = (SELECT w.node FROM unnest(a.wished) WITH ORDINALITY AS w(node, place)
                    JOIN service_address_node AS n ON n.node = w.node COLLATE "C" AND n.ready AND n.seen_at > clock_timestamp() - $6 AND a.address <> ALL (n.unable)
                    ORDER BY w.place LIMIT 1)
        RETURNING turn, reason
        """;

    /// <summary>Takes an address for <see cref="Lease"/> from now. Null: it is not free, or not this node's to take.</summary>
    public async Task<(long Turn, string Reason)?> TakeAsync(string address, string node, long epoch, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(TakeSql);
        command.Parameters.With(address).With(node).With(epoch).With(Lease).With(Guard).With(Fresh);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetInt64(0), reader.GetString(1)) : null;
    }

    private const string GiveSql = """
        UPDATE service_address SET holder = NULL, epoch = NULL, until = '-infinity', since = clock_timestamp(), reason = $4
        WHERE address = $1 AND holder = $2 AND turn = $3
        """;

    /// <summary>Gives an address back; call it after the interface has it no more.</summary>
    public async Task GiveAsync(string address, string node, long turn, string reason, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(GiveSql);
        command.Parameters.With(address).With(node).With(turn).With(reason);
        await command.ExecuteNonQueryAsync(cancel);
    }

    // An address that is held although it was taken out of the settings keeps its row until its holder has given it back.
    private const string RowsSql = """
        WITH gone AS (DELETE FROM service_address WHERE address <> ALL ($1) AND (holder IS NULL OR until + $2 < clock_timestamp()))
        INSERT INTO service_address (address) SELECT unnest($1) ON CONFLICT DO NOTHING
        """;

    /// <summary>Makes the rows those of the settings.</summary>
    public async Task FollowAsync(IReadOnlyCollection<string> addresses, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(RowsSql);
        command.Parameters.With(addresses.ToArray()).With(Guard);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private const string WishSql = "UPDATE service_address SET wished = $2, pinned = CASE WHEN $3 THEN NULL ELSE pinned END WHERE address = $1";

    /// <summary>The coordinator's word: who may take it, in this order.</summary>
    /// <param name="unpin">What an administrator wished is over: his node is not ready any more.</param>
    public async Task WishAsync(string address, IReadOnlyCollection<string> order, bool unpin, CancellationToken cancel)
    {
        await using var command = dataSource.Ask(WishSql);
        command.Parameters.With(address).With(order.ToArray()).With(unpin);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>An administrator's word: this node while it is ready. Null: as the coordinator thinks best.</summary>
    /// <returns>False: there is no such address.</returns>
    public async Task<bool> PinAsync(string address, string? node, CancellationToken cancel)
    {
        await using var command = dataSource.Ask("UPDATE service_address SET pinned = $2 WHERE address = $1");
        command.Parameters.With(address).WithText(node);
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    private static async Task<List<AddressRow>> AddressesAsync(NpgsqlDataReader reader, CancellationToken cancel)
    {
        var rows = new List<AddressRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(new AddressRow(
                reader.GetString(0), reader.GetFieldValue<string[]>(1), reader.Text(2), reader.Text(3), reader.GetInt64(4),
                await reader.IsDBNullAsync(5, cancel) ? null : reader.GetTimeSpan(5), reader.GetTimeSpan(6), reader.GetString(7)));
        return rows;
    }

    private static async Task<List<AddressNode>> NodesAsync(NpgsqlDataReader reader, CancellationToken cancel)
    {
        var nodes = new List<AddressNode>();
        while (await reader.ReadAsync(cancel))
        {
            var ready = reader.GetBoolean(2);
            nodes.Add(new AddressNode(
                reader.GetString(0), reader.GetString(1), ready, ready ? reader.GetTimeSpan(3) : TimeSpan.Zero, reader.GetString(4),
                reader.GetFieldValue<string[]>(5), reader.GetFieldValue<string[]>(6)));
        }
        return nodes;
    }
}
