using System.Net;
using System.Net.Sockets;
using ClusterMail.Testing;
using ClusterMail.Testing.Processes;
using Npgsql;

namespace ClusterMail.Node.Tests;

/// <summary>The program as it is started, as far as it comes.</summary>
public sealed class StartTests
{
    [Theory]
    [InlineData("Username=nobody_at_all", "nobody_at_all")]
    [InlineData("Database=no_such_database", "no_such_database")]
    public async Task ADMIN_5_with_wrong_credentials_the_node_says_so_in_one_line_and_ends_at_once(string wrong, string named)
    {
        await using var database = await TestDatabase.CreateAsync();
        var given = new NpgsqlConnectionStringBuilder($"{database.ConnectionString};{wrong}") { Password = "hunter2" };
        var (file, _) = await ConfigureAsync(given.ConnectionString);

        var ended = await Tool.RunAsync(TimeSpan.FromSeconds(60), Daemon(), "--config", file);

        Assert.Equal(1, ended.ExitCode);
        var line = Assert.Single(ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("clustermaild: cannot use the database: ", line, StringComparison.Ordinal);
        Assert.Contains(named, line, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", ended.Errors + ended.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("account")]
    [InlineData("approval_key")]
    public async Task APPROVE_13_a_node_opens_its_doors_only_when_it_has_read_accounts_policies_and_keys(string unread)
    {
        await using var database = await TestDatabase.CreateAsync();
        var (file, port) = await ConfigureAsync(database.ConnectionString);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var locked = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var command = new NpgsqlCommand($"LOCK TABLE {unread} IN ACCESS EXCLUSIVE MODE", connection, locked))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using var node = Testing.Processes.Daemon.Start(Daemon(), "--config", file);

        // Three renewals: without the lock its doors are open before the second.
        await Until.TrueAsync(async () => await database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM node WHERE alive_until - lease > started_at + interval '5 seconds')"), Patience, () => $"the node renewing\n{node.Output}");
        Assert.False(await GreetsAsync(port), node.Output);

        await locked.RollbackAsync(TestContext.Current.CancellationToken);
        await Until.TrueAsync(() => GreetsAsync(port), Patience, () => $"the doors open\n{node.Output}");
    }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static async Task<bool> GreetsAsync(int port)
    {
        try
        {
            using var client = await SmtpConversation.OpenAsync(new IPEndPoint(IPAddress.Loopback, port));
            return client.Last.StartsWith("220", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    private static async Task<(string File, int Port)> ConfigureAsync(string database)
    {
        var folder = Directory.CreateTempSubdirectory("clustermail-start").FullName;
        var (token, file, port) = (Path.Combine(folder, "token"), Path.Combine(folder, "node.conf"), Ports.Block(3));
        await File.WriteAllTextAsync(token, "0123456789abcdef0123456789abcdef", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(token, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(file, $$"""
            clustermail { database = "{{database}}", token-file = "token", spool = "{{folder}}/spool"
              listen { smtp = "127.0.0.1:{{port}}", admin = "127.0.0.1:{{port + 1}}", remoting = "127.0.0.1:{{port + 2}}" } }
            """, TestContext.Current.CancellationToken);
        return (file, port);
    }

    /// <summary>In its own output folder: the copy beside the tests lacks what its web framework brings.</summary>
    private static string Daemon()
    {
        var framework = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return Path.Combine(Tool.Root, "src", "ClusterMail.Node", "bin", framework.Parent!.Name, framework.Name, "clustermaild");
    }
}
