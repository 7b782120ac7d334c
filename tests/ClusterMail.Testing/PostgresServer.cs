using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ClusterMail.Testing;

/// <summary>
/// A real PostgreSQL for tests: a private server from the installed binaries with a data folder of its own, ended and removed with the object.
/// <c>CLUSTERMAIL_TEST_DATABASE</c> (a connection string of a superuser) names a running server instead, so that several test programs share one.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly string? _folder;
    private Process? _process;

    private PostgresServer(string connectionString, string? folder)
    {
        ConnectionString = connectionString;
        _folder = folder;
    }

    /// <summary>Of a superuser, to the database <c>postgres</c>.</summary>
    public string ConnectionString { get; }

    /// <summary>Of the server this object started; 0 when it is somebody else's.</summary>
    public int ProcessId => _process?.Id ?? 0;

    /// <summary>The server of <c>CLUSTERMAIL_TEST_DATABASE</c>, or a new private one.</summary>
    public static async Task<PostgresServer> StartAsync()
    {
        var given = Environment.GetEnvironmentVariable("CLUSTERMAIL_TEST_DATABASE");
        return string.IsNullOrEmpty(given) ? await StartPrivateAsync() : new PostgresServer(given, null);
    }

    /// <summary>A new private server on a free loopback port.</summary>
    public static async Task<PostgresServer> StartPrivateAsync()
    {
        var folder = Folder();
        if (IsRoot)
            await RunAsync("chown", ["postgres", folder]);
        await RunAsServerUserAsync("initdb", ["-D", Path.Combine(folder, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]);
        return await LaunchAsync(folder);
    }

    /// <summary>A standby of this server, streaming under the name <c>standby</c>; it must be a private one.</summary>
    public async Task<PostgresServer> StartStandbyAsync()
    {
        var folder = Folder();
        if (IsRoot)
            await RunAsync("chown", ["postgres", folder]);
        var port = new NpgsqlConnectionStringBuilder(ConnectionString).Port.ToString(CultureInfo.InvariantCulture);
        await RunAsServerUserAsync(
            "pg_basebackup", ["-D", Path.Combine(folder, "data"), "-d", $"host=127.0.0.1 port={port} user=postgres application_name=standby", "-R", "-c", "fast", "--no-sync"]);
        return await LaunchAsync(folder);
    }

    /// <summary>
    /// A server process is killed: the server throws away what it had in memory, recovers from its log on disk and goes on. What was committed without waiting for the disk is gone.
    /// Only of a private server.
    /// </summary>
    public async Task CrashAsync()
    {
        await using (var victim = new NpgsqlConnection(ConnectionString + ";Pooling=false"))
        await using (var witness = new NpgsqlConnection(ConnectionString + ";Pooling=false"))
        {
            await victim.OpenAsync();
            await witness.OpenAsync();
            Process.GetProcessById(victim.ProcessID).Kill();
            await using var sleep = new NpgsqlCommand("SELECT pg_sleep(20)", witness);
            try
            {
                await sleep.ExecuteNonQueryAsync();
                throw new InvalidOperationException("the server did not crash");
            }
            catch (NpgsqlException)
            {
                // It has cut everybody.
            }
        }
        await WaitUntilReadyAsync();
    }

    /// <summary>Without its help nothing gets to disk before somebody waits for it. Only of a private server.</summary>
    public async Task SlowWriterAsync()
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        foreach (var sql in new[] { "ALTER SYSTEM SET wal_writer_delay = '10s'", "ALTER SYSTEM SET wal_writer_flush_after = '1GB'", "SELECT pg_reload_conf()" })
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>In memory where there is room: a test's database is some hundreds of small files, made and removed with it.</summary>
    private static string Folder()
    {
        const string Memory = "/dev/shm";
        const long Room = 4L << 30;
        return !OperatingSystem.IsWindows() && Directory.Exists(Memory) && new DriveInfo(Memory).AvailableFreeSpace > Room
            ? Directory.CreateDirectory(Path.Combine(Memory, $"clustermail-pg-{Guid.NewGuid():N}"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName
            : Directory.CreateTempSubdirectory("clustermail-pg-").FullName;
    }

    private static async Task<PostgresServer> LaunchAsync(string folder)
    {
        var port = FreePort();
        var server = new PostgresServer(
            $"Host=127.0.0.1;Port={port.ToString(CultureInfo.InvariantCulture)};Username=postgres;Database=postgres", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Stop();
        await server.RunAsync();
        return server;
    }

    /// <summary>Ends the server as a crash would, its data stays; only for a private one.</summary>
    public async Task HaltAsync()
    {
        using var process = Interlocked.Exchange(ref _process, null) ?? throw new InvalidOperationException("The server is not running, or is somebody else's.");
        await RunAsServerUserAsync("pg_ctl", ["-D", Path.Combine(_folder!, "data"), "-m", "immediate", "-w", "stop"]);
        await process.WaitForExitAsync().WaitAsync(StartLimit);
    }

    /// <summary>Starts it again on the same port; returns when it takes connections.</summary>
    public async Task RunAsync()
    {
        var port = new NpgsqlConnectionStringBuilder(ConnectionString).Port;
        _process = await LaunchLastingAsync("postgres",
        [
            "-D", Path.Combine(_folder!, "data"), "-p", port.ToString(CultureInfo.InvariantCulture), "-k", _folder!, "-c", "listen_addresses=127.0.0.1",
            // These databases live as long as their test, and a killed server loses nothing by it; whole farms, and with them every promise of durability, run on fsync.
            "-c", "fsync=off",
            "-c", "max_connections=300", "-c", "shared_buffers=128MB", "-c", "max_wal_size=2GB", "-c", "logging_collector=off",
        ]);
        await WaitUntilReadyAsync();
    }

    /// <summary>Runs a client program of the same installation to its end.</summary>
    public static Task<string> MustAsync(string program, params IReadOnlyList<string> arguments) =>
        Processes.Tool.MustAsync(TimeSpan.FromMinutes(2), Path.Combine(BinaryFolder(), program), arguments);

    public ValueTask DisposeAsync()
    {
        Stop();
        return ValueTask.CompletedTask;
    }

    private static bool IsRoot => !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess;

    private async Task WaitUntilReadyAsync()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=2");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (waited.Elapsed < StartLimit && _process is { HasExited: false })
            {
                await Task.Delay(50);
            }
        }
    }

    // Fast shutdown (SIGINT to the postmaster): sessions are cut, nothing is recovered, because the folder goes too.
    private void Stop()
    {
        if (_folder is null)
            return;
        if (Interlocked.Exchange(ref _process, null) is not { } process)
        {
            // Halted, or stopped before.
            if (Directory.Exists(_folder))
                Directory.Delete(_folder, recursive: true);
            return;
        }
        try
        {
            using var stop = Launch("pg_ctl", ["-D", Path.Combine(_folder, "data"), "-m", "immediate", "-W", "stop"]);
            stop.WaitForExit(5000);
            process.WaitForExit(10000);
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            Console.Error.WriteLine($"The test server in {_folder} could not be removed: {trouble.Message}");
        }
        finally
        {
            process.Dispose();
        }
    }

    private static async Task RunAsServerUserAsync(string program, string[] arguments)
    {
        using var process = Launch(program, arguments);
        await EndedAsync(process, program);
    }

    private static async Task RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        await EndedAsync(process, program);
    }

    private static async Task EndedAsync(Process process, string program)
    {
        await process.WaitForExitAsync().WaitAsync(StartLimit);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    // pdeathsig is sent when the thread that started the process ends, not when the program does, and a pool thread ends after 20 idle seconds.
    private static Task<Process> LaunchLastingAsync(string program, string[] arguments)
    {
        var launched = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                launched.SetResult(Launch(program, arguments));
            }
            catch (Exception trouble)
            {
                launched.SetException(trouble);
                return;
            }
            Thread.Sleep(Timeout.Infinite);
        })
        { IsBackground = true, Name = "parent of the test server" }.Start();
        return launched.Task;
    }

    // PostgreSQL refuses to run as root. setpriv replaces itself, so the process is the server itself and dies with a signal to it.
    private static Process Launch(string program, string[] arguments)
    {
        var path = Path.Combine(BinaryFolder(), program);
        var start = IsRoot
            ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT", path, .. arguments])
            : new ProcessStartInfo(path, arguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.WorkingDirectory = Path.GetTempPath();
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static string BinaryFolder()
    {
        const string Debian = "/usr/lib/postgresql";
        if (Directory.Exists(Debian))
        {
            var newest = Directory.GetDirectories(Debian).Select(d => Path.Combine(d, "bin")).Where(d => File.Exists(Path.Combine(d, "postgres")))
                .OrderByDescending(d => int.TryParse(Path.GetFileName(Path.GetDirectoryName(d)), out var version) ? version : 0).FirstOrDefault();
            if (newest is not null)
                return newest;
        }
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).FirstOrDefault(d => File.Exists(Path.Combine(d, "postgres")))
            ?? throw new InvalidOperationException("No PostgreSQL server binaries were found (Debian: apt-get install postgresql).");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
