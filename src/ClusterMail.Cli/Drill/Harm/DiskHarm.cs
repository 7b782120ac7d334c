using System.Diagnostics;
using System.Globalization;
using System.Text;
using ClusterMail.Cli.Local;
using ClusterMail.Cli.Output;
using Npgsql;

namespace ClusterMail.Cli.Drill.Harm;

/// <summary>
/// A disk of the database that is full: the kernel's answer to each attempt of a database process to make a table or an index longer is "no space left on device", given by
/// strace. PostgreSQL does with it what it does on a full disk; what has room goes on. No file system is filled, so nothing else on the machine suffers, and nothing
/// remains: strace ends by itself at a set time, and its end is the end of the harm. Files made during the drill are not among those watched.
/// </summary>
internal sealed class DiskHarm(LocalHands hands, DrillTarget target) : ILocalHarm
{
    /// <summary>By it the process is found again.</summary>
    public const string TraceFile = "drill-disk.trace";

    private const string NoSpace = "No space left on device";

    /// <summary>Writing, and the two ways of making a file longer at once (PostgreSQL 16 and newer).</summary>
    private const string Calls = "pwrite64,pwritev,pwritev2,fallocate";

    private static readonly TimeSpan AttachLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>The drill's own steps around the harm take less; after it strace ends in any case.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    private long _logged;

    /// <summary>Kept to its end: a tracer whose stderr is closed dies of the first thing it says.</summary>
    private Process? _strace;

    public string? Preparation => null;
    public string Harm => Words.Say($"each attempt of PostgreSQL to make a table or an index longer is answered '{NoSpace}' (strace)");
    public string Undo => Words.Say($"there is room on the disk again (strace ended)");

    public Task<string?> MissingAsync(CancellationToken cancel) => Task.FromResult(
        InstalledTool.Find("strace") is null ? Words.Say($"the program {"strace"} (apt-get install {"strace"})")
        : InstalledTool.Find("timeout") is null ? Words.Say($"the program {"timeout"} (apt-get install {"coreutils"})")
        : Environment.UserName != "root" && MayNotTrace() ? Words.Say($"the right to trace processes (sysctl kernel.yama.ptrace_scope=0, or run it with sudo)")
        : null);

    public Task PrepareAsync(CancellationToken cancel) => Task.CompletedTask;

    public async Task DoAsync(CancellationToken cancel)
    {
        var database = hands.Database;
        var (files, processes) = await WhatToWatchAsync(database, cancel);
        _logged = File.Exists(database.Log) ? new FileInfo(database.Log).Length : 0;
        var start = new ProcessStartInfo(InstalledTool.Find("timeout")!,
        [
            "--kill-after=5", (target.For + Grace).TotalSeconds.ToString("0", CultureInfo.InvariantCulture), InstalledTool.Find("strace")!, "-f", "-qq", "-o", Path.Combine(hands.Folder, TraceFile),
            "-e", $"trace={Calls}", "-e", $"inject={Calls}:error=ENOSPC",
            .. files.SelectMany(file => (string[])["-P", file]), .. processes.SelectMany(pid => (string[])["-p", pid.ToString(CultureInfo.InvariantCulture)]),
        ])
        { RedirectStandardError = true };
        var strace = _strace = Process.Start(start) ?? throw new CommandFailure($"cannot start {start.FileName}");
        var said = new StringBuilder();
        strace.ErrorDataReceived += (_, line) => { lock (said) said.AppendLine(line.Data); };
        strace.BeginErrorReadLine();
        // Each, and with the server itself every process it starts from now on. One that ended meanwhile is no fault.
        for (var watch = Stopwatch.StartNew(); processes.Any(pid => NodeProcess.Exists(pid) && !IsTraced(pid)); await Task.Delay(Poll, cancel))
            if (strace.HasExited || watch.Elapsed > AttachLimit)
                throw new CommandFailure($"strace did not get hold of PostgreSQL: {said.ToString().Trim()}");
    }

    public async Task<string> ProveAsync(CancellationToken cancel)
    {
        var lines = await RefusedAsync(cancel);
        return lines.Count > 0
            ? Words.Say($"PostgreSQL refused {lines.Count} times: {lines[^1][(lines[^1].IndexOf("ERROR:", StringComparison.Ordinal) + 6)..].Trim()}")
            : throw new CommandFailure($"no table had to grow while the disk was full: nothing was rehearsed. Give a longer --for or a higher --rate");
    }

    public Task UndoAsync(CancellationToken cancel) => EndAsync(hands.Folder, cancel);

    public ValueTask DisposeAsync()
    {
        _strace?.Dispose();
        File.Delete(Path.Combine(hands.Folder, TraceFile));
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends the harm of a cluster, if there is one.</summary>
    public static async Task EndAsync(string folder, CancellationToken cancel)
    {
        var trace = Path.Combine(folder, TraceFile);
        for (var watch = Stopwatch.StartNew(); Tracers(trace) is { Count: > 0 } tracers; await Task.Delay(Poll, cancel))
        {
            foreach (var pid in tracers)
                Signals.Send(pid, watch.Elapsed > AttachLimit ? Signal.Kill : Signal.Terminate);
            if (watch.Elapsed > 2 * AttachLimit)
                throw new CommandFailure($"strace (process {tracers[0]}) does not end: kill it, it holds PostgreSQL");
        }
        File.Delete(trace);
    }

    private static IReadOnlyList<int> Tracers(string trace) => [.. NodeProcess.All().Where(
        pid => NodeProcess.CommandLine(pid) is [var program, ..] line && Path.GetFileName(program) is "timeout" or "strace" && line.Contains(trace))];

    private static bool IsTraced(int pid)
    {
        try
        {
            return File.ReadLines($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/status").Any(line => line.StartsWith("TracerPid:", StringComparison.Ordinal) && !line.EndsWith("\t0", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>1 and more: only children may be traced, and the server is nobody's child.</summary>
    private static bool MayNotTrace()
    {
        const string scope = "/proc/sys/kernel/yama/ptrace_scope";
        return File.Exists(scope) && File.ReadAllText(scope).Trim() != "0";
    }

    /// <summary>The writer and the checkpointer are left out: they only write over what is there already.</summary>
    private static async Task<(IReadOnlyList<string> Files, IReadOnlyList<int> Processes)> WhatToWatchAsync(PrivatePostgres database, CancellationToken cancel)
    {
        const string filesSql = "SELECT pg_relation_filepath(oid) FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'i', 't', 'm')";
        const string processesSql = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
        await using var source = NpgsqlDataSource.Create(database.SuperuserConnectionString);
        var files = await ColumnAsync<string>(source, filesSql, cancel);
        var processes = await ColumnAsync<int>(source, processesSql, cancel);
        return ([.. files.Select(file => Path.Combine(database.Data, file))], [database.Pid ?? throw new CommandFailure($"PostgreSQL does not run"), .. processes]);
    }

    private static async Task<IReadOnlyList<T>> ColumnAsync<T>(NpgsqlDataSource source, string sql, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var all = new List<T>();
        while (await reader.ReadAsync(cancel))
            all.Add(await reader.GetFieldValueAsync<T>(0, cancel));
        return all;
    }

    /// <summary>What the server itself wrote down since the harm began.</summary>
    private async Task<IReadOnlyList<string>> RefusedAsync(CancellationToken cancel)
    {
        await using var log = new FileStream(hands.Database.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Seek(_logged, SeekOrigin.Begin);
        using var reader = new StreamReader(log);
        var found = new List<string>();
        while (await reader.ReadLineAsync(cancel) is { } line)
            if (line.Contains(NoSpace, StringComparison.Ordinal) && line.Contains("ERROR:", StringComparison.Ordinal))
                found.Add(line);
        return found;
    }
}
