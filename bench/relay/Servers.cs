using System.Globalization;
using System.Net;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Bench.Relay;

/// <summary>A server under measurement: takes mail at <see cref="EndPoint"/> and passes everything to the sink.</summary>
internal interface IServer : IAsyncDisposable
{
    string Name { get; }
    IPEndPoint EndPoint { get; }
    Meter Meter { get; }

    /// <summary>Commits and octets of WAL so far; null where there is no database.</summary>
    Task<(long Commits, long Wal)?> DatabaseAsync();
}

/// <summary>Postfix with the settings its tuning guide gives for relaying much mail; fsync stays on.</summary>
internal sealed class PostfixServer(Postfix postfix) : IServer
{
    private static readonly string[] Tuning =
    [
        "default_process_limit = 200",
        "qmgr_message_active_limit = 20000",
        "qmgr_message_recipient_limit = 20000",
        "default_destination_concurrency_limit = 100",
        "initial_destination_concurrency = 50",
        "smtp_connection_cache_on_demand = yes",
        "smtp_connection_cache_destinations = sink.test",
        "smtpd_client_connection_count_limit = 0",
        "smtpd_client_connection_rate_limit = 0",
        "in_flow_delay = 0",
        "smtpd_delay_reject = no",
        "smtpd_peername_lookup = no",
    ];

    public string Name => "Postfix";
    public IPEndPoint EndPoint => postfix.EndPoint;
    public Meter Meter { get; } = new((_, command) => PostfixPrograms.Any(program => command.StartsWith(program + " ", StringComparison.Ordinal)) || command.Contains("postfix/sbin/master", StringComparison.Ordinal));

    private static IReadOnlyList<string> PostfixPrograms => ["smtpd", "smtp", "relay", "cleanup", "qmgr", "trivial-rewrite", "bounce", "anvil", "scache", "postlogd", "pickup", "proxymap"];

    public static async Task<PostfixServer> StartAsync(IPEndPoint sink) => new(await Postfix.StartAsync(sink, null, Tuning));

    public Task<(long Commits, long Wal)?> DatabaseAsync() => Task.FromResult<(long, long)?>(null);

    public ValueTask DisposeAsync() => postfix.DisposeAsync();
}

/// <summary>One node and its private PostgreSQL, as <c>clustermail up --nodes 1</c> starts them.</summary>
internal sealed class ClusterMailServer : IServer
{
    private readonly Farm _farm;
    private readonly NpgsqlDataSource _database;

    private ClusterMailServer(Farm farm)
    {
        _farm = farm;
        _database = NpgsqlDataSource.Create(farm.Cluster.Database);
        Meter = new Meter((_, command) => command.Contains(farm.Data, StringComparison.Ordinal) || command.StartsWith("postgres:", StringComparison.Ordinal) || command.Contains("clustermail-local-", StringComparison.Ordinal));
    }

    public string Name => "ClusterMail";
    public IPEndPoint EndPoint => _farm.Nodes[0].Receiver;
    public Meter Meter { get; }

    public static async Task<ClusterMailServer> StartAsync(IPEndPoint sink, int sessions) => new(await Farm.StartAsync(1, new Dictionary<string, string>
    {
        ["relay.rules"] = "#<> default\n#blank false\n127.0.0.1 true",
        ["route.table"] = string.Create(CultureInfo.InvariantCulture, $"*,127.0.0.1,{sink.Port}"),
        ["delivery.destination_connections"] = sessions.ToString(CultureInfo.InvariantCulture),
    }));

    public async Task<(long Commits, long Wal)?> DatabaseAsync()
    {
        // The counters of a backend become visible when it has been idle for a second.
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        await using var command = _database.CreateCommand(
            "SELECT xact_commit, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint FROM pg_stat_database WHERE datname = current_database()");
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _farm.DisposeAsync();
    }
}
