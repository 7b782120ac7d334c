using System.Data;
using System.Diagnostics;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Bench.Depth;

/// <summary>Mail flows while somebody (a backup, a forgotten session) holds a snapshot open, so that nothing deleted since can be cleaned away.</summary>
internal static class Snapshot
{
    private const double Bar = 0.85;

    /// <summary>Mails between two looks at the clock.</summary>
    private const int Portion = 1000;

    /// <summary>One mail in so many is told to come back later once, so that rows are also deferred, found due and claimed.</summary>
    private const int Grey = 20;

    private const string TableSql = """
        SELECT sum(n_dead_tup)::bigint, sum(pg_total_relation_size(relid))::bigint FROM pg_stat_user_tables WHERE relname IN ('mail', 'recipient')
        """;

    private static int sent;

    public static async Task<bool> RunAsync(Options options)
    {
        var seen = new HashSet<string>();
        await using var grey = new RecordingSink { KeepContent = false, Script = heard => heard.Verb == "RCPT" && IsNew(heard.Line) ? "451 4.7.1 Greylisted" : null };
        await using var farm = await QueueFarm.StartAsync($"grey.test,127.0.0.1,{grey.Port}");
        await farm.Farm.SetAsync("delivery.retry_seconds", "10");
        await farm.RelayAsync(5 * Portion);
        Console.WriteLine($"{"minute",-10} {"taken/s",8} {"out/s",8} {"p50 ms",8} {"p99 ms",8} {"waiting",9} {"dead rows",10} {"MB",6} {"node MB",8}");
        var (around, held) = (new List<double>(), new List<double>());
        await MinutesAsync("before", options["--around"], around);
        await using (var session = await farm.Database.OpenConnectionAsync())
        {
            await HoldAsync(session);
            await MinutesAsync("held", options["--minutes"], held);
        }

        await MinutesAsync("after", options["--around"], around);
        Console.WriteLine($"mails taken a second: without {Figures.Shown(around)}, with a snapshot held {Figures.Shown(held)}");
        return Figures.Keeps("ratio", Figures.Median(held) / Figures.Median(around), Bar, atLeast: true);

        bool IsNew(string recipient)
        {
            lock (seen)
                return seen.Add(recipient);
        }

        async Task MinutesAsync(string name, int minutes, List<double> rates)
        {
            for (var minute = 1; minute <= minutes; minute++)
                rates.Add(await MinuteAsync(farm, grey, $"{name} {minute}"));
        }
    }

    /// <summary>The nodes' own sessions may not be idle in a transaction for so long.</summary>
    private static async Task HoldAsync(NpgsqlConnection session)
    {
        await using (var patience = new NpgsqlCommand("SET idle_in_transaction_session_timeout = 0", session))
            await patience.ExecuteNonQueryAsync();
        var transaction = await session.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        await using var look = new NpgsqlCommand("SELECT count(*) FROM recipient", session, transaction);
        await look.ExecuteNonQueryAsync();
    }

    private static async Task<double> MinuteAsync(QueueFarm farm, RecordingSink grey, string name)
    {
        var (before, times, clock) = (farm.Sink.Count + grey.Count, new List<double>(), Stopwatch.StartNew());
        while (clock.Elapsed < TimeSpan.FromMinutes(1))
        {
            var from = sent;
            times.AddRange(await Load.SendAsync(farm.Node.Receiver, Portion, number => (from + number) % Grey == 0 ? $"g{from + number}@grey.test" : $"r{from + number}@sink.test"));
            sent += Portion;
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var arrived = farm.Sink.Count + grey.Count - before;
        var waiting = await farm.AskAsync<long>("SELECT count(*) FROM recipient");
        await using var command = farm.Database.CreateCommand(TableSql);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        Console.WriteLine($"{name,-10} {times.Count / seconds,8:0} {arrived / seconds,8:0} {Figures.At(times, 50),8:0.0} {Figures.At(times, 99),8:0.0} {waiting,9} {reader.GetInt64(0),10} {reader.GetInt64(1) / 1_000_000,6} {farm.Meter.Resident,8}");
        return times.Count / seconds;
    }
}
