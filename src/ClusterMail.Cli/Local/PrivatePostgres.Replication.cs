using System.Diagnostics;
using System.Globalization;

namespace ClusterMail.Cli.Local;

/// <summary>One of two servers as a primary with a standby, or as the standby. What it is, its data folder says: a standby has <c>standby.signal</c>.</summary>
public sealed partial class PrivatePostgres
{
    /// <summary>A copy of a large database takes its time.</summary>
    private static readonly TimeSpan CopyLimit = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    private string Mark => Path.Combine(Data, "standby.signal");
    private string PasswordFile => Path.Combine(state.PostgresFolder, "pgpass");

    public bool HasData => File.Exists(Path.Combine(Data, "PG_VERSION"));

    /// <summary>It would start as a standby: read-only, whoever starts it.</summary>
    public bool IsMarkedStandby => File.Exists(Mark);

    /// <summary>1, and one more with each promotion: the newest history of a timeline it has written or been sent.</summary>
    public int Timeline => !Directory.Exists(Path.Combine(Data, "pg_wal")) ? 0 : Directory.EnumerateFiles(Path.Combine(Data, "pg_wal"), "*.history")
        .Select(file => int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var timeline) ? timeline : 0)
        .Append(1).Max();

    /// <summary>From now on it takes no writes when it is started, by whomever. It must not run.</summary>
    public async Task MarkStandbyAsync(CancellationToken cancel)
    {
        PrivateFile.Replace(Mark, "");
        await GiveToServerAsync(Mark, cancel);
    }

    /// <summary>A copy of the running primary, marked as its standby. Data it had before are given up only when the copy is complete.</summary>
    public async Task CopyFromOtherAsync(CancellationToken cancel)
    {
        await CreateFolderAsync(cancel);
        await WritePasswordFileAsync(cancel);
        var fresh = Data + ".new";
        if (Directory.Exists(fresh))
            Directory.Delete(fresh, recursive: true);
        var copied = await RunAsync(["pg_basebackup", "-D", fresh, "-d", Conninfo(Other, "clustermail copy"), "-X", "stream", "-c", "fast"], cancel, CopyLimit);
        if (copied.ExitCode != 0)
            throw new CommandFailure($"pg_basebackup failed: {copied.LastLine}");
        PrivateFile.Replace(Path.Combine(fresh, Path.GetFileName(Mark)), "");
        await GiveToServerAsync(Path.Combine(fresh, Path.GetFileName(Mark)), cancel);
        if (Directory.Exists(Data))
            Directory.Delete(Data, recursive: true);
        Directory.Move(fresh, Data);
    }

    /// <summary>Takes back what this server wrote and the primary, which was promoted beside it, never got. It must not run.</summary>
    /// <returns>False: it cannot be done that way, and only a new copy helps.</returns>
    public async Task<bool> RewindToOtherAsync(CancellationToken cancel)
    {
        await WritePasswordFileAsync(cancel);
        ForgetDeadServer();
        await using (var other = Other.Superuser())
            await ExecuteAsync(other, "CHECKPOINT", cancel);      // pg_rewind reads the new timeline from the control file
        // After a crash pg_rewind first recovers the server in single-user mode, which a standby refuses.
        File.Delete(Mark);
        try
        {
            return (await RunAsync(["pg_rewind", "-D", Data, "--source-server", Conninfo(Other, "clustermail rewind")], cancel, CopyLimit)).ExitCode == 0;
        }
        finally
        {
            await MarkStandbyAsync(CancellationToken.None);
        }
    }

    public async Task PromoteAsync(CancellationToken cancel)
    {
        var promoted = await RunAsync(["pg_ctl", "-D", Data, "-w", "-t", "60", "promote"], cancel);
        if (promoted.ExitCode != 0)
            throw new CommandFailure($"PostgreSQL {Name} was not promoted: {promoted.LastLine} (see {Log})");
    }

    /// <summary>SIGKILL, as a crash would; returns when its processes, which notice by themselves, are gone.</summary>
    public async Task KillAsync(CancellationToken cancel)
    {
        var first = File.ReadLines(PidFile).FirstOrDefault();
        if (!int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            throw new CommandFailure($"PostgreSQL {Name} does not run");
        var processes = NodeProcess.ChildrenOf(pid).Prepend(pid).ToList();
        foreach (var process in processes)
            Signals.Send(process, Signal.Kill);
        var watch = Stopwatch.StartNew();
        while (processes.Any(NodeProcess.Exists))
        {
            if (watch.Elapsed > CrashLimit)
                throw new CommandFailure($"PostgreSQL {Name} did not react to {Signal.Kill} within {CrashLimit.TotalSeconds:0} s");
            await Task.Delay(Step, cancel);
        }
    }

    public async Task<bool> IsInRecoveryAsync(CancellationToken cancel)
    {
        await using var source = Superuser();
        return await ExistsAsync(source, "SELECT 1 WHERE pg_is_in_recovery()", cancel);
    }

    /// <summary>As the primary: keeps the log the other one has not had yet, and nothing for a standby it once had itself.</summary>
    public async Task KeepLogForOtherAsync(CancellationToken cancel)
    {
        await using var source = Superuser();
        if (!await ExistsAsync(source, $"SELECT 1 FROM pg_replication_slots WHERE slot_name = '{Other.Name}'", cancel))
            await ExecuteAsync(source, $"SELECT pg_create_physical_replication_slot('{Other.Name}', true)", cancel);
    }

    /// <summary>As the standby: a slot left from its time as a primary would keep log for ever.</summary>
    public async Task DropSlotsAsync(CancellationToken cancel)
    {
        await using var source = Superuser();
        await ExecuteAsync(source, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active", cancel);
    }

    /// <summary>As the primary: from now on a commit waits for the other one.</summary>
    public async Task WaitForOtherAsync(CancellationToken cancel)
    {
        await WriteSettingsAsync(cancel);
        var told = await RunAsync(["pg_ctl", "-D", Data, "reload"], cancel);
        if (told.ExitCode != 0)
            throw new CommandFailure($"PostgreSQL {Name} did not take its settings: {told.LastLine}");
    }

    /// <summary>As the primary: <c>streaming sync</c>, <c>catchup async</c> and so on of the other one; null when it is not connected.</summary>
    public async Task<string?> OtherStateAsync(CancellationToken cancel)
    {
        await using var source = Superuser();
        await using var command = source.CreateCommand($"SELECT state || ' ' || sync_state FROM pg_stat_replication WHERE application_name = '{Other.Name}'");
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    /// <returns>False: not in <paramref name="states"/> within <paramref name="limit"/>.</returns>
    public async Task<bool> OtherReachesAsync(Predicate<string> states, TimeSpan limit, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        while (await OtherStateAsync(cancel) is not { } state || !states(state))
        {
            if (watch.Elapsed > limit)
                return false;
            await Task.Delay(Step, cancel);
        }
        return true;
    }

    /// <summary>Both kinds, because either may become the other; what does not concern one is without effect on it.</summary>
    private string ReplicationSettings() => string.Create(CultureInfo.InvariantCulture, $"""
        wal_level = replica
        hot_standby = on
        wal_retrieve_retry_interval = 500ms
        max_slot_wal_keep_size = 4GB
        primary_conninfo = '{Conninfo(Other, Name).Replace("'", "''", StringComparison.Ordinal)}'
        primary_slot_name = '{Name}'
        synchronous_standby_names = '{(!IsMarkedStandby && Other.IsMarkedStandby ? Other.Name : "")}'
        """);

    /// <summary>The password stands in a file: a command line is everybody's to read.</summary>
    private string Conninfo(PrivatePostgres to, string application) => string.Create(
        CultureInfo.InvariantCulture,
        $"host=127.0.0.1 port={to.Port} user=postgres dbname=postgres application_name='{application}' passfile='{PasswordFile.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'");

    private async Task WritePasswordFileAsync(CancellationToken cancel)
    {
        PrivateFile.Replace(PasswordFile, $"127.0.0.1:*:*:postgres:{state.SuperuserPassword}\n");
        await GiveToServerAsync(PasswordFile, cancel);
    }
}
