using System.Diagnostics;
using System.Globalization;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Testing.Nemesis;

/// <summary>Harm to the database all nodes share.</summary>
internal sealed class DatabaseHarm(NetworkFarm farm)
{
    /// <summary>The first error when a role may open no more.</summary>
    private const string TooManyConnections = "53300";

    public async Task DoAsync(PlannedHarm harm)
    {
        var primary = farm.Postgres.Primary;
        switch (harm.Kind)
        {
            case HarmKind.SlowDisk:
                await SlowAsync(primary, harm.For);
                break;
            case HarmKind.DatabaseStall:
                await StallAsync(primary, harm.For);
                break;
            case HarmKind.DatabaseCrash:
                await farm.Postgres.CrashAsync(primary);
                await Task.Delay(harm.For);
                await farm.Postgres.StartAsync(primary);
                break;
            case HarmKind.NoConnections:
                await TakeAllAsync(harm.For);
                break;
            case HarmKind.Switchover:
                await SwitchAsync();
                break;
            case HarmKind.SwitchoverCrash:
                await SwitchAsync("--crash");
                break;
            default:
                throw new UnreachableException(harm.Kind.ToString());
        }
    }

    private async Task SwitchAsync(params IReadOnlyList<string> how)
    {
        var done = await farm.TryOnGroundAsync(["db", "switchover", .. how]);
        if (done.ExitCode != 0)
            throw new InvalidOperationException($"db switchover ended with {done.ExitCode}: {done.Errors}{done.Output}");
    }

    /// <summary>strace holds every process of the server at its flushes.</summary>
    private async Task SlowAsync(string primary, TimeSpan span)
    {
        IReadOnlyList<string> processes = [.. (await farm.Postgres.ProcessesAsync(primary)).SelectMany(pid => (string[])["-p", pid.ToString(CultureInfo.InvariantCulture)])];
        await using var slow = Daemon.Start("strace", ["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_enter=150000", .. processes]);
        await Task.Delay(span);
    }

    private async Task StallAsync(string primary, TimeSpan span)
    {
        var processes = await farm.Postgres.ProcessesAsync(primary);
        foreach (var process in processes)
            Unix.Signal(process, Unix.Stop);
        await Task.Delay(span);
        foreach (var process in processes)
            Unix.Signal(process, Unix.Continue);
    }

    /// <summary>Connections of the nodes are ended again and again, and ours take the places.</summary>
    private async Task TakeAllAsync(TimeSpan span)
    {
        var taken = new List<NpgsqlConnection>();
        try
        {
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < span;)
            {
                await FillAsync(taken);
                if (taken.Count > 0)
                    await EndOthersAsync(taken[0]);
            }
        }
        finally
        {
            foreach (var connection in taken)
                await connection.DisposeAsync();
        }
    }

    private async Task FillAsync(List<NpgsqlConnection> taken)
    {
        while (true)
        {
            var connection = new NpgsqlConnection(Primary());
            try
            {
                await connection.OpenAsync();
                taken.Add(connection);
            }
            catch (PostgresException full) when (full.SqlState == TooManyConnections)
            {
                await connection.DisposeAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(200));
                return;
            }
        }
    }

    /// <summary>One host: of several the library would say that none suits, and not that this one is full.</summary>
    private string Primary()
    {
        var text = new NpgsqlConnectionStringBuilder(farm.Database) { Pooling = false, Timeout = 5, ApplicationName = "nemesis", TargetSessionAttributes = null };
        var hosts = text.Host!.Split(',');
        var host = hosts[farm.Postgres.Primary == "data" ? 0 : 1].Split(':');
        (text.Host, text.Port) = (host[0], int.Parse(host[1], CultureInfo.InvariantCulture));
        return text.ConnectionString;
    }

    private static async Task EndOthersAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = current_user AND application_name <> 'nemesis'", connection);
        await command.ExecuteScalarAsync();
    }
}
