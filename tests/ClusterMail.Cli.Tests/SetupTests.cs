using System.Text.Json;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Setup;

namespace ClusterMail.Cli.Tests;

/// <summary><c>clustermail setup</c> (ADMIN-2 to ADMIN-4).</summary>
public sealed class SetupTests
{
    private static readonly SettingsList Empty = new(0, null, []);

    private static SettingsList Set(params (string Name, string Value)[] values) => new(7, null, [.. values.Select(v => new SettingEntry(
        v.Name, v.Value, SettingSource.Cluster, "text", "", null, "", "", "", "", "", false, false, 7))]);

    private static readonly SetupAnswers All = new()
    {
        HostName = "mx.example.jp",
        AdminAddress = "postmaster@example.jp",
        DnsServers = ["192.0.2.53", "192.0.2.54"],
        Domains = [new("example.jp", "local"), new("branch.example")],
    };

    [Fact]
    public void ADMIN_2_the_answers_become_one_change_of_the_settings()
    {
        var plan = SetupPlan.Of(Empty, All);
        Assert.Empty(plan.Kept);
        Assert.Equal(
            [
                new("net.host_name", "mx.example.jp"), new("admin.address", "postmaster@example.jp"), new("dns.servers", "192.0.2.53 192.0.2.54"),
                new SettingChange("domain.table", "example.jp local\nbranch.example relay\n"),
            ], plan.Changes);
    }

    [Fact]
    public void ADMIN_4_repeated_it_changes_nothing_that_exists_and_says_what_stays()
    {
        var before = Set(
            ("net.host_name", "mail.example.jp"), ("admin.address", "postmaster@example.jp"), ("dns.servers", "192.0.2.1"), ("domain.table", "' ours\nEXAMPLE.jp relay\n"));
        var plan = SetupPlan.Of(before, All);
        Assert.Equal([new SettingChange("domain.table", "' ours\nEXAMPLE.jp relay\nbranch.example relay\n")], plan.Changes);
        Assert.Equal(3, plan.Kept.Count);
        Assert.Contains(plan.Kept, kept => kept.Contains("mail.example.jp", StringComparison.Ordinal));
        Assert.Empty(SetupPlan.Of(Set(("net.host_name", "mx.example.jp"), ("admin.address", "postmaster@example.jp"), ("dns.servers", "192.0.2.53 192.0.2.54"),
            ("domain.table", "example.jp local\nbranch.example relay\n")), All).Changes);
    }

    [Fact]
    public async Task ADMIN_4_from_a_file_without_questions_and_saved_as_one_version()
    {
        await using var peer = await PeerAsync();
        var file = Path.Combine(Directory.CreateTempSubdirectory("clustermail-setup").FullName, "answers.json");
        await File.WriteAllTextAsync(file, (await Cli.RunAsync("setup", "--example")).StandardOutput, TestContext.Current.CancellationToken);

        var unasked = await Run(peer, "--file", file);
        Assert.Equal(2, unasked.ExitCode);
        Assert.Empty(Saves(peer));

        var result = await Run(peer, "--file", file, "--yes");
        Assert.Equal((0, ""), (result.ExitCode, result.StandardError));
        var change = JsonSerializer.Deserialize(Assert.Single(Saves(peer)), AdminJson.Default.SettingsChange)!;
        Assert.Equal(0, change.Base);
        Assert.Equal(["net.host_name", "admin.address", "dns.servers", "domain.table"], change.Changes.Select(c => c.Name));
        Assert.Equal("example.jp local max_accounts=50\nbranch.example relay\n", change.Changes[^1].Value);
    }

    [Theory]
    [InlineData("{ \"hostName\": \"mx.example.jp\",\n  \"colour\": 1 }", ":2:")]
    [InlineData("{ \"hostName\": \"mx.example.jp\"\n  \"adminAddress\": 1 }", ":2:")]
    [InlineData("{ \"hostName\": \"mx.example.jp\" }", "adminAddress")]
    [InlineData("{ \"domains\": [ { \"kind\": \"local\" } ] }", "name")]
    public async Task ADMIN_4_a_file_that_is_wrong_is_refused_with_its_place_and_changes_nothing(string text, string said)
    {
        await using var peer = await PeerAsync();
        var file = Path.Combine(Directory.CreateTempSubdirectory("clustermail-setup").FullName, "answers.json");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        var result = await Run(peer, "--file", file, "--yes");
        Assert.Equal(1, result.ExitCode);
        Assert.Single(result.StandardError.TrimEnd('\n').Split('\n'));
        Assert.Contains(said, result.StandardError, StringComparison.Ordinal);
        Assert.Empty(Saves(peer));
    }

    [Fact]
    public async Task ADMIN_2_the_questions_are_asked_in_their_order_with_what_is_likely_and_a_summary_before_the_yes()
    {
        await using var peer = await PeerAsync();
        var result = await TypeAsync(peer, "192.0.2.53\nexample.jp\n\n\n\n\ny\n");
        Assert.Equal((0, ""), (result.ExitCode, result.StandardError));
        var change = JsonSerializer.Deserialize(Assert.Single(Saves(peer)), AdminJson.Default.SettingsChange)!;
        Assert.Equal(
            [new("net.host_name", "mx.example.jp"), new("admin.address", "postmaster@example.jp"), new("dns.servers", "192.0.2.53"), new SettingChange("domain.table", "example.jp local\n")],
            change.Changes);
        var questions = new[] { "DNS servers", "Operated domain", "Its accounts", "Host name", "administrator", "one version", "Save this?" }.Select(q => result.StandardOutput.IndexOf(q, StringComparison.Ordinal)).ToArray();
        Assert.DoesNotContain(-1, questions);
        Assert.Equal(questions.Order(), questions);
    }

    [Theory]
    [InlineData("")]
    [InlineData("192.0.2.53\nexample.jp\n")]
    [InlineData("192.0.2.53\nexample.jp\n\n\n\n\nn\n")]
    public async Task ADMIN_3_cancelled_at_any_question_nothing_is_changed(string typed)
    {
        await using var peer = await PeerAsync();
        var result = await TypeAsync(peer, typed);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("nothing was changed", result.StandardError, StringComparison.Ordinal);
        Assert.Empty(Saves(peer));
    }

    [Fact]
    public async Task ADMIN_2_the_questions_are_Japanese_in_a_Japanese_locale()
    {
        await using var peer = await PeerAsync();
        var result = await Cli.RunAsync(new Dictionary<string, string?> { ["LANG"] = "ja_JP.UTF-8" }, ["setup", "--url", peer.Url, "--token", AdminPeer.Token], "\n");
        foreach (var part in new[] { "簡単セットアップウィザード", "DNS サーバー", "運用ドメイン" })
            Assert.Contains(part, result.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("中止しました", result.StandardError, StringComparison.Ordinal);
    }

    private static async Task<AdminPeer> PeerAsync() => (await AdminPeer.StartAsync())
        .Answering("GET", Routes.Settings, Empty, AdminJson.Default.SettingsList)
        .Answering("POST", Routes.SettingsCheck, new SettingsSaved(0, [new("net.host_name", null, null, "mx.example.jp")], []), AdminJson.Default.SettingsSaved)
        .Answering("POST", Routes.Settings, new SettingsSaved(1, [], []), AdminJson.Default.SettingsSaved);

    private static Task<CliWrap.Buffered.BufferedCommandResult> Run(AdminPeer peer, params string[] arguments) => Cli.RunAsync(["setup", .. arguments, "--url", peer.Url, "--token", AdminPeer.Token]);

    private static Task<CliWrap.Buffered.BufferedCommandResult> TypeAsync(AdminPeer peer, string input) => Cli.TypeAsync(input, "setup", "--url", peer.Url, "--token", AdminPeer.Token);

    private static string[] Saves(AdminPeer peer) => [.. peer.Requests.Where(r => r.Method == "POST" && r.PathAndQuery == Routes.Settings).Select(r => r.Body)];
}
