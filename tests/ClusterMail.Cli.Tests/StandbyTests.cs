using ClusterMail.Cli.Local;
using Npgsql;

namespace ClusterMail.Cli.Tests;

/// <summary>Decisions about the two PostgreSQL servers of a local cluster; the servers themselves run in ClusterMail.Cluster.Tests.</summary>
public sealed class StandbyTests
{
    private static readonly PostgresPair.OnDisk Nothing = new(HasData: false, IsStandby: false, Timeline: 0);
    private static readonly PostgresPair.OnDisk Writes = new(HasData: true, IsStandby: false, Timeline: 2);
    private static readonly PostgresPair.OnDisk Follows = Writes with { IsStandby = true };

    [Fact]
    public void CLU_31_the_primary_is_the_server_that_would_take_writes_whatever_was_decided()
    {
        foreach (var decided in (int[])[0, 1])
        {
            Assert.Equal(0, PostgresPair.Choose(decided, Writes, Follows));
            Assert.Equal(1, PostgresPair.Choose(decided, Follows, Writes));
            Assert.Equal(0, PostgresPair.Choose(decided, Writes, Nothing));
            Assert.Equal(1, PostgresPair.Choose(decided, Nothing, Writes));
            // Promoted past us: the newer timeline has what was accepted since.
            Assert.Equal(1, PostgresPair.Choose(decided, Writes, Writes with { Timeline = 3 }));
            Assert.Equal(0, PostgresPair.Choose(decided, Writes with { Timeline = 3 }, Writes));
            // Broken off between the mark and the promotion.
            Assert.Equal(decided, PostgresPair.Choose(decided, Follows, Follows));
            Assert.Equal(decided, PostgresPair.Choose(decided, Nothing, Nothing));
            Assert.Contains("standby.signal", Assert.Throws<CommandFailure>(() => PostgresPair.Choose(decided, Writes, Writes)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void CLU_31_nodes_of_a_cluster_with_a_standby_know_both_servers_and_want_the_primary()
    {
        var alone = new NpgsqlConnectionStringBuilder(State(standby: false).ConnectionString);
        Assert.Equal(("127.0.0.1", 2500, null), (alone.Host, alone.Port, alone.TargetSessionAttributes));
        var both = new NpgsqlConnectionStringBuilder(State(standby: true).ConnectionString);
        Assert.Equal(("127.0.0.1:2500,127.0.0.1:2501", "primary", "clustermail"), (both.Host, both.TargetSessionAttributes, both.Database));
    }

    [Fact]
    public async Task CLU_31_a_switchover_without_a_standby_is_refused_and_a_drill_of_it_too()
    {
        using var folder = new TemporaryFolder();
        State(standby: false).Write(folder.Path);
        new ClusterFile { Database = "Host=127.0.0.1;Port=1", AdminToken = "t", Nodes = [] }.Write(folder.Path);
        foreach (var command in (string[][])[["db", "switchover"], ["db", "switchover", "--crash"], ["drill", "db-switchover", "--dry-run"]])
        {
            var refused = await Cli.RunAsync([.. command, "--data", folder.Path]);
            Assert.Equal((1, true), (refused.ExitCode, refused.StandardError.Contains("clustermail up --standby", StringComparison.Ordinal)));
        }
    }

    /// <summary>A state from before there were standbys is one without.</summary>
    [Fact]
    public void CLI_a_cluster_made_before_there_were_standbys_has_none()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, LocalState.FileName), """
            { "basePort": 2500, "postgresBinaries": "", "postgresFolder": "", "superuserPassword": "", "password": "", "adminToken": "", "nodes": [1] }
            """);
        Assert.Equal((false, 0, false), LocalState.Read(folder.Path) is { } state ? (state.Standby, state.Primary, state.Synchronous) : (true, -1, true));
    }

    private static LocalState State(bool standby) => new()
    {
        BasePort = 2500,
        PostgresBinaries = "",
        PostgresFolder = "",
        SuperuserPassword = "",
        Password = "",
        AdminToken = "",
        Nodes = [1],
        Standby = standby,
    };
}
