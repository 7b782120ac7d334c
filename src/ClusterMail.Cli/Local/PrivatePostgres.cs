using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace ClusterMail.Cli.Local;

/// <summary>
/// A PostgreSQL server of a local cluster's own: the installed server binaries, own data folder, loopback only. It runs under the caller's account,
/// or under <c>postgres</c> when the caller is root, because PostgreSQL refuses root.
/// </summary>
/// <param name="server">0 or 1: of the two servers of a cluster with a standby. Which of them is the primary says <see cref="PostgresPair"/>.</param>
public sealed partial class PrivatePostgres(LocalState state, int server)
{
    private static readonly TimeSpan ToolLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan CrashLimit = TimeSpan.FromSeconds(20);

    /// <summary>By it the two know each other: application name, replication slot, <c>synchronous_standby_names</c>.</summary>
    public string Name => server == 0 ? "pg1" : "pg2";
    public int Port => state.BasePort + server;
    public string Data => Path.Combine(state.PostgresFolder, server == 0 ? "data" : "data2");
    public string Log => Path.Combine(state.PostgresFolder, server == 0 ? "log" : "log2");
    private PrivatePostgres Other => new(state, 1 - server);

    /// <summary>As superuser into the database of ClusterMail, past any pool.</summary>
    public string SuperuserConnectionString => new NpgsqlConnectionStringBuilder(state.SuperuserConnectionString(server)) { Database = "clustermail", Pooling = false }.ConnectionString;

    /// <summary>Process id of the running server; null: it does not run.</summary>
    public int? Pid =>
        File.Exists(PidFile) && int.TryParse(File.ReadLines(PidFile).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && NodeProcess.Exists(pid) ? pid : null;

    private string PidFile => Path.Combine(Data, "postmaster.pid");

    /// <summary>The server's account when it is not the caller's.</summary>
    private static bool UsesOwnAccount => OperatingSystem.IsLinux() && Environment.UserName == "root";

    /// <summary>Folder of the newest installed server binaries.</summary>
    /// <param name="asked">Folder named by the user, or null.</param>
    /// <exception cref="CommandFailure">There are none.</exception>
    public static string FindBinaries(string? asked)
    {
        var candidates = asked is not null ? [Path.GetFullPath(asked)] : Installed();
        return candidates.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")))
            ?? throw (asked is null
                ? new CommandFailure($"no PostgreSQL server is installed: run 'apt-get install postgresql', or name its folder with --postgres")
                : new CommandFailure($"{asked} has no initdb and pg_ctl: name the folder of the PostgreSQL server binaries, for example /usr/lib/postgresql/15/bin"));
    }

    /// <summary>Where the server's files go: inside the cluster's folder, or elsewhere when the server's account cannot get there.</summary>
    public static async Task<string> ChooseFolderAsync(string clusterFolder, CancellationToken cancel)
    {
        var inside = Path.Combine(clusterFolder, "postgres");
        if (!UsesOwnAccount || (await Tool.RunAsync([.. AsServer, "test", "-x", clusterFolder], ToolLimit, cancel)).ExitCode == 0)
            return inside;
        // Root's home is closed to others. The name is drawn from the path, so that it is found again, and nobody else can have made it: it is checked when created.
        var mark = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(clusterFolder)))[..12];
        return $"/var/lib/clustermail-local-{mark}";
    }

    /// <summary>Creates what is missing and starts it. Safe to repeat.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        if (!HasData)
            await CreateAsync(cancel);
        if (await IsRunningAsync(cancel))
            return;
        await WriteSettingsAsync(cancel);
        var watch = Stopwatch.StartNew();
        var started = await LaunchAsync(cancel);
        // After a crash of the server alone its children take a moment to notice; until then they hold the shared memory.
        while (started.ExitCode != 0 && watch.Elapsed < CrashLimit && LastLogLine()?.Contains("shared memory", StringComparison.Ordinal) == true)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancel);
            started = await LaunchAsync(cancel);
        }

        if (started.ExitCode != 0)
            throw new CommandFailure($"PostgreSQL {Name} did not start: {LastLogLine() ?? started.LastLine} (see {Log})");
    }

    private Task<Tool.Result> LaunchAsync(CancellationToken cancel) => RunAsync(["pg_ctl", "-D", Data, "-l", Log, "-w", "-t", "60", "start"], cancel);

    /// <summary>Role and database of ClusterMail. Safe to repeat.</summary>
    public async Task CreateDatabaseAsync(CancellationToken cancel)
    {
        await using var source = Superuser();
        if (!await ExistsAsync(source, "SELECT 1 FROM pg_roles WHERE rolname = 'clustermail'", cancel))
            await ExecuteAsync(source, $"CREATE ROLE clustermail LOGIN CREATEDB PASSWORD '{state.Password}'", cancel);
        if (!await ExistsAsync(source, "SELECT 1 FROM pg_database WHERE datname = 'clustermail'", cancel))
            await ExecuteAsync(source, "CREATE DATABASE clustermail OWNER clustermail ENCODING 'UTF8' TEMPLATE template0", cancel);
        // Without it 'db status' and the nodes see that there is a standby, but not how it fares.
        await ExecuteAsync(source, "GRANT pg_monitor TO clustermail", cancel);
    }

    /// <returns>False: it was not running.</returns>
    public async Task<bool> StopAsync(CancellationToken cancel)
    {
        if (!await IsRunningAsync(cancel))
            return false;
        var stopped = await RunAsync(["pg_ctl", "-D", Data, "-m", "fast", "-w", "-t", "60", "stop"], cancel);
        if (stopped.ExitCode != 0 && await IsRunningAsync(cancel))
            stopped = await RunAsync(["pg_ctl", "-D", Data, "-m", "immediate", "-w", "-t", "20", "stop"], cancel);
        return stopped.ExitCode == 0 ? true : throw new CommandFailure($"PostgreSQL {Name} did not stop: {stopped.LastLine} (see {Log})");
    }

    public async Task<bool> IsRunningAsync(CancellationToken cancel)
    {
        if (!Directory.Exists(Data))
            return false;
        ForgetDeadServer();
        return (await RunAsync(["pg_ctl", "-D", Data, "status"], cancel)).ExitCode == 0;
    }

    /// <summary>
    /// A killed server that nobody has waited for (a container whose first process collects no children) keeps its process number, and PostgreSQL takes
    /// that for life: its lock file must go, or it would never start again.
    /// </summary>
    private void ForgetDeadServer()
    {
        var mark = PidFile;
        if (File.Exists(mark) && int.TryParse(File.ReadLines(mark).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && NodeProcess.IsZombie(pid))
            File.Delete(mark);
    }

    private static IReadOnlyList<string> Installed()
    {
        const string debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(debian) ? Directory.GetDirectories(debian) : [];
        var path = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries) ?? [];
        return [.. versions.OrderByDescending(MajorVersion).Select(v => Path.Combine(v, "bin")), .. path];
    }

    private static int MajorVersion(string folder) =>
        int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    /// <summary>initdb into a folder of another name first: one broken off half-way must not look like a finished one.</summary>
    private async Task CreateAsync(CancellationToken cancel)
    {
        await CreateFolderAsync(cancel);
        var fresh = Data + ".new";
        if (Directory.Exists(fresh))
            Directory.Delete(fresh, recursive: true);
        var passwordFile = Path.Combine(state.PostgresFolder, "superuser");
        PrivateFile.Replace(passwordFile, state.SuperuserPassword + "\n");
        await GiveToServerAsync(passwordFile, cancel);
        var created = await RunAsync(
            ["initdb", "-D", fresh, "-U", "postgres", "--pwfile", passwordFile, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--data-checksums"], cancel);
        File.Delete(passwordFile);
        if (created.ExitCode != 0)
            throw new CommandFailure($"initdb failed: {created.LastLine}");
        await File.AppendAllTextAsync(Path.Combine(fresh, "postgresql.conf"), "\ninclude 'clustermail.conf'\n", cancel);
        Directory.Move(fresh, Data);
    }

    private async Task CreateFolderAsync(CancellationToken cancel)
    {
        PrivateFile.CreateFolder(state.PostgresFolder);
        if (new DirectoryInfo(state.PostgresFolder).LinkTarget is not null)
            throw new CommandFailure($"{state.PostgresFolder} is a symbolic link; remove it or choose another --data");
        await GiveToServerAsync(state.PostgresFolder, cancel);
    }

    private static async Task GiveToServerAsync(string path, CancellationToken cancel)
    {
        if (!UsesOwnAccount)
            return;
        var given = await Tool.RunAsync(["chown", "-h", "postgres:postgres", path], ToolLimit, cancel);
        if (given.ExitCode != 0)
            throw new CommandFailure($"cannot give {path} to the account postgres: {given.LastLine}. Run as an ordinary user instead.");
    }

    /// <summary>Durability is never weakened: what runs here is to behave as in production, only smaller.</summary>
    private async Task WriteSettingsAsync(CancellationToken cancel)
    {
        if (state.Standby)
            await WritePasswordFileAsync(cancel);
        var path = Path.Combine(Data, "clustermail.conf");
        PrivateFile.Replace(path, SettingsText());
        await GiveToServerAsync(path, cancel);
    }

    private string SettingsText() => string.Create(CultureInfo.InvariantCulture, $"""
        # Written by 'clustermail up' at each start.
        listen_addresses = '127.0.0.1'
        port = {Port}
        unix_socket_directories = ''
        max_connections = 200
        fsync = on
        full_page_writes = on
        synchronous_commit = on
        shared_buffers = 256MB
        wal_buffers = 16MB
        max_wal_size = 4GB
        min_wal_size = 1GB
        checkpoint_timeout = 15min
        wal_compression = lz4
        default_toast_compression = lz4
        autovacuum_naptime = 10s
        autovacuum_vacuum_cost_delay = 0
        jit = off
        track_io_timing = on
        log_line_prefix = '%m [%p] %a '
        log_lock_waits = on
        log_min_duration_statement = 2s
        {(state.Standby ? ReplicationSettings() : "")}

        """);

    private string? LastLogLine() =>
        File.Exists(Log) ? File.ReadLines(Log).LastOrDefault(line => line.Contains("FATAL", StringComparison.Ordinal)) : null;

    private static IReadOnlyList<string> AsServer =>
        UsesOwnAccount ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] : [];

    private Task<Tool.Result> RunAsync(IReadOnlyList<string> command, CancellationToken cancel, TimeSpan? limit = null) =>
        Tool.RunAsync([.. AsServer, Path.Combine(state.PostgresBinaries, command[0]), .. command.Skip(1)], limit ?? ToolLimit, cancel);

    private NpgsqlDataSource Superuser() => NpgsqlDataSource.Create(state.SuperuserConnectionString(server) + ";Pooling=false");

    private static async Task<bool> ExistsAsync(NpgsqlDataSource source, string sql, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(cancel) is not null;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
