using System.Globalization;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Bench.Takeover;

/// <summary>
/// The database moved to its synchronous standby under load, by turns in order and with the primary killed: how long from the moment the new primary takes writes until a
/// client hears 250, and until every node is ready.
/// </summary>
internal static class Switchovers
{
    private sealed record Switchover(bool Crash, TimeSpan Promise, TimeSpan Ready, TimeSpan Gap);

    /// <returns>False when a mail was lost or came twice without a reason.</returns>
    public static async Task<bool> RunAsync(Options options)
    {
        Console.WriteLine($"{options.Switchovers} switchovers to the synchronous standby of three nodes' database, {options.Sessions} sessions sending through HAProxy throughout");
        await using var farm = await LoadedFarm.StartAsync(standby: true);
        var done = new List<Switchover>();
        var clean = await farm.UnderLoadAsync(options.Sessions, async () =>
        {
            for (var number = 1; number <= options.Switchovers; number++)
            {
                await farm.WholeAsync();
                var one = await SwitchAsync(farm, crash: number % 2 == 0);
                done.Add(one);
                Console.WriteLine($"switchover {number,2}{(one.Crash ? ", primary killed" : ", in order"),-16}: a 250 after {one.Promise.TotalSeconds:0.00} s, all nodes ready after {one.Ready.TotalSeconds:0.00} s; no 250 for {one.Gap.TotalSeconds:0.00} s");
            }
        });
        Figures.Show("new primary writable to a 250", done.Select(one => one.Promise));
        Figures.Show("new primary writable to all ready", done.Select(one => one.Ready));
        Figures.Show("no session heard a 250 for", done.Select(one => one.Gap));
        return clean;
    }

    private static async Task<Switchover> SwitchAsync(LoadedFarm farm, bool crash)
    {
        var from = DateTimeOffset.UtcNow;
        var watching = WritableAsync(Standby(farm.Farm));
        var command = farm.Farm.RunAsync(["db", "switchover", .. crash ? (string[])["--crash"] : []]);
        // A command that failed is not waited past.
        await await Task.WhenAny(watching, command);
        var writable = await watching;
        var ready = ReadyAsync(farm.Farm);
        await Until.TrueAsync(() => farm.Load.Accepted.Values.Any(one => one.At > writable), LoadedFarm.Patience, $"a 250 on the new primary\n{farm.Farm.Logs()}");
        var promise = farm.Load.Accepted.Values.Where(one => one.At > writable).Min(one => one.At);
        var allReady = await ready;
        await command;
        return new Switchover(crash, promise - writable, allReady - writable, AcceptanceGap.Longest(AcceptanceGap.Times(farm.Load), from, promise));
    }

    private static async Task<DateTimeOffset> ReadyAsync(Farm farm)
    {
        await farm.AllReadyAsync(LoadedFarm.Patience);
        return DateTimeOffset.UtcNow;
    }

    /// <summary>When the server has left recovery, by the clock of this machine.</summary>
    private static async Task<DateTimeOffset> WritableAsync(string server)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT pg_is_in_recovery()", connection);
        var end = DateTimeOffset.UtcNow + LoadedFarm.Patience;
        while ((bool)(await command.ExecuteScalarAsync())!)
        {
            if (DateTimeOffset.UtcNow > end)
                throw new TimeoutException($"The standby took no writes within {LoadedFarm.Patience.TotalSeconds:0} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        return DateTimeOffset.UtcNow;
    }

    /// <summary>The server that is not the primary now.</summary>
    private static string Standby(Farm farm)
    {
        var text = new NpgsqlConnectionStringBuilder(farm.Cluster.Database) { Pooling = false, TargetSessionAttributes = null };
        var host = text.Host!.Split(',')[farm.Postgres.Primary == "data" ? 1 : 0].Split(':');
        (text.Host, text.Port) = (host[0], int.Parse(host[1], CultureInfo.InvariantCulture));
        return text.ConnectionString;
    }
}
