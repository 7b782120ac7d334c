using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Bench.Relay.Parties;

/// <summary>
/// One node and its private PostgreSQL, as <c>clustermail up --nodes 1</c> starts them; policy, history and logs on. Seen with strace: PostgreSQL calls fdatasync
/// on its WAL for each group of mails, and only then does the node write their 250s.
/// </summary>
internal sealed partial class ClusterMailParty : IParty
{
    /// <summary>Of 16 MB each.</summary>
    private const int LogFiles = 256;
    private static readonly string PreparedLog = $"PostgreSQL: min_wal_size = 4GB, {LogFiles} files of WAL made before";

    private readonly Farm _farm;
    private readonly NpgsqlDataSource _database;

    private ClusterMailParty(string name, string version, Farm farm, IReadOnlyList<string> settings, int database)
    {
        (Name, Version, Settings, _farm) = (name, version, settings, farm);
        _database = NpgsqlDataSource.Create(farm.Cluster.Database);
        Server = new ProcessTree(farm.Nodes[0].Pid ?? throw new InvalidOperationException("the node is not running"));
        Database = new ProcessTree(database);
    }

    public string Name { get; }
    public string Version { get; }
    public string Durability => "on disk before 250 (fsync of PostgreSQL's WAL, one for a group of mails)";
    public IReadOnlyList<string> Settings { get; }
    public IPEndPoint EndPoint => _farm.Nodes[0].Receiver;
    public ProcessTree Server { get; }
    public ProcessTree? Database { get; }

    /// <param name="name">Told in the report: two builds are two parties.</param>
    /// <param name="programs">Folder of the programs.</param>
    public static async Task<ClusterMailParty> StartAsync(string name, string programs, Surroundings around)
    {
        var settings = new Dictionary<string, string>
        {
            ["relay.rules"] = "#<> default\n#blank false\n127.0.0.1 true",
            ["route.table"] = string.Create(CultureInfo.InvariantCulture, $"*,127.0.0.1,{around.Sink.Port}"),
            ["delivery.destination_connections"] = around.Sessions.ToString(CultureInfo.InvariantCulture),
            ["delivery.workers_per_node"] = Math.Max(20, around.Sessions).ToString(CultureInfo.InvariantCulture),
            // The source is one address.
            ["receive.max_sessions_per_address"] = "0",
            // A kept connection brings tens of thousands of mails here.
            ["receive.max_commands"] = "10000000",
            ["delivery.tls"] = around.TlsOut ? "required" : "none",
        };
        if (around.TlsIn)
            (settings["tls.certificate"], settings["tls.key"]) = (around.Certificate!.Certificate, around.Certificate.Key);
        var farm = await Farm.StartFromAsync(programs, 1, settings);
        try
        {
            var version = (await Tool.MustAsync(TimeSpan.FromSeconds(30), Path.Combine(programs, "clustermail"), "--version")).Trim();
            await PrepareLogAsync(farm);
            var database = (await farm.Postgres.ProcessesAsync(farm.Postgres.Primary))[0];
            return new ClusterMailParty(name, version, farm, [.. settings.Select(setting => $"{setting.Key} = {setting.Value.ReplaceLineEndings(" | ")}"), PreparedLog], database);
        }
        catch
        {
            await farm.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// A server that has worked for hours writes its WAL over files it has, at this load as many as <c>max_wal_size</c> allows (<c>clustermail up</c>: 4 GB); a new one creates each, 16 MB of zeros
    /// and a flush, while all commits wait 60 ms, six times a second at 100 KB a mail. All of them are made before, so that not the first minutes of a server are measured.
    /// </summary>
    private static async Task PrepareLogAsync(Farm farm)
    {
        await using var superuser = NpgsqlDataSource.Create(farm.Postgres.AsSuperuser(farm.Cluster.Database));
        foreach (var setting in new[] { "ALTER SYSTEM SET min_wal_size = '4GB'", "SELECT pg_reload_conf()" })
            await RunAsync(superuser, setting);
        for (var file = 0; file < LogFiles; file++)
            await RunAsync(superuser, "SELECT pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()");
        await RunAsync(superuser, "CHECKPOINT");
    }

    private static async Task RunAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<bool> IsEmptyAsync()
    {
        await using var command = _database.CreateCommand("SELECT NOT EXISTS (SELECT FROM recipient)");
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    public async Task<Counters?> CountersAsync()
    {
        // The counters of a backend become visible when it has been idle for a second.
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        await using var command = _database.CreateCommand("""
            SELECT xact_commit, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint,
                   (SELECT size FROM history WHERE ended_at > now() - interval '1 minute' ORDER BY ended_at DESC LIMIT 1)
            FROM pg_stat_database WHERE datname = current_database()
            """);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new Counters(reader.GetInt64(0), reader.GetInt64(1), await reader.IsDBNullAsync(2) ? null : reader.GetInt64(2));
    }

    public async Task<NodeFigures?> FiguresAsync()
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        var lines = Figure().Matches(await client.GetStringAsync(new Uri(_farm.Nodes[0].Admin.TrimEnd('/') + "/metrics")));
        // A build of before does not tell, and a node that has taken no mail yet neither.
        return Sum("clustermail_smtp_answer_time_milliseconds_count", "check") is > 0 and var mails
            ? new NodeFigures(
                mails, Sum("clustermail_smtp_answer_time_milliseconds_sum", "check"), Sum("clustermail_smtp_answer_time_milliseconds_sum", "store"), Sum("clustermail_queue_commit_wait_milliseconds_sum"),
                Sum("dotnet_gc_heap_total_allocated_bytes_total"), Sum("dotnet_gc_pause_time_seconds_total"))
            : null;

        double Sum(string name, string label = "") => lines.Where(line => line.Groups["name"].Value == name && line.Groups["labels"].Value.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line.Groups["value"].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^(?<name>\w+)(?<labels>\{[^}]*\})? (?<value>[-+.e0-9]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Figure();

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _farm.DisposeAsync();
    }
}
