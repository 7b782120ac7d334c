using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Tests;

/// <summary>What a drill refuses before it touches anything; drills of a real farm are in ClusterMail.Cluster.Tests.</summary>
public sealed class DrillTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly SwitchStatus On = new(SwitchWord.On, null, null);

    private static ClusterStatus Status(params string[] alive) => new(
        "n1", "n2", 7, On, On, 0, null, At,
        [.. alive.Select((name, number) => new NodeStatus(name, number + 1, "alive", 5, ["receive"], true, SwitchWord.On, SwitchWord.On, 0, "0.1.0", "0.0.0.0:25", "10.0.0.1:8025", "10.0.0.1:5025", At))], []);

    private static Task<AdminPeer> PeerAsync(params string[] alive) =>
        AdminPeer.StartAsync().ContinueWith(started => started.Result.Answering("GET", Routes.Cluster, Status(alive), AdminJson.Default.ClusterStatus), TaskScheduler.Default);

    private static string[] Drill(AdminPeer peer, string kind, params string[] more) =>
        ["drill", kind, "--url", peer.Url, "--token", AdminPeer.Token, "--through", "n1=192.0.2.1:25", .. more];

    [Fact]
    public async Task CLU_22_a_drill_of_a_farm_elsewhere_needs_a_domain_and_an_address_for_its_sink()
    {
        await using var peer = await PeerAsync("n1", "n2");
        var unnamed = await Cli.RunAsync(Drill(peer, "kill", "--yes"));
        Assert.Equal((2, true), (unnamed.ExitCode, unnamed.StandardError.Contains("--domain", StringComparison.Ordinal)));
        var unreachable = await Cli.RunAsync(Drill(peer, "kill", "--yes", "--domain", "drill.example.jp"));
        Assert.Equal((2, true), (unreachable.ExitCode, unreachable.StandardError.Contains("--sink", StringComparison.Ordinal)));
        Assert.All(peer.Requests, request => Assert.Equal("GET", request.Method));
        // A farm named by its URL is never taken for the local cluster that may lie in this folder.
        var unlistened = await Cli.RunAsync("drill", "kill", "--yes", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal((2, true), (unlistened.ExitCode, unlistened.StandardError.Contains("--through", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task CLU_22_a_drill_is_confirmed_and_one_that_needs_hands_is_refused_where_there_are_none()
    {
        await using var peer = await PeerAsync("n1", "n2");
        string[] whole = ["--domain", "drill.example.jp", "--sink", "127.0.0.1:0"];
        var wrong = await Cli.RunAsync(Drill(peer, "drain", whole));
        Assert.Equal((2, true), (wrong.ExitCode, wrong.StandardError.Contains("host:port", StringComparison.Ordinal)));
        whole[3] = "127.0.0.1:2599";
        var unasked = await Cli.RunAsync(Drill(peer, "drain", whole));
        Assert.Equal((2, true), (unasked.ExitCode, unasked.StandardError.Contains("--yes", StringComparison.Ordinal)));
        var nobody = await Cli.RunAsync(Drill(peer, "clock", [.. whole, "--yes"]));
        Assert.Equal((2, true), (nobody.ExitCode, nobody.StandardError.Contains("a person at a terminal", StringComparison.Ordinal)));
        Assert.All(peer.Requests, request => Assert.Equal("GET", request.Method));
    }

    [Fact]
    public async Task CLU_22_a_dry_run_tells_every_step_and_changes_nothing()
    {
        await using var peer = await PeerAsync("n1", "n2", "n3");
        var told = await Cli.RunAsync(Drill(peer, "kill", "--domain", "drill.example.jp", "--sink", "192.0.2.9:2599", "--for", "20", "--dry-run"));
        Assert.Equal(0, told.ExitCode);
        // The leader, where no node was named.
        foreach (var part in (string[])["mail for drill.example.jp goes to a sink", "n1 192.0.2.1:25", "on n2: systemctl kill -s KILL", "you do it", "then wait 20 s", "on n2: systemctl start", "nothing was done"])
            Assert.Contains(part, told.StandardOutput, StringComparison.Ordinal);
        Assert.All(peer.Requests, request => Assert.Equal("GET", request.Method));
    }

    [Fact]
    public async Task CLU_22_a_node_that_is_not_there_and_a_farm_of_one_are_refused()
    {
        await using var peer = await PeerAsync("n1", "n2");
        var stranger = await Cli.RunAsync(Drill(peer, "pause", "--node", "n9", "--dry-run", "--domain", "drill.example.jp", "--sink", "192.0.2.9:2599"));
        Assert.Equal((1, true), (stranger.ExitCode, stranger.StandardError.Contains("n1, n2", StringComparison.Ordinal)));
        await using var alone = await PeerAsync("n1");
        Assert.Contains("two nodes", (await Cli.RunAsync(Drill(alone, "kill", "--dry-run"))).StandardError, StringComparison.Ordinal);
    }
}
