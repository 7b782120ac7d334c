using ClusterMail.Store;
using Npgsql;

namespace ClusterMail.Testing;

/// <summary>
/// A migrated database of a test's own, cloned from a template that each test program makes once. Dropped with the object.
/// <code>await using var database = await TestDatabase.CreateAsync();</code>
/// </summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private static readonly Lazy<Task<(PostgresServer Server, string Template)>> Shared = new(PrepareAsync);
    // CREATE DATABASE ... TEMPLATE wants the template for itself.
    private static readonly SemaphoreSlim Cloning = new(1);
    private static int _count;
    private readonly List<NpgsqlDataSource> _opened = [];
    private readonly string _server;
    private readonly string _name;

    private TestDatabase(string server, string name)
    {
        _server = server;
        _name = name;
        ConnectionString = For(server, name);
        Source = Open("test");
    }

    public string ConnectionString { get; }

    /// <summary>A pool for the test's own statements.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>The server all databases of this test program live on.</summary>
    public static async Task<PostgresServer> ServerAsync() => (await Shared.Value).Server;

    public static async Task<TestDatabase> CreateAsync()
    {
        var (server, template) = await Shared.Value;
        return await CloneAsync(server.ConnectionString, $"TEMPLATE \"{template}\" STRATEGY FILE_COPY");
    }

    /// <summary>One on a server of the test's own, which it may harm.</summary>
    public static async Task<TestDatabase> CreateOnAsync(PostgresServer server)
    {
        var database = await CloneAsync(server.ConnectionString, "");
        await Database.MigrateAsync(database.ConnectionString, CancellationToken.None);
        return database;
    }

    /// <summary>One without any table, for tests of the migrations.</summary>
    public static async Task<TestDatabase> CreateEmptyAsync() => await CloneAsync((await Shared.Value).Server.ConnectionString, "");

    /// <summary>What an administrator gets who dumps this one now and restores it later: <c>pg_dump</c> and <c>pg_restore</c>, no copy of files.</summary>
    public async Task<TestDatabase> DumpAndRestoreAsync()
    {
        var file = Path.GetTempFileName();
        try
        {
            await PostgresServer.MustAsync("pg_dump", "-Fc", "-f", file, "-d", Keywords(ConnectionString));
            var restored = await CreateEmptyAsync();
            await PostgresServer.MustAsync("pg_restore", "--exit-on-error", "--no-owner", "-d", Keywords(restored.ConnectionString), file);
            return restored;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Keywords(string connection)
    {
        var parts = new NpgsqlConnectionStringBuilder(connection);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"host={parts.Host} port={parts.Port} dbname={parts.Database} user={parts.Username} password={parts.Password}");
    }

    /// <summary>A pool as a node opens it; closed with this object.</summary>
    public NpgsqlDataSource Open(string applicationName, long? epoch = null)
    {
        var source = Database.Open(ConnectionString, applicationName, epoch);
        lock (_opened)
            _opened.Add(source);
        return source;
    }

    /// <summary>First column of the first row.</summary>
    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<int> ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _opened)
            await source.DisposeAsync();
        await RunAsync(_server, $"DROP DATABASE IF EXISTS \"{_name}\" WITH (FORCE)");
    }

    private static async Task<TestDatabase> CloneAsync(string server, string template)
    {
        var name = $"cm_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}";
        await Cloning.WaitAsync();
        try
        {
            await RunAsync(server, $"CREATE DATABASE \"{name}\" {template}");
        }
        finally
        {
            Cloning.Release();
        }
        return new TestDatabase(server, name);
    }

    private static async Task<(PostgresServer, string)> PrepareAsync()
    {
        var server = await PostgresServer.StartAsync();
        var template = $"cm_{Environment.ProcessId}_template";
        await RunAsync(server.ConnectionString, $"DROP DATABASE IF EXISTS \"{template}\"");
        await RunAsync(server.ConnectionString, $"CREATE DATABASE \"{template}\"");
        await Database.MigrateAsync(For(server.ConnectionString, template), CancellationToken.None);
        return (server, template);
    }

    private static string For(string server, string database) => new NpgsqlConnectionStringBuilder(server) { Database = database }.ConnectionString;

    private static async Task RunAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false, CommandTimeout = 60 }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
