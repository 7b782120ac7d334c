using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using DbUp;
using DbUp.Engine;
using DbUp.Engine.Output;
using Npgsql;

namespace ClusterMail.Store;

/// <summary>Opening the database, bringing its schema up to date, and telling trouble with it from trouble with a mail.</summary>
public static partial class Database
{
    /// <summary>SQLSTATE of <c>assert_epoch</c>: the epoch is fenced.</summary>
    internal const string EpochFenced = "CM001";

    /// <summary>How long a migration goes on trying between the statements of nodes that work.</summary>
    private static readonly TimeSpan TrafficPatience = TimeSpan.FromMinutes(2);

    // Held by whoever migrates; the others wait for it and then find nothing left to do.
    private const string MigrationLockSql = "SELECT pg_advisory_lock(17230, 2)";

    // Every hot statement finds a few rows by key. A plan made while the tables were empty, and kept, must not scan them when they are full.
    // And it is kept: for commits of a few rows the server would plan each time anew, because it reckons a plan for one row cheaper by more than planning costs.
    private const string HotPlans = " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan";

    /// <summary>
    /// A pool of connections that give up instead of waiting for ever. What the connection string says itself wins, so an operator
    /// may change any of it there; hosts separated by commas with <c>Target Session Attributes=primary</c> follow a fail-over.
    /// </summary>
    /// <param name="applicationName">Shown in pg_stat_activity, for example <c>clustermaild node1</c>.</param>
    /// <param name="epoch">For the connections a node writes the queue with: by it <see cref="NodeStore.FenceExpiredAsync"/> finds sessions that hang.</param>
    /// <param name="maxPoolSize">Connections at most. Default 20: the hot path needs few, since it commits in groups.</param>
    public static NpgsqlDataSource Open(string connectionString, string applicationName, long? epoch = null, int maxPoolSize = 20) =>
        Build(Merge(connectionString, applicationName, epoch, maxPoolSize), applicationName);

    /// <summary>The same without a pool: each connection is a new one, and closed by whoever opened it.</summary>
    internal static NpgsqlDataSource OpenUnpooled(string connectionString, string applicationName, long epoch)
    {
        var text = Merge(connectionString, applicationName, epoch, maxPoolSize: 1);
        text.Pooling = false;
        return Build(text, applicationName);
    }

    private static NpgsqlConnectionStringBuilder Merge(string connectionString, string applicationName, long? epoch, int maxPoolSize)
    {
        var given = new NpgsqlConnectionStringBuilder(connectionString);
        var merged = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = epoch is { } number ? Named(applicationName, number) : applicationName,
        };
        Default(given, merged, "Maximum Pool Size", maxPoolSize);
        Default(given, merged, "Timeout", 5);
        Default(given, merged, "Command Timeout", 30);
        Default(given, merged, "Cancellation Timeout", 2000);
        Default(given, merged, "Keepalive", 10);
        Default(given, merged, "Tcp Keepalive", true);
        // Of several hosts a standby is taken for one so long; the library's 10 s are how long nobody would ask the one that was just promoted.
        Default(given, merged, "Host Recheck Seconds", 1);
        Default(given, merged, "Max Auto Prepare", 60);
        // Nothing here leaves anything behind in a session, so the reset between two uses of a connection, as dear as a small commit, is for nothing.
        Default(given, merged, "No Reset On Close", true);
        Default(given, merged, "Auto Prepare Min Usages", 2);
        // The library sends by 8 KB, and the server wakes for each; contents make a commit of hundreds of them (docs/performance.md).
        Default(given, merged, "Write Buffer Size", 65_536);
        // Statement, lock and idle-in-transaction limits (design §5): one stuck session must not stop a node.
        const string Limits = "-c statement_timeout=25s -c lock_timeout=10s -c idle_in_transaction_session_timeout=15s";
        merged.Options = $"{Limits}{(epoch is null ? "" : HotPlans)} {given.Options}".TrimEnd();
        return merged;
    }

    /// <summary>Of several hosts the one that takes writes, unless the text asks for another kind: what is here neither reads from a standby nor writes to one.</summary>
    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder text, string name)
    {
        var asked = text.TargetSessionAttributes ?? "primary";
        text.TargetSessionAttributes = null;      // the library takes it from a call, and refuses it in the text of a pool
        if (text.Host?.Contains(',', StringComparison.Ordinal) != true)
            return Builder(text, name).Build();
        var target = Enum.Parse<TargetSessionAttributes>(asked.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
        return Builder(text, name).BuildMultiHost().WithTargetSession(target);
    }

    /// <summary>Named, because metrics carry the name of the pool: by default that is the whole connection string, another one for each epoch.</summary>
    private static NpgsqlDataSourceBuilder Builder(NpgsqlConnectionStringBuilder text, string name) => new(text.ConnectionString) { Name = name };

    /// <summary>Brings the schema to the newest version. Safe to call by many at once and again at any time; returns the scripts it ran.</summary>
    /// <exception cref="InvalidOperationException">A script failed: nothing of that script was kept, the ones before it were.</exception>
    public static async Task<IReadOnlyList<string>> MigrateAsync(string connectionString, CancellationToken cancel)
    {
        await using var source = ForMigration(connectionString, "-c lock_timeout=100s");
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using (var hold = new NpgsqlCommand(MigrationLockSql, connection))
            await hold.ExecuteNonQueryAsync(cancel);
        var done = new List<string>();
        for (var clock = Stopwatch.StartNew(); ;)
        {
            // The library is synchronous; migrating happens once at a start, off the thread pool.
            var result = await Task.Factory.StartNew(
                () => Upgrader(At(connectionString, connection)).PerformUpgrade(), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            done.AddRange(result.Scripts.Select(s => ShortName(s.Name)));
            if (result.Successful)
                return done;
            if (!IsInTheWay(result.Error) || clock.Elapsed > TrafficPatience)
                throw new InvalidOperationException($"Migration {result.ErrorScript?.Name} failed: {result.Error.Message}", result.Error);
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(100, 1000)), cancel);
        }
    }

    /// <summary>The nodes' own statements were: the script, a transaction of its own, did nothing, and finds a gap when it is tried again.</summary>
    private static bool IsInTheWay(Exception error) => error switch
    {
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable,
        { InnerException: { } inner } => IsInTheWay(inner),
        _ => false,
    };

    /// <summary>Which scripts have run and which are missing. Changes nothing.</summary>
    public static async Task<SchemaStatus> StatusAsync(string connectionString, CancellationToken cancel)
    {
        string at;
        await using (var source = ForMigration(connectionString, options: null))
        await using (var connection = await source.OpenConnectionAsync(cancel))
            at = At(connectionString, connection);
        return await Task.Factory.StartNew(
            () =>
            {
                var upgrader = Upgrader(at);
                return new SchemaStatus(
                    [.. upgrader.GetExecutedScripts().Select(ShortName)],
                    [.. upgrader.GetScriptsToExecute().Select(s => ShortName(s.Name))]);
            },
            cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static NpgsqlDataSource ForMigration(string connectionString, string? options)
    {
        const string name = "clustermail migrate";
        var text = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = name, Pooling = false, CommandTimeout = 120 };
        text.Options = options ?? text.Options;
        return Build(text, name);
    }

    /// <summary>The same text for the one server <paramref name="connection"/> reached: the library that runs the scripts chooses no host.</summary>
    private static string At(string connectionString, NpgsqlConnection connection) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Host = connection.Host, Port = connection.Port, TargetSessionAttributes = null }.ConnectionString;

    /// <summary>
    /// The database is away, read-only, overloaded or shutting down: find the primary again and try later, never fail a mail for it (CLU-31).
    /// A <see cref="PostgresException"/> that is not of these kinds is a bug or a refusal, and stays one when tried again.
    /// </summary>
    public static bool IsLost(Exception exception) => exception switch
    {
        EpochFencedException => false,
        // FATAL ends the connection whatever the reason (logins closed for maintenance, a password just changed): no statement was refused by it.
        PostgresException postgres => postgres.InvariantSeverity is "FATAL" or "PANIC" || IsLostState(postgres.SqlState),
        NpgsqlException or TimeoutException or System.Net.Sockets.SocketException or IOException => true,
        { InnerException: { } inner } => IsLost(inner),
        _ => false,
    };

    // 08 connection; 25006 read-only: not the primary any more; 53 out of resources; 57 shut down, cancelled, timed out; 58 disk; 55P03 lock timeout;
    // 40 rolled back by a conflict; 25P03 idle in transaction; 3D000 the database is not there (yet).
    private static bool IsLostState(string state) =>
        state is PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.LockNotAvailable or "25P03" or "3D000"
        || state[..2] is "08" or "40" or "53" or "57" or "58";

    private static UpgradeEngine Upgrader(string connectionString) => DeployChanges.To
        .PostgresqlDatabase(WithBriefLocks(connectionString))
        .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly(), name => name.EndsWith(".sql", StringComparison.Ordinal))
        .WithVariablesDisabled()
        .WithTransactionPerScript()
        .JournalToPostgresqlTable("public", "schema_version")
        .LogTo(new NoOpUpgradeLog())
        .Build();

    /// <summary>
    /// A script that changes a table waits for it, and every statement of the nodes waits behind the script: for a second at most, then it steps aside. One that has its tables
    /// takes as long as it must: cut off at the library's 30 s it would be for nothing, each time anew.
    /// </summary>
    private static string WithBriefLocks(string connectionString)
    {
        var text = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "clustermail migrate", Pooling = false, CommandTimeout = 0 };
        text.Options = $"-c lock_timeout=1s {text.Options}".TrimEnd();
        return text.ConnectionString;
    }

    // The server cuts names at 63 octets; the epoch must not be what is cut.
    private static string Named(string application, long epoch) =>
        string.Create(CultureInfo.InvariantCulture, $"{application[..Math.Min(application.Length, 40)]} epoch={epoch}");

    private static string ShortName(string resource) => ScriptName().Match(resource) is { Success: true } match ? match.Value : resource;

    private static void Default(NpgsqlConnectionStringBuilder given, NpgsqlConnectionStringBuilder merged, string key, object value)
    {
        if (!given.Keys.Contains(key))
            merged[key] = value;
    }

    [GeneratedRegex(@"\d{4}_\w+(?=\.sql$)")]
    private static partial Regex ScriptName();
}

/// <param name="Applied">Names of the scripts that have run, for example <c>0001_queue</c>.</param>
/// <param name="Pending">Scripts this program brings that have not run.</param>
public sealed record SchemaStatus(IReadOnlyList<string> Applied, IReadOnlyList<string> Pending);
