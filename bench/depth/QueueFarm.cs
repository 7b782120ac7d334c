using System.Diagnostics;
using ClusterMail.Bench.Limits;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Bench.Depth;

/// <summary>One node and its private PostgreSQL that pass mail to a sink, and the queue, which is filled and emptied by SQL.</summary>
internal sealed class QueueFarm : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Numbers of the mails made by SQL: above everything the farm has given out.</summary>
    private const long First = 5_000_000_000;

    // Rows as a farm writes them, without the hours it would take to send them: 1 KB each. What waits was tried three times and is due in two to three hours.
    private const string FillSql = """
        WITH n AS (SELECT g, $1 + g AS id, replace($3, '#', (g % $4)::text) AS domain, replace($5, '#', (g % $4)::text) AS destination FROM generate_series(1::bigint, $2) AS g),
        mails AS (INSERT INTO mail (id, size, reverse_path, client_address, helo, node, content)
                  SELECT id, 1024, 'sender' || g % 1000 || '@corp.example', '192.0.2.1', 'client.test', 'n1', convert_to(repeat('x', 1024), 'UTF8') FROM n)
        INSERT INTO recipient (mail_id, ordinal, forward_path, destination, state, next_try, started_at, attempt, class, last_reply)
        SELECT id, 0, 'r' || g || '@' || domain, destination, CASE WHEN $6 THEN 'queued' ELSE 'waiting' END::recipient_state,
               now() + CASE WHEN $6 THEN interval '0' ELSE interval '2 hours' + g % 3600 * interval '1 second' END,
               CASE WHEN $6 THEN NULL ELSE now() END, CASE WHEN $6 THEN 0 ELSE 3 END, CASE WHEN $6 THEN 0 ELSE 2 END, CASE WHEN $6 THEN NULL ELSE '451 4.7.1 Come back later' END
        FROM n
        """;

    private QueueFarm(Farm farm, Sink sink)
    {
        (Farm, Sink) = (farm, sink);
        Database = NpgsqlDataSource.Create(farm.Cluster.Database);
    }

    /// <param name="MailsPerSecond">From the first connection to the last arrival at the sink.</param>
    /// <param name="P50">Milliseconds to 250.</param>
    /// <param name="NodeCpu">Microseconds a mail, which neighbours change least.</param>
    /// <param name="Megabytes">Resident memory of the node, the highest while it ran.</param>
    public sealed record Result(double MailsPerSecond, double P50, double P99, double NodeCpu, double DatabaseCpu, double Megabytes);

    public Farm Farm { get; }
    public Sink Sink { get; }
    public NpgsqlDataSource Database { get; }
    public FarmNode Node => Farm.Nodes[0];
    public NodeFigures Meter => new(Node.Pid ?? throw new InvalidOperationException("The node has no process."));

    /// <param name="routes">Lines of the gateway table before the one that leads everything to the sink.</param>
    public static async Task<QueueFarm> StartAsync(params IReadOnlyList<string> routes)
    {
        var sink = await Sink.StartAsync();
        try
        {
            return new QueueFarm(
                await Farm.StartAsync(1, new Dictionary<string, string>
                {
                    ["relay.rules"] = "#<> default\n#blank false\n127.0.0.1 true",
                    ["route.table"] = string.Join('\n', [.. routes, $"*,127.0.0.1,{sink.EndPoint.Port}"]),
                    ["receive.max_sessions_per_address"] = "0",
                    ["delivery.workers_per_node"] = "100",
                }), sink);
        }
        catch
        {
            await sink.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends so many mails to the sink and waits for the last.</summary>
    public async Task<Result> RelayAsync(int mails)
    {
        var (goal, node, database, meter) = (Sink.Count + mails, Meter.CpuSeconds, await DatabaseCpuAsync(), Meter);
        var clock = Stopwatch.StartNew();
        var sending = Load.SendAsync(Node.Receiver, mails, number => $"r{number}@sink.test");
        var arriving = Until.TrueAsync(() => Sink.Count >= goal || sending.IsFaulted, Patience, $"{mails} mails at the sink\n{Farm.Logs()}");
        var peak = await meter.PeakDuringAsync(Task.WhenAll(sending, arriving));
        var elapsed = clock.Elapsed;
        var times = await sending;
        return new Result(
            mails / elapsed.TotalSeconds, Figures.At(times, 50), Figures.At(times, 99),
            (meter.CpuSeconds - node) * 1e6 / mails, (await DatabaseCpuAsync() - database) * 1e6 / mails, peak);
    }

    /// <summary>Fills the queue with mails of 1 KB.</summary>
    /// <param name="domain">Of the recipients, and <paramref name="destination"/> of the rows; <c>#</c> becomes the number of the destination.</param>
    /// <param name="isDue">Due now and never tried; else due in hours.</param>
    /// <returns>A number as commands want it.</returns>
    public async Task<string> FillAsync(int mails, string domain, string destination, int destinations, bool isDue)
    {
        await ExecuteAsync(FillSql, First, (long)mails, domain, (long)destinations, destination, isDue);
        return $"B{First + mails / 2}";
    }

    /// <summary>What autovacuum and checkpoints would have done while so many mails came in one by one.</summary>
    public async Task SettleAsync()
    {
        await ExecuteAsync("VACUUM (ANALYZE) mail, recipient");
        await using var superuser = NpgsqlDataSource.Create(Farm.Postgres.AsSuperuser(Farm.Cluster.Database));
        await using var command = superuser.CreateCommand("CHECKPOINT");
        command.CommandTimeout = (int)Patience.TotalSeconds;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Empties the queue; the node has nothing in its hands then.</summary>
    public async Task EmptyAsync()
    {
        await Farm.SwitchAsync("deliver", "off");
        await Until.TrueAsync(async () => await AskAsync<long>("SELECT count(*) FROM recipient WHERE owner IS NOT NULL") == 0, Patience, $"the node with empty hands\n{Farm.Logs()}");
        await ExecuteAsync("TRUNCATE mail, recipient, mail_chunk");
        await ExecuteAsync("DELETE FROM destination");
        await Farm.SwitchAsync("deliver", "on");
    }

    public async Task<T> AskAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        command.CommandTimeout = (int)Patience.TotalSeconds;
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Seconds of all processes of the server so far, those that have ended among them.</summary>
    private async Task<double> DatabaseCpuAsync() => (await Farm.Postgres.ProcessesAsync("data")).Sum(ProcessTime.WithEndedChildren);

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Farm.DisposeAsync();
        await Sink.DisposeAsync();
    }
}
