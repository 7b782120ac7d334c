using System.Globalization;
using System.Text.Json;
using Npgsql;

namespace ClusterMail.Testing.Processes;

/// <summary>Stops, starts and crashes the private PostgreSQL of a farm, past the farm's own tools.</summary>
public sealed class PostgresControl(string data)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly JsonElement _local = JsonDocument.Parse(File.ReadAllText(Path.Combine(data, "local.json"))).RootElement.Clone();

    /// <summary>The data folder of the server that is the primary.</summary>
    public string Primary => _local.TryGetProperty("primary", out var second) && second.GetInt32() == 1 ? "data2" : "data";

    private string Folder => _local.GetProperty("postgresFolder").GetString()!;
    private string Binaries => _local.GetProperty("postgresBinaries").GetString()!;

    /// <summary>Where the farm of this data folder keeps PostgreSQL's files, if it says so.</summary>
    public static string? FolderOf(string data)
    {
        var path = Path.Combine(data, "local.json");
        return File.Exists(path) ? new PostgresControl(data).Folder : null;
    }

    /// <summary>The same connection for whom the server lets change its own settings.</summary>
    public string AsSuperuser(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Username = "postgres", Password = _local.GetProperty("superuserPassword").GetString() }.ConnectionString;

    /// <summary>An orderly stop: connections are ended, everything is written.</summary>
    /// <param name="server">Name of its data folder: <c>data</c>, or <c>data2</c> for the second of a farm with a standby.</param>
    public Task StopAsync(string server = "data") => ControlAsync(server, "-m", "fast", "-w", "-t", "50", "stop");

    /// <summary>As if the machine lost its power, but for the page cache: SIGKILL to the server and all its processes.</summary>
    public async Task CrashAsync(string server = "data")
    {
        var all = await ProcessesAsync(server);
        foreach (var process in all)
            Unix.Signal(process, Unix.Kill);
        await Until.TrueAsync(() => !all.Any(Unix.IsAlive), Limit, "PostgreSQL gone");
    }

    /// <summary>The server's processes, the one that starts the others first.</summary>
    public async Task<IReadOnlyList<int>> ProcessesAsync(string server)
    {
        var first = int.Parse(File.ReadLines(Path.Combine(Folder, server, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        var children = (await Tool.RunAsync(Limit, "ps", "-o", "pid=", "--ppid", first.ToString(CultureInfo.InvariantCulture))).Output
            .Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries).Select(text => int.Parse(text, CultureInfo.InvariantCulture));
        return [first, .. children];
    }

    public async Task StartAsync(string server = "data")
    {
        // After a crash the lock files of the dead server are still there; the new one finds out by itself, but not always at the first try.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ControlAsync(server, "-l", Path.Combine(Folder, "log"), "-w", "-t", "50", "start");
                return;
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }

    /// <summary>A backup as plain as there is: a copy of the files of the stopped server.</summary>
    public async Task CopyAsync(string server, string to)
    {
        await Tool.MustAsync(Limit, "rm", "-rf", Path.Combine(Folder, to));
        await Tool.MustAsync(Limit, "cp", "--archive", Path.Combine(Folder, server), Path.Combine(Folder, to));
    }

    private Task ControlAsync(string server, params IReadOnlyList<string> arguments)
    {
        IReadOnlyList<string> command = [Path.Combine(Binaries, "pg_ctl"), "-D", Path.Combine(Folder, server), .. arguments];
        // PostgreSQL refuses to run as root.
        return Unix.IsRoot
            ? Tool.MustAsync(Limit, "setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", .. command])
            : Tool.MustAsync(Limit, command[0], [.. command.Skip(1)]);
    }
}
