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
        var folder = Directory.CreateTempSubdirectory("clustermail-start").FullName;
        var (token, file) = (Path.Combine(folder, "token"), Path.Combine(folder, "node.conf"));
        await File.WriteAllTextAsync(token, "0123456789abcdef0123456789abcdef", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(token, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(file, $$"""clustermail { database = "{{given.ConnectionString}}", token-file = "token", listen { smtp = "127.0.0.1:{{Ports.Block(1)}}" } }""", TestContext.Current.CancellationToken);

        var ended = await Tool.RunAsync(TimeSpan.FromSeconds(60), Daemon(), "--config", file);

        Assert.Equal(1, ended.ExitCode);
        var line = Assert.Single(ended.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("clustermaild: cannot use the database: ", line, StringComparison.Ordinal);
        Assert.Contains(named, line, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", ended.Errors + ended.Output, StringComparison.Ordinal);
    }

    /// <summary>In its own output folder: the copy beside the tests lacks what its web framework brings.</summary>
    private static string Daemon()
    {
        var framework = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return Path.Combine(Tool.Root, "src", "ClusterMail.Node", "bin", framework.Parent!.Name, framework.Name, "clustermaild");
    }
}
