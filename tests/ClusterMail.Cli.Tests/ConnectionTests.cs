using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Local;

namespace ClusterMail.Cli.Tests;

public sealed class ConnectionTests
{
    private static readonly LeaderStatus Leader = new("n2");

    [Fact]
    public async Task CLI_no_node_reachable_ends_with_3_and_says_what_to_do()
    {
        var result = await Cli.RunAsync("cluster", "leader", "--url", AdminPeer.DeadUrl());
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("clustermail up", result.StandardError, StringComparison.Ordinal);
        Assert.Single(result.StandardError.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task CLI_a_change_without_a_reachable_node_ends_with_3()
    {
        var result = await Cli.RunAsync("queue", "retry", "B0000000001", "--url", AdminPeer.DeadUrl());
        Assert.Equal(3, result.ExitCode);
    }

    [Fact]
    public async Task CLI_no_local_cluster_ends_with_3()
    {
        var result = await Cli.RunAsync("cluster", "leader", "--data", Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("there is no local cluster", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CLI_the_next_node_is_asked_when_the_first_does_not_answer()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Leader, Leader, AdminJson.Default.LeaderStatus);
        var result = await Cli.RunAsync("cluster", "leader", "--url", AdminPeer.DeadUrl(), "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal((0, "n2\n"), (result.ExitCode, result.StandardOutput));
    }

    [Fact]
    public async Task CLI_the_next_node_is_asked_when_the_first_cannot_answer_now()
    {
        await using var busy = (await AdminPeer.StartAsync()).Answering("GET", Routes.Leader, new Problem { Title = "no database", Status = 503 }, AdminJson.Default.Problem, 503);
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Leader, Leader, AdminJson.Default.LeaderStatus);
        var result = await Cli.RunAsync("cluster", "leader", "--url", busy.Url, "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal((0, "n2\n"), (result.ExitCode, result.StandardOutput));
        Assert.Single(busy.Requests);
    }

    [Fact]
    public async Task CLI_url_and_token_may_come_from_the_environment()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Leader, Leader, AdminJson.Default.LeaderStatus);
        var environment = new Dictionary<string, string?> { ["CLUSTERMAIL_URL"] = $"{AdminPeer.DeadUrl()},{peer.Url}", ["CLUSTERMAIL_TOKEN"] = AdminPeer.Token };
        Assert.Equal(0, (await Cli.RunAsync(environment, ["cluster", "leader"])).ExitCode);
    }

    [Fact]
    public async Task CLI_data_reads_cluster_json_and_tries_each_node()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("GET", Routes.Leader, Leader, AdminJson.Default.LeaderStatus);
        using var folder = new TemporaryFolder();
        new ClusterFile { Database = "", AdminToken = AdminPeer.Token, Nodes = [Node("n1", AdminPeer.DeadUrl()), Node("n2", peer.Url)] }.Write(folder.Path);
        var result = await Cli.RunAsync("cluster", "leader", "--data", folder.Path);
        Assert.Equal((0, "n2\n"), (result.ExitCode, result.StandardOutput));
    }

    [Fact]
    public async Task CLI_a_wrong_token_ends_with_1_and_is_not_shown()
    {
        await using var peer = await AdminPeer.StartAsync();
        var result = await Cli.RunAsync("cluster", "leader", "--url", peer.Url, "--token", "not-the-secret");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the token was not accepted", result.StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain("not-the-secret", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CLI_a_refusal_ends_with_1_and_says_rule_and_hint()
    {
        var problem = new Problem { Title = "10 to 86400 seconds are allowed.", Status = 400, Name = "delivery.retry_seconds", Rule = "CONF-61", Hint = "Try 120." };
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", Routes.Settings, problem, AdminJson.Default.Problem, 400);
        var result = await Cli.RunAsync("settings", "set", "delivery.retry_seconds=5", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("clustermail: 10 to 86400 seconds are allowed. [CONF-61] Try 120.\n", result.StandardError);
    }

    [Fact]
    public async Task CLI_faults_in_a_table_are_shown_with_line_and_column()
    {
        var problem = new Problem
        {
            Title = "The table has 2 faults.",
            Status = 400,
            Faults = [new Fault("relay.rules", 3, 5, "RELAY-20", "no such action"), new Fault("relay.rules", 9, null, "RELAY-3", "no address")],
        };
        await using var peer = (await AdminPeer.StartAsync()).Answering("PUT", Routes.Fill(Routes.Table, "relay"), problem, AdminJson.Default.Problem, 400);
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "relay.txt");
        await File.WriteAllTextAsync(file, "x\n");
        var result = await Cli.RunAsync("relay", "import", file, "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("relay.rules:3:5: no such action [RELAY-20]", result.StandardError, StringComparison.Ordinal);
        Assert.Contains("relay.rules:9: no address [RELAY-3]", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CLI_edit_sends_back_with_the_version_it_started_from()
    {
        await using var peer = (await AdminPeer.StartAsync())
            .Answering("GET", Routes.Fill(Routes.Table, "route"), new TableText("route", "route.table", 41, "a.test,192.0.2.1,25\n"), AdminJson.Default.TableText)
            .Answering("PUT", Routes.Fill(Routes.Table, "route"), new SettingsSaved(42, [], []), AdminJson.Default.SettingsSaved);
        using var folder = new TemporaryFolder();
        var editor = Path.Combine(folder.Path, "editor");
        await File.WriteAllTextAsync(editor, "#!/bin/sh\necho 'b.test,192.0.2.2,25' >>\"$1\"\n");
        File.SetUnixFileMode(editor, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var result = await Cli.RunAsync(
            new Dictionary<string, string?> { ["VISUAL"] = null, ["EDITOR"] = editor }, ["route", "edit", "--url", peer.Url, "--token", AdminPeer.Token]);
        Assert.Equal(0, result.ExitCode);
        var sent = System.Text.Json.JsonSerializer.Deserialize(peer.Requests.Single(r => r.Method == "PUT").Body, AdminJson.Default.TableChange)!;
        Assert.Equal((41L, "a.test,192.0.2.1,25\nb.test,192.0.2.2,25\n"), (sent.Base!.Value, sent.Text));
    }

    [Fact]
    public async Task CLI_an_act_on_the_queue_without_a_selection_is_not_sent()
    {
        await using var peer = await AdminPeer.StartAsync();
        var result = await Cli.RunAsync("queue", "delete", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(peer.Requests);
    }

    [Fact]
    public async Task CLI_deleting_many_needs_yes_where_nobody_can_be_asked()
    {
        await using var peer = (await AdminPeer.StartAsync()).Answering("POST", Routes.QueueDelete, new QueueActResult(7, 0, "7 recipients deleted"), AdminJson.Default.QueueActResult);
        var refused = await Cli.RunAsync("queue", "delete", "--all", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal(2, refused.ExitCode);
        Assert.Empty(peer.Requests);
        var done = await Cli.RunAsync("queue", "delete", "--all", "--yes", "--url", peer.Url, "--token", AdminPeer.Token);
        Assert.Equal((0, "7 recipients deleted\n"), (done.ExitCode, done.StandardOutput));
    }

    [Fact]
    public async Task CLI_errors_are_japanese_in_a_japanese_locale()
    {
        var result = await Cli.RunAsync(new Dictionary<string, string?> { ["LANG"] = "ja_JP.UTF-8" }, ["cluster", "leader", "--url", AdminPeer.DeadUrl()]);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("応答するノードがありません", result.StandardError, StringComparison.Ordinal);
    }

    private static ClusterNode Node(string name, string admin) => new()
    {
        Name = name,
        Pid = 1,
        State = "running",
        Smtp = "",
        Submission = "",
        Smtps = "",
        ProxySmtp = "",
        Admin = admin,
        Remoting = "",
    };
}
