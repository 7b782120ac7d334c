using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ClusterMail.Cli.Local;
using Npgsql;

// Local clusters are Linux only.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace ClusterMail.Cli.Tests;

public sealed class LocalTests
{
    [Fact]
    public void CLI_cluster_json_has_the_members_of_the_contract()
    {
        using var folder = new TemporaryFolder();
        new ClusterFile
        {
            Database = "Host=x",
            AdminToken = "t",
            Nodes = [new() { Name = "n1", Pid = 7, State = "running", Smtp = "a:1", Submission = "a:2", Smtps = "a:3", ProxySmtp = "a:4", Admin = "http://a:5", Remoting = "a:6" }],
        }.Write(folder.Path);
        var path = Path.Combine(folder.Path, "cluster.json");
        using var json = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(["database", "adminToken", "nodes"], json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Superset(
            new HashSet<string> { "name", "pid", "smtp", "submission", "smtps", "proxySmtp", "admin", "remoting" },
            json.RootElement.GetProperty("nodes")[0].EnumerateObject().Select(p => p.Name).ToHashSet());
        Assert.Equal(7, json.RootElement.GetProperty("nodes")[0].GetProperty("pid").GetInt32());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task CLI_a_node_that_ends_while_starting_is_reported_with_its_log_and_down_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        var daemon = Path.Combine(folder.Path, "clustermaild");
        await File.WriteAllTextAsync(daemon, "#!/bin/sh\necho 'unknown key clustermail.nosuch'\nexit 1\n");
        File.SetUnixFileMode(daemon, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var basePort = FreePorts();
        var up = await Cli.RunAsync("up", "--nodes", "1", "--data", data, "--base-port", $"{basePort}", "--daemon", daemon);
        try
        {
            Assert.Equal(1, up.ExitCode);
            Assert.Contains("n1 ended while starting", up.StandardError, StringComparison.Ordinal);
            Assert.Contains("unknown key clustermail.nosuch", up.StandardError, StringComparison.Ordinal);
            await CheckDatabaseAsync(ClusterFile.Read(data)!.Database);
            await CheckSecondUpKeepsTheDatabaseAsync(data, daemon);
            Assert.Contains("is not running", (await Cli.RunAsync("node", "kill", "n1", "--data", data)).StandardError, StringComparison.Ordinal);
            Assert.Contains("there are n1", (await Cli.RunAsync("node", "stop", "n9", "--data", data)).StandardError, StringComparison.Ordinal);
        }
        finally
        {
            Assert.Equal(0, (await Cli.RunAsync("down", "--delete", "--data", data)).ExitCode);
        }

        Assert.False(Directory.Exists(data));
        Assert.True(IsFree(basePort));
    }

    [Fact]
    public async Task CLI_up_says_which_port_is_taken()
    {
        using var folder = new TemporaryFolder();
        var basePort = FreePorts();
        using var taken = new TcpListener(IPAddress.Loopback, basePort);
        taken.Start();
        var up = await Cli.RunAsync("up", "--data", Path.Combine(folder.Path, "data"), "--base-port", $"{basePort}", "--daemon", "/bin/true");
        Assert.Equal(1, up.ExitCode);
        Assert.Contains($"port {basePort} on 127.0.0.1 is taken", up.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CLI_up_says_when_the_daemon_or_PostgreSQL_is_missing()
    {
        using var folder = new TemporaryFolder();
        var daemon = await Cli.RunAsync("up", "--data", folder.Path, "--daemon", "/nonexistent/clustermaild");
        Assert.Equal((1, true), (daemon.ExitCode, daemon.StandardError.Contains("deploy/build", StringComparison.Ordinal)));
        var postgres = await Cli.RunAsync("up", "--data", folder.Path, "--daemon", "/bin/true", "--postgres", folder.Path);
        Assert.Equal((1, true), (postgres.ExitCode, postgres.StandardError.Contains("has no initdb", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task CLI_down_where_nothing_is_ends_with_1_and_creates_nothing()
    {
        var data = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Assert.Equal(1, (await Cli.RunAsync("down", "--data", data)).ExitCode);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task CLI_a_stranger_is_never_taken_for_a_node()
    {
        using var folder = new TemporaryFolder();
        var node = new LocalNode(folder.Path, State(), 1);
        // The same words on its command line, but not our program.
        using var stranger = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "sleep 60 & wait", "editor", "--config", node.ConfigurationFile]))!;
        try
        {
            Assert.Null(NodeProcess.Find(node));
            Assert.Equal("stopped", node.Describe().State);
        }
        finally
        {
            stranger.Kill(entireProcessTree: true);
            await stranger.WaitForExitAsync();
        }
    }

    [Fact]
    public void CLI_two_commands_do_not_change_one_cluster_at_a_time()
    {
        using var folder = new TemporaryFolder();
        using (FolderLock.Take(folder.Path))
            Assert.Contains("another clustermail command", Assert.Throws<CommandFailure>(() => FolderLock.Take(folder.Path)).Message, StringComparison.Ordinal);
        using var again = FolderLock.Take(folder.Path);
    }

    [Fact]
    public async Task CLI_up_says_when_the_folder_cannot_be_written()
    {
        var up = await Cli.RunAsync("up", "--data", "/proc/clustermail-test", "--daemon", "/bin/true");
        Assert.Equal(1, up.ExitCode);
        Assert.Contains("/proc/clustermail-test", up.StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain("another clustermail command", up.StandardError, StringComparison.Ordinal);
    }

    private static LocalState State() => new()
    {
        BasePort = 2500,
        PostgresBinaries = "",
        PostgresFolder = "",
        SuperuserPassword = "",
        Password = "",
        AdminToken = "",
        Nodes = [1],
    };

    /// <summary>What is promised about durability holds for a private server too (P1).</summary>
    private static async Task CheckDatabaseAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Pooling=false");
        await using var command = source.CreateCommand("SELECT current_setting('fsync') || ' ' || current_setting('synchronous_commit') || ' ' || current_setting('listen_addresses') || ' ' || (SELECT count(*) FROM recipient)");
        Assert.Equal("on on 127.0.0.1 0", await command.ExecuteScalarAsync());
        await using var mark = source.CreateCommand("CREATE TABLE mark (x int)");
        await mark.ExecuteNonQueryAsync();
    }

    private static async Task CheckSecondUpKeepsTheDatabaseAsync(string data, string daemon)
    {
        var up = await Cli.RunAsync("up", "--data", data, "--daemon", daemon);
        Assert.Contains("schema is up to date", up.StandardOutput, StringComparison.Ordinal);
        var status = await Cli.RunAsync("db", "status", "--data", data);
        Assert.Equal(0, status.ExitCode);
        Assert.Contains("mark", status.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("up to date", status.StandardOutput, StringComparison.Ordinal);
    }

    /// <summary>Two ports that were free a moment ago: the server's and the first of the node.</summary>
    private static int FreePorts()
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            var port = Random.Shared.Next(20_000, 30_000);
            if (IsFree(port) && Enumerable.Range(port + LocalNode.PortStride, 6).All(IsFree))
                return port;
        }

        throw new InvalidOperationException("no free ports found");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
